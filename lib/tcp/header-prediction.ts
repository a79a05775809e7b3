/**
 * Header prediction (Van Jacobson, "TCP header prediction", 1990; Linux: tcp_rcv_established): a
 * segment of a transfer that goes one way and well is the next text with nothing new in its header,
 * or an ACK without text. Both pass all of the checks of RFC 9293 §3.10.7.4, and most of these
 * checks have nothing to do: a short list of comparisons says so.
 *
 * What follows of a predicted segment is what follows by the checks; whatever is not foreseen here
 * goes through them. A test sends the same traffic both ways and compares.
 */
import { ACK, PSH, type Segment } from '../wire/segment';
import { processAck } from './acknowledgment';
import { noteTimestamp } from './paws';
import { takeText } from './segment-text';
import type { Sending } from './sending';
import { seqDiff, seqGt, seqLeq } from './seq';
import type { Tcb } from './tcb';
import { TIMER_PERSIST } from './timers';

/** @returns whether the segment was one of the two kinds, and has been taken */
export function takePredicted(tcb: Tcb, seg: Segment, now: number): boolean {
  const { rcv, ts } = tcb;
  if (tcb.state !== 'ESTABLISHED' || tcb.ecn.on) return false;
  if ((seg.flags & ~PSH) !== ACK || seg.seq !== rcv.nxt) return false;
  // PAWS (RFC 7323 §5.3). Options that were not agreed on are ignored.
  if (ts.on && seg.hasTimestamps && seqDiff(seg.tsval, ts.recent) < 0) return false;
  if (seg.textLength === 0) {
    if (!isNewAck(tcb, seg)) return false;
    processAck(tcb, seg, now);
    if (ts.on && seg.hasTimestamps) noteTimestamp(tcb, seg, now);
    return true;
  }
  if (!isPlainText(tcb, seg)) return false;
  const { snd } = tcb;
  if (seqLeq(snd.wl1, seg.seq)) {
    snd.wl1 = seg.seq;
    snd.wl2 = seg.ack;
  }
  if (ts.on && seg.hasTimestamps) noteTimestamp(tcb, seg, now);
  takeText(tcb, seg, now);
  return true;
}

/**
 * Of what is outstanding it acknowledges some. A gap or a FIN that waits is not touched by that.
 */
function isNewAck({ snd }: Tcb, seg: Segment): boolean {
  return seqGt(seg.ack, snd.una) && seqLeq(seg.ack, snd.nxt);
}

/** It acknowledges nothing new, the window is as it was, the text fits in, and nobody waits. */
function isPlainText(tcb: Tcb, seg: Segment): boolean {
  const { snd, rcv } = tcb;
  return (
    seg.ack === snd.una &&
    seg.window << snd.shift === snd.wnd &&
    seg.sackCount === 0 &&
    seg.textLength <= rcv.wnd &&
    !tcb.hasGap &&
    !rcv.finPending &&
    !tcb.released &&
    !tcb.sendBlocked &&
    !tcb.timers.isArmed(TIMER_PERSIST) &&
    (tcb.sending === null || isAtEase(tcb.sending))
  );
}

/** No ACK is waited for that would decide something. */
function isAtEase({ tailProbe, forwardRto }: Sending): boolean {
  return !tailProbe.pending && forwardRto.step === 'off';
}
