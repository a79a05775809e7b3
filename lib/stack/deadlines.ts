/**
 * When which connection must be looked at again: one heap, and one clock timer for the whole stack.
 *
 * An engine's earliest deadline moves with nearly every segment, mostly to a later time. The heap
 * keeps the earlier one then and looks again when it has come, so that a segment costs a
 * comparison. TIME-WAIT, which nearly nothing disturbs, is moved at once, while the processor's
 * cache has it.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import { Heap } from '../support/heap';
import type { Endpoint } from './endpoint';

/** By how much it must move to be moved at once. */
const LONG_MS = 1000;

export class Deadlines {
  readonly #heap = new Heap<Endpoint>();
  readonly #timer: ClockTimer;
  #closed = false;
  /** What the timer is set to. */
  #armedFor = Number.POSITIVE_INFINITY;

  /** @param due called when `expire` has something to do. The timer is unreferenced at first. */
  constructor(clock: Clock, due: () => void) {
    this.#timer = clock.schedule(Number.POSITIVE_INFINITY, () => {
      this.#armedFor = Number.NaN;
      due();
    });
    this.#timer.unref();
  }

  /** Connections that have a deadline. */
  get size(): number {
    return this.#heap.size;
  }

  /** The connection's deadline may have changed. */
  note(endpoint: Endpoint): void {
    const { deadline } = endpoint.engine;
    if (endpoint.heapIndex === -1) {
      if (deadline !== Number.POSITIVE_INFINITY) this.#heap.push(endpoint, deadline);
      return;
    }
    const key = this.#heap.keyOf(endpoint);
    if (deadline < key || (deadline - key > LONG_MS && endpoint.engine.state === 'TIME-WAIT')) {
      this.#heap.update(endpoint, deadline);
    }
  }

  remove(endpoint: Endpoint): void {
    this.#heap.remove(endpoint);
  }

  /** Takes out one connection whose deadline has passed, or null. */
  pollDue(now: number): Endpoint | null {
    while (this.#heap.smallestKey <= now) {
      const endpoint = this.#heap.pop()!;
      if (endpoint.engine.deadline <= now) return endpoint;
      this.note(endpoint); // moved to a later time since
    }
    return null;
  }

  /** Sets the timer to the earliest deadline: once, when a turn is over. */
  settle(): void {
    const earliest = this.#heap.smallestKey;
    if (earliest === this.#armedFor || this.#closed) return;
    this.#armedFor = earliest;
    this.#timer.reschedule(earliest);
  }

  /** Referenced, the timer keeps the process alive even with no deadline at all. */
  ref(): void {
    this.#timer.ref();
  }

  unref(): void {
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }
}
