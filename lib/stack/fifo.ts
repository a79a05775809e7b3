/**
 * A queue that allocates nothing once it has grown to its working size: a ring of a power of two.
 *
 * Taken slots are emptied, so that the queue keeps nothing alive that has left it.
 */
const INITIAL_SLOTS = 16;

export class Fifo<Item extends object> {
  #slots: Array<Item | null> = new Array(INITIAL_SLOTS).fill(null);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size++;
  }

  /** The item that has waited longest, or null when there is none. */
  shift(): Item | null {
    if (this.#size === 0) return null;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    return item;
  }

  #grow(): void {
    const old = this.#slots;
    const slots: Array<Item | null> = new Array(old.length * 2).fill(null);
    for (let i = 0; i < this.#size; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
