/**
 * A train: text of several segments that was sent as one piece, as far as windows, timers and the
 * scoreboard go, and leaves a segment a call, since the link takes no more at once (what Linux
 * calls software GSO). All but the first cost little more than their headers.
 */
import { CWR, ECE, FIN, PSH, type Segment } from '../wire/segment';
import { writeEcn } from './ecn';
import { seqAdd, seqDiff, seqLt } from './seq';
import type { Tcb } from './tcb';
import { writeHeader } from './transmit';

export class Train {
  /** Where the next segment begins, and bytes of text that have not left. */
  seq = 0;
  left = 0;
  /** Flags of the last segment; the others are not pushed and end nothing. */
  lastFlags = 0;
  // The header of the moment `at`, ms, when `ack` was RCV.NXT.
  at = Number.NaN;
  ack = 0;
  window = 0;
  tsval = 0;
  tsecr = 0;
  trafficClass = 0;
}

/** `out` is a piece of several segments, and becomes the first of them. */
export function beginTrain(tcb: Tcb, train: Train, out: Segment, now: number): void {
  const { mss } = tcb.snd;
  train.seq = seqAdd(out.seq, mss);
  train.left = out.textLength + out.moreLength - mss;
  train.lastFlags = out.flags & ~CWR; // said once (RFC 3168 §6.1.2)
  noteHeader(train, out, now);
  out.flags &= ~(FIN | PSH);
  out.pieceBytes = 0;
  tcb.sendBuffer.place(seqDiff(out.seq, tcb.snd.una), mss, out);
}

/** The next segment of a train. @returns false when there is none */
export function pollTrain(tcb: Tcb, now: number, out: Segment): boolean {
  const { train, snd } = tcb;
  if (train === null || train.left === 0) return false;
  // Only a liar acknowledges what has not left; its place in the send buffer may be another's now.
  if (seqLt(train.seq, snd.una)) {
    train.left = 0;
    return false;
  }
  const length = Math.min(train.left, snd.mss);
  const { seq, lastFlags } = train;
  const flags = length === train.left ? lastFlags : lastFlags & ~(FIN | PSH);
  if (now === train.at && tcb.rcv.nxt === train.ack) {
    repeatHeader(tcb, train, out);
    out.seq = seq;
    out.flags = flags;
  } else {
    renewHeader(tcb, train, out, flags, now);
  }
  tcb.sendBuffer.place(seqDiff(seq, snd.una), length, out);
  train.seq = seqAdd(seq, length);
  train.left -= length;
  return true;
}

function noteHeader(train: Train, out: Segment, now: number): void {
  train.at = now;
  train.ack = out.ack;
  train.window = out.window;
  train.tsval = out.tsval;
  train.tsecr = out.tsecr;
  train.trafficClass = out.trafficClass;
}

/** As it was with the segment before. */
function repeatHeader(tcb: Tcb, train: Train, out: Segment): void {
  out.clear();
  out.sourcePort = tcb.localPort;
  out.destinationPort = tcb.remotePort;
  out.ack = train.ack;
  out.window = train.window;
  out.hasTimestamps = tcb.ts.on;
  out.tsval = train.tsval;
  out.tsecr = train.tsecr;
  out.trafficClass = train.trafficClass;
}

/** The link had no room for a while: the header says what is true now. */
function renewHeader(tcb: Tcb, train: Train, out: Segment, flags: number, now: number): void {
  writeHeader(tcb, out, train.seq, flags & ~ECE, now);
  tcb.count.segmentsOut--; // it was counted with the first
  if (tcb.ecn.on) writeEcn(tcb, out, true);
  noteHeader(train, out, now);
}
