/**
 * Packets that travel, ordered by when they arrive.
 *
 * Nearly all of them arrive in the order in which they left, and stand in a ring; the few that are
 * held back stand in a sorted list beside it, so that neither kind costs a search.
 */
import { type Parcel, releaseParcel } from './parcel';
import { ParcelFifo } from './parcel-fifo';

export class Travellers {
  readonly #inOrder = new ParcelFifo();
  /** By arrival, the next one last. */
  readonly #late: Parcel[] = [];
  #count = 0;

  get size(): number {
    return this.#inOrder.size + this.#late.length;
  }

  /** The one that arrives next; null: nothing is on its way. */
  get first(): Parcel | null {
    const inOrder = this.#inOrder.first;
    if (this.#late.length === 0) return inOrder;
    const late = this.#late[this.#late.length - 1];
    return inOrder === null || isBefore(late, inOrder) ? late : inOrder;
  }

  /** @param arrival ms; not before that of any other that was added in order */
  add(parcel: Parcel, arrival: number): void {
    this.#stamp(parcel, arrival);
    this.#inOrder.push(parcel);
  }

  /** Adds one that others will pass. */
  addLate(parcel: Parcel, arrival: number): void {
    this.#stamp(parcel, arrival);
    const late = this.#late;
    let place = late.length;
    while (place > 0 && isBefore(late[place - 1], parcel)) place--;
    late.splice(place, 0, parcel);
  }

  shift(): Parcel {
    const first = this.first!;
    if (first === this.#inOrder.first) this.#inOrder.shift();
    else this.#late.pop();
    return first;
  }

  clear(): void {
    while (this.size > 0) releaseParcel(this.shift());
  }

  #stamp(parcel: Parcel, arrival: number): void {
    parcel.at = arrival;
    parcel.order = this.#count++;
  }
}

function isBefore(a: Parcel, b: Parcel): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
