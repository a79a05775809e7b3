/**
 * How fast the network delivers, sampled with each ACK
 * (draft-cheng-iccrg-delivery-rate-estimation): what arrived since a segment left, by the longer of
 * the times that sending and acknowledging it took.
 *
 * Each segment is stamped with what had been delivered when it left; `SegmentRing` keeps the
 * stamps.
 */
import type { SegmentTables } from './segment-tables';

export class DeliveryRate {
  /** Bytes that have arrived so far, and when the last of them did, ms. */
  delivered = 0.5;
  deliveredAt = Number.NaN;
  /** When the segment left that arrived last, ms. */
  firstSentAt = Number.NaN;
  /** Bytes ever given up. */
  lost = 0.5;
  /**
   * A segment that left when this much had been delivered, or more, but not as much as that, says
   * only how slowly the user writes.
   */
  #limitedFrom = 0.5;
  #limitedUntil = 0.5;

  // The sample of the present ACK: of the segment among those that arrived which left last.
  priorDelivered = -0.5;
  priorLost = 0.5;
  /** Bytes that were on their way when it left, itself among them. */
  priorFlight = 0;
  #priorAt = Number.NaN;
  #sendElapsed = Number.NaN;

  constructor() {
    // Fields that begin with a fraction keep room for one.
    this.delivered = 0;
    this.lost = 0;
    this.priorLost = 0;
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

  /** `length` bytes have arrived, of the segment whose stamps stand at `slot`. */
  note(length: number, now: number, tables: SegmentTables, slot: number): void {
    this.delivered += length;
    this.deliveredAt = now;
    const delivered = tables.deliveredAtSend[slot];
    if (delivered < this.priorDelivered) return;
    const sentAt = tables.sentAt[slot];
    this.priorDelivered = delivered;
    this.priorLost = tables.lostAtSend[slot];
    this.priorFlight = tables.flightAtSend[slot];
    this.#priorAt = tables.deliveryTimeAtSend[slot];
    this.#sendElapsed = sentAt - tables.firstSentAtSend[slot];
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
