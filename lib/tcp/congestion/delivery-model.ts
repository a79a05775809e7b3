/**
 * BBR's model of how the path delivers (draft-ietf-ccwg-bbr §5.5): the highest rate of the last two
 * cycles of probing, and short-term bounds that a loss draws to what arrived in its round trip.
 */
import type { PathSample } from './path-sample';

/** What a round trip with a loss leaves of the bounds at least, as in CUBIC. */
const BETA = 0.7;

export class DeliveryModel {
  /** Round trips: one is over when something is acknowledged that left after its beginning. */
  round = 0;
  isRoundStart = false;
  /** A round trip of losses is over: it began with the first. */
  isLossRoundStart = false;
  /** Short-term bounds of rate, bytes a ms, and of what is on its way, bytes. */
  shortRate = Infinity;
  shortFlight = Infinity;
  /** Signs of congestion in this round trip of losses, ACKs that brought one. */
  signs = 0;
  /** What arrived in the last round trip of losses at most, between sending and its ACK, bytes. */
  latestFlight = 0.5;

  #roundEnd = 0.5;
  #lossRoundEnd = 0.5;
  /** The highest rate of this cycle of probing, and of the last. */
  #cycleRate = 0.5;
  #lastCycleRate = 0.5;
  #latestRate = 0.5;

  constructor() {
    this.latestFlight = 0;
    this.#roundEnd = 0;
    this.#lossRoundEnd = 0;
    this.#cycleRate = 0;
    this.#lastCycleRate = 0;
    this.#latestRate = 0;
  }

  /** Highest rate seen lately, bytes a ms. */
  get highestRate(): number {
    return Math.max(this.#cycleRate, this.#lastCycleRate);
  }

  /** The same, within the short-term bound. */
  get rate(): number {
    return Math.min(this.highestRate, this.shortRate);
  }

  /**
   * Takes what an ACK has shown.
   * @param cwnd what the bound of the flight begins with, bytes
   * @param isProbing more is sent than the path may carry: then a loss says nothing of its state
   */
  handleSample(path: PathSample, cwnd: number, isProbing: boolean): void {
    const { deliveryRate, delivered, priorDelivered } = path;
    this.isRoundStart = priorDelivered >= this.#roundEnd;
    if (this.isRoundStart) {
      this.round++;
      this.#roundEnd = delivered;
    }
    const isUsable = !path.isLimited || deliveryRate >= this.highestRate;
    if (isUsable && deliveryRate > this.#cycleRate) this.#cycleRate = deliveryRate;
    this.isLossRoundStart = false;
    if (priorDelivered < 0) return;
    if (deliveryRate > this.#latestRate) this.#latestRate = deliveryRate;
    this.latestFlight = Math.max(this.latestFlight, delivered - priorDelivered);
    this.isLossRoundStart = priorDelivered >= this.#lossRoundEnd;
    if (!this.isLossRoundStart) return;
    this.#lossRoundEnd = delivered;
    if (this.signs > 0 && !isProbing) this.#lowerBounds(cwnd);
  }

  /** The ACK is dealt with: what comes belongs to the next round trip of losses. */
  endSample({ deliveryRate, delivered, priorDelivered }: PathSample): void {
    if (!this.isLossRoundStart) return;
    this.signs = 0;
    this.#latestRate = deliveryRate > 0 ? deliveryRate : 0;
    this.latestFlight = delivered - priorDelivered;
  }

  /** A sign of congestion: a loss, or a mark. */
  noteSign(path: PathSample): void {
    if (this.signs === 0) this.#lossRoundEnd = path.delivered;
    this.signs++;
  }

  forgetSigns(): void {
    this.signs = 0;
    this.#latestRate = 0;
    this.latestFlight = 0;
  }

  /** Whoever probes wants a round trip of its own. */
  beginRound(path: PathSample): void {
    this.#roundEnd = path.delivered;
  }

  /** A cycle of probing is over, and the rates of the one before the last count no longer. */
  endCycle(): void {
    if (this.#cycleRate === 0) return; // it has measured nothing
    this.#lastCycleRate = this.#cycleRate;
    this.#cycleRate = 0;
  }

  liftBounds(): void {
    this.shortRate = Infinity;
    this.shortFlight = Infinity;
  }

  #lowerBounds(cwnd: number): void {
    if (this.shortRate === Infinity) this.shortRate = this.highestRate;
    if (this.shortFlight === Infinity) this.shortFlight = cwnd;
    this.shortRate = Math.max(this.#latestRate, BETA * this.shortRate);
    this.shortFlight = Math.max(this.latestFlight, BETA * this.shortFlight);
  }
}

/** Was more than this share lost of what was on its way when that left which has arrived now? */
export function isLossBeyond(path: PathSample, share: number): boolean {
  const { lost, priorLost, priorInFlight, priorDelivered } = path;
  return priorDelivered >= 0 && lost - priorLost > priorInFlight * share;
}
