/** Urgent pointer, text and FIN of a segment (RFC 9293 §3.10.7.4, sixth to eighth checks). */
import { CWR, ECE, FIN, type Segment, SYN, URG } from '../wire/segment';
import { EVENT_READABLE, EVENT_URGENT } from './events';
import { OWE_ACK, OWE_RESET } from './owed';
import { noteDuplicate, noteHeld } from './sack';
import { seqAdd, seqDiff, seqGt, seqLt } from './seq';
import { enter, enterClosed, enterTimeWait, mayReceiveText } from './state';
import type { Tcb } from './tcb';
import { TIMER_DELAYED_ACK } from './timers';
import { noteReceiverRtt } from './tuning';

/** Most duplicate ACKs owed at once: a flood of out-of-order segments earns no flood of answers. */
const MAX_DUPLICATE_ACKS = 64;

/**
 * Cuts off the SYN, which has been taken, with what the ECN flags mean on it: text and urgent
 * pointer count from behind it.
 */
export function cutSyn(seg: Segment): void {
  seg.flags &= ~(SYN | ECE | CWR);
  seg.seq = seqAdd(seg.seq, 1);
  seg.urgentPointer--;
  if (seg.urgentPointer <= 0) seg.flags &= ~URG;
}

/** Cuts from `seg` what lies outside the receive window (RFC 9293 §3.10.7.4, first check). */
export function trimToWindow(tcb: Tcb, seg: Segment): void {
  const { rcv } = tcb;
  const before = seqDiff(rcv.nxt, seg.seq);
  if (before > 0) {
    if (before > seg.textLength) seg.flags &= ~FIN;
    const cut = Math.min(before, seg.textLength);
    noteDuplicate(tcb, seg.seq, seqAdd(seg.seq, cut));
    seg.textOffset += cut;
    seg.textLength -= cut;
    seg.seq = rcv.nxt;
  }
  const room = seqDiff(rcv.edge, seg.seq);
  if (seg.textLength > room) {
    seg.textLength = Math.max(room, 0);
    seg.flags &= ~FIN;
    if (mayReceiveText(tcb.state)) tcb.owed |= OWE_ACK;
  }
}

/**
 * Sixth check: RCV.UP advances, and the user is told if it is ahead of what he has read. It comes
 * before the segment is cut, because the pointer counts from where the segment begins.
 */
export function processUrgent(tcb: Tcb, seg: Segment): void {
  if ((seg.flags & URG) === 0 || !mayReceiveText(tcb.state)) return;
  const { rcv } = tcb;
  const last = tcb.config.urgentPointsToLast ? 1 : 0;
  const up = seqAdd(seg.seq, seg.urgentPointer + last);
  const read = seqDiff(rcv.nxt, tcb.receiveBuffer.length);
  if (!seqGt(up, read) || !seqGt(up, rcv.up)) return;
  rcv.up = up;
  tcb.events |= EVENT_URGENT;
}

/** Seventh check: text in its turn goes to the user, text ahead of its turn waits. */
export function processText(tcb: Tcb, seg: Segment, now: number): void {
  if (seg.textLength === 0 || !mayReceiveText(tcb.state)) return;
  if (tcb.released) {
    resetForLateText(tcb);
    return;
  }
  if (seg.seq === tcb.rcv.nxt) takeText(tcb, seg, now);
  else holdText(tcb, seg, now);
}

/** Text that is the next, and wanted. */
export function takeText(tcb: Tcb, seg: Segment, now: number): void {
  const { rcv, receiveBuffer } = tcb;
  const length = seg.textLength;
  noteText(tcb, seg, now);
  receiveBuffer.append(seg.textOffset, length);
  let taken = length;
  rcv.nxt = seqAdd(rcv.nxt, length);
  if (tcb.hasGap) {
    const more = tcb.reassembly.drainInto(receiveBuffer, rcv.nxt);
    rcv.nxt = seqAdd(rcv.nxt, more);
    taken += more;
    tcb.owed |= OWE_ACK; // a gap is (partly) filled: say so at once (RFC 5681 §4.2)
  }
  tcb.count.bytesReceived += taken;
  tcb.events |= EVENT_READABLE;
  oweAckFor(tcb, length, taken, now);
}

