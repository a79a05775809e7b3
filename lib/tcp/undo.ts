/**
 * Taking back a reduction of the window that was for nothing: what counted as lost was only late.
 *
 * Known from timestamps (the ACK echoes a segment that left before the first repetition: Eifel, RFC
 * 3522, RFC 4015) or from reports of duplicates for everything that was repeated (RFC 2883, RFC
 * 3708).
 */
import type { Segment } from '../wire/segment';
import { seqGt, seqLeq, seqLt } from './seq';
import type { Tcb } from './tcb';

export class Undo {
  /** A reduction could be taken back. */
  active = false;
  cwnd = 0;
  ssthresh = 0;
  /** What was outstanding when the window was reduced. */
  from = 0;
  to = 0;
  /**
   * What was first repeated, and our timestamp then; repetitions not yet reported as duplicates.
   */
  hasRepeated = false;
  firstRepeatSeq = 0;
  firstRepeat = 0;
  repeats = 0;
  /** Reductions taken back, for `tcp_info`. */
  count = 0;
}

/** The window is about to be reduced. */
export function beginUndo(tcb: Tcb): void {
  const { undo, cc, snd, recovery } = tcb;
  if (recovery.mode === 'fast' && undo.active) {
    // A timeout in the middle of a repair: what the repair reduced is what may be given back, and
    // only if the repair was needless, too.
    undo.to = snd.nxt;
    return;
  }
  undo.cwnd = cc.cwnd;
  undo.ssthresh = cc.ssthresh;
  cc.remember?.();
  undo.active = true;
  undo.from = snd.una;
  undo.to = snd.nxt;
  undo.hasRepeated = false;
  undo.repeats = 0;
}

/** What begins at `seq` has been sent again. */
export function noteRepetition(tcb: Tcb, seq: number, now: number): void {
  const { undo } = tcb;
  if (!undo.active) return;
  undo.repeats++;
  if (undo.hasRepeated) return;
  undo.hasRepeated = true;
  undo.firstRepeatSeq = seq;
  undo.firstRepeat = tcb.ts.value(now);
}

/**
 * An ACK has moved SND.UNA: does it answer what was sent before anything was repeated?
 *
 * It must cover what was repeated first. What stands before that may have been repeated by the
 * repair before this one, and its echo, older than any repetition of this one, says nothing.
 */
export function undoByTimestamp(tcb: Tcb, seg: Segment, now: number): void {
  const { undo, ts, recovery } = tcb;
  if (!undo.active || !undo.hasRepeated || recovery.mode === 'none') return;
  if (!ts.on || !seg.hasTimestamps || !seqGt(seg.ack, undo.firstRepeatSeq)) return;
  if (seqLt(seg.tsecr, undo.firstRepeat)) takeBack(tcb, now);
}

/** The peer reports [start, end) as a duplicate: when all repetitions are, none was needed. */
export function undoByDuplicates(tcb: Tcb, start: number, end: number, now: number): void {
  const { undo } = tcb;
  if (!undo.active || undo.repeats === 0) return;
  if (seqLt(start, undo.from) || !seqLeq(end, undo.to)) return;
  undo.repeats--;
  if (undo.repeats === 0) takeBack(tcb, now);
}

/** The last reduction was for nothing. */
export function takeBack(tcb: Tcb, now: number): void {
  const { undo, cc, recovery, scoreboard } = tcb;
  undo.active = false;
  undo.count++;
  cc.cwnd = Math.max(cc.cwnd, undo.cwnd);
  cc.ssthresh = Math.max(cc.ssthresh, undo.ssthresh);
  cc.handleUndo?.();
  recovery.mode = 'none';
  recovery.recoverSet = false;
  recovery.duplicates = 0;
  recovery.judged = tcb.snd.una;
  scoreboard.findAll(now);
}
