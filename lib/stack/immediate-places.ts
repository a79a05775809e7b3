/**
 * Places in the row of immediates, taken ahead.
 *
 * Node runs the immediates of one turn of the event loop one after another, and between two of them
 * everything that ticks and promises have to do, to the end (node:timers, `setImmediate`; so since
 * Node 11). What is queued meanwhile has to wait for the next turn. So who wants to let others in
 * between often takes some places at once and leaves empty those that he does not need: the event
 * loop turns once for all of them.
 */
import { Fifo } from './fifo';

/** As often libuv reads from one socket before the others have their turn. */
const MOST_PLACES = 32;

export class ImmediatePlaces {
  readonly #waiting = new Fifo<() => void>();
  /** Places ahead that nobody has come to yet. */
  #left = 0;
  /** Of the last row: how many there were, and how many were of use. */
  #taken = 0;
  #used = 0;

  /** Runs `fn` in the next place. */
  take(fn: () => void): void {
    this.#waiting.push(fn);
    if (this.#left === 0) this.#takeRow();
  }

  /** Twice as long as the last where that was of use from end to end, else as long as it was. */
  #takeRow(): void {
    const count = this.#used === this.#taken ? 2 * this.#used : this.#used;
    this.#taken = Math.min(Math.max(count, 1), MOST_PLACES);
    this.#used = 0;
    this.#left = this.#taken;
    for (let i = 0; i < this.#taken; i++) setImmediate(this.#arrive);
  }

  readonly #arrive = (): void => {
    this.#left--;
    const fn = this.#waiting.shift();
    if (fn === null) return;
    this.#used++;
    if (this.#left === 0 && this.#waiting.size > 0) this.#takeRow();
    fn();
  };
}
