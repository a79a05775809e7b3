/**
 * What leaves now: one segment a call, until nothing is owed or allowed (RFC 9293 §3.8).
 *
 * In this order: resets, the handshake, what must be repeated, new text, probes, bare ACKs. Every
 * segment carries the acknowledgment and window of the moment, so it pays what was owed of them.
 */
import { ACK, FIN, PSH, RST, type Segment, SYN, URG } from '../wire/segment';
import { synFlags, writeEcn } from './ecn';
import { writeSynOptions, writeTimestamps } from './options';
import {
  OWE_ACK,
  OWE_KEEP_ALIVE,
  OWE_PROBE,
  OWE_RESET,
  OWE_RETRANSMIT,
  OWE_STRAY_RESET,
  OWE_SYN,
} from './owed';
import { flightSize, moveCursor } from './recovery';
import { seqAdd, seqDiff, seqGt, seqLt } from './seq';
import { mayTransmitText } from './state';
import type { Tcb } from './tcb';
import { TIMER_DELAYED_ACK, TIMER_PERSIST, TIMER_RETRANSMIT } from './timers';
import { offerWindow, sendableLength } from './window';

/** @returns false when there is nothing (more) to send */
export function pollTransmit(tcb: Tcb, now: number, out: Segment): boolean {
  const { owed, state } = tcb;
  if ((owed & (OWE_RESET | OWE_STRAY_RESET)) !== 0) return writeReset(tcb, out);
  if (state === 'CLOSED') return false;
  if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') return pollHandshake(tcb, now, out);
  if (mayTransmitText(state) && (pollRetransmit(tcb, now, out) || pollText(tcb, now, out))) {
    return true;
  }
  return pollProbe(tcb, now, out) || pollAck(tcb, now, out);
}

/** Sequence number behind the last byte of the send buffer: where the FIN goes. */
export function endOfText(tcb: Tcb): number {
  return seqAdd(tcb.snd.una, tcb.sendBuffer.length);
}

function writeReset(tcb: Tcb, out: Segment): boolean {
  out.clear();
  out.sourcePort = tcb.localPort;
  out.destinationPort = tcb.remotePort;
  out.flags = RST;
  out.ack = 0;
  tcb.count.segmentsOut++;
  if ((tcb.owed & OWE_STRAY_RESET) !== 0) {
    out.seq = tcb.strayResetSeq;
    tcb.owed &= ~OWE_STRAY_RESET;
  } else {
    out.seq = tcb.snd.nxt;
    tcb.owed = 0;
  }
  return true;
}

function pollHandshake(tcb: Tcb, now: number, out: Segment): boolean {
  if ((tcb.owed & OWE_SYN) === 0) return pollAck(tcb, now, out);
  tcb.owed &= ~OWE_SYN;
  const repeated = tcb.snd.nxt !== tcb.iss;
  const flags = SYN | (tcb.state === 'SYN-RECEIVED' ? ACK : 0) | synFlags(tcb);
  writeHeader(tcb, out, tcb.iss, flags, now);
  tcb.snd.nxt = seqAdd(tcb.iss, 1);
  noteSent(tcb, tcb.snd.nxt, 1, repeated, now);
  return true;
}

/** One segment at SND.UNA after three duplicates, or the next one of the walk after a timeout. */
function pollRetransmit(tcb: Tcb, now: number, out: Segment): boolean {
  const { recovery, snd, cc } = tcb;
  if ((tcb.owed & OWE_RETRANSMIT) !== 0) {
    tcb.owed &= ~OWE_RETRANSMIT;
    if (snd.una === snd.nxt || snd.wnd === 0) return false;
    writeText(tcb, now, out, snd.una, Math.min(snd.mss, snd.wnd, tcb.sendBuffer.length));
    return true;
  }
  if (!recovery.rewound) return false;
  const from = recovery.cursor;
  // What lies beyond a window that has shrunk waits for it to open (SHLD-15, SHLD-16).
  const usable = Math.min(
    seqDiff(seqAdd(snd.una, snd.wnd), from),
    cc.cwnd - seqDiff(from, snd.una),
  );
  const left = seqDiff(endOfText(tcb), from);
  if (usable <= 0 || usable < Math.min(snd.mss, left, snd.maxWnd >> 1)) {
    if (from === snd.una) armPersist(tcb, now);
    return false;
  }
  const to = writeText(tcb, now, out, from, Math.min(snd.mss, usable, left));
  moveCursor(tcb, to);
  return true;
}

/** New text and the FIN behind it, as the windows, Nagle and silly-window avoidance allow. */
function pollText(tcb: Tcb, now: number, out: Segment): boolean {
  const { snd, cc, recovery } = tcb;
  const end = endOfText(tcb);
  const unsent = seqDiff(end, snd.nxt);
  const finDue = tcb.finQueued && unsent >= 0;
  if ((unsent <= 0 && !finDue) || recovery.rewound) return false;
  const idle = snd.una === snd.nxt;
  if (idle && now - snd.lastAt > tcb.rtt.rto) cc.handleIdle();
  const flight = flightSize(tcb);
  // RFC 3042: the first two duplicates let one new segment each pass.
  const extra = recovery.fast ? 0 : Math.min(recovery.duplicates, 2) * snd.mss;
  const byPeer = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
  const byNetwork = cc.cwnd + extra - flight;
  if (byNetwork < Math.min(snd.mss, unsent) && !idle) return false;
  const length = sendableLength(tcb, unsent, Math.min(byPeer, byNetwork), idle);
  if (length === 0 && !(unsent === 0 && byPeer > 0)) {
    if (idle) armPersist(tcb, now);
    return false;
  }
  tcb.timers.disarm(TIMER_PERSIST);
  writeText(tcb, now, out, snd.nxt, length);
  return true;
}

