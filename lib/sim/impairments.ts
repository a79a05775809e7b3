/**
 * What can go wrong between two hosts, as numbers; and how often it did.
 *
 * One set of numbers describes one direction of a simulated link. All chances are probabilities of
 * one packet, from 0 to 1, drawn from the link's own seeded random.
 */
export interface Impairments {
  /** Bits a second that the direction carries; Infinity: packets take no time to send. */
  rate: number;
  /** How long each packet is on its way after it has been sent, ms. */
  delayMs: number;
  /** Up to this much is added to the delay of each packet, ms. Order is kept. */
  jitterMs: number;
  /**
   * Most bytes that wait to be sent at `rate`, the packet being sent among them; what does not fit
   * is dropped. A packet that need not wait always passes.
   */
  queueBytes: number;
  /** Chance that a packet vanishes. */
  loss: number;
  /** Chance that a packet arrives twice. */
  duplicate: number;
  /** Chance that a packet is held back by `reorderDelayMs` while later ones pass it. */
  reorder: number;
  reorderDelayMs: number;
  /** Chance that one bit of the packet, any bit, is flipped. */
  corrupt: number;
}

/** A wire that does no harm and takes no time. */
export const PERFECT: Readonly<Impairments> = Object.freeze({
  rate: Infinity,
  delayMs: 0,
  jitterMs: 0,
  queueBytes: Infinity,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderDelayMs: 10,
  corrupt: 0,
});

/** What has happened to the packets of one direction. */
export class PathCounters {
  /** Packets handed to the link. */
  sent = 0;
  sentBytes = 0;
  /** Packets handed to the host at the other end, copies included. */
  delivered = 0;
  lost = 0;
  /** Dropped because the queue was full. */
  overflowed = 0;
  duplicated = 0;
  reordered = 0;
  corrupted = 0;
  /** Arrived where no host was listening to the link. */
  unheard = 0;
}

/** @throws RangeError naming the number that makes no sense */
export function checkImpairments(impairments: Impairments): void {
  for (const name of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
    const chance = impairments[name];
    if (!(chance >= 0 && chance <= 1)) throw new RangeError(`${name} is not a chance: ${chance}`);
  }
  for (const name of ['delayMs', 'jitterMs', 'reorderDelayMs', 'queueBytes'] as const) {
    const amount = impairments[name];
    if (!(amount >= 0)) throw new RangeError(`${name} is negative: ${amount}`);
  }
  if (!(impairments.rate > 0)) throw new RangeError(`rate is not positive: ${impairments.rate}`);
}
