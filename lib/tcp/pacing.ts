/**
 * Pacing: segments leave at a rate instead of in bursts. The controller names the rate; where it
 * names none there is no pacing unless asked for, and then the window is spread over a round trip
 * as Linux does: twice as fast while it still doubles, by a fifth faster later.
 */
import { flightSize } from './recovery';
import type { Tcb } from './tcb';
import { TIMER_PACE } from './timers';

/** Timers are no finer than this: what is due within it leaves now. */
const QUANTUM_MS = 1;
/** Who sends later than he might by no more than this makes up for it. */
const CREDIT_MS = 8;
/** So many segments leave as a burst where nothing is on its way: an initial window (RFC 6928). */
const BURST_SEGMENTS = 10;
/** Linux: tcp_pacing_ss_ratio and tcp_pacing_ca_ratio. */
const START_SHARE = 2;
const SHARE = 1.2;

/** Bytes a ms that may leave; Infinity: as the windows allow. */
export function pacingRate(tcb: Tcb): number {
  const { cc } = tcb;
  if (cc.pacingRate !== undefined) return cc.pacingRate;
  return tcb.config.pacing ? spreadRate(tcb) : Infinity;
}

/**
 * The rate to choose the length of a train by (Linux: tcp_tso_autosize): also without pacing a
 * slow path should not get 64 KiB at once, whose last segment would measure how long the first ones
 * took.
 */
export function trainRate(tcb: Tcb): number {
  return tcb.cc.pacingRate ?? spreadRate(tcb);
}

function spreadRate({ cc, rtt }: Tcb): number {
  if (!(rtt.srtt > 0)) return Infinity;
  return ((cc.cwnd * 2 < cc.ssthresh ? START_SHARE : SHARE) * cc.cwnd) / rtt.srtt;
}

/** May a segment leave now? If not, the timer says when. */
export function mayLeave(tcb: Tcb, now: number): boolean {
  const { snd } = tcb;
  if (pacingRate(tcb) === Infinity || !(now < snd.paceAt - QUANTUM_MS)) return true;
  if (snd.burstLeft > 0) return true;
  tcb.timers.arm(TIMER_PACE, snd.paceAt - QUANTUM_MS);
  return false;
}

/**
 * It is later than the moment that a held segment waited for: the process was busy. What it missed
 * is made up for, up to half a round trip, which the path has room for: else it would send more
 * slowly than the rate, and a controller that measures the rate would believe in less and less.
 * (Linux lets its packets catch up, too: tcp_update_skb_after_send.)
 */
export function noteLate(tcb: Tcb, now: number): void {
  const { timers, snd, rtt } = tcb;
  const late = now - timers.at[TIMER_PACE];
  if (late > CREDIT_MS && rtt.srtt > 0) {
    snd.paceCredit = Math.ceil(Math.min(late, rtt.srtt / 2)); // whole, so that no number is made
  }
  timers.disarm(TIMER_PACE);
}

/**
 * `length` bytes have left. A burst is paid for as all else, and there is none before the last is:
 * else a slow flow could owe more and more, and would be left with bursts only.
 */
export function notePaced(tcb: Tcb, length: number, now: number): void {
  const rate = pacingRate(tcb);
  if (rate === Infinity) return;
  const { snd, cc, sendBuffer, rtt } = tcb;
  const isPaid = !(now < snd.paceAt);
  if (isPaid && flightSize(tcb) <= length) snd.burstLeft = BURST_SEGMENTS * snd.mss;
  snd.burstLeft = Math.max(0, snd.burstLeft - length);
  // Where the peer's window or our buffer is smaller, it bounds the queue, and pacing must not keep
  // it from being used; where it is much smaller, there is no queue, and nothing to pace.
  const bound = Math.min(snd.wnd, sendBuffer.limit);
  if (bound * 3 <= cc.cwnd * 2) return;
  // A window is a segment a round trip at least, and so is a rate.
  const share = Math.max(bound < cc.cwnd ? 2 * rate : rate, rtt.srtt > 0 ? snd.mss / rtt.srtt : 0);
  if (tcb.timers.at[TIMER_PACE] <= now) noteLate(tcb, now); // an ACK was read before the timer ran
  const from = now - Math.max(CREDIT_MS, snd.paceCredit);
  snd.paceAt = Math.max(snd.paceAt || now, from) + length / share; // it begins as NaN
  if (snd.paceAt >= now) snd.paceCredit = 0;
}
