/**
 * BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00): keeps as much on its way as the
 * path holds, by the highest delivery rate and the shortest round trip seen lately, whatever is
 * lost.
 */
import type { CongestionController } from './controller';
import type { PathSample } from './path-sample';

const UNLIMITED = 0x3fff_ffff;
/** 2/ln 2: doubles the rate each round trip. */
const HIGH_GAIN = 2.885;
const WINDOW_GAIN = 2;
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1];
/** A little below the estimate, so that no queue builds up. */
const MARGIN = 0.99;
/** Round trips for which a rate counts. */
const RATE_ROUNDS = 10;
const MIN_WINDOW_SEGMENTS = 4;
/** How long a shortest round trip counts, and how long it is looked for, ms. */
const RTT_LIFE_MS = 10_000;
const PROBE_RTT_MS = 200;
/** Round trips that differ by less are the same. */
const RTT_GRAIN_MS = 0.001;
/** The pipe is full when the rate has not grown by a quarter in this many rounds. */
const FULL_ROUNDS = 3;
const FULL_GROWTH = 1.25;

type Mode = 'startup' | 'drain' | 'probe-bandwidth' | 'probe-rtt';

export class Bbr implements CongestionController {
  readonly name: string = 'bbr';
  readonly ownsWindow = true;
  cwnd = 0;
  ssthresh = UNLIMITED;
  pacingRate = Infinity;

  #mode: Mode = 'startup';
  #mss = 0;
  #initial = 0;
  /** The highest rate of each of the last rounds, and of all of them, bytes a ms. */
  readonly #rates = new Float64Array(RATE_ROUNDS);
  #rate = 0.5;
  #round = 0;
  #roundEnd = 0.5;
  #rtt = Infinity;
  #rttAt = Number.NaN;
  #fullRate = 0.5;
  #fullRounds = 0;
  #isFull = false;
  #phase = 0;
  #phaseAt = Number.NaN;
  #probeUntil = Number.NaN;
  /** The window before a recovery or a probe; 0: there is none to give back. */
  #prior = 0;
  #wasInRecovery = false;
  /** The round in which as much leaves as arrives, after a loss. */
  #conserves = -1;

  initialize(mss: number, initialWindowSegments: number): void {
    this.#mss = mss;
    this.#initial = Math.min(initialWindowSegments * mss, Math.max(2 * mss, 14_600));
    this.cwnd = this.#initial;
    this.#rate = 0;
    this.#roundEnd = 0;
    this.#fullRate = 0;
  }

  handleAck(): void {}

  handleDelivery(path: PathSample): void {
    const isNewRound = this.#updateRound(path);
    this.#updateRate(path, isNewRound);
    if (isNewRound) this.#checkFull(path);
    this.#updateMode(path);
    this.#updateRtt(path);
    this.#setPacing();
    this.#setWindow(path);
  }

  handleLoss(_flight: number): void {
    this.#save();
    this.#conserves = this.#round;
  }

  handleTimeout(_flight: number, first: boolean): void {
    if (first) this.#save();
    this.#conserves = -1;
    this.cwnd = this.#mss;
  }

