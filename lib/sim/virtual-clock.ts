/**
 * Time that passes only when it is told to.
 *
 * Everything due at one instant runs in a fixed order: urgent deferrals first, then what waits for
 * them, then the others, then timers by the order in which they were armed. So one seed gives the
 * same packets in the same microseconds, and an hour of keep-alive costs a test nothing.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import { TimerHeap } from './timer-heap';

/** More events than this without the goal in sight is taken for a loop that never ends. */
export const EVENT_LIMIT = 10_000_000;

export class VirtualClock implements Clock {
  /** Events run so far: deferrals and timers. */
  events = 0;
  #now: number;
  #armings = 0;
  readonly #heap = new TimerHeap<VirtualTimer>();
  readonly #urgent: Array<() => void> = [];
  readonly #settled: Array<() => void> = [];
  readonly #deferred: Array<() => void> = [];

  /** @param startMs what `now` says at first */
  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(at: number, fn: () => void): ClockTimer {
    const timer = new VirtualTimer(this, fn);
    timer.reschedule(at);
    return timer;
  }

  defer(fn: () => void, urgent: boolean): void {
    (urgent ? this.#urgent : this.#deferred).push(fn);
  }

  /** (Of Node's own queues only who plays it knows: see `play`.) */
  settle(fn: () => void): void {
    this.#settled.push(fn);
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Armed timers that would keep a process alive. */
  get referenced(): number {
    return this.#heap.count((timer) => timer.referenced);
  }

  /** Will nothing ever happen again unless somebody outside does something? */
  get idle(): boolean {
    return this.#heap.size === 0 && !this.#hasDeferred;
  }

  /** When the next event is due, in ms; Infinity: never. */
  get next(): number {
    if (this.#hasDeferred) return this.#now;
    return Math.max(this.#now, this.#heap.first?.at ?? Infinity);
  }

  /** Lets time pass to `ms`, running everything due until then, that instant included. */
  advanceTo(ms: number, limit = EVENT_LIMIT): void {
    if (ms < this.#now) throw new RangeError(`time cannot go back from ${this.#now} to ${ms} ms`);
    let left = limit;
    while (this.next <= ms) {
      if (left-- === 0) throw new Error(`${limit} events before ${ms} ms`);
      this.step();
    }
    this.#now = ms;
  }

  /**
   * Runs events until `until` holds (looked at before each event), or until nothing is left to run.
   * @returns whether `until` holds at the end; true where none was given
   * @throws Error after `limit` events
   */
  run(until?: () => boolean, limit = EVENT_LIMIT): boolean {
    let left = limit;
    while (!until?.()) {
      if (this.idle) return until === undefined;
      if (left-- === 0) throw new Error(`${limit} events and no end at ${this.#now} ms`);
      this.step();
    }
    return true;
  }

  /** Runs the one event that is next, moving time to it. @returns false when there is none */
  step(): boolean {
    const fn =
      this.#urgent.shift() ?? this.#settled.shift() ?? this.#deferred.shift() ?? this.#expire();
    if (fn === null) return false;
    this.events++;
    fn();
    return true;
  }

  get #hasDeferred(): boolean {
    return this.#urgent.length + this.#settled.length + this.#deferred.length > 0;
  }

  #expire(): (() => void) | null {
    const timer = this.#heap.first;
    if (timer === undefined) return null;
    this.#heap.remove(timer);
    if (timer.at > this.#now) this.#now = timer.at;
    return timer.fn;
  }

  /**
   * For the timer itself: puts it in its place. A moved timer goes behind the others of its
   * instant.
   */
  arm(timer: VirtualTimer, at: number): void {
    if (Number.isNaN(at)) throw new RangeError('a timer needs a time');
    this.#heap.remove(timer);
    if (at === Infinity) return;
    timer.at = at;
    timer.order = this.#armings++;
    this.#heap.add(timer);
  }

  /** For the timer itself. */
  disarm(timer: VirtualTimer): void {
    this.#heap.remove(timer);
  }
}

class VirtualTimer implements ClockTimer {
  at = Number.NaN;
  order = 0;
  /** Place in the heap; -1: not armed. */
  place = -1;
  referenced = true;
  readonly fn: () => void;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, fn: () => void) {
    this.#clock = clock;
    this.fn = fn;
  }

  cancel(): void {
    this.#clock.disarm(this);
  }

  reschedule(at: number): void {
    this.#clock.arm(this, at);
  }

  ref(): void {
    this.referenced = true;
  }

  unref(): void {
    this.referenced = false;
  }
}
