/** PAWS: which segments set TS.Recent, and which are too old beside it (RFC 7323 §4.3, §5). */
import { RST, type Segment } from '../wire/segment';
import { seqGeq, seqLeq, seqLt } from './seq';
import type { Tcb } from './tcb';

/** RFC 7323 §5.5: TS.Recent says nothing about a connection that was idle this long. */
const TS_RECENT_LIFE_MS = 24 * 86_400_000;
/** How long ago a segment may at least have left to count as late instead of old. */
const LATE_MS = 250;

/**
 * Is it older than TS.Recent (RFC 7323 §5.3, R1)?
 *
 * A repair that has arrived sets TS.Recent, and what left shortly before it and was passed on its
 * way would then be refused, repeated, and its repetition set TS.Recent again: a path that reorders
 * would turn one loss into many. So text that belongs into a gap is held against the TS.Recent of a
 * moment ago. The peer cannot have gone round the sequence numbers since: that is what the check is
 * for. (Linux allows for one tick, TCP_PAWS_WINDOW.)
 */
export function isStale(tcb: Tcb, seg: Segment, now: number): boolean {
  const { ts, rcv } = tcb;
  if ((seg.flags & RST) !== 0 || !seqLt(seg.tsval, ts.recent)) return false;
  if (now - ts.recentAt >= TS_RECENT_LIFE_MS) return false;
  const isLate = tcb.hasGap && seg.textLength > 0 && seqGeq(seg.seq, rcv.nxt);
  return !isLate || seqLt(seg.tsval, ts.earlier);
}

/**
 * TS.Recent follows the segments that move the left edge (RFC 7323 §4.3). The RFC lets the first
 * check set it; as in Linux the ACK must be right, too, or a stranger could put it far ahead and
 * have the peer's own segments refused.
 */
export function noteTimestamp(tcb: Tcb, seg: Segment, now: number): void {
  const { ts } = tcb;
  if (!seqLeq(seg.seq, ts.lastAckSent)) return;
  // What was only late does not turn it back.
  if (seqLt(seg.tsval, ts.recent) && now - ts.recentAt < TS_RECENT_LIFE_MS) return;
  if (now - ts.nextAt >= LATE_MS) {
    ts.earlier = ts.next;
    ts.next = ts.recent;
    ts.nextAt = now;
  }
  ts.recent = seg.tsval;
  ts.recentAt = now;
}