  handleMssChange(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  handleIdle(): void {}

  #updateRound(path: PathSample): boolean {
    if (path.priorDelivered < this.#roundEnd) return false;
    this.#roundEnd = path.delivered;
    this.#round++;
    this.#rates[this.#round % RATE_ROUNDS] = 0;
    return true;
  }

  #updateRate(path: PathSample, isNewRound: boolean): void {
    const { deliveryRate } = path;
    const isUsable = deliveryRate > 0 && (!path.isLimited || deliveryRate > this.#rate);
    const at = this.#round % RATE_ROUNDS;
    if (isUsable && deliveryRate > this.#rates[at]) this.#rates[at] = deliveryRate;
    if (!isNewRound && this.#rates[at] <= this.#rate) return;
    let highest = 0;
    for (let i = 0; i < RATE_ROUNDS; i++) highest = Math.max(highest, this.#rates[i]);
    if (highest > 0) this.#rate = highest;
  }

  #checkFull(path: PathSample): void {
    if (this.#isFull || path.isLimited) return;
    if (this.#rate >= this.#fullRate * FULL_GROWTH) {
      this.#fullRate = this.#rate;
      this.#fullRounds = 0;
    } else if (++this.#fullRounds >= FULL_ROUNDS) {
      this.#isFull = true;
    }
  }

  #updateMode(path: PathSample): void {
    if (this.#mode === 'startup' && this.#isFull) this.#mode = 'drain';
    if (this.#mode === 'drain' && path.inFlight <= this.#target(1)) this.#beginCycle(path.now);
    if (this.#mode !== 'probe-bandwidth') return;
    const gain = CYCLE[this.#phase];
    const hasLasted = path.now - this.#phaseAt > this.#rtt;
    const isDone =
      gain > 1
        ? hasLasted && path.inFlight >= this.#target(gain)
        : hasLasted || (gain < 1 && path.inFlight <= this.#target(1));
    const isLate = path.now - this.#phaseAt > 2 * this.#rtt;
    if (!isDone && !isLate) return;
    this.#phase = (this.#phase + 1) % CYCLE.length;
    this.#phaseAt = path.now;
  }

  #beginCycle(now: number): void {
    this.#mode = 'probe-bandwidth';
    this.#phase = 2; // the draft chooses at random; a controller has no randomness
    this.#phaseAt = now;
  }

  /** A shortest round trip that is old is measured anew, with little on its way. */
  #updateRtt(path: PathSample): void {
    const { now, rtt } = path;
    const isExpired = now - this.#rttAt > RTT_LIFE_MS;
    if (rtt >= 0 && (rtt <= this.#rtt + RTT_GRAIN_MS || isExpired)) {
      this.#rtt = isExpired ? rtt : Math.min(rtt, this.#rtt);
      this.#rttAt = now;
    }
    if (isExpired && this.#mode !== 'probe-rtt') {
      this.#save();
      this.#mode = 'probe-rtt';
      this.#probeUntil = now + Math.max(PROBE_RTT_MS, this.#rtt);
    }
    if (this.#mode !== 'probe-rtt' || now < this.#probeUntil) return;
    this.#restore();
    if (this.#isFull) this.#beginCycle(now);
    else this.#mode = 'startup';
  }

  #setPacing(): void {
    if (this.#rate === 0) return;
    const rate = this.#gain() * this.#rate * MARGIN;
    if (this.#isFull || this.pacingRate === Infinity || rate > this.pacingRate) {
      this.pacingRate = rate;
    }
  }

  #gain(): number {
    if (this.#mode === 'startup') return HIGH_GAIN;
    if (this.#mode === 'drain') return 1 / HIGH_GAIN;
    return this.#mode === 'probe-rtt' ? 1 : CYCLE[this.#phase];
  }

  #setWindow(path: PathSample): void {
    const least = MIN_WINDOW_SEGMENTS * this.#mss;
    const { acked, inFlight } = path;
    if (this.#wasInRecovery && !path.inRecovery) {
      this.#conserves = -1;
      this.#restore();
    }
    this.#wasInRecovery = path.inRecovery;
    if (this.#conserves !== -1 && this.#round <= this.#conserves) {
      this.cwnd = Math.max(inFlight + acked, least);
      return;
    }
    const target = this.#target(this.#isFull ? WINDOW_GAIN : HIGH_GAIN) + 3 * this.#mss;
    if (this.#isFull) this.cwnd = Math.min(this.cwnd + acked, target);
    else if (this.cwnd < target || path.delivered < this.#initial) this.cwnd += acked;
    this.cwnd = Math.min(Math.max(Math.floor(this.cwnd), least), UNLIMITED);
    if (this.#mode === 'probe-rtt') this.cwnd = Math.min(this.cwnd, least);
  }

  /** Bytes that the path holds, times `gain`. */
  #target(gain: number): number {
    if (this.#rtt === Infinity || this.#rate === 0) return gain * this.#initial;
    return gain * this.#rate * this.#rtt;
  }

  #save(): void {
    const isNormal = !this.#wasInRecovery && this.#mode !== 'probe-rtt';
    this.#prior = isNormal ? this.cwnd : Math.max(this.#prior, this.cwnd);
  }

  #restore(): void {
    this.cwnd = Math.max(this.cwnd, this.#prior);
    this.#prior = 0;
  }
}
