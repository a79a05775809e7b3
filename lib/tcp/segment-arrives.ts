/**
 * SEGMENT ARRIVES (RFC 9293 §3.10.7.4): the checks in the RFC's order, each a function that says
 * whether to carry on. None of them sends: they set bits in `owed`.
 *
 * Amended by RFC 5961 (blind resets, SYNs and data), RFC 7323 (timestamps) and RFC 1337
 * (TIME-WAIT).
 */
import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment';
import { acceptSynAck, processAck, takeFirstWindow } from './acknowledgment';
import { oweChallengeAck } from './challenge';
import { takeMarks } from './ecn';
import { takePredicted } from './header-prediction';
import { OWE_ACK, OWE_STRAY_RESET, OWE_SYN } from './owed';
import { isStale, noteTimestamp } from './paws';
import { noteDuplicate } from './sack';
import { cutSyn, processFin, processText, processUrgent, trimToWindow } from './segment-text';
import { seqAdd, seqDiff, seqGt, seqLeq } from './seq';
import { abandon, die, enterClosed, enterEstablished, enterFinWait2, enterTimeWait } from './state';
import { segmentArrivesInSynSent } from './syn-sent';
import type { Tcb } from './tcb';
import { TIMER_LINGER } from './timers';

export function segmentArrives(tcb: Tcb, seg: Segment, now: number): void {
  tcb.count.segmentsIn++;
  tcb.rcv.lastAt = now;
  tcb.keepAliveSent = 0;
  if (tcb.state === 'CLOSED') return;
  if (tcb.state === 'SYN-SENT') {
    segmentArrivesInSynSent(tcb, seg, now);
    return;
  }
  if (!takePredicted(tcb, seg, now)) runChecks(tcb, seg, now);
}

/** All of the checks, for what was not predicted. */
export function runChecks(tcb: Tcb, seg: Segment, now: number): void {
  if (tcb.state === 'SYN-RECEIVED') uncrossSyn(tcb, seg);
  if (
    checkSequence(tcb, seg, now) &&
    checkReset(tcb, seg, now) &&
    checkSyn(tcb, seg, now) &&
    checkAck(tcb, seg, now)
  ) {
    if (tcb.ts.on && seg.hasTimestamps) noteTimestamp(tcb, seg, now);
    if (tcb.ecn.on) takeMarks(tcb, seg);
    processUrgent(tcb, seg);
    trimToWindow(tcb, seg);
    processText(tcb, seg, now);
    processFin(tcb, seg, now);
  }
}

/**
 * Simultaneous open: the peer's SYN-ACK repeats the SYN that we have already taken. The RFC's
 * figure 7 lets it establish the connection, its first check would refuse it; like Linux we take it
 * as the ACK that it also is.
 */
function uncrossSyn(tcb: Tcb, seg: Segment): void {
  if (tcb.passive) return;
  if ((seg.flags & (SYN | ACK | RST)) !== (SYN | ACK)) return;
  if (seg.seq !== tcb.irs || seg.ack !== tcb.snd.nxt) return;
  cutSyn(seg);
  seg.window >>= tcb.snd.shift; // a SYN's window is not scaled, an ACK's is
}

/** First: is any of it in the window? (RFC 9293 table 6; PAWS, RFC 7323 §5.3.) */
function checkSequence(tcb: Tcb, seg: Segment, now: number): boolean {
  const { rcv, ts } = tcb;
  if (ts.on && seg.hasTimestamps && isStale(tcb, seg, now)) {
    answerUnacceptable(tcb, seg, now);
    return false;
  }
  const { wnd } = rcv;
  if (!isAcceptable(seg, rcv.nxt, wnd)) {
    if (wnd !== 0 || seg.seq !== rcv.nxt) {
      answerUnacceptable(tcb, seg, now);
      return false;
    }
    // A probe of our closed window: its ACK, URG and RST count, its text does not (MUST-66).
    seg.textLength = 0;
    seg.flags &= ~FIN;
    tcb.owed |= OWE_ACK;
  }
  return true;
}

/**
 * RFC 9293 table 6, with two additions of Linux: a segment that begins before the window and ends
 * behind it is in it too; and a bare ACK at the right edge comes from a peer that has used up the
 * window.
 */
