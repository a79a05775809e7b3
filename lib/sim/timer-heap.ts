/**
 * A binary heap of timers, the earliest first, those of one instant in the order of their arming.
 * That order is what `support/heap` does not promise and a simulation that repeats itself needs.
 *
 * Each timer knows its place, so that cancelling and moving one need no search.
 */
export interface HeapTimer {
  at: number;
  order: number;
  /** Place in the heap; -1: in none. */
  place: number;
}

export class TimerHeap<T extends HeapTimer> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): T | undefined {
    return this.#heap[0];
  }

  count(holds: (timer: T) => boolean): number {
    let count = 0;
    for (const timer of this.#heap) if (holds(timer)) count++;
    return count;
  }

  add(timer: T): void {
    timer.place = this.#heap.length;
    this.#heap.push(timer);
    this.#rise(timer);
  }

  /** Does nothing with a timer that is not in the heap. */
  remove(timer: T): void {
    const place = timer.place;
    if (place === -1) return;
    timer.place = -1;
    const last = this.#heap.pop()!;
    if (last === timer) return;
    this.#heap[place] = last;
    last.place = place;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(timer: T): void {
    while (timer.place > 0) {
      const parent = this.#heap[(timer.place - 1) >> 1];
      if (!isBefore(timer, parent)) return;
      this.#swap(timer, parent);
    }
  }

  #sink(timer: T): void {
    const heap = this.#heap;
    for (;;) {
      const left = 2 * timer.place + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child =
        right < heap.length && isBefore(heap[right], heap[left]) ? heap[right] : heap[left];
      if (!isBefore(child, timer)) return;
      this.#swap(child, timer);
    }
  }

  #swap(a: T, b: T): void {
    const place = a.place;
    a.place = b.place;
    b.place = place;
    this.#heap[a.place] = a;
    this.#heap[b.place] = b;
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
