/**
 * A binary min-heap of items that know their own place in it.
 *
 * Made for deadlines: an item's key changes often and items leave from the middle, and neither may
 * cost a search or an allocation. An item is in one heap at most.
 */
import { assert } from './assert';

export interface HeapItem {
  /** The heap's own: position, or -1 while the item is in no heap. Starts as -1. */
  heapIndex: number;
  /** The heap's own: what it is ordered by. Starts as NaN. */
  heapKey: number;
}

export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the smallest key, or null. Of several equal ones, any. */
  peek(): Item | null {
    return this.#items.length === 0 ? null : this.#items[0];
  }

  /** Smallest key, or Infinity when the heap is empty. */
  get smallestKey(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : this.#items[0].heapKey;
  }

  push(item: Item, key: number): void {
    assert(item.heapIndex === -1, 'item is already in a heap');
    assert(!Number.isNaN(key), 'heap key is NaN'); // every comparison with it would be false
    item.heapKey = key;
    const index = this.#items.length;
    this.#items.push(item);
    this.#rise(item, index);
  }

  /** Gives an item another key; one that is not in the heap is added. */
  update(item: Item, key: number): void {
    if (item.heapIndex === -1) {
      this.push(item, key);
      return;
    }
    assert(this.has(item), 'item is in another heap');
    assert(!Number.isNaN(key), 'heap key is NaN');
    item.heapKey = key;
    this.#settle(item, item.heapIndex);
  }

  /** Takes an item out; one that is in no heap is left alone. */
  remove(item: Item): void {
    if (item.heapIndex === -1) return;
    assert(this.has(item), 'item is in another heap');
    const items = this.#items;
    const index = item.heapIndex;
    const last = items.pop()!;
    item.heapIndex = -1;
    if (last !== item) this.#settle(last, index);
  }

  /** Takes out the item with the smallest key, or returns null. */
  pop(): Item | null {
    const item = this.peek();
    if (item !== null) this.remove(item);
    return item;
  }

  has(item: Item): boolean {
    return item.heapIndex !== -1 && this.#items[item.heapIndex] === item;
  }

  /** Puts an item at `index` and lets it move up or down from there. */
  #settle(item: Item, index: number): void {
    const parent = (index - 1) >> 1;
    if (index > 0 && item.heapKey < this.#items[parent].heapKey) this.#rise(item, index);
    else this.#sink(item, index);
  }

  #rise(item: Item, index: number): void {
    const items = this.#items;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (parent.heapKey <= item.heapKey) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }

  #sink(item: Item, index: number): void {
    const items = this.#items;
    const size = items.length;
    for (let child = 2 * index + 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && items[child + 1].heapKey < items[child].heapKey) child++;
      const smaller = items[child];
      if (item.heapKey <= smaller.heapKey) break;
      items[index] = smaller;
      smaller.heapIndex = index;
      index = child;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
