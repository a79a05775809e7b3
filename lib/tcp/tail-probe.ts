/**
 * Tail loss probes (RFC 8985 §7): when the last segments of a burst are lost, nothing comes back
 * that could tell. After about two round trips the last one is sent again, or a new one, so that
 * its ACK does, long before the retransmission timeout.
 */
import type { Segment } from '../wire/segment';
import { OWE_TAIL_PROBE } from './owed';
import { answerRepairedLoss } from './recovery';
import { isDuplicateReport } from './sack';
import { FLYING, LOST, type Scoreboard } from './scoreboard';
import { NO_SLOT } from './segment-ring';
import { seqGeq, seqGt } from './seq';
import type { Tcb } from './tcb';
import { TIMER_RETRANSMIT, TIMER_TAIL_PROBE } from './timers';

/** What a receiver may wait with the ACK of a single segment, ms (Linux: TCP_RTO_MIN). */
const WORST_ACK_DELAY_MS = 200;

export class TailProbe {
  /** A probe is under way until `end` is acknowledged. */
  pending = false;
  end = 0;
  /** The probe repeated a segment: its ACK may hide that this one was lost. */
  isRepetition = false;
}

/** Arms the probe's timer, where a probe could help; called when text was sent or acknowledged. */
export function scheduleTailProbe(tcb: Tcb, now: number): void {
  const { sack, timers, recovery, scoreboard, rtt, snd, tailProbe } = tcb;
  const isUseful =
    sack.on &&
    tcb.config.rack &&
    recovery.mode === 'none' &&
    !tailProbe.pending &&
    scoreboard.flyingBytes > 0 &&
    scoreboard.sackedCount === 0 &&
    scoreboard.lostBytes === 0 &&
    snd.wnd > 0;
  if (!isUseful || Number.isNaN(rtt.srtt)) {
    timers.disarm(TIMER_TAIL_PROBE);
    return;
  }
  let wait = 2 * rtt.srtt + 2;
  const isAlone = scoreboard.count === 1 && scoreboard.flyingBytes <= snd.mss;
  if (isAlone) wait += WORST_ACK_DELAY_MS;
  // Where the timeout would come first, the probe takes its place (RFC 8985 §7.2).
  timers.arm(TIMER_TAIL_PROBE, Math.min(now + wait, timers.at[TIMER_RETRANSMIT]));
}

/** The timer has expired. */
export function tailProbeTimeout(tcb: Tcb, now: number): void {
  const { timers, scoreboard, rtt } = tcb;
  timers.disarm(TIMER_TAIL_PROBE);
  if (scoreboard.flyingBytes === 0) return;
  tcb.owed |= OWE_TAIL_PROBE;
  timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
}

/** The probe has left. */
export function noteTailProbe(tcb: Tcb, isRepetition: boolean): void {
  const { tailProbe, snd, timers } = tcb;
  timers.disarm(TIMER_TAIL_PROBE); // new text has armed it for itself; there is one probe at a time
  tailProbe.pending = true;
  tailProbe.end = snd.nxt;
  tailProbe.isRepetition = isRepetition;
}

/** Did an ACK answer the probe, and was a loss repaired by it (RFC 8985 §7.4.2)? */
export function processTailProbeAck(tcb: Tcb, seg: Segment): void {
  const { tailProbe } = tcb;
  if (!tailProbe.pending || !seqGeq(seg.ack, tailProbe.end)) return;
  if (!tailProbe.isRepetition || isDuplicateReport(seg)) {
    // Nothing was lost: both copies have arrived, or it was a new segment.
    tailProbe.pending = false;
  } else if (seqGt(seg.ack, tailProbe.end) || seg.sackCount === 0) {
    tailProbe.pending = false;
    answerRepairedLoss(tcb);
  }
}

/** The last segment that was not reported as received; NO_SLOT: there is none. */
export function lastUnreported(scoreboard: Scoreboard): number {
  const { ring } = scoreboard;
  for (let i = ring.count - 1; i >= 0; i--) {
    const slot = ring.slotAt(i);
    const state = scoreboard.stateOf(slot);
    if (state === FLYING || state === LOST) return ring.tailOf(slot, scoreboard.segmentBytes);
  }
  return NO_SLOT;
}
