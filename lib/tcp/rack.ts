/**
 * RACK (RFC 8985): what was sent before something that has arrived is lost, unless it may only be
 * late; and for how long it may.
 */
import { DUPLICATE_THRESHOLD } from './dup-threshold';
import type { Scoreboard } from './scoreboard';
import { NO_SLOT } from './segment-ring';
import { seqLt } from './seq';
import type { Tcb } from './tcb';

const MAX_MULTIPLE = 20;
/** Recoveries for which a larger window is kept. */
const PERSISTENCE = 16;

export class ReorderWindow {
  /** The window is this many quarters of the shortest round trip. */
  multiple = 1;
  /** Recoveries left before the window falls back. */
  persistence = PERSISTENCE;
  /** Duplicates reported before this is acknowledged count once (RACK.dsack_round). */
  round = 0;
  inRound = false;
}

/** The window now, ms (RFC 8985 §6.2 step 4). */
export function reorderWindow(tcb: Tcb): number {
  const { recovery, rtt, rack } = tcb;
  if (!tcb.scoreboard.reordered && (recovery.mode !== 'none' || isWitnessed(tcb))) return 0;
  if (Number.isNaN(rtt.min)) return 0;
  return Math.min((rack.multiple * rtt.min) / 4, rtt.srtt);
}

/**
 * Have enough segments behind the gap arrived? A record may stand for several, so bytes count, too
 * (RFC 6675 §4, IsLost).
 */
function isWitnessed({ scoreboard, snd }: Tcb): boolean {
  if (scoreboard.sackedCount >= DUPLICATE_THRESHOLD) return true;
  return scoreboard.sackedBytes > (DUPLICATE_THRESHOLD - 1) * snd.mss;
}

/**
 * RFC 8985 §6.2 step 5: what was sent before the newest segment that has arrived, and has been on
 * its way for longer than that one's round trip and `window` ms, is lost.
 * @returns ms until the next one would be; 0: none is suspected
 */
export function loseLate(scoreboard: Scoreboard, window: number, now: number): number {
  const { ring } = scoreboard;
  while (ring.oldest !== NO_SLOT) {
    const slot = ring.oldest;
    const sentAt = ring.sentAt(slot);
    const isEarlier =
      sentAt < scoreboard.newestSentAt ||
      (sentAt === scoreboard.newestSentAt && seqLt(ring.endOf(slot), scoreboard.newestEnd));
    if (!isEarlier) return 0;
    const left = sentAt + scoreboard.newestRtt + window - now;
    if (left > 0) return left;
    scoreboard.lose(slot);
  }
  return 0;
}

/** A duplicate was reported: something was only late. The window grows, once a round trip. */
export function widenReorderWindow(tcb: Tcb): void {
  const { rack, snd } = tcb;
  if (rack.inRound && ((snd.una - rack.round) | 0) < 0) return;
  rack.inRound = true;
  rack.round = snd.nxt;
  rack.multiple = Math.min(rack.multiple + 1, MAX_MULTIPLE);
  rack.persistence = PERSISTENCE;
}

/** A recovery is over. */
export function relaxReorderWindow(tcb: Tcb): void {
  const { rack } = tcb;
  rack.persistence--;
  if (rack.persistence > 0) return;
  rack.persistence = PERSISTENCE;
  rack.multiple = 1;
}
