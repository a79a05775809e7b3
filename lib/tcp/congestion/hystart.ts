/**
 * HyStart++ (RFC 9406): slow start ends when round trips grow longer, before the queue overflows.
 *
 * A growing round trip first leads to conservative slow start, which grows by a quarter; if the
 * round trip becomes short again, it was jitter and slow start goes on, else it is over.
 *
 * The shortest round trip of a round grows only when the bottleneck no longer comes to rest between
 * two rounds, and then the next doubling overflows a queue of one bandwidth-delay product. So, as
 * in Linux's HyStart, ACKs that keep coming in a train for half a round trip (for a whole one, when
 * the sender paces) lead there as well: half of the path is full.
 */
import type { PathSample } from './path-sample';

const MIN_RTT_THRESHOLD_MS = 4;
const MAX_RTT_THRESHOLD_MS = 16;
const MIN_RTT_DIVISOR = 8;
const SAMPLES_A_ROUND = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;
/** ACKs of a train are not further apart than this, ms, or this part of a round trip (Linux: 2). */
const TRAIN_GAP_MS = 2;
const TRAIN_GAP_DIVISOR = 8;
/** A train, not a longer round trip, was the reason: no shorter one speaks against it. */
const NO_BASELINE = 0;

export class HyStart {
  /** What growth in slow start is divided by now. */
  divisor = 1;

  #round = 0;
  #samples = 0;
  #lastMin = Infinity;
  #currentMin = Infinity;
  #baseline = Infinity;
  #cssRounds = 0;
  #roundStart = Number.NaN;
  #trainEnd = Number.NaN;

  /** An ACK in slow start. @returns true: slow start is over */
  handleAck(path: PathSample): boolean {
    if (path.rounds !== this.#round) {
      this.#round = path.rounds;
      if (this.divisor > 1 && ++this.#cssRounds >= CSS_ROUNDS) return true;
      this.#lastMin = this.#currentMin;
      this.#currentMin = Infinity;
      this.#samples = 0;
      this.#roundStart = path.now;
      this.#trainEnd = path.now;
    }
    const isTrain = this.#watchTrain(path);
    if (Number.isNaN(path.rtt)) return false;
    this.#samples++;
    this.#currentMin = Math.min(this.#currentMin, path.rtt);
    if (this.#samples < SAMPLES_A_ROUND) return false;
    if (this.divisor === 1) {
      if (isTrain) this.#slowDown(NO_BASELINE);
      else if (this.#isDelayed) this.#slowDown(this.#currentMin);
      return false;
    }
    // A train and then a longer round trip: the path is full.
    if (this.#baseline === NO_BASELINE) return this.#isDelayed;
    if (this.#currentMin < this.#baseline) this.#resume();
    return false;
  }

  get #isDelayed(): boolean {
    if (this.#lastMin === Infinity) return false;
    const share = this.#lastMin / MIN_RTT_DIVISOR;
    const threshold = Math.max(MIN_RTT_THRESHOLD_MS, Math.min(share, MAX_RTT_THRESHOLD_MS));
    return this.#currentMin >= this.#lastMin + threshold;
  }

  /** Have the ACKs of this round come without a pause for long enough? */
  #watchTrain({ now, minRtt, isPaced }: PathSample): boolean {
    if (now - this.#trainEnd > Math.max(TRAIN_GAP_MS, minRtt / TRAIN_GAP_DIVISOR)) return false;
    this.#trainEnd = now;
    return now - this.#roundStart > (isPaced ? minRtt : minRtt / 2);
  }

  #slowDown(baseline: number): void {
    this.divisor = CSS_GROWTH_DIVISOR;
    this.#baseline = baseline;
    this.#cssRounds = 0;
  }

  #resume(): void {
    this.divisor = 1;
    this.#baseline = Infinity;
  }
}
