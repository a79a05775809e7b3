/**
 * Selective acknowledgment (RFC 2018) and the report of duplicates (D-SACK, RFC 2883), both ways.
 */
import { MAX_SACK_BLOCKS, type Segment } from '../wire/segment';
import { OWE_ACK } from './owed';
import { seqAdd, seqDiff, seqGt, seqLeq, seqLt } from './seq';
import type { Tcb } from './tcb';

/** Bytes of the option with its two NOPs, for a number of blocks. */
const OPTION_BYTES = 4;
const BLOCK_BYTES = 8;

/** What a receiver has until the first of them. */
const NONE = new Int32Array(0);

export class SackState {
  /** Both SYNs bore SACK-permitted. */
  on = false;

  /** Receiver: a duplicate to report once, in the first block. */
  hasDuplicate = false;
  duplicateStart = 0;
  duplicateEnd = 0;
  /** Receiver: where the latest out-of-order segments began, newest first (RFC 2018 §4). */
  recent = NONE;
  recentCount = 0;
}

/** An out-of-order segment has been kept: its block comes first in the next ACK. */
export function noteHeld(tcb: Tcb, seq: number): void {
  const { sack } = tcb;
  if (!sack.on) return;
  if (sack.recent === NONE) sack.recent = new Int32Array(MAX_SACK_BLOCKS);
  const { recent } = sack;
  recent.copyWithin(1, 0, MAX_SACK_BLOCKS - 1);
  recent[0] = seq;
  if (sack.recentCount < MAX_SACK_BLOCKS) sack.recentCount++;
}

/** [start, end) has arrived that was there already: the sender should know (RFC 2883 §4). */
export function noteDuplicate(tcb: Tcb, start: number, end: number): void {
  const { sack } = tcb;
  if (!sack.on || sack.hasDuplicate || !seqLt(start, end)) return;
  sack.hasDuplicate = true;
  sack.duplicateStart = start;
  sack.duplicateEnd = end;
  tcb.owed |= OWE_ACK;
}

/**
 * Adds the blocks that are to be told to an ACK, as many as `room` bytes of options hold: the
 * duplicate, then the ranges of the latest arrivals, then others.
 */
export function writeSack(tcb: Tcb, out: Segment, room: number): void {
  const { sack, rcv } = tcb;
  if (!sack.on || !(tcb.hasGap || sack.hasDuplicate || rcv.finPending)) return;
  const most = Math.min(MAX_SACK_BLOCKS, Math.floor((room - OPTION_BYTES) / BLOCK_BYTES));
  if (most <= 0) return;
  if (sack.hasDuplicate) {
    addBlock(out, sack.duplicateStart, sack.duplicateEnd);
    sack.hasDuplicate = false;
  }
  const first = out.sackCount;
  if (!tcb.hasGap && !rcv.finPending) return;
  const { ranges } = tcb.reassembly;
  for (let i = 0; i < sack.recentCount && out.sackCount < most; i++) {
    const seq = sack.recent[i];
    const at = ranges.find(seq);
    if (at < ranges.count && seqLeq(ranges.starts[at], seq)) addRange(tcb, out, at, first);
    else if (rcv.finPending && rcv.finSeq === seq) addBlock(out, seq, seqAdd(seq, 1));
  }
  for (let at = 0; at < ranges.count && out.sackCount < most; at++) {
    addRange(tcb, out, at, first);
  }
}

/**
 * Takes the blocks of an ACK into the scoreboard.
 * @returns true when they say something new
 */
export function takeSack(tcb: Tcb, seg: Segment): boolean {
  const { scoreboard, snd } = tcb;
  const edges = seg.sackEdges;
  let isNew = false;
  for (let i = 0; i < seg.sackCount; i++) {
    const start = edges[2 * i];
    const end = edges[2 * i + 1];
    // Only what is outstanding can be reported: anything else is old, a duplicate, or forged.
    if (!seqLt(start, end) || seqLt(start, snd.una) || seqGt(end, snd.nxt)) continue;
    if (seqLeq(start, seg.ack) && !seqGt(end, seg.ack)) continue;
    if (scoreboard.report(start, end)) isNew = true;
  }
  return isNew;
}

/**
 * Does the first block report a duplicate (RFC 2883 §4)? It lies below the ACK, or inside the
 * second.
 */
export function isDuplicateReport(seg: Segment): boolean {
  if (seg.sackCount === 0) return false;
  const edges = seg.sackEdges;
  if (seqLeq(edges[1], seg.ack)) return true;
  return seg.sackCount > 1 && seqLeq(edges[2], edges[0]) && seqLeq(edges[1], edges[3]);
}

/**
 * Adds a range that is not among the blocks from `first` on; a duplicate before them may equal it.
 */
function addRange(tcb: Tcb, out: Segment, at: number, first: number): void {
  const { rcv, reassembly } = tcb;
  const start = reassembly.ranges.starts[at];
  let end = reassembly.ranges.ends[at];
  if (rcv.finPending && rcv.finSeq === end) end = seqAdd(end, 1); // the FIN has a number, too
  const edges = out.sackEdges;
  for (let i = first; i < out.sackCount; i++) {
    if (edges[2 * i] === start && edges[2 * i + 1] === end) return;
  }
  addBlock(out, start, end);
}

function addBlock(out: Segment, start: number, end: number): void {
  if (seqDiff(end, start) <= 0) return;
  const at = 2 * out.sackCount;
  out.sackEdges[at] = start;
  out.sackEdges[at + 1] = end;
  out.sackCount++;
}
