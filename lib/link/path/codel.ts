/** One queue under CoDel (RFC 8289). */
import { CodelState } from './codel-state';
import type { Parcel } from './parcel';
import { ParcelFifo } from './parcel-fifo';
import type { QueueDiscipline, QueueListener } from './queue-discipline';

export interface CodelOptions {
  /** Most bytes that wait. */
  limitBytes: number;
  /** Mark packets that allow it, instead of dropping them (RFC 8289 §3.1). */
  ecn: boolean;
  listener: QueueListener;
}

export class Codel implements QueueDiscipline {
  readonly #fifo = new ParcelFifo();
  readonly #state: CodelState;
  readonly #options: CodelOptions;

  constructor(options: CodelOptions) {
    this.#options = options;
    this.#state = new CodelState(this.#fifo, options.ecn, options.listener);
  }

  get bytes(): number {
    return this.#fifo.bytes;
  }

  get packets(): number {
    return this.#fifo.size;
  }

  enqueue(parcel: Parcel, now: number): void {
    const { limitBytes, listener } = this.#options;
    if (this.#fifo.size > 0 && this.#fifo.bytes + parcel.length > limitBytes) {
      listener.handleDrop(parcel, true);
      return;
    }
    parcel.at = now;
    this.#fifo.push(parcel);
  }

  dequeue(now: number): Parcel | null {
    return this.#state.dequeue(now);
  }
}
