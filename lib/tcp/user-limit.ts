/**
 * When the user, not the network, is what limits the sender: rates measured then say nothing of the
 * path (draft-cheng-iccrg-delivery-rate-estimation §3.4; Linux: tcp_rate_check_app_limited). For
 * controllers that measure rates.
 *
 * Linux asks as the user writes whether more could have left before. Here a user who has waited for
 * room is woken as the last of his text leaves, and writes at once: what counts is a pause, or a
 * buffer that holds less than may be on its way.
 */
import { EVENT_WRITABLE } from './events';
import { flightSize } from './recovery';
import { seqDiff } from './seq';
import type { Tcb } from './tcb';

/** A user who writes again within this has not kept the sender waiting. */
const PAUSE_MS = 1;

/**
 * Does the user wait for room, and should he hear of it? When half of the buffer is free; or an
 * eighth, if all that he has written is on its way, for then he is what holds the sender back.
 * Asked when something is acknowledged, and when something leaves: it may, long after the ACK.
 */
export function wakeWriter(tcb: Tcb): void {
  if (!tcb.sendBlocked) return;
  const { sendBuffer, snd } = tcb;
  const { room, capacity } = sendBuffer;
  const isOnItsWay = sendBuffer.length - seqDiff(snd.nxt, snd.una) < snd.mss;
  if (room < capacity >> (isOnItsWay ? 3 : 1)) return;
  tcb.sendBlocked = false;
  tcb.events |= EVENT_WRITABLE;
}

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
  if (isLate || sendBuffer.limit <= cc.cwnd) scoreboard.delivery?.noteLimited(flightSize(tcb));
}
