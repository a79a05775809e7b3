/**
 * CoDel's control law over one queue (RFC 8289 §4 and the pseudocode of §5): when packets have
 * waited longer than the target for an interval, drop one, and then more and more often until they
 * no longer do.
 */
import { markCongestion } from './congestion-mark';
import type { Parcel } from './parcel';
import type { ParcelFifo } from './parcel-fifo';
import type { QueueListener } from './queue-discipline';

/** How long packets may wait, and for how long they may wait longer, ms (RFC 8289 §4.2, §4.3). */
export const TARGET_MS = 5;
export const INTERVAL_MS = 100;
/** A queue of no more than the largest packet is no queue. */
const MAX_PACKET_BYTES = 1514;
/** Drops that ended no longer ago than this many intervals are gone on with. */
const MEMORY_INTERVALS = 16;

export class CodelState {
  readonly #fifo: ParcelFifo;
  readonly #ecn: boolean;
  readonly #listener: QueueListener;
  /** When the wait will have been too long for an interval; NaN: it is short. */
  #firstAboveAt = Number.NaN;
  #dropNextAt = 0.5;
  #count = 0;
  #lastCount = 0;
  #isDropping = false;
  #okToDrop = false;

  constructor(fifo: ParcelFifo, ecn: boolean, listener: QueueListener) {
    this.#fifo = fifo;
    this.#ecn = ecn;
    this.#listener = listener;
  }

  /** The packet to send now, after those that had to go before it. */
  dequeue(now: number): Parcel | null {
    const parcel = this.#take(now);
    if (this.#isDropping) return this.#goOn(parcel, now);
    if (parcel === null || !this.#okToDrop) return parcel;
    const next = this.#drop(parcel, now);
    const delta = this.#count - this.#lastCount;
    const isRecent = now - this.#dropNextAt < MEMORY_INTERVALS * INTERVAL_MS;
    this.#isDropping = true;
    this.#count = delta > 1 && isRecent ? delta : 1;
    this.#lastCount = this.#count;
    this.#dropNextAt = this.#controlLaw(now);
    return next;
  }

  #goOn(parcel: Parcel | null, now: number): Parcel | null {
    if (!this.#okToDrop) this.#isDropping = false;
    while (parcel !== null && this.#isDropping && now >= this.#dropNextAt) {
      this.#count++;
      const marked = this.#ecn && markCongestion(parcel);
      if (marked) this.#listener.handleMark(parcel);
      else parcel = this.#discard(parcel, now);
      if (!this.#okToDrop) this.#isDropping = false;
      else this.#dropNextAt = this.#controlLaw(this.#dropNextAt);
      if (marked) break;
    }
    return parcel;
  }

  /** @returns the packet to send instead, or the same one, marked */
  #drop(parcel: Parcel, now: number): Parcel | null {
    if (!this.#ecn || !markCongestion(parcel)) return this.#discard(parcel, now);
    this.#listener.handleMark(parcel);
    return parcel;
  }

  #discard(parcel: Parcel, now: number): Parcel | null {
    this.#listener.handleDrop(parcel, false);
    return this.#take(now);
  }

  /** The next packet, and whether it has waited so long that it may be dropped. */
  #take(now: number): Parcel | null {
    const parcel = this.#fifo.shift();
    this.#okToDrop = false;
    if (parcel === null) {
      this.#firstAboveAt = Number.NaN;
      this.#isDropping = false;
      return null;
    }
    // RFC 8289 §5.6 looks at what is left in the queue.
    if (now - parcel.at < TARGET_MS || this.#fifo.bytes <= MAX_PACKET_BYTES) {
      this.#firstAboveAt = Number.NaN;
    } else if (Number.isNaN(this.#firstAboveAt)) {
      this.#firstAboveAt = now + INTERVAL_MS;
    } else {
      this.#okToDrop = now >= this.#firstAboveAt;
    }
    return parcel;
  }

  #controlLaw(at: number): number {
    return at + INTERVAL_MS / Math.sqrt(this.#count);
  }
}
