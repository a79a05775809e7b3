/**
 * The clock of the world: `performance.now()`, Node's timers, and its two queues of things to do
 * soon.
 *
 * A deadline that moves with every segment must not cost a `clearTimeout` and `setTimeout` each
 * time (315 ns on the machine this was written on). So a timer that is moved to a later time stays
 * armed for the earlier one and looks again when that has come; only an earlier time needs a new
 * arming.
 *
 * Node runs its timers before it reads what has arrived. Where the process is late, deadlines
 * would seem missed although the answers are there: so a timer lets them in before it runs.
 */
import { performance } from 'node:perf_hooks';
import type { Clock, ClockTimer } from '../../types/clock';
import { ImmediatePlaces } from './immediate-places';

/** What Node's timers take at most; a longer wait is cut into several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export class RealClock implements Clock {
  readonly originMs = performance.timeOrigin;
  readonly #places = new ImmediatePlaces();

  now(): number {
    return performance.now();
  }

  /**
   * @param at in ms of this clock; Infinity never runs `fn`, but keeps the process alive all the
   *   same while the timer is referenced
   */
  schedule(at: number, fn: () => void): ClockTimer {
    const timer = new RealTimer(fn);
    timer.reschedule(at);
    return timer;
  }

  defer(fn: () => void, urgent: boolean): void {
    if (urgent) process.nextTick(fn);
    else setImmediate(fn);
  }

  settle(fn: () => void): void {
    this.#places.take(fn);
  }
}

class RealTimer implements ClockTimer {
  readonly #fn: () => void;
  /** When `fn` is due; NaN: it is not wanted. */
  #at = Number.NaN;
  /** When the Node timer will run, at the earliest; NaN: it is not armed. */
  #armedFor = Number.NaN;
  #timeout: NodeJS.Timeout | null = null;
  #delayMs = 0;
  #referenced = true;

  constructor(fn: () => void) {
    this.#fn = fn;
  }

  cancel(): void {
    this.#at = Number.NaN;
    this.#disarm();
  }

  reschedule(at: number): void {
    if (Number.isNaN(at)) throw new RangeError('a timer needs a time');
    this.#at = at;
    if (this.#armedFor <= at) return;
    this.#arm(performance.now());
  }

  ref(): void {
    this.#referenced = true;
    this.#timeout?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#timeout?.unref();
  }

  #arm(now: number): void {
    // Node counts whole milliseconds: round up, or it would run too early and again.
    const delayMs = Math.min(Math.max(Math.ceil(this.#at - now), 1), LONGEST_TIMEOUT_MS);
    this.#armedFor = now + delayMs;
    if (this.#timeout !== null && this.#delayMs === delayMs) {
      this.#timeout.refresh();
      return;
    }
    this.#disarm();
    this.#armedFor = now + delayMs;
    this.#delayMs = delayMs;
    this.#timeout = setTimeout(() => this.#expire(), delayMs);
    if (!this.#referenced) this.#timeout.unref();
  }

  #disarm(): void {
    if (this.#timeout === null) return;
    clearTimeout(this.#timeout);
    this.#timeout = null;
    this.#armedFor = Number.NaN;
  }

  #expire(): void {
    this.#armedFor = Number.NaN;
    const now = performance.now();
    if (now < this.#at) {
      this.#arm(now); // moved to a later time meanwhile, or Node was a fraction early
      return;
    }
    // Referenced in any case: for one that is not, a loop that has something else to wait for
    // would wait for that first. It holds the process for this one turn only.
    setImmediate(this.#run);
  }

  /** What had arrived is read. It may have cancelled the timer, or moved it: then it is armed. */
  readonly #run = (): void => {
    if (Number.isNaN(this.#at) || !Number.isNaN(this.#armedFor)) return;
    this.#at = Number.NaN;
    this.#fn();
  };
}
