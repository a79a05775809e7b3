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
}

export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = [];
  /** What each is ordered by. Not in the items: a field that has fractions takes 24 bytes there. */
  readonly #keys: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the smallest key, or null. Of several equal ones, any. */
  peek(): Item | null {
    return this.#items.length === 0 ? null : this.#items[0];
  }

  /** Smallest key, or Infinity when the heap is empty. */
  get smallestKey(): number {
    return this.#keys.length === 0 ? Number.POSITIVE_INFINITY : this.#keys[0];
  }

  /** The key of an item that is in the heap. */
  keyOf(item: Item): number {
    return this.#keys[item.heapIndex];
  }

  push(item: Item, key: number): void {
    assert(item.heapIndex === -1, 'item is already in a heap');
    assert(!Number.isNaN(key), 'heap key is NaN'); // every comparison with it would be false
    const index = this.#items.length;
    this.#items.push(item);
    this.#keys.push(key);
    this.#rise(item, key, index);
  }

  /** Gives an item another key; one that is not in the heap is added. */
  update(item: Item, key: number): void {
    if (item.heapIndex === -1) {
      this.push(item, key);
      return;
    }
    assert(this.has(item), 'item is in another heap');
    assert(!Number.isNaN(key), 'heap key is NaN');
    this.#settle(item, key, item.heapIndex);
  }

  /** Takes an item out; one that is in no heap is left alone. */
  remove(item: Item): void {
    if (item.heapIndex === -1) return;
    assert(this.has(item), 'item is in another heap');
    const index = item.heapIndex;
    const last = this.#items.pop()!;
    const key = this.#keys.pop()!;
    item.heapIndex = -1;
    if (last !== item) this.#settle(last, key, index);
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
  #settle(item: Item, key: number, index: number): void {
    const parent = (index - 1) >> 1;
    if (index > 0 && key < this.#keys[parent]) this.#rise(item, key, index);
    else this.#sink(item, key, index);
  }

  #rise(item: Item, key: number, index: number): void {
    const keys = this.#keys;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (keys[parent] <= key) break;
      this.#put(this.#items[parent], keys[parent], index);
      index = parent;
    }
    this.#put(item, key, index);
  }

  #sink(item: Item, key: number, index: number): void {
    const keys = this.#keys;
    const size = keys.length;
    for (let child = 2 * index + 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) child++;
      if (key <= keys[child]) break;
      this.#put(this.#items[child], keys[child], index);
      index = child;
    }
    this.#put(item, key, index);
  }

  #put(item: Item, key: number, index: number): void {
    this.#items[index] = item;
    this.#keys[index] = key;
    item.heapIndex = index;
  }
}
