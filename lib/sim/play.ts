/**
 * Virtual time around a program that waits in Node's own ways: for promises, streams, callbacks.
 *
 *     const restore = useVirtualTimers(clock); // its timers, too
 *     await play(clock, () => answered);
 *     restore();
 *
 * After each event of the simulation Node's queues have their turn before the next one. So the
 * program runs the same way every time, as long as it talks to nobody outside.
 */
import type { ClockTimer } from '../../types/clock';
import { RealClock } from '../stack/real-clock';
import type { VirtualClock } from './virtual-clock';

/** Turns of the event loop that a program has for whatever it puts off. */
const TURNS = 2;

/**
 * Lets time pass until `until` holds, until nothing is left that could happen, or until the clock
 * would show more than `limitMs`.
 * @returns whether `until` holds
 */
export async function play(
  clock: VirtualClock,
  until: () => boolean,
  limitMs = Infinity,
): Promise<boolean> {
  const real = new RealClock();
  const turn = (): Promise<void> => new Promise((resolve) => real.defer(resolve, false));
  for (;;) {
    for (let i = 0; i < TURNS; i++) await turn();
    if (until()) return true;
    if (clock.idle || clock.next > limitMs) return false;
    clock.step();
  }
}

type Callback = (...args: unknown[]) => void;
type Globals = Record<string, unknown>;

/**
 * Puts timers of the clock in the place of the global `setTimeout`, `setInterval` and their
 * counterparts, for code that looks them up when it needs them: usernet's sockets, and most
 * libraries. (Node's own modules do not.)
 * @returns puts the real ones back
 */
export function useVirtualTimers(clock: VirtualClock): () => void {
  const globals = globalThis as unknown as Globals;
  const start =
    (repeats: boolean) =>
    (fn: Callback, delayMs?: number, ...args: unknown[]) =>
      new VirtualTimeout(clock, () => fn(...args), delayMs, repeats);
  const stop = (timeout: unknown): void => {
    if (timeout instanceof VirtualTimeout) timeout.close();
  };
  const replacements: ReadonlyArray<readonly [string, unknown]> = [
    ['setTimeout', start(false)],
    ['setInterval', start(true)],
    ['clearTimeout', stop],
    ['clearInterval', stop],
  ];
  const originals = replacements.map(([name]) => [name, globals[name]] as const);
  for (const [name, replacement] of replacements) globals[name] = replacement;
  return () => {
    for (const [name, original] of originals) globals[name] = original;
  };
}

/** What Node's `Timeout` can do. */
class VirtualTimeout {
  readonly #clock: VirtualClock;
  readonly #timer: ClockTimer;
  readonly #delayMs: number;
  #isReferenced = true;

  constructor(clock: VirtualClock, fn: () => void, delayMs: number | undefined, repeats: boolean) {
    this.#clock = clock;
    this.#delayMs = Math.max(Number(delayMs) || 0, 1);
    this.#timer = clock.schedule(clock.now() + this.#delayMs, () => {
      if (repeats) this.refresh();
      fn();
    });
  }

  ref(): this {
    this.#isReferenced = true;
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#timer.unref();
    return this;
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  refresh(): this {
    this.#timer.reschedule(this.#clock.now() + this.#delayMs);
    return this;
  }

  close(): this {
    this.#timer.cancel();
    return this;
  }
}
