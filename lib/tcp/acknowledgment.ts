/**
 * The ACK field of a segment (RFC 9293 §3.10.7.4, fifth check): what it acknowledges, what window
 * it brings.
 */
import { FIN, type Segment, SYN } from '../wire/segment';
import { takeEcho } from './ecn';
import { EVENT_WRITABLE } from './events';
import { scaledWindow } from './options';
import { flightSize, processDuplicateAck, processNewAck, rewind } from './recovery';
import { seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt } from './seq';
import type { Tcb } from './tcb';
import { TIMER_PERSIST, TIMER_RETRANSMIT } from './timers';
import { growSendBuffer } from './tuning';

/** Takes an ACK that is neither too old nor of what was never sent. */
export function processAck(tcb: Tcb, seg: Segment, now: number): void {
  const { snd } = tcb;
  const { ack } = seg;
  const window = scaledWindow(tcb, seg);
  if (seqGt(ack, snd.una)) acceptAck(tcb, seg, now);
  else if (ack === snd.una && isDuplicate(tcb, seg, window)) processDuplicateAck(tcb);
  if (tcb.ecn.on) takeEcho(tcb, seg);
  const isNewer = seqLt(snd.wl1, seg.seq) || (snd.wl1 === seg.seq && seqLeq(snd.wl2, ack));
  if (isNewer && seqGeq(ack, snd.una)) updateWindow(tcb, seg, window, now);
}

/** The window of the segment that opened the connection, or completed it. */
export function takeFirstWindow(tcb: Tcb, seg: Segment): void {
  const { snd } = tcb;
  snd.wnd = scaledWindow(tcb, seg);
  snd.maxWnd = Math.max(snd.maxWnd, snd.wnd);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
}

/** Our SYN is acknowledged. */
export function acceptSynAck(tcb: Tcb, seg: Segment, now: number): void {
  const { snd, timers, rtt, cc } = tcb;
  // Urgent data that waits in the send buffer begins behind the SYN.
  snd.up = seqAdd(seg.ack, seqDiff(snd.up, snd.una));
  snd.una = seg.ack;
  const repetitions = rtt.backoff; // a sample ends it
  sampleRtt(tcb, seg, now);
  tcb.softError = null;
  timers.disarm(TIMER_RETRANSMIT);
  // RFC 6928 §2: one repeated SYN may have been impatience, two are a loss: begin with one segment.
  if (repetitions > 1) cc.cwnd = snd.mss;
}

/** RFC 5681 §2: nothing new in it, though something is outstanding. */
function isDuplicate(tcb: Tcb, seg: Segment, window: number): boolean {
  const { snd } = tcb;
  return (
    snd.nxt !== snd.una &&
    seg.textLength === 0 &&
    (seg.flags & (SYN | FIN)) === 0 &&
    window === snd.wnd &&
    window > 0 // the answer to a zero-window probe is not a sign of loss
  );
}

function acceptAck(tcb: Tcb, seg: Segment, now: number): void {
  const { snd, timers, sendBuffer, cc, count } = tcb;
  const acked = seqDiff(seg.ack, snd.una);
  const flight = flightSize(tcb);
  const limited = cc.cwnd < cc.ssthresh ? flight * 2 >= cc.cwnd : flight + snd.mss > cc.cwnd;
  const bytes = Math.min(acked, sendBuffer.length);
  sendBuffer.drop(bytes);
  if (acked > bytes) tcb.finAcked = true;
  count.bytesAcked += bytes;
  snd.una = seg.ack;
  if (seqLt(snd.up, snd.una)) snd.up = snd.una;
  sampleRtt(tcb, seg, now);
  processNewAck(tcb, bytes, limited);
  tcb.probes = 0;
  tcb.softError = null; // whatever it was, the path works
  snd.stalledSince = now;
  if (snd.una === snd.nxt) timers.disarm(TIMER_RETRANSMIT);
  else if (snd.wnd > 0) timers.arm(TIMER_RETRANSMIT, now + tcb.rtt.rto);
  if (limited) growSendBuffer(tcb);
  if (tcb.sendBlocked && sendBuffer.room >= sendBuffer.limit >> 1) {
    tcb.sendBlocked = false;
    tcb.events |= EVENT_WRITABLE;
  }
}

/**
 * From the segment that was timed; from the timestamp echo where none was (Karn, RFC 7323 §4.1).
 */
function sampleRtt(tcb: Tcb, seg: Segment, now: number): void {
  const { rtt, ts, snd } = tcb;
  if (rtt.timing) {
    if (seqLt(snd.una, rtt.timedSeq)) return;
    rtt.timing = false;
    rtt.measure(now - rtt.timedAt, 1);
  } else if (ts.on && seg.hasTimestamps && seg.tsecr !== 0) {
    const sample = seqDiff(ts.value(now), seg.tsecr);
    if (sample < 0) return; // an echo of what was never sent
    // An echo from before the repetition: the first copy had arrived and its ACKs were lost, or it
    // was late. How long ago it left says little (Karn); the backed-off timeout stands until a
    // clean sample.
    if (rtt.repeated && seqLt(seg.tsecr, rtt.repeatedTimestamp)) return;
    const samplesPerRtt = Math.max(1, Math.ceil(flightSize(tcb) / (2 * snd.mss)));
    rtt.measure(sample, samplesPerRtt);
  }
}

function updateWindow(tcb: Tcb, seg: Segment, window: number, now: number): void {
  const { snd, timers } = tcb;
  snd.wnd = window;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (window > snd.maxWnd) snd.maxWnd = window;
  if (!timers.isArmed(TIMER_PERSIST)) return;
  tcb.probes = 0;
  snd.stalledSince = now; // MUST-37: as long as probes are answered, the connection stays
  if (window === 0) return;
  // The window is open: what the probes left outstanding goes again, with what follows.
  timers.disarm(TIMER_PERSIST);
  tcb.rtt.backoff = 0;
  if (snd.una !== snd.nxt && !timers.isArmed(TIMER_RETRANSMIT)) rewind(tcb);
}
