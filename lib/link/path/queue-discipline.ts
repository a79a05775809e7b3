/**
 * What a path asks of a queue that decides for itself whom it drops.
 *
 * (Drop-tail needs none of this: when a packet leaves follows from the bytes before it, so that the
 * path itself knows at once.)
 */
import { Codel } from './codel';
import { FqCodel } from './fq-codel';
import type { Impairments } from './impairments';
import type { Parcel } from './parcel';

/** Hears of each packet that the queue drops, which is then its own, or has marked. */
export interface QueueListener {
  /** `full`: there was no room, rather than the packet having waited too long. */
  handleDrop(parcel: Parcel, full: boolean): void;
  handleMark(parcel: Parcel): void;
}

export interface QueueDiscipline {
  /** What waits. */
  readonly bytes: number;
  readonly packets: number;
  /** Takes a packet; it, or another in its stead, may be dropped. */
  enqueue(parcel: Parcel, now: number): void;
  /** The packet that is to be sent now; null: none waits. */
  dequeue(now: number): Parcel | null;
}

/** @returns null for drop-tail */
export function createDiscipline(
  impairments: Impairments,
  listener: QueueListener,
): QueueDiscipline | null {
  const { queue, queueBytes, ecn } = impairments;
  if (queue === 'codel') return new Codel({ limitBytes: queueBytes, ecn, listener });
  if (queue === 'fq-codel') return new FqCodel({ limitBytes: queueBytes, ecn, listener });
  return null;
}
