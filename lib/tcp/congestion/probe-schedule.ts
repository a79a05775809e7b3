/**
 * When BBR looks for more (draft-ietf-ccwg-bbr §5.3.3.8): after 2 to 3 s, or as many round trips as
 * Reno would need to get back what a loss took, or 63; a little at random, so that flows do not
 * look all at once.
 */
import { SeededRandom } from '../../support/random';

const WAIT_MS = 2000;
const SPREAD_MS = 1000;
const MOST_ROUNDS = 63;

export class ProbeSchedule {
  readonly #random: SeededRandom;
  #beganAt = Number.NaN;
  #waitMs = 0.5;
  #fromRound = 0;

  /** @param seed another one for each connection */
  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** The last look is over. */
  begin(now: number, round: number): void {
    this.#beganAt = now;
    this.#waitMs = WAIT_MS + this.#random.fraction() * SPREAD_MS;
    this.#fromRound = round - this.#random.below(2);
  }

  /** @param segments that the path holds: Reno gains one in a round trip */
  isDue(now: number, round: number, segments: number): boolean {
    if (now > this.#beganAt + this.#waitMs) return true;
    return round - this.#fromRound >= Math.min(segments, MOST_ROUNDS);
  }
}
