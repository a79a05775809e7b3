/** Parcels, first in, first out: a ring that doubles when it is full. */
import type { Parcel } from './parcel';

const INITIAL_PLACES = 16;

export class ParcelFifo {
  /** Sum of the lengths of all packets in it. */
  bytes = 0;
  size = 0;
  #ring: Array<Parcel | null> = new Array(INITIAL_PLACES).fill(null);
  #head = 0;

  get first(): Parcel | null {
    return this.size === 0 ? null : this.#ring[this.#head];
  }

  push(parcel: Parcel): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.size) & (this.#ring.length - 1)] = parcel;
    this.size++;
    this.bytes += parcel.length;
  }

  shift(): Parcel | null {
    if (this.size === 0) return null;
    const parcel = this.#ring[this.#head]!;
    this.#ring[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.size--;
    this.bytes -= parcel.length;
    return parcel;
  }

  #grow(): void {
    const old = this.#ring;
    const ring: Array<Parcel | null> = new Array(old.length * 2).fill(null);
    for (let i = 0; i < this.size; i++) ring[i] = old[(this.#head + i) & (old.length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
