/**
 * The ACK field of a segment (RFC 9293 §3.10.7.4, fifth check): what it acknowledges, what window
 * it brings.
 */
import { FIN, type Segment, SYN } from '../wire/segment';
import { PathSample } from './congestion/path-sample';
import { takeEcho } from './ecn';
import { processForwardRto } from './forward-rto';
import { scaledWindow } from './options';
import { pacingRate } from './pacing';
import { reconsiderBlackHole } from './path';
import { widenReorderWindow } from './rack';
import {
  detectLoss,
  flightSize,
  noteFirstSign,
  processDuplicateAck,
  processNewAck,
  resend,
  updateProportionalRate,
} from './recovery';
import { isDuplicateReport, takeSack } from './sack';
import { seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt } from './seq';
import { processTailProbeAck, scheduleTailProbe } from './tail-probe';
import type { Tcb } from './tcb';
import { TIMER_PERSIST, TIMER_REORDER, TIMER_RETRANSMIT } from './timers';
import { growSendBuffer } from './tuning';
import { undoByDuplicates, undoByTimestamp } from './undo';
import { wakeWriter } from './user-limit';
import { isWindowUsed } from './validation';

/** rrthresh of RFC 7765 §4: with less than this, sent and unsent, the timer is restarted. */
const RESTART_SEGMENTS = 4;
const TIMER_GRAIN_MS = 1;

/** What the ACK in hand has shown of the path. */
export const path = new PathSample();

/** Takes an ACK that is neither too old nor of what was never sent. */
export function processAck(tcb: Tcb, seg: Segment, now: number): void {
  const window = scaledWindow(tcb, seg);
  if (tcb.sending !== null) {
    processAckOfText(tcb, seg, window, now);
  } else {
    // Nothing was ever sent that it could be about: it only brings a window.
    if (tcb.ecn.on) takeEcho(tcb, seg);
    processWindow(tcb, seg, window, now);
  }
  // Also where a loss holds back what is acknowledged: new text leaves all the same, and runs out.
  wakeWriter(tcb);
}

function processAckOfText(tcb: Tcb, seg: Segment, window: number, now: number): void {
  const { scoreboard, sack, snd } = tcb;
  const { ack } = seg;
  const advances = seqGt(ack, snd.una);
  scoreboard.beginAck(now, echoedAt(tcb, seg), tcb.rtt.min);
  scoreboard.delivered = 0;
  if (sack.on && seg.sackCount > 0) processSack(tcb, seg, now);
  const repeats = !advances && !sack.on && ack === snd.una && isDuplicate(tcb, seg, window);
  if (advances) acceptAck(tcb, seg, now);
  else if (repeats) processDuplicateAck(tcb);
  if (sack.on && (advances || scoreboard.delivered > 0)) repair(tcb, advances, now);
  if (scoreboard.delivered > 0 && tcb.cc.handleDelivery !== undefined) {
    sampleDelivery(tcb, now);
    tcb.cc.handleDelivery(path);
  }
  if (tcb.tailProbe.pending) processTailProbeAck(tcb, seg);
  if (advances) scheduleTailProbe(tcb, now);
  if (tcb.ecn.on) takeEcho(tcb, seg);
  processWindow(tcb, seg, window, now);
  if (tcb.forwardRto.step !== 'off') {
    processForwardRto(tcb, advances, repeats || scoreboard.delivered > 0, now);
  }
}

function processWindow(tcb: Tcb, seg: Segment, window: number, now: number): void {
  const { snd } = tcb;
  const isNewer = seqLt(snd.wl1, seg.seq) || (snd.wl1 === seg.seq && seqLeq(snd.wl2, seg.ack));
  if (isNewer && seqGeq(seg.ack, snd.una)) updateWindow(tcb, seg, window, now);
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
  const { snd, timers, rtt } = tcb;
  // Urgent data that waits in the send buffer begins behind the SYN.
  snd.up = seqAdd(seg.ack, seqDiff(snd.up, snd.una));
  snd.una = seg.ack;
  const repetitions = rtt.backoff; // a sample ends it
  sampleRtt(tcb, seg, now);
  tcb.softError = null;
  timers.disarm(TIMER_RETRANSMIT);
  // RFC 6928 §2: one repeated SYN may have been impatience, two are a loss: begin with one segment.
  if (repetitions > 1) tcb.cc.cwnd = snd.mss;
}

/**
 * What the peer reports beyond the ACK: arrivals for the scoreboard, duplicates against a false
 * alarm.
 */
function processSack(tcb: Tcb, seg: Segment, now: number): void {
  if (isDuplicateReport(seg)) {
    widenReorderWindow(tcb);
    undoByDuplicates(tcb, seg.sackEdges[0], seg.sackEdges[1], now);
  }
  const wasQuiet = tcb.scoreboard.sackedCount === 0;
  if (takeSack(tcb, seg) && wasQuiet) noteFirstSign(tcb);
}

