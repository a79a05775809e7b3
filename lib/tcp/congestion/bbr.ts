/**
 * BBR, version 3 (draft-ietf-ccwg-bbr-06): keeps as much on its way as the path holds, by the
 * highest delivery rate and the shortest round trip seen lately; looks for more at intervals, and
 * stays below what was too much.
 *
 * One deviation: a loss counts as a sign of congestion only where a queue stands, which the round
 * trip of what arrived around the lost segment tells; or where more than a seventh is lost. What a
 * radio loses, or a bad cable, is lost without a queue, and there is nothing to yield to: version 1
 * took no loss at all for a sign. But where many flows keep a queue full without an end, who came
 * late has never seen the path without it, and only how much is lost can tell him.
 */
import { AckAggregation } from './ack-aggregation';
import type { CongestionController } from './controller';
import { DeliveryModel, isLossBeyond } from './delivery-model';
import { FlightCeiling } from './flight-ceiling';
import type { PathSample } from './path-sample';
import { ProbeSchedule } from './probe-schedule';
import { RatePlateau } from './rate-plateau';
import { RoundTripFloor } from './round-trip-floor';

const UNLIMITED = 0x3fff_ffff;
/** 4 ln 2: the least that doubles the rate each round trip, with a window of two products. */
const STARTUP_GAIN = 2.77;
const DRAIN_GAIN = 0.5;
const UP_GAIN = 1.25;
const DOWN_GAIN = 0.9;
const WINDOW_GAIN = 2;
const UP_WINDOW_GAIN = 2.25;
const PROBE_RTT_GAIN = 0.5;
/** A little below the estimate, so that no queue builds up. */
const MARGIN = 0.99;
const MIN_WINDOW_SEGMENTS = 4;
/** Most that leaves in one piece: 64 KiB, and not more than in a millisecond. */
const MOST_AT_ONCE = 65_536;
/** Losing more than this share of what was on its way is too much. */
const LOSS_SHARE = 0.02;
/** And this is a sign of congestion whatever the round trip says. */
const LOSS_WITHOUT_QUEUE = 0.15;
/** What is left of the window then. */
const BETA = 0.7;
/** So many ACKs of a round trip that report losses end STARTUP, so many round trips DRAIN. */
const STARTUP_SIGNS = 6;
const DRAIN_ROUNDS = 3;

/** Of PROBE_BW: 'down' leaves room, 'cruise' keeps to the rate, 'refill' fills, 'up' looks. */
type Mode = 'startup' | 'drain' | 'down' | 'cruise' | 'refill' | 'up' | 'probe-rtt';

export class Bbr implements CongestionController {
  readonly name: string = 'bbr';
  readonly ownsWindow = true;
  cwnd = 0;
  ssthresh = UNLIMITED;
  pacingRate = Infinity;

  readonly #model = new DeliveryModel();
  readonly #floor = new RoundTripFloor();
  readonly #plateau = new RatePlateau();
  readonly #ceiling = new FlightCeiling();
  readonly #aggregation = new AckAggregation();
  #schedule = new ProbeSchedule(0);
  #mode: Mode = 'startup';
  #mss = 0;
  #initial = 0;
  /** STARTUP has found what the path carries. */
  #isFull = false;
  #drainedBy = 0;
  /** What arrives now left in the last look for more, or before it was over. */
  #isProbeSample = false;
  #isProbeEnding = false;
  /** The last look was too much; the present one has turned back where that began. */
  #wasTooMuch = false;
  #wasCautious = false;
  #isRestarting = false;
  #lost = Number.NaN;
  #isMarked = false;
  /** The window before a recovery or a probe; 0: there is none to give back. */
  #prior = 0;
  #wasInRecovery = false;
  // As they were before the last reduction.
  #savedMode: Mode = 'startup';
  #savedShortRate = Infinity;
  #savedShortFlight = Infinity;
  #savedCeiling = Infinity;

