/**
 * The shortest round trip of the path (draft-ietf-ccwg-bbr §5.3.4.3): the shortest seen lately.
 * When none as short was seen for a while, something stands in a queue, and little must be sent for
 * a moment to see below it.
 */
import type { PathSample } from './path-sample';

/** How long the shortest one counts, and how long until it is looked for anew, ms. */
const LIFE_MS = 10_000;
const INTERVAL_MS = 5000;
/** How long little is sent then, ms. */
const PROBE_MS = 200;
/** Round trips that differ by less are the same. */
const GRAIN_MS = 0.001;
/** One that is longer than the shortest ever by more than both tells of a queue. */
const QUEUE_SHARE = 1 / 32;
const QUEUE_MS = 1;

export class RoundTripFloor {
  /** ms; Infinity before the first. */
  value = Infinity;
  /** None as short was seen for long. */
  isProbeDue = false;
  #valueAt = Number.NaN;
  #recent = Infinity;
  #recentAt = Number.NaN;
  #lowest = Infinity;
  #last = Number.NaN;
  /** When little will have been sent for long enough, and since which round. */
  #probeUntil = Number.NaN;
  #probeRound = 0;

  handleSample({ now, rtt }: PathSample): void {
    if (rtt >= 0) this.#last = rtt;
    if (rtt < this.#lowest) this.#lowest = rtt;
    this.isProbeDue = now - this.#recentAt > INTERVAL_MS;
    if (rtt >= 0 && (rtt <= this.#recent + GRAIN_MS || this.isProbeDue)) {
      this.#recent = this.isProbeDue ? rtt : Math.min(rtt, this.#recent);
      this.#recentAt = now;
    }
    if (this.#recent <= this.value + GRAIN_MS || now - this.#valueAt > LIFE_MS) {
      this.value = this.#recent;
      this.#valueAt = this.#recentAt;
    }
  }

  /** Did what arrived last stand in a queue on its way? */
  get isQueued(): boolean {
    return this.#last > this.#lowest * (1 + QUEUE_SHARE) + QUEUE_MS;
  }

  beginProbe(): void {
    this.#probeUntil = Number.NaN;
  }

  /** Little is on its way: for how long? @returns true: it begins now */
  noteDrained(now: number, round: number): boolean {
    if (!Number.isNaN(this.#probeUntil)) return false;
    this.#probeUntil = now + PROBE_MS;
    this.#probeRound = round;
    return true;
  }

  /** Has little been sent for long enough? Then the next time is a while away. */
  endProbe(now: number, round: number): boolean {
    if (!(now > this.#probeUntil) || round === this.#probeRound) return false;
    this.#recentAt = now;
    return true;
  }
}
