/**
 * When the user, not the network, is what limits the sender: rates measured then say nothing of the
 * path (draft-cheng-iccrg-delivery-rate-estimation §3.4; Linux: tcp_rate_check_app_limited). For
 * controllers that measure rates.
 *
 * Linux asks as the user writes whether more could have left before. Here a user who has waited for
 * room is woken as the last of his text leaves, and writes at once: what counts is a pause, or a
 * buffer that holds less than may be on its way.
 */
import { flightSize } from './recovery';
import type { Tcb } from './tcb';

/** A user who writes again within this has not kept the sender waiting. */
const PAUSE_MS = 1;

/** Less than a segment is left to send; called while more may be on its way. */
export function noteRanOut(tcb: Tcb, now: number): void {
  const { snd, scoreboard, cc } = tcb;
  if (snd.ranOutAt >= 0 || scoreboard.lostBytes > 0 || flightSize(tcb) >= cc.cwnd) return;
  snd.ranOutAt = now;
}

/** The user writes, for the first time since the text ran out. */
export function noteUserLimit(tcb: Tcb, now: number): void {
  const { snd, scoreboard, sendBuffer, cc } = tcb;
  const isLate = now - snd.ranOutAt > PAUSE_MS;
  snd.ranOutAt = Number.NaN;
  if (isLate || sendBuffer.limit <= cc.cwnd) scoreboard.delivery.noteLimited(flightSize(tcb));
}