/** The scoreboard has changed: is something lost, and how much may leave? */
function repair(tcb: Tcb, advances: boolean, now: number): void {
  const { scoreboard, rtt } = tcb;
  // RFC 8961 §4 (4): something that was sent only once has arrived, so the backoff is over.
  if (scoreboard.freshRtt >= 0) {
    rtt.backoff = 0;
    if (!advances) rtt.measure(scoreboard.freshRtt, samplesARoundTrip(tcb));
  }
  if (scoreboard.count > 0) {
    const losses = scoreboard.losses;
    detectLoss(tcb, now);
    updateProportionalRate(tcb, scoreboard.delivered, advances && scoreboard.losses === losses);
  } else {
    tcb.timers.disarm(TIMER_REORDER);
  }
}

/** When we sent what the peer heard last, by his timestamp echo, ms; NaN without one. */
function echoedAt(tcb: Tcb, seg: Segment): number {
  if (!tcb.ts.on || !seg.hasTimestamps) return Number.NaN;
  return seqDiff(seg.tsecr, tcb.ts.offset);
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
  const { snd, timers, sendBuffer, count } = tcb;
  const acked = seqDiff(seg.ack, snd.una);
  const limited = isWindowUsed(tcb);
  const bytes = Math.min(acked, sendBuffer.length);
  sendBuffer.drop(bytes);
  if (acked > bytes) tcb.finAcked = true;
  count.bytesAcked += bytes;
  snd.una = seg.ack;
  tcb.scoreboard.acknowledge(seg.ack);
  undoByTimestamp(tcb, seg, now);
  if (seqLt(snd.up, snd.una)) snd.up = snd.una;
  if (tcb.blackHole.fullMss !== 0) reconsiderBlackHole(tcb, now);
  sampleRtt(tcb, seg, now);
  countRounds(tcb);
  samplePath(tcb, now);
  processNewAck(tcb, bytes, limited, path);
  tcb.probes = 0;
  tcb.softError = null; // whatever it was, the path works
  snd.stalledSince = now;
  if (snd.una === snd.nxt) timers.disarm(TIMER_RETRANSMIT);
  else if (snd.wnd > 0) timers.arm(TIMER_RETRANSMIT, restartedTimeout(tcb, now));
  if (limited) growSendBuffer(tcb);
}

/**
 * When the retransmission timer expires that an ACK has restarted: where too little is on its way
 * for duplicates to tell of a loss, counted from when the first of it left (RTO restart, RFC 7765).
 */
function restartedTimeout(tcb: Tcb, now: number): number {
  const { scoreboard, snd, sendBuffer, rtt } = tcb;
  const due = now + rtt.rto;
  const { count } = scoreboard;
  const unsent = sendBuffer.length - seqDiff(snd.nxt, snd.una);
  if (count === 0 || count * snd.mss + unsent >= RESTART_SEGMENTS * snd.mss) return due;
  // Not before it could have been acknowledged.
  return Math.max(scoreboard.firstSentAt + rtt.rto, now + TIMER_GRAIN_MS);
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
    if (rtt.repeated && seqLt(seg.tsecr, rtt.repeatedTimestamp)) {
      // Where it reports a duplicate, the last copy has caused it: the path works again, and the
      // ACK of the first copy was lost (RFC 8961 §4 (4): the backoff has done its work).
      if (tcb.sack.on && isDuplicateReport(seg)) rtt.backoff = 0;
      return;
    }
    rtt.measure(sample, samplesARoundTrip(tcb));
  }
}

/** RFC 7323 appendix G: two segments are acknowledged at once. */
function samplesARoundTrip(tcb: Tcb): number {
  return Math.max(1, Math.ceil(flightSize(tcb) / (2 * tcb.snd.mss)));
}

/** The ACK of the round's last byte still belongs to it: the next begins with what left after. */
function countRounds({ snd, sending }: Tcb): void {
  if (!seqGt(snd.una, sending!.roundEnd)) return;
  sending!.rounds++;
  sending!.roundEnd = snd.nxt;
}

/** What the congestion controller may know of this ACK. */
function samplePath(tcb: Tcb, now: number): void {
  const { rtt } = tcb;
  const { scoreboard, rounds } = tcb.sending!;
  path.now = now;
  path.rtt = scoreboard.freshRtt;
  path.srtt = rtt.srtt;
  path.minRtt = rtt.min;
  path.isPaced = pacingRate(tcb) !== Infinity;
  path.rounds = rounds;
}

/** The same, for one that models the path. */
function sampleDelivery(tcb: Tcb, now: number): void {
  const { rtt, scoreboard, recovery } = tcb;
  const delivery = scoreboard.delivery!;
  samplePath(tcb, now);
  path.acked = scoreboard.delivered;
  path.delivered = delivery.delivered;
  path.priorDelivered = delivery.priorDelivered;
  path.deliveryRate = delivery.sample(rtt.min);
  path.isLimited = delivery.isLimited;
  path.inFlight = flightSize(tcb);
  path.priorInFlight = delivery.priorFlight;
  path.lost = delivery.lost;
  path.priorLost = delivery.priorLost;
  path.inRecovery = recovery.mode !== 'none';
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
  if (snd.una !== snd.nxt && !timers.isArmed(TIMER_RETRANSMIT)) resend(tcb);
}
