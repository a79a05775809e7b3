/**
 * A stack of offsets that allocates nothing once it has grown to its working size.
 *
 * An array of numbers would do, but V8 drops an array's store when the last item is popped and
 * makes a new one at the next push, which is what a free list of one block does all day.
 */
const INITIAL_ITEMS = 16;

export class OffsetStack {
  #items = new Int32Array(INITIAL_ITEMS);
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  push(offset: number): void {
    if (this.#count === this.#items.length) this.#grow();
    this.#items[this.#count++] = offset;
  }

  /** The offset that came last; -1 when there is none. */
  pop(): number {
    return this.#count === 0 ? -1 : this.#items[--this.#count];
  }

  #grow(): void {
    const items = new Int32Array(this.#items.length * 2);
    items.set(this.#items);
    this.#items = items;
  }
}
