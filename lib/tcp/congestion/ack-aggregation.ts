/**
 * By how much ACKs run ahead of the rate when they come in bunches (draft-ietf-ccwg-bbr §5.5.9): a
 * radio, a batch of a busy process or a receiver that answers rarely holds them back, and the
 * window must last until the next bunch.
 */
import type { PathSample } from './path-sample';

/** Half of the round trips for which an excess counts. */
const HALF_ROUNDS = 5;

export class AckAggregation {
  /** Since when, and by how much, more than the rate would have brought has arrived. */
  #since = Number.NaN;
  #arrived = 0.5;
  /** The most of these rounds, and of those before. */
  #recent = 0.5;
  #earlier = 0.5;
  #until = 0;

  constructor() {
    this.#arrived = 0;
    this.#recent = 0;
    this.#earlier = 0;
  }

  /** Bytes. */
  get excess(): number {
    return Math.max(this.#recent, this.#earlier);
  }

  /**
   * @param rate bytes a ms
   * @param isFound the path's rate is found; until then an excess counts for one round trip
   */
  handleSample(
    path: PathSample,
    rate: number,
    round: number,
    isFound: boolean,
    cwnd: number,
  ): void {
    const { now, acked } = path;
    if (round >= this.#until) {
      this.#earlier = isFound ? this.#recent : 0;
      this.#recent = 0;
      this.#until = round + (isFound ? HALF_ROUNDS : 1);
    }
    let expected = rate * (now - this.#since);
    if (!(this.#arrived > expected)) {
      this.#since = now;
      this.#arrived = 0;
      expected = 0;
    }
    this.#arrived += acked;
    const excess = Math.min(this.#arrived - expected, cwnd);
    if (excess > this.#recent) this.#recent = excess;
  }

  handleIdle(): void {
    this.#since = Number.NaN;
    this.#arrived = 0;
  }
}