  initialize(mss: number, initialWindowSegments: number, seed = 0): void {
    this.#mss = mss;
    this.#initial = Math.min(initialWindowSegments * mss, Math.max(2 * mss, 14_600));
    this.cwnd = this.#initial;
    this.#schedule = new ProbeSchedule(seed);
  }

  handleAck(): void {}

  handleDelivery(path: PathSample): void {
    const model = this.#model;
    this.#floor.handleSample(path);
    this.#takeSigns(path);
    model.handleSample(path, this.cwnd, this.#isProbing);
    this.#aggregation.handleSample(path, model.rate, model.round, this.#isFull, this.cwnd);
    if (model.isRoundStart) this.#plateau.handleRound(path);
    this.#updateStartup(path);
    if (this.#isFull) this.#updateProbing(path);
    this.#updateRtt(path);
    model.endSample(path);
    this.#setPacing();
    this.#setWindow(path);
  }

  handleLoss(_flight: number): void {
    this.#save();
  }

  handleTimeout(_flight: number, first: boolean): void {
    if (first) this.#save();
    this.cwnd = this.#mss;
  }

  /** A mark is a queue's own word that there is one: it counts as too many losses do. */
  handleMark(): void {
    this.#isMarked = true;
  }

  remember(): void {
    this.#savedMode = this.#mode;
    this.#savedShortRate = this.#model.shortRate;
    this.#savedShortFlight = this.#model.shortFlight;
    this.#savedCeiling = this.#ceiling.value;
  }

  /** The engine has given the window back; the model forgets what it took for a loss. */
  handleUndo(): void {
    const model = this.#model;
    model.forgetSigns();
    model.shortRate = Math.max(model.shortRate, this.#savedShortRate);
    model.shortFlight = Math.max(model.shortFlight, this.#savedShortFlight);
    this.#ceiling.value = Math.max(this.#ceiling.value, this.#savedCeiling);
    this.#plateau.reset(0);
    if (this.#mode === 'probe-rtt' || this.#mode === this.#savedMode) return;
    if (this.#savedMode === 'startup') {
      this.#isFull = false;
      this.#mode = 'startup';
    } else if (this.#savedMode === 'up') {
      this.#refill();
    }
  }

  handleMssChange(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  /** A pause has emptied what queue there was: no need to look below it. */
  handleIdle(): void {
    this.#isRestarting = true;
    this.#aggregation.handleIdle();
  }

  /** What is lost now may have left in a look for more, and lowers no rate (the draft lets it). */
  get #isProbing(): boolean {
    return this.#isProbeEnding || (this.#mode !== 'down' && this.#mode !== 'cruise');
  }

  /** Were losses reported, or marks, and do they say that too much is on its way? */
  #takeSigns(path: PathSample): void {
    const hasLost = path.lost > this.#lost; // not before there is something to compare with
    this.#lost = path.lost;
    const isMarked = this.#isMarked;
    this.#isMarked = false;
    const isSign = hasLost && (this.#floor.isQueued || isLossBeyond(path, LOSS_WITHOUT_QUEUE));
    if (!isMarked && !isSign) return;
    this.#model.noteSign(path);
    if (!this.#isProbeSample || !(isMarked || isLossBeyond(path, LOSS_SHARE))) return;
    this.#wasTooMuch = true;
    this.#isProbeSample = false; // one answer to each look
    if (!path.isLimited) {
      const least = Math.min(this.#product(1), this.cwnd) * BETA;
      this.#ceiling.value = Math.max(path.priorInFlight, least);
    }
    if (this.#mode === 'up') this.#goDown(path);
  }

  #updateStartup(path: PathSample): void {
    const model = this.#model;
    if (this.#mode === 'startup') {
      const hasSigns = model.isLossRoundStart && model.signs >= STARTUP_SIGNS;
      const isLossy = hasSigns && path.inRecovery && isLossBeyond(path, LOSS_SHARE);
      if (isLossy) this.#ceiling.value = Math.max(this.#product(1), model.latestFlight);
      if (!isLossy && !this.#plateau.isReached) return;
      this.#isFull = true;
      this.#mode = 'drain';
      this.#drainedBy = model.round + DRAIN_ROUNDS;
    }
    if (this.#mode !== 'drain') return;
    if (path.inFlight <= this.#target(1) || model.round > this.#drainedBy) this.#goDown(path);
  }

  /** PROBE_BW: room for others, then the rate as it is, then a look for more. */
  #updateProbing(path: PathSample): void {
    if (this.#updateCeiling(path)) return;
    switch (this.#mode) {
      case 'down':
      case 'cruise':
        if (this.#isTimeToProbe(path)) {
          this.#refill();
          this.#model.beginRound(path);
        } else if (this.#hasLeftRoom(path)) {
          this.#mode = 'cruise';
        }
        break;
      case 'refill':
        if (this.#model.isRoundStart) this.#goUp(path);
        break;
      case 'up':
        if (!this.#isTimeToGoDown(path)) break;
        this.#wasTooMuch = false; // as far as is known yet
        this.#goDown(path);
        break;
    }
  }

  /** @returns true: the last look was safe as far as it went, and the next begins at once */
  #updateCeiling(path: PathSample): boolean {
    const model = this.#model;
    const ceiling = this.#ceiling;
    if (this.#isProbeEnding && model.isRoundStart) {
      this.#isProbeEnding = false;
      this.#isProbeSample = false;
      if (this.#mode !== 'probe-rtt') {
        if (!path.isLimited) model.endCycle();
        if (this.#wasCautious && !this.#wasTooMuch) {
          this.#refill();
          model.beginRound(path);
          return true;
        }
      }
    }
    if (ceiling.value === Infinity || isLossBeyond(path, LOSS_SHARE)) return false;
    ceiling.noteSafe(path);
    if (this.#mode !== 'up' || !this.#isAtCeiling(path)) return false;
    ceiling.raise(path.acked, this.#mss);
    if (model.isRoundStart) ceiling.raiseSlope(this.cwnd, this.#mss);
    return false;
  }

  /** Does the ceiling hold the sender back? */
  #isAtCeiling({ inFlight, acked }: PathSample): boolean {
    return this.cwnd >= this.#ceiling.value && inFlight + acked + this.#mss > this.cwnd;
  }

  #isTimeToProbe({ now }: PathSample): boolean {
    const segments = Math.min(this.#product(1), this.cwnd) / this.#mss;
    return this.#schedule.isDue(now, this.#model.round, segments);
  }

  #hasLeftRoom({ inFlight }: PathSample): boolean {
    return inFlight <= this.#roomyCeiling() && inFlight <= this.#target(1);
  }

  #isTimeToGoDown(path: PathSample): boolean {
    if (this.#wasTooMuch && path.inFlight >= this.#ceiling.value) {
      this.#wasCautious = true;
      return true;
    }
    if (!this.#isAtCeiling(path)) return this.#plateau.isReached;
    this.#plateau.reset(path.deliveryRate);
    return false;
  }

  #goDown(path: PathSample): void {
    this.#mode = 'down';
    this.#isProbeEnding = true;
    this.#schedule.begin(path.now, this.#model.round);
    this.#model.forgetSigns();
    this.#model.beginRound(path);
  }

  #refill(): void {
    this.#mode = 'refill';
    this.#isProbeEnding = false;
    this.#wasCautious = false;
    this.#model.liftBounds();
    this.#ceiling.resetSlope();
  }

  #goUp(path: PathSample): void {
    this.#mode = 'up';
    this.#isProbeSample = true;
    this.#plateau.reset(path.deliveryRate);
    this.#ceiling.raiseSlope(this.cwnd, this.#mss);
    this.#model.beginRound(path);
  }

  /** A shortest round trip that is old is measured anew, with less on its way. */
  #updateRtt(path: PathSample): void {
    const floor = this.#floor;
    const model = this.#model;
    if (floor.isProbeDue && this.#mode !== 'probe-rtt' && !this.#isRestarting) {
      this.#save();
      this.#mode = 'probe-rtt';
      this.#isProbeEnding = true;
      floor.beginProbe();
      model.beginRound(path);
    }
    this.#isRestarting = false;
    if (this.#mode !== 'probe-rtt') return;
    const isDrained = path.inFlight <= this.#probeRttWindow();
    if (isDrained && floor.noteDrained(path.now, model.round)) model.beginRound(path);
    else if (floor.endProbe(path.now, model.round)) this.#leaveProbeRtt(path);
  }

  #leaveProbeRtt(path: PathSample): void {
    this.#restore();
    this.#model.liftBounds();
    this.#mode = 'startup';
    if (!this.#isFull) return;
    this.#goDown(path);
    this.#mode = 'cruise'; // there is room already
  }

  #setPacing(): void {
    if (this.#model.highestRate === 0) return;
    const rate = this.#gain() * this.#model.rate * MARGIN;
    if (this.#isFull || this.pacingRate === Infinity || rate > this.pacingRate) {
      this.pacingRate = rate;
    }
  }

  #gain(): number {
    switch (this.#mode) {
      case 'startup':
        return STARTUP_GAIN;
      case 'drain':
        return DRAIN_GAIN;
      case 'up':
        return UP_GAIN;
      case 'down':
        return DOWN_GAIN;
      default:
        return 1;
    }
  }

  #setWindow(path: PathSample): void {
    const { acked, inRecovery } = path;
    if (this.#wasInRecovery && !inRecovery) this.#restore();
    this.#wasInRecovery = inRecovery;
    const gain = this.#mode === 'up' ? UP_WINDOW_GAIN : WINDOW_GAIN;
    const target = this.#target(gain, this.#aggregation.excess);
    if (this.#isFull) this.cwnd = Math.min(this.cwnd + acked, target);
    else if (this.cwnd < target || path.delivered < this.#initial) this.cwnd += acked;
    const least = MIN_WINDOW_SEGMENTS * this.#mss;
    const most = Math.min(Math.max(this.#flightBound(), least), UNLIMITED);
    this.cwnd = Math.floor(Math.min(Math.max(this.cwnd, least), most));
    if (this.#mode === 'probe-rtt') this.cwnd = Math.min(this.cwnd, this.#probeRttWindow());
  }

  /** What losses have shown to be as much as may be on its way. */
  #flightBound(): number {
    const { shortFlight } = this.#model;
    if (this.#mode === 'startup' || this.#mode === 'drain') return shortFlight;
    const isRoomy = this.#mode === 'cruise' || this.#mode === 'probe-rtt';
    return Math.min(isRoomy ? this.#roomyCeiling() : this.#ceiling.value, shortFlight);
  }

  #roomyCeiling(): number {
    return Math.max(this.#ceiling.leavingRoom(this.#mss), MIN_WINDOW_SEGMENTS * this.#mss);
  }

  #probeRttWindow(): number {
    const window = Math.floor(this.#product(PROBE_RTT_GAIN));
    return Math.max(window, MIN_WINDOW_SEGMENTS * this.#mss);
  }

  /** Bytes that the path holds, times `gain`, and what both ends need to work in pieces. */
  #target(gain: number, excess = 0): number {
    const least = Math.max(
      MIN_WINDOW_SEGMENTS * this.#mss,
      3 * Math.min(this.pacingRate, MOST_AT_ONCE),
    );
    const room = this.#mode === 'up' ? 2 * this.#mss : 0;
    return Math.max(this.#product(gain) + excess, least) + room;
  }

  #product(gain: number): number {
    const { rate } = this.#model;
    if (this.#floor.value === Infinity || rate === 0) return gain * this.#initial;
    return gain * rate * this.#floor.value;
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
