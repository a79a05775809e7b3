/**
 * What can go wrong on the way of a packet, as numbers.
 *
 * One set of numbers describes one direction. All chances are probabilities of one packet, from 0
 * to 1, drawn from the path's own seeded random.
 */
import type { BurstLossOptions } from './burst-loss';

/** How a queue is managed; see `drop-tail`'s place in `ImpairedPath`, `codel` and `fq-codel`. */
export type QueueName = 'drop-tail' | 'codel' | 'fq-codel';

export interface Impairments {
  /** Bits a second that the direction carries; Infinity: packets take no time to send. */
  rate: number;
  /** How long each packet is on its way after it has been sent, ms. */
  delayMs: number;
  /** Up to this much is added to the delay of each packet, ms. Order is kept. */
  jitterMs: number;
  /** Drop-tail, CoDel (RFC 8289) or FQ-CoDel (RFC 8290). It cannot change later. */
  queue: QueueName;
  /**
   * Most bytes that wait to be sent at `rate`, the packet being sent among them; what does not fit
   * is dropped. A packet that need not wait always passes.
   */
  queueBytes: number;
  /** Do CoDel and FQ-CoDel mark packets that allow it (RFC 3168), instead of dropping them? */
  ecn: boolean;
  /** While true nothing gets through: an outage. What is on its way already arrives. */
  down: boolean;
  /** Chance that a packet vanishes. */
  loss: number;
  /** Losses that come in bursts (Gilbert and Elliott), besides `loss`; null: none. */
  burst: BurstLossOptions | null;
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
  queue: 'drop-tail',
  queueBytes: Infinity,
  ecn: false,
  down: false,
  loss: 0,
  burst: null,
  duplicate: 0,
  reorder: 0,
  reorderDelayMs: 10,
  corrupt: 0,
});

const QUEUES: readonly QueueName[] = ['drop-tail', 'codel', 'fq-codel'];

/** @throws RangeError naming the number that makes no sense */
export function checkImpairments(impairments: Impairments): void {
  for (const name of ['loss', 'duplicate', 'reorder', 'corrupt'] as const) {
    checkChance(name, impairments[name]);
  }
  for (const name of ['delayMs', 'jitterMs', 'reorderDelayMs', 'queueBytes'] as const) {
    const amount = impairments[name];
    if (!(amount >= 0)) throw new RangeError(`${name} is negative: ${amount}`);
  }
  const { rate, queue, burst } = impairments;
  if (!(rate > 0)) throw new RangeError(`rate is not positive: ${rate}`);
  if (!QUEUES.includes(queue)) {
    throw new RangeError(`queue is ${queue}, which is none of ${QUEUES.join(', ')}`);
  }
  if (burst === null) return;
  for (const [name, chance] of Object.entries(burst)) checkChance(`burst.${name}`, chance);
}

function checkChance(name: string, chance: number): void {
  if (!(chance >= 0 && chance <= 1)) throw new RangeError(`${name} is not a chance: ${chance}`);
}
