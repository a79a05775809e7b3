/**
 * How fast the network delivers, sampled with each ACK
 * (draft-cheng-iccrg-delivery-rate-estimation): what arrived since a segment left, by the longer of
 * the times that sending and acknowledging it took.
 *
 * Each segment is stamped with what had been delivered when it left; `SegmentRing` keeps the
 * stamps.
 */
export class DeliveryRate {
  /** Bytes that have arrived so far, and when the last of them did, ms. */
  delivered = 0.5;
  deliveredAt = Number.NaN;
  /** When the segment left that arrived last, ms. */
  firstSentAt = Number.NaN;
  /**
   * A segment that left when this much had been delivered, or more, but not as much as that, says
   * only how slowly the user writes.
   */
  #limitedFrom = 0.5;
  #limitedUntil = 0.5;

  // The sample of the present ACK: of the segment among those that arrived which left last.
  priorDelivered = -0.5;
  #priorAt = Number.NaN;
  #sendElapsed = Number.NaN;

  constructor() {
    // Fields that begin with a fraction keep room for one.
    this.delivered = 0;
    this.#limitedFrom = 0;
    this.#limitedUntil = 0;
    this.priorDelivered = -1;
  }

  /** An ACK is about to be processed. */
  begin(): void {
    this.priorDelivered = -1;
  }

  /** A segment leaves while nothing is on its way: time spent idle does not count. */
  restart(now: number): void {
    this.firstSentAt = now;
    this.deliveredAt = now;
  }

  /**
   * The user writes only now though more could have left: until the `flying` bytes have arrived,
   * and what leaves meanwhile, rates say what he does and not what the path can.
   */
  noteLimited(flying: number): void {
    if (this.delivered >= this.#limitedUntil) this.#limitedFrom = this.delivered;
    this.#limitedUntil = this.delivered + Math.max(flying, 1);
  }

  /** A segment has arrived that left at `sentAt`, with the stamps it had then. */
  note(
    length: number,
    now: number,
    sentAt: number,
    delivered: number,
    deliveredAt: number,
    firstSentAt: number,
  ): void {
    this.delivered += length;
    this.deliveredAt = now;
    if (delivered < this.priorDelivered) return;
    this.priorDelivered = delivered;
    this.#priorAt = deliveredAt;
    this.#sendElapsed = sentAt - firstSentAt;
    this.firstSentAt = sentAt;
  }

  /** Bytes a ms; NaN where the ACK gives no sample, or in less than `minRtt` ms. */
  sample(minRtt: number): number {
    if (this.priorDelivered < 0) return Number.NaN;
    const interval = Math.max(this.#sendElapsed, this.deliveredAt - this.#priorAt);
    if (!(interval > 0) || interval < minRtt) return Number.NaN;
    return (this.delivered - this.priorDelivered) / interval;
  }

  get isLimited(): boolean {
    const { priorDelivered } = this;
    return priorDelivered >= this.#limitedFrom && priorDelivered < this.#limitedUntil;
  }
}
