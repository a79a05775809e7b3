/**
 * The connection's deadlines: a table of times, Infinity where nothing is due.
 *
 * Arming a timer is one store; the stack looks at the earliest once a flush.
 */

export const TIMER_RETRANSMIT = 0;
/** Zero-window probes, and the override of silly-window avoidance (RFC 9293 §3.8.6). */
export const TIMER_PERSIST = 1;
export const TIMER_DELAYED_ACK = 2;
export const TIMER_KEEP_ALIVE = 3;
/** 2MSL in TIME-WAIT; the wait for a FIN in FIN-WAIT-2 once the user is gone. */
export const TIMER_LINGER = 4;
/** RACK's wait for a segment that may only be late (RFC 8985 §6.3). */
export const TIMER_REORDER = 5;
/** The probe for a lost tail (RFC 8985 §7). */
export const TIMER_TAIL_PROBE = 6;
/** When the next segment may leave (pacing). */
export const TIMER_PACE = 7;
/** When a user for whom there was no memory may try again. */
export const TIMER_MEMORY = 8;
export const TIMER_COUNT = 9;

export type TimerKind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export class Timers {
  /**
   * Milliseconds on the stack's clock, by kind. A literal of fractions (as V8 sees Infinity) is an
   * array of plain doubles, and costs a third of a Float64Array's memory and a twentieth of its
   * time.
   */
  readonly at: number[] = [
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ];

  arm(kind: TimerKind, at: number): void {
    this.at[kind] = at;
  }

  disarm(kind: TimerKind): void {
    this.at[kind] = Number.POSITIVE_INFINITY;
  }

  disarmAll(): void {
    for (let kind = 0; kind < TIMER_COUNT; kind++) this.at[kind] = Number.POSITIVE_INFINITY;
  }

  isArmed(kind: TimerKind): boolean {
    return this.at[kind] !== Number.POSITIVE_INFINITY;
  }

  /** The earliest deadline, Infinity when there is none. */
  earliest(): number {
    const at = this.at;
    let earliest = at[0];
    for (let kind = 1; kind < TIMER_COUNT; kind++) {
      if (at[kind] < earliest) earliest = at[kind];
    }
    return earliest;
  }
}