function isAcceptable(seg: Segment, nxt: number, wnd: number): boolean {
  const { length } = seg;
  const offset = seqDiff(seg.seq, nxt);
  if (length === 0) {
    if (offset === wnd) return wnd === 0 || (seg.flags & RST) === 0;
    return offset >= 0 && offset < wnd;
  }
  return wnd > 0 && offset < wnd && offset + length > 0;
}

function answerUnacceptable(tcb: Tcb, seg: Segment, now: number): void {
  if ((seg.flags & RST) !== 0) return;
  if (tcb.state === 'TIME-WAIT' && (seg.flags & FIN) !== 0) {
    tcb.timers.arm(TIMER_LINGER, now + 2 * tcb.config.mslMs);
  }
  if (tcb.state === 'SYN-RECEIVED' && (seg.flags & (SYN | ACK)) === SYN && seg.seq === tcb.irs) {
    tcb.owed |= OWE_SYN; // our SYN-ACK was lost
  } else if (seg.length > 0 && (seg.flags & SYN) === 0) {
    tcb.owed |= OWE_ACK; // text or FIN again: our ACK was lost
    const end = seqAdd(seg.seq, seg.textLength);
    if (seqLeq(end, tcb.rcv.nxt)) noteDuplicate(tcb, seg.seq, end);
  } else {
    oweChallengeAck(tcb, now);
  }
}

/**
 * Second: a reset counts only at RCV.NXT; elsewhere in the window it is challenged (RFC 5961 §3).
 */
function checkReset(tcb: Tcb, seg: Segment, now: number): boolean {
  if ((seg.flags & RST) === 0) return true;
  if (tcb.state === 'TIME-WAIT') return false; // RFC 1337: resets do not end TIME-WAIT
  if (seg.seq !== tcb.rcv.nxt) {
    oweChallengeAck(tcb, now);
    return false;
  }
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      if (tcb.passive) abandon(tcb);
      else die(tcb, 'ECONNREFUSED');
      break;
    case 'CLOSING':
    case 'LAST-ACK':
      enterClosed(tcb);
      break;
    case 'CLOSE-WAIT':
      // As in Linux: the peer had already closed, so it is our writing that fails.
      die(tcb, 'EPIPE');
      break;
    default:
      die(tcb, 'ECONNRESET');
  }
  return false;
}

/** Fourth (the third, security, is not implemented): a SYN now is challenged (RFC 5961 §4). */
function checkSyn(tcb: Tcb, seg: Segment, now: number): boolean {
  if ((seg.flags & SYN) === 0) return true;
  if (tcb.state === 'SYN-RECEIVED' && tcb.passive) abandon(tcb);
  else oweChallengeAck(tcb, now);
  return false;
}

/**
 * Fifth: without ACK nothing counts; an ACK of the future or the far past is refused (RFC 5961 §5).
 */
function checkAck(tcb: Tcb, seg: Segment, now: number): boolean {
  if ((seg.flags & ACK) === 0) return false;
  const { snd } = tcb;
  if (tcb.state === 'SYN-RECEIVED') {
    if (seqLeq(seg.ack, snd.una) || seqGt(seg.ack, snd.nxt)) {
      tcb.strayResetSeq = seg.ack;
      tcb.owed |= OWE_STRAY_RESET;
      return false;
    }
    acceptSynAck(tcb, seg, now);
    takeFirstWindow(tcb, seg);
    enterEstablished(tcb);
  } else if (seqGt(seg.ack, snd.nxt) || seqDiff(snd.una, seg.ack) > snd.maxWnd) {
    oweChallengeAck(tcb, now);
    return false;
  }
  processAck(tcb, seg, now);
  if (tcb.finAcked) processFinAcked(tcb, now);
  return tcb.state !== 'CLOSED';
}

function processFinAcked(tcb: Tcb, now: number): void {
  if (tcb.state === 'FIN-WAIT-1') enterFinWait2(tcb, now);
  else if (tcb.state === 'CLOSING') enterTimeWait(tcb, now);
  else if (tcb.state === 'LAST-ACK') enterClosed(tcb);
}
