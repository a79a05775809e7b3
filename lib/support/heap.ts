/**
 * A binary min-heap of items that know their own slot in it.
 *
 * Made for deadlines: an item's key changes often and items leave from the middle, and neither may
 * cost a search or an allocation. Keys and order lie in arrays of numbers: of thousands of items
 * that are passed on the way up or down, none is touched, for most are in no cache. An item is in
 * one heap at most.
 */
import { assert } from './assert';

export interface HeapItem {
  /** The heap's own: its slot, or -1 while the item is in no heap. Starts as -1. */
  heapIndex: number;
}

const INITIAL_SLOTS = 16;

export class Heap<Item extends HeapItem> {
  /** By slot: who has it, what he is ordered by, and his place in the order. */
  readonly #items: Array<Item | null> = [];
  #keys = new Float64Array(INITIAL_SLOTS);
  #places = new Int32Array(INITIAL_SLOTS);
  /** Slots, the smallest key first; behind the last the slots that are free. */
  #order = new Int32Array(INITIAL_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The item with the smallest key, or null. Of several equal ones, any. */
  peek(): Item | null {
    return this.#size === 0 ? null : this.#items[this.#order[0]];
  }

  /** Smallest key, or Infinity when the heap is empty. */
  get smallestKey(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[this.#order[0]];
  }

  /** The key of an item that is in the heap. */
  keyOf(item: Item): number {
    return this.#keys[item.heapIndex];
  }

  push(item: Item, key: number): void {
    assert(item.heapIndex === -1, 'item is already in a heap');
    assert(!Number.isNaN(key), 'heap key is NaN'); // every comparison with it would be false
    const place = this.#size;
    if (place === this.#items.length) this.#addSlot();
    this.#size++;
    const slot = this.#order[place];
    this.#items[slot] = item;
    item.heapIndex = slot;
    this.#keys[slot] = key;
    this.#rise(slot, place);
  }

  /** Gives an item another key; one that is not in the heap is added. */
  update(item: Item, key: number): void {
    if (item.heapIndex === -1) {
      this.push(item, key);
      return;
    }
    assert(this.has(item), 'item is in another heap');
    assert(!Number.isNaN(key), 'heap key is NaN');
    const slot = item.heapIndex;
    this.#keys[slot] = key;
    this.#settle(slot, this.#places[slot]);
  }

  /** Takes an item out; one that is in no heap is left alone. */
  remove(item: Item): void {
    if (item.heapIndex === -1) return;
    assert(this.has(item), 'item is in another heap');
    const slot = item.heapIndex;
    const place = this.#places[slot];
    const last = this.#order[--this.#size];
    this.#order[this.#size] = slot; // free
    this.#items[slot] = null;
    item.heapIndex = -1;
    if (last !== slot) this.#settle(last, place);
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

  #addSlot(): void {
    const slots = this.#items.length;
    if (slots === this.#keys.length) {
      this.#keys = doubled(this.#keys, new Float64Array(2 * slots));
      this.#places = doubled(this.#places, new Int32Array(2 * slots));
      this.#order = doubled(this.#order, new Int32Array(2 * slots));
    }
    this.#order[slots] = slots;
    this.#items.push(null);
  }

  /** Puts a slot at `place` of the order and lets it move up or down from there. */
  #settle(slot: number, place: number): void {
    const parent = this.#order[(place - 1) >> 1];
    if (place > 0 && this.#keys[slot] < this.#keys[parent]) this.#rise(slot, place);
    else this.#sink(slot, place);
  }

  #rise(slot: number, place: number): void {
    const keys = this.#keys;
    const order = this.#order;
    const places = this.#places;
    const key = keys[slot];
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = order[above];
      if (keys[parent] <= key) break;
      order[place] = parent;
      places[parent] = place;
      place = above;
    }
    order[place] = slot;
    places[slot] = place;
  }

  #sink(slot: number, place: number): void {
    const keys = this.#keys;
    const order = this.#order;
    const places = this.#places;
    const key = keys[slot];
    const size = this.#size;
    for (let below = 2 * place + 1; below < size; below = 2 * place + 1) {
      if (below + 1 < size && keys[order[below + 1]] < keys[order[below]]) below++;
      const child = order[below];
      if (key <= keys[child]) break;
      order[place] = child;
      places[child] = place;
      place = below;
    }
    order[place] = slot;
    places[slot] = place;
  }
}

function doubled<Numbers extends Float64Array | Int32Array>(old: Numbers, wide: Numbers): Numbers {
  wide.set(old);
  return wide;
}
