/**
 * Pacing: segments leave at the controller's rate instead of in bursts. Off where the controller
 * names no rate.
 */
import { flightSize } from './recovery';
import type { Tcb } from './tcb';
import { TIMER_PACE } from './timers';

/** Timers are no finer than this: what is due within it leaves now. */
const QUANTUM_MS = 1;
/** So many segments may be on their way as a burst: an initial window (RFC 6928). */
const BURST_SEGMENTS = 10;

/** May a segment leave now? If not, the timer says when. */
export function mayLeave(tcb: Tcb, now: number): boolean {
  const rate = tcb.cc.pacingRate;
  if (rate === undefined || rate === Infinity) return true;
  if (!(now < tcb.snd.paceAt - QUANTUM_MS)) return true;
  if (flightSize(tcb) < BURST_SEGMENTS * tcb.snd.mss) return true;
  tcb.timers.arm(TIMER_PACE, tcb.snd.paceAt - QUANTUM_MS);
  return false;
}

/** `length` bytes have left. */
export function notePaced(tcb: Tcb, length: number, now: number): void {
  const rate = tcb.cc.pacingRate;
  if (rate === undefined || rate === Infinity) return;
  const { snd, cc, sendBuffer } = tcb;
  // Where the peer's window or our buffer is smaller, it bounds the queue, and pacing must not keep
  // it from being used; where it is much smaller, there is no queue, and nothing to pace.
  const bound = Math.min(snd.wnd, sendBuffer.limit);
  if (bound * 3 <= cc.cwnd * 2) return;
  const share = bound < cc.cwnd ? 2 * rate : rate;
  snd.paceAt = Math.max(snd.paceAt || now, now) + length / share; // it begins as NaN
}
