/**
 * Losses told by how much has arrived behind them, where RACK is off: RFC 6675's IsLost with SACK,
 * the first hole without.
 */
import { FLYING, LOST, REPEATED, type Scoreboard } from './scoreboard';
import { seqDiff, seqGt, seqLt, seqMax } from './seq';
import type { Tcb } from './tcb';

/** DupThresh of RFC 6675: so much behind a segment says that it is lost, not late. */
export const DUPLICATE_THRESHOLD = 3;

/**
 * RFC 6675 §4, IsLost: behind it three separate ranges have arrived, or more bytes than two
 * segments have. What was sent again is judged no more, only a timeout brings it back.
 */
export function loseBehind(tcb: Tcb): void {
  const { scoreboard, snd, recovery } = tcb;
  const { ring } = scoreboard;
  const from = seqMax(recovery.judged, snd.una);
  const edge = lossEdge(scoreboard, (DUPLICATE_THRESHOLD - 1) * snd.mss, from);
  if (!seqGt(edge, from)) return;
  for (let i = ring.find(from); i < ring.count; i++) {
    const slot = ring.slotAt(i);
    if (!seqLt(ring.startOf(slot), edge)) break;
    const isLate = scoreboard.stateOf(slot) === FLYING && (ring.flagsOf(slot) & REPEATED) === 0;
    if (isLate) scoreboard.lose(slot);
  }
  recovery.judged = edge;
}

/** What lies before this is lost, for enough has arrived behind; `from` when nothing says so. */
function lossEdge(scoreboard: Scoreboard, mostBytes: number, from: number): number {
  const { starts, ends, count } = scoreboard.ranges;
  let bytes = 0;
  for (let i = count - 1; i >= 0; i--) {
    bytes += seqDiff(ends[i], starts[i]);
    if (bytes > mostBytes || count - i >= DUPLICATE_THRESHOLD) return starts[i];
  }
  return from;
}

/** The first segment that was not reported counts as lost. @returns false when it did already */
export function loseFirst(scoreboard: Scoreboard): boolean {
  const { ring } = scoreboard;
  for (let i = 0; i < ring.count; i++) {
    const slot = ring.slotAt(i);
    const state = scoreboard.stateOf(slot);
    if (state === FLYING) scoreboard.lose(ring.headOf(slot, scoreboard.segmentBytes));
    if (state === FLYING || state === LOST) return state === FLYING;
  }
  return false;
}
