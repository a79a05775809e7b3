/** How long RACK waits for a segment that may only be late (RFC 8985 §6.2 step 4). */
import type { Tcb } from './tcb';

const DUPLICATE_THRESHOLD = 3;
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

/** The window now, ms. */
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