/** Eighth check: the peer has no more to say. */
export function processFin(tcb: Tcb, seg: Segment, now: number): void {
  const { rcv } = tcb;
  if (!mayReceiveText(tcb.state)) return;
  if ((seg.flags & FIN) !== 0) {
    rcv.finPending = true;
    rcv.finSeq = seqAdd(seg.seq, seg.textLength);
    tcb.owed |= OWE_ACK;
    if (seg.textLength === 0) noteHeld(tcb, rcv.finSeq);
  }
  if (rcv.finPending && rcv.finSeq === rcv.nxt) takeFin(tcb, now);
}

function noteText(tcb: Tcb, seg: Segment, now: number): void {
  tcb.count.dataSegmentsIn++;
  if (tcb.ts.on && seg.hasTimestamps) noteReceiverRtt(tcb, seg.tsecr, now);
}

function holdText(tcb: Tcb, seg: Segment, now: number): void {
  const { reassembly } = tcb;
  noteText(tcb, seg, now);
  const { seq } = seg;
  const end = seqAdd(seq, seg.textLength);
  tcb.count.outOfOrder++;
  if (reassembly.ranges.holds(seq, end)) noteDuplicate(tcb, seq, end);
  else if (reassembly.insert(tcb.rcv.nxt, seq, seg.textOffset, seg.textLength)) noteHeld(tcb, seq);
  // With SACK one ACK says it all; without, each counts.
  if (tcb.sack.on) tcb.duplicateAcksOwed = 1;
  else if (tcb.duplicateAcksOwed < MAX_DUPLICATE_ACKS) tcb.duplicateAcksOwed++;
}

/**
 * At least every second full segment is acknowledged at once, others after a while (RFC 9293
 * §3.8.6.3).
 */
function oweAckFor(tcb: Tcb, length: number, taken: number, now: number): void {
  const { rcv, timers, config } = tcb;
  rcv.unacked += taken;
  if (length > rcv.seenMss) rcv.seenMss = Math.min(length, rcv.mss);
  // A peer that has no room left for a full segment waits for us: do not let it.
  if (tcb.quickAcks > 0) {
    // At the start every ACK opens the peer's congestion window; do not make it wait.
    tcb.quickAcks--;
    tcb.owed |= OWE_ACK;
  } else if (rcv.unacked >= 2 * rcv.seenMss || rcv.wnd < rcv.seenMss) {
    tcb.owed |= OWE_ACK;
  } else if (!timers.isArmed(TIMER_DELAYED_ACK)) {
    timers.arm(TIMER_DELAYED_ACK, now + config.delayedAckMs);
  }
}

function takeFin(tcb: Tcb, now: number): void {
  const { rcv } = tcb;
  rcv.finPending = false;
  rcv.nxt = seqAdd(rcv.nxt, 1);
  if (seqLt(rcv.edge, rcv.nxt)) rcv.edge = rcv.nxt;
  tcb.finReceived = true;
  tcb.forgetGaps();
  tcb.owed |= OWE_ACK;
  tcb.events |= EVENT_READABLE;
  if (tcb.state === 'ESTABLISHED') enter(tcb, 'CLOSE-WAIT');
  else if (tcb.state === 'FIN-WAIT-1') enter(tcb, 'CLOSING');
  else enterTimeWait(tcb, now);
}

/** The user is gone and text arrives: it cannot be delivered, and the peer must know (SHLD-3). */
function resetForLateText(tcb: Tcb): void {
  enterClosed(tcb);
  tcb.owed = OWE_RESET;
}
