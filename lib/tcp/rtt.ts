/**
 * Round-trip time and retransmission timeout (RFC 6298), samples from timed segments or from
 * timestamps (RFC 7323 §4).
 */
import type { TcpConfig } from '../../types/tcp';
import type { Rows } from '../support/rows';

/** Clock granularity G of RFC 6298, ms. */
const GRANULARITY_MS = 1;
const ALPHA = 1 / 8;
const BETA = 1 / 4;
/** The timeout is longer by this than the longest of the latest samples. */
const MARGIN = 1.25;
/** RFC 6298 (5.7): the timeout to begin with after a SYN had to be repeated. */
const RTO_AFTER_LOST_SYN_MS = 3000;
const MAX_BACKOFF = 16;

export class RttEstimator {
  /** Smoothed round-trip time and its variation, ms; NaN before the first sample. */
  srtt = Number.NaN;
  rttvar = Number.NaN;
  /** The shortest sample, ms; NaN before the first. */
  min = Number.NaN;
  /** Timeouts in a row: the timeout doubles with each (RFC 6298 5.5). */
  backoff = 0;

  /** The segment that is being timed ends here; only meaningful while `timing`. */
  timedSeq = 0;
  timedAt = Number.NaN;
  timing = false;
  /** Our timestamp when something was last repeated; only meaningful if `repeated`. */
  repeatedTimestamp = 0;
  repeated = false;

  readonly #config: TcpConfig;
  #base: number;
  #longest = Number.NaN;

  constructor(config: TcpConfig) {
    this.#config = config;
    this.#base = config.initialRtoMs;
  }

  /** The timeout in force, ms, backoff included. */
  get rto(): number {
    const { backoff } = this; // a power costs more than all the rest, and is hardly ever needed
    const rto = backoff === 0 ? this.#base : this.#base * 2 ** backoff;
    return Math.min(rto, this.#config.maxRtoMs);
  }

  /**
   * Takes a sample in ms. `samplesPerRtt` is how many samples one round trip yields now; with more
   * than one the gains shrink, so that the memory still spans round trips (RFC 7323 appendix G).
   */
  measure(sample: number, samplesPerRtt: number): void {
    if (!(sample >= this.min)) this.min = sample;
    if (Number.isNaN(this.srtt)) {
      this.srtt = sample;
      this.rttvar = sample / 2;
    } else {
      const deviation = Math.abs(this.srtt - sample);
      this.rttvar += (deviation - this.rttvar) * (BETA / samplesPerRtt);
      this.srtt += (sample - this.srtt) * (ALPHA / samplesPerRtt);
    }
    const { minRtoMs, maxRtoMs } = this.#config;
    // A queue that fills doubles the round trip within one, which the means follow too slowly where
    // no minimum of a second covers it (RFC 6298 2.4).
    if (!(sample < this.#longest)) this.#longest = sample;
    else this.#longest -= (this.#longest - sample) * (BETA / samplesPerRtt);
    const mean = this.srtt + Math.max(GRANULARITY_MS, 4 * this.rttvar);
    const rto = Math.max(mean, MARGIN * this.#longest);
    this.#base = Math.min(Math.max(rto, minRtoMs), maxRtoMs);
    this.backoff = 0;
  }

  backOff(): void {
    if (this.backoff < MAX_BACKOFF) this.backoff++;
    this.timing = false; // Karn: an acknowledgment would not say which copy it answers
  }

  /** The handshake is over without a sample though the SYN was repeated (RFC 6298 5.7). */
  settleAfterHandshake(): void {
    if (Number.isNaN(this.srtt) && this.backoff > 0) {
      this.#base = Math.max(this.#config.initialRtoMs, RTO_AFTER_LOST_SYN_MS);
    }
    this.backoff = 0;
  }

  /** Begins to time the segment that ends at `end`, unless another one is being timed. */
  startTiming(end: number, now: number): void {
    if (this.timing) return;
    this.timing = true;
    this.timedSeq = end;
    this.timedAt = now;
  }

  /** For a connection at rest, in which nothing is being timed. */
  writeRow(rows: Rows): void {
    rows.writeNumber(this.srtt);
    rows.writeNumber(this.rttvar);
    rows.writeNumber(this.min);
    rows.writeNumber(this.#base);
    rows.writeNumber(this.#longest);
    rows.writeWord(this.backoff);
    rows.writeWord(this.repeatedTimestamp);
  }

  readRow(rows: Rows): void {
    this.srtt = rows.readNumber();
    this.rttvar = rows.readNumber();
    this.min = rows.readNumber();
    this.#base = rows.readNumber();
    this.#longest = rows.readNumber();
    this.backoff = rows.readWord();
    this.repeatedTimestamp = rows.readWord();
  }
}
