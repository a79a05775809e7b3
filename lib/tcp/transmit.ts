/**
 * Writing one segment: the header of the moment, text from the send buffer, and what must be
 * remembered of it.
 */
import { ACK, FIN, PSH, type Segment, SYN, URG } from '../wire/segment';
import { writeEcn } from './ecn';
import { writeSynOptions, writeTimestamps } from './options';
import { OWE_ACK } from './owed';
import { notePaced } from './pacing';
import { writeSack } from './sack';
import { NO_SLOT } from './segment-ring';
import { seqAdd, seqDiff, seqGt } from './seq';
import { scheduleTailProbe } from './tail-probe';
import type { Tcb } from './tcb';
import { TIMER_DELAYED_ACK, TIMER_PERSIST, TIMER_RETRANSMIT } from './timers';
import { noteRepetition } from './undo';
import { wakeWriter } from './user-limit';
import { offerWindow } from './window';

/** Bytes of options that fit into a header, and what timestamps take of them. */
const MAX_OPTION_BYTES = 40;
const TIMESTAMP_BYTES = 12;

/** Sequence number behind the last byte of the send buffer: where the FIN goes. */
export function endOfText(tcb: Tcb): number {
  return seqAdd(tcb.snd.una, tcb.sendBuffer.length);
}

/**
 * A segment with the text of [seq, end), and the FIN if `end` lies behind it.
 * @param slot its record on the scoreboard when it was sent before, else NO_SLOT
 */
export function writeText(
  tcb: Tcb,
  now: number,
  out: Segment,
  seq: number,
  end: number,
  slot: number,
): void {
  const { snd, count, scoreboard } = tcb;
  const textEnd = endOfText(tcb);
  const hasFin = seqGt(end, textEnd);
  const length = seqDiff(hasFin ? textEnd : end, seq);
  const isRepeated = slot !== NO_SLOT;
  let flags = ACK;
  if (hasFin) flags |= FIN;
  // MUST-61: the last of what is buffered is pushed.
  if (length > 0 && (hasFin || end === textEnd)) flags |= PSH;
  writeHeader(tcb, out, seq, flags, now);
  if (length > 0) {
    tcb.sendBuffer.place(seqDiff(seq, snd.una), length, out);
    if (length > snd.mss) countPieces(tcb, length, out);
    count.dataSegmentsOut++;
    count.bytesSent += length;
    if (isRepeated) count.bytesRetransmitted += length;
  }
  if (seqGt(snd.up, seq)) writeUrgent(tcb, out, seq);
  if (tcb.ecn.on) writeEcn(tcb, out, length > 0 && !isRepeated && snd.wnd > 0);
  // Blocks go along where they fit behind the text; a bare ACK has room for them anyway.
  writeSack(tcb, out, Math.min(snd.mss - length, sackRoom(tcb)));
  if (isRepeated) {
    scoreboard.repeat(slot, end, now);
  } else {
    scoreboard.append(seq, end, now);
    if (seqGt(end, snd.nxt)) snd.nxt = end;
  }
  noteSent(tcb, end, seqDiff(end, seq), isRepeated, now);
  wakeWriter(tcb);
}

/** The link makes several segments of it. */
function countPieces({ snd, count }: Tcb, length: number, out: Segment): void {
  out.pieceBytes = snd.mss;
  const more = Math.ceil(length / snd.mss) - 1;
  count.segmentsOut += more;
  count.dataSegmentsOut += more;
}

/** A segment that only acknowledges. */
export function writeAck(tcb: Tcb, now: number, out: Segment): void {
  writeHeader(tcb, out, tcb.snd.nxt, ACK, now);
  if (tcb.ecn.on) writeEcn(tcb, out, false);
  writeSack(tcb, out, sackRoom(tcb));
}

export function writeHeader(tcb: Tcb, out: Segment, seq: number, flags: number, now: number): void {
  const { rcv, ts } = tcb;
  out.clear();
  out.sourcePort = tcb.localPort;
  out.destinationPort = tcb.remotePort;
  out.seq = seq;
  out.flags = flags;
  out.ack = 0;
  const isSyn = (flags & SYN) !== 0;
  out.trafficClass = tcb.config.trafficClass;
  out.window = offerWindow(tcb, isSyn);
  if (isSyn) writeSynOptions(tcb, out, now);
  else if (ts.on) writeTimestamps(tcb, out, now);
  if ((flags & ACK) !== 0) {
    out.ack = rcv.nxt;
    ts.lastAckSent = rcv.nxt;
    rcv.unacked = 0;
    tcb.owed &= ~OWE_ACK;
    tcb.timers.disarm(TIMER_DELAYED_ACK);
  }
  tcb.count.segmentsOut++;
}

/** Our SYN has left: nothing else is outstanding. */
export function noteSynSent(tcb: Tcb, isRepeated: boolean, now: number): void {
  const { snd, rtt, timers } = tcb;
  if (isRepeated) noteRepeated(tcb, now);
  else rtt.startTiming(snd.nxt, now);
  snd.lastAt = now;
  if (timers.isArmed(TIMER_RETRANSMIT)) return;
  timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
  snd.stalledSince = now;
}

/** Text or a FIN has left: time it, and wait for its acknowledgment. */
export function noteSent(
  tcb: Tcb,
  end: number,
  length: number,
  isRepeated: boolean,
  now: number,
): void {
  const { snd, rtt, timers, recovery } = tcb;
  if (isRepeated) {
    noteRepeated(tcb, now);
    noteRepetition(tcb, seqAdd(end, -length), now);
  } else {
    rtt.startTiming(end, now);
  }
  snd.lastAt = now;
  notePaced(tcb, length, now);
  if (recovery.mode === 'fast') recovery.prrOut += length;
  if (snd.wnd === 0) {
    // A probe: its clock is the persist timer's, and it never gives up (MUST-37).
    if (!timers.isArmed(TIMER_PERSIST)) timers.arm(TIMER_PERSIST, now + rtt.rto);
    return;
  }
  if (!timers.isArmed(TIMER_RETRANSMIT)) {
    timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
    snd.stalledSince = now;
  } else if (isRepeated && recovery.mode === 'fast' && seqDiff(end, snd.una) === length) {
    // The first segment has its full time again, as in Linux: else the timeout would come before
    // its ACK could.
    timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
  }
  if (!isRepeated) scheduleTailProbe(tcb, now);
}

function noteRepeated({ count, rtt, ts }: Tcb, now: number): void {
  count.retransmits++;
  rtt.timing = false; // Karn's rule
  rtt.repeated = true;
  rtt.repeatedTimestamp = ts.value(now);
}

function writeUrgent(tcb: Tcb, out: Segment, seq: number): void {
  // MUST-62: the pointer names what follows the urgent data; further than it reaches, its largest
  // value. RFC 1122 §4.2.2.4 had it name the last urgent byte instead: by request.
  const last = tcb.config.urgentPointsToLast ? 1 : 0;
  out.flags |= URG;
  out.urgentPointer = Math.min(seqDiff(tcb.snd.up, seq) - last, 65_535);
}

function sackRoom(tcb: Tcb): number {
  return MAX_OPTION_BYTES - (tcb.ts.on ? TIMESTAMP_BYTES : 0);
}
