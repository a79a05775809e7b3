/** A segment arrives in SYN-SENT (RFC 9293 §3.10.7.3). */
import { ACK, RST, type Segment, SYN } from '../wire/segment';
import { acceptSynAck, takeFirstWindow } from './acknowledgment';
import { processSynOptions } from './options';
import { OWE_ACK, OWE_STRAY_RESET, OWE_SYN } from './owed';
import { cutSyn, processFin, processText, processUrgent, trimToWindow } from './segment-text';
import { seqAdd, seqGt, seqLeq } from './seq';
import { die, enter, enterEstablished } from './state';
import type { Tcb } from './tcb';

export function segmentArrivesInSynSent(tcb: Tcb, seg: Segment, now: number): void {
  const hasAck = (seg.flags & ACK) !== 0;
  if (hasAck && !checkAck(tcb, seg)) return;
  if ((seg.flags & RST) !== 0) {
    if (hasAck) die(tcb, 'ECONNREFUSED');
    return;
  }
  if ((seg.flags & SYN) === 0) return;
  takeSyn(tcb, seg, now);
  if (!hasAck) {
    // Both ends have called at once: our SYN goes again, now with an ACK (MUST-10).
    enter(tcb, 'SYN-RECEIVED');
    tcb.owed |= OWE_SYN;
    return;
  }
  acceptSynAck(tcb, seg, now);
  enterEstablished(tcb);
  tcb.owed |= OWE_ACK;
  cutSyn(seg);
  processUrgent(tcb, seg);
  trimToWindow(tcb, seg);
  processText(tcb, seg, now);
  processFin(tcb, seg, now);
}

/** What any first SYN of the peer sets: IRS, RCV.NXT, the options, his window. */
export function takeSyn(tcb: Tcb, seg: Segment, now: number): void {
  const { rcv } = tcb;
  const offered = rcv.wnd;
  tcb.irs = seg.seq;
  rcv.nxt = seqAdd(seg.seq, 1);
  rcv.edge = seqAdd(rcv.nxt, offered);
  rcv.up = rcv.nxt;
  processSynOptions(tcb, seg, now);
  takeFirstWindow(tcb, seg);
}

/** First check: an ACK of anything but our SYN belongs to another connection. */
function checkAck(tcb: Tcb, seg: Segment): boolean {
  if (seqGt(seg.ack, tcb.iss) && seqLeq(seg.ack, tcb.snd.nxt)) return true;
  if ((seg.flags & RST) === 0) {
    tcb.strayResetSeq = seg.ack;
    tcb.owed |= OWE_STRAY_RESET;
  }
  return false;
}