/** Waits for the window to open, or for silly-window avoidance to be overridden (MUST-36). */
function armPersist(tcb: Tcb, now: number): void {
  if (tcb.timers.isArmed(TIMER_PERSIST)) return;
  const delay = tcb.snd.wnd > 0 ? tcb.config.swsOverrideMs : tcb.rtt.rto;
  tcb.timers.arm(TIMER_PERSIST, now + delay);
  tcb.snd.stalledSince = now;
}

/**
 * Into a closed or silly window: what fits of the text, at least one byte; and keep-alive probes.
 */
function pollProbe(tcb: Tcb, now: number, out: Segment): boolean {
  const { snd } = tcb;
  if ((tcb.owed & OWE_PROBE) !== 0) {
    tcb.owed &= ~OWE_PROBE;
    if (!mayTransmitText(tcb.state)) return false;
    const length = Math.min(tcb.sendBuffer.length, Math.max(snd.wnd, 1), snd.mss);
    const to = writeText(tcb, now, out, snd.una, length);
    if (snd.wnd > 0) tcb.timers.disarm(TIMER_PERSIST);
    if (tcb.recovery.rewound && seqGt(to, tcb.recovery.cursor)) moveCursor(tcb, to);
    return true;
  }
  if ((tcb.owed & OWE_KEEP_ALIVE) !== 0) {
    tcb.owed &= ~OWE_KEEP_ALIVE;
    writeHeader(tcb, out, seqAdd(snd.nxt, -1), ACK, now);
    return true;
  }
  return false;
}

function pollAck(tcb: Tcb, now: number, out: Segment): boolean {
  // A duplicate counts with the sender only if it bears no text, so text does not pay for it.
  if (tcb.duplicateAcksOwed > 0) tcb.duplicateAcksOwed--;
  else if ((tcb.owed & OWE_ACK) === 0) return false;
  writeHeader(tcb, out, tcb.snd.nxt, ACK, now);
  if (tcb.ecn.on) writeEcn(tcb, out, false);
  return true;
}

/**
 * A segment with `length` bytes of text from `seq`, with the FIN if it comes right behind.
 * @returns the sequence number behind it
 */
function writeText(tcb: Tcb, now: number, out: Segment, seq: number, length: number): number {
  const { snd, count } = tcb;
  const end = endOfText(tcb);
  let next = seqAdd(seq, length);
  const repeated = seqLt(seq, snd.nxt);
  let flags = ACK;
  if (next === end) {
    if (length > 0) flags |= PSH; // MUST-61: the last of what is buffered
    const room = seqDiff(seqAdd(snd.una, snd.wnd), next) > 0 || length === 0;
    if (tcb.finQueued && room) {
      flags |= FIN;
      next = seqAdd(next, 1);
    }
  }
  writeHeader(tcb, out, seq, flags, now);
  if (length > 0) {
    tcb.sendBuffer.place(seqDiff(seq, snd.una), length, out);
    count.dataSegmentsOut++;
    count.bytesSent += length;
    if (repeated) count.bytesRetransmitted += length;
  }
  if (seqGt(snd.up, seq)) {
    // MUST-62: the pointer names what follows the urgent data; further than it reaches, its largest
    // value.
    out.flags |= URG;
    // RFC 1122 §4.2.2.4 had it name the last urgent byte instead: by request.
    const last = tcb.config.urgentPointsToLast ? 1 : 0;
    out.urgentPointer = Math.min(seqDiff(snd.up, seq) - last, 65_535);
  }
  if (tcb.ecn.on) writeEcn(tcb, out, length > 0 && !repeated && snd.wnd > 0);
  if (seqGt(next, snd.nxt)) snd.nxt = next;
  noteSent(tcb, next, seqDiff(next, seq), repeated, now);
  return next;
}

function writeHeader(tcb: Tcb, out: Segment, seq: number, flags: number, now: number): void {
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

/** Something that occupies sequence numbers has left: time it, and wait for its acknowledgment. */
function noteSent(tcb: Tcb, end: number, length: number, repeated: boolean, now: number): void {
  if (length === 0) return;
  const { snd, rtt, timers } = tcb;
  if (repeated) {
    tcb.count.retransmits++;
    rtt.timing = false; // Karn's rule
    rtt.repeated = true;
    rtt.repeatedTimestamp = tcb.ts.value(now);
  } else {
    rtt.startTiming(end, now);
  }
  snd.lastAt = now;
  if (snd.wnd === 0 && tcb.state !== 'SYN-SENT' && tcb.state !== 'SYN-RECEIVED') {
    // A probe: its clock is the persist timer's, and it never gives up (MUST-37).
    if (!timers.isArmed(TIMER_PERSIST)) timers.arm(TIMER_PERSIST, now + rtt.rto);
    return;
  }
  if (!timers.isArmed(TIMER_RETRANSMIT)) {
    timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
    snd.stalledSince = now;
  }
}
