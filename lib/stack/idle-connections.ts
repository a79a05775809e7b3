/**
 * Which connections are likely to be idle, and may make themselves small.
 *
 * Two kinds: those that have never had anything to say, when so many others have been opened after
 * them that they would have said it; and those that have been silent for a while. For the second
 * all are looked at from time to time, a few thousand at once, with one timer for the stack, which
 * runs only while something happens. (A list of those to be asked would keep short connections in
 * memory that are gone: that cost a fifth of their rate.) Where time is virtual nobody minds the
 * memory, and a timer would be seen.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import type { ConnectionTable } from './connection-table';
import type { Endpoint } from './endpoint';

/** How many newer connections a newcomer is given. */
const PATIENCE = 64;
/** How often all are looked at, ms. */
const SWEEP_MS = 5000;
/** How many places of the table at once, and what lies between, ms. */
const SLICE_PLACES = 4096;
const SLICE_MS = 10;

export class IdleConnections {
  readonly #latest: (Endpoint | null)[] = new Array(PATIENCE).fill(null);
  #next = 0;
  readonly #clock: Clock;
  readonly #table: () => ConnectionTable<Endpoint>;
  /** Null where there are no sweeps. */
  readonly #timer: ClockTimer | null = null;
  #isSweepDue = false;
  /** How far the present sweep has come, and whether one said that it was too early for him. */
  #place = 0;
  #isTooEarly = false;

  /** @param table all connections there are */
  constructor(clock: Clock, table: () => ConnectionTable<Endpoint>) {
    this.#clock = clock;
    this.#table = table;
    if (clock.originMs === undefined) return;
    this.#timer = clock.schedule(Number.POSITIVE_INFINITY, () => this.#sweep());
    this.#timer.unref();
  }

  /** It has been opened; another one is no newcomer any more. */
  add(endpoint: Endpoint): void {
    const former = this.#latest[this.#next];
    this.#latest[this.#next] = endpoint;
    this.#next = (this.#next + 1) % PATIENCE;
    if (former !== null && !former.isForgotten) former.engine.rest(this.#clock.now());
  }

  /** It has something to do: when that is over, it may be idle. */
  watch(endpoint: Endpoint): void {
    endpoint.isWatched = true;
    if (!this.#isSweepDue) this.#schedule();
  }

  close(): void {
    this.#timer?.cancel();
    this.#isSweepDue = true; // none is, but none shall be scheduled
  }

  #sweep(): void {
    const now = this.#clock.now();
    const table = this.#table();
    const end = Math.min(this.#place + SLICE_PLACES, table.places);
    for (; this.#place < end; this.#place++) {
      const endpoint = table.at(this.#place);
      if (endpoint === null || !endpoint.isWatched) continue;
      if (endpoint.engine.rest(now)) endpoint.isWatched = false;
      else this.#isTooEarly = true;
    }
    if (this.#place < table.places) this.#timer!.reschedule(now + SLICE_MS);
    else this.#finishSweep();
  }

  #finishSweep(): void {
    const isTooEarly = this.#isTooEarly;
    this.#place = 0;
    this.#isTooEarly = false;
    this.#isSweepDue = false;
    if (isTooEarly) this.#schedule();
  }

  #schedule(): void {
    if (this.#timer === null) return;
    this.#isSweepDue = true;
    this.#timer.reschedule(this.#clock.now() + SWEEP_MS);
  }
}
