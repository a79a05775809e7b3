/**
 * HyStart++ (RFC 9406): slow start ends when round trips grow longer, before the queue overflows.
 *
 * A growing round trip first leads to conservative slow start, which grows by a quarter; if the
 * round trip becomes short again, it was jitter and slow start goes on, else it is over.
 */
import type { PathSample } from './path-sample';

const MIN_RTT_THRESHOLD_MS = 4;
const MAX_RTT_THRESHOLD_MS = 16;
const MIN_RTT_DIVISOR = 8;
const SAMPLES_A_ROUND = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

export class HyStart {
  /** What growth in slow start is divided by now. */
  divisor = 1;

  #round = 0;
  #samples = 0;
  #lastMin = Infinity;
  #currentMin = Infinity;
  #baseline = Infinity;
  #cssRounds = 0;

  /** A new connection. */
  reset(): void {
    this.divisor = 1;
    this.#round = 0;
    this.#samples = 0;
    this.#lastMin = Infinity;
    this.#currentMin = Infinity;
    this.#baseline = Infinity;
    this.#cssRounds = 0;
  }

  /** An ACK in slow start. @returns true: slow start is over */
  handleAck(path: PathSample): boolean {
    if (path.rounds !== this.#round) {
      this.#round = path.rounds;
      if (this.divisor > 1 && ++this.#cssRounds >= CSS_ROUNDS) return true;
      this.#lastMin = this.#currentMin;
      this.#currentMin = Infinity;
      this.#samples = 0;
    }
    if (Number.isNaN(path.rtt)) return false;
    this.#samples++;
    this.#currentMin = Math.min(this.#currentMin, path.rtt);
    if (this.#samples < SAMPLES_A_ROUND) return false;
    if (this.divisor === 1) this.#watchDelay();
    else if (this.#currentMin < this.#baseline) this.#resume();
    return false;
  }

  #watchDelay(): void {
    if (this.#lastMin === Infinity) return;
    const share = this.#lastMin / MIN_RTT_DIVISOR;
    const threshold = Math.max(MIN_RTT_THRESHOLD_MS, Math.min(share, MAX_RTT_THRESHOLD_MS));
    if (this.#currentMin < this.#lastMin + threshold) return;
    this.divisor = CSS_GROWTH_DIVISOR;
    this.#baseline = this.#currentMin;
    this.#cssRounds = 0;
  }

  #resume(): void {
    this.divisor = 1;
    this.#baseline = Infinity;
  }
}
