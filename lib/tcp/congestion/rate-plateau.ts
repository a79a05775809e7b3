/**
 * Has the rate stopped growing though more is sent (draft-ietf-ccwg-bbr §5.3.1.2)? Then the path
 * carries no more.
 */
import type { PathSample } from './path-sample';

/** Growth by less, in so many rounds, is none. */
const GROWTH = 1.25;
const ROUNDS = 3;

export class RatePlateau {
  isReached = false;
  #rate = 0.5;
  #rounds = 0;

  /** Looks anew for growth beyond `rate`, bytes a ms; NaN: beyond nothing. */
  reset(rate: number): void {
    this.isReached = false;
    this.#rate = rate || 0;
    this.#rounds = 0;
  }

  /** Once a round trip. */
  handleRound({ deliveryRate, isLimited }: PathSample): void {
    if (this.isReached || isLimited || !(deliveryRate > 0)) return;
    if (deliveryRate >= this.#rate * GROWTH) this.reset(deliveryRate);
    else if (++this.#rounds >= ROUNDS) this.isReached = true;
  }
}
