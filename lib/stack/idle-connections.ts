/**
 * Which connections are likely to be idle, and may make themselves small.
 *
 * Two kinds: those that have never had anything to say, when so many others have been opened after
 * them that they would have said it; and those that have been silent for a while. For the second
 * all are looked at from time to time, with one timer for the stack, which runs only while
 * something happens. Where time is virtual nobody minds the memory, and a timer would be seen.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import type { Endpoint } from './endpoint';

/** How many newer connections a newcomer is given. */
const PATIENCE = 64;
/** How often all are looked at, ms. */
const SWEEP_MS = 5000;

export class IdleConnections {
  readonly #latest: (Endpoint | null)[] = new Array(PATIENCE).fill(null);
  #next = 0;
  readonly #clock: Clock;
  readonly #list: () => readonly Endpoint[];
  /** Null where there are no sweeps. */
  readonly #timer: ClockTimer | null = null;
  #isSweepDue = false;

  /** @param list all connections there are */
  constructor(clock: Clock, list: () => readonly Endpoint[]) {
    this.#clock = clock;
    this.#list = list;
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

  /** Something happens: when it is over, somebody may be idle. */
  noteActivity(): void {
    if (!this.#isSweepDue && this.#timer !== null) this.#schedule(this.#timer);
  }

  close(): void {
    this.#timer?.cancel();
    this.#isSweepDue = true; // none is, but none shall be scheduled
  }

  #schedule(timer: ClockTimer): void {
    this.#isSweepDue = true;
    timer.reschedule(this.#clock.now() + SWEEP_MS);
  }

  #sweep(): void {
    const now = this.#clock.now();
    const endpoints = this.#list();
    let isTooEarly = false;
    for (let i = 0; i < endpoints.length; i++) {
      if (!endpoints[i].engine.rest(now)) isTooEarly = true;
    }
    this.#isSweepDue = false;
    if (isTooEarly) this.noteActivity();
  }
}
