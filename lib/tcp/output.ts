/**
 * What leaves now: one segment a call, until nothing is owed or allowed (RFC 9293 §3.8).
 *
 * In this order: resets, the handshake, the rest of a train, what must be repeated, new text,
 * probes, bare ACKs. Every segment carries the acknowledgment and window of the moment, so it pays
 * what was owed of them.
 */
import { ACK, RST, type Segment, SYN } from '../wire/segment';
import { synFlags } from './ecn';
import { pollProbe, pollRetransmit, pollTailProbe, pollText } from './output-text';
import { OWE_ACK, OWE_KEEP_ALIVE, OWE_RESET, OWE_STRAY_RESET, OWE_SYN } from './owed';
import { pollRescue } from './rescue';
import { seqAdd, seqDiff } from './seq';
import { mayTransmitText } from './state';
import type { Tcb } from './tcb';
import { pollTrain } from './train';
import { endOfText, noteSynSent, writeAck, writeHeader } from './transmit';

/** @returns false when there is nothing (more) to send */
export function pollTransmit(tcb: Tcb, now: number, out: Segment): boolean {
  const { owed, state } = tcb;
  if ((owed & (OWE_RESET | OWE_STRAY_RESET)) !== 0) return writeReset(tcb, out);
  if (state === 'CLOSED') return false;
  if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') return pollHandshake(tcb, now, out);
  if (mayTransmitText(state) && (tcb.sending !== null || hasText(tcb, now))) {
    if (pollTrain(tcb, now, out)) return true;
    if (pollRetransmit(tcb, now, out) || pollTailProbe(tcb, now, out)) return true;
    if (pollText(tcb, now, out) || pollProbe(tcb, now, out)) return true;
    if (pollRescue(tcb, now, out)) return true;
  }
  return pollKeepAlive(tcb, now, out) || pollAck(tcb, now, out);
}

/**
 * Is it plain that `pollTransmit` would find nothing, and leave everything as it is? Asked behind
 * each segment whether there is one more, and of who has received one, it mostly is.
 */
export function hasNothing(tcb: Tcb): boolean {
  const { sending, snd } = tcb;
  if (tcb.owed !== 0 || tcb.duplicateAcksOwed > 0 || sending === null) return false;
  const unsent = seqDiff(endOfText(tcb), snd.nxt);
  if (unsent > 0 || (unsent === 0 && tcb.finQueued)) return false;
  // Controllers that measure want to know when text runs out.
  if (sending.cc.handleDelivery !== undefined || sending.recovery.mode === 'fast') return false;
  return sending.scoreboard.lostBytes === 0 && (sending.train === null || sending.train.left === 0);
}

/** Is there anything to send for the first time? Until there is, it does without `sending`. */
function hasText({ sendBuffer, finQueued, snd }: Tcb, now: number): boolean {
  if (sendBuffer.length > 0 || finQueued) return true;
  if (!(snd.ranOutAt >= 0)) snd.ranOutAt = now;
  return false;
}

function writeReset(tcb: Tcb, out: Segment): boolean {
  out.clear();
  out.sourcePort = tcb.localPort;
  out.destinationPort = tcb.remotePort;
  out.flags = RST;
  out.ack = 0;
  out.trafficClass = tcb.config.trafficClass;
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
  const isRepeated = tcb.snd.nxt !== tcb.iss;
  const flags = SYN | (tcb.state === 'SYN-RECEIVED' ? ACK : 0) | synFlags(tcb);
  writeHeader(tcb, out, tcb.iss, flags, now);
  tcb.snd.nxt = seqAdd(tcb.iss, 1);
  noteSynSent(tcb, isRepeated, now);
  return true;
}

/** A segment before SND.NXT, which the peer cannot accept and so must answer (RFC 9293 §3.8.4). */
function pollKeepAlive(tcb: Tcb, now: number, out: Segment): boolean {
  if ((tcb.owed & OWE_KEEP_ALIVE) === 0) return false;
  tcb.owed &= ~OWE_KEEP_ALIVE;
  writeHeader(tcb, out, seqAdd(tcb.snd.nxt, -1), ACK, now);
  return true;
}

function pollAck(tcb: Tcb, now: number, out: Segment): boolean {
  // A duplicate counts with the sender only if it bears no text, so text does not pay for it.
  if (tcb.duplicateAcksOwed > 0) tcb.duplicateAcksOwed--;
  else if ((tcb.owed & OWE_ACK) === 0) return false;
  writeAck(tcb, now, out);
  return true;
}
