/**
 * Losses that come in bursts: the two-state model of Gilbert (1960) and Elliott (1963), as RFC 6390
 * and netem know it.
 *
 * With each packet the path may change from its good state to its bad one or back; each state has a
 * chance of loss of its own. The mean length of a burst is 1 / `leave` packets, the share of time
 * in it `enter` / (`enter` + `leave`).
 */
import type { SeededRandom } from '../../support/random';

export interface BurstLossOptions {
  /** Chance, with each packet, that a good path becomes bad, and that a bad one becomes good. */
  enter: number;
  leave: number;
  /** Chance of loss while bad; 1 unless given. */
  loss?: number;
  /** Chance of loss while good; 0 unless given. */
  goodLoss?: number;
}

export class BurstLoss {
  #isBad = false;

  /** The fate of the next packet. @returns true: it is lost */
  next(options: BurstLossOptions, random: SeededRandom): boolean {
    const { enter, leave, loss = 1, goodLoss = 0 } = options;
    if (random.chance(this.#isBad ? leave : enter)) this.#isBad = !this.#isBad;
    return random.chance(this.#isBad ? loss : goodLoss);
  }
}
