/** Time for a stack: the real clock, or a virtual one that a test or simulation turns by hand. */
export interface Clock {
  /** What this clock's 0 is in Unix time, ms. Absent where time is virtual: 1970 then. */
  readonly originMs?: number;
  /** Milliseconds, fractions allowed, monotonic. */
  now(): number;
  /** Runs `fn` once at or after `at` (milliseconds of this clock). */
  schedule(at: number, fn: () => void): ClockTimer;
  /**
   * Runs `fn` soon, after the present call stack: `urgent` before the event loop turns (a
   * microtask's time), otherwise after it has turned once and other work had its chance.
   */
  defer(fn: () => void, urgent: boolean): void;
  /**
   * Runs `fn` when all that was put off before has run, with all that it has put off in its turn
   * (Node's ticks and promises); the event loop need not have turned. `defer(fn, false)` unless
   * given.
   */
  settle?(fn: () => void): void;
}

export interface ClockTimer {
  cancel(): void;
  /** Moves the timer; also re-arms one that has run. */
  reschedule(at: number): void;
  ref(): void;
  unref(): void;
}
