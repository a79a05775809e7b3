/**
 * CUBIC (RFC 9438) with HyStart++ (RFC 9406): after a loss the window returns fast to where the
 * loss was, stays there for a while, and then looks further; never slower than Reno would.
 *
 * As in Linux, a loss reduces the window rather than what was on its way (RFC 9438 §4.6); the
 * window does not grow where it is not used, as that section demands.
 */
import type { CongestionController } from './controller';
import { HyStart } from './hystart';
import type { PathSample } from './path-sample';

const UNLIMITED = 0x3fff_ffff;
const ETHERNET_MSS = 1460;
/** Segments a cubed second: how aggressively the window grows. */
const C = 0.4;
/** What a loss leaves of the window. */
const BETA = 0.7;
/** Growth a round trip, in segments, that makes Reno with BETA as fast as Reno with a half. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** What a reduction changes beside the two windows. */
class Saved {
  max = 0.5;
  prior = 0.5;
  estimate = 0.5;
  epoch = Number.NaN;
  k = 0.5;
  isFirstStart = true;
}

export class Cubic implements CongestionController {
  readonly name: string = 'cubic';
  cwnd = 0;
  ssthresh = UNLIMITED;

  readonly #hystart = new HyStart();
  #mss = 0;
  #initial = 0;
  #isFirstStart = true;
  /** The window, with the fraction that `cwnd` lacks. */
  #exact = 0.5;
  /** W_max: the window before the last loss; cwnd_prior: the same, without fast convergence. */
  #max = 0.5;
  #prior = 0.5;
  /** W_est: the window that Reno would have. */
  #estimate = 0.5;
  /** When the present stage of congestion avoidance began, ms; NaN: it will with the next ACK. */
  #epoch = Number.NaN;
  /** Seconds until the cubic is back at W_max. */
  #k = 0.5;
  #lastAckAt = Number.NaN;
  /** As it was before the last reduction; null: there was none. */
  #saved: Saved | null = null;

  initialize(mss: number, initialWindowSegments: number): void {
    this.#mss = mss;
    // RFC 6928 §2, as for Reno.
    const most = Math.max(2 * mss, initialWindowSegments * ETHERNET_MSS);
    this.#initial = Math.min(initialWindowSegments * mss, most);
    this.#set(this.#initial);
    this.#max = 0;
    this.#prior = 0;
    this.#hystart.reset();
  }

  handleAck(acked: number, limited: boolean, afterTimeout: boolean, path: PathSample): void {
    const { now } = path;
    if (!limited) {
      // RFC 9438 §4.2: time in which the window was not used does not count.
      if (now > this.#lastAckAt) this.#epoch += now - this.#lastAckAt;
    } else if (this.cwnd < this.ssthresh) {
      this.#growSlowStart(afterTimeout ? Math.min(acked, this.#mss) : acked, path);
    } else {
      this.#growCubic(acked, path);
    }
    this.#lastAckAt = now;
  }

  handleLoss(_flight: number): void {
    const window = this.cwnd;
    // Fast convergence (RFC 9438 §4.7): a newcomer needs room.
    this.#max = window < this.#max ? (window * (1 + BETA)) / 2 : window;
    this.#prior = window;
    this.ssthresh = Math.max(Math.floor(window * BETA), 2 * this.#mss);
    this.#set(this.ssthresh);
    this.#epoch = Number.NaN;
    this.#isFirstStart = false;
  }

  handleTimeout(flight: number, first: boolean): void {
    if (first) {
      this.ssthresh = Math.max(Math.floor(flight * BETA), 2 * this.#mss);
      this.#prior = flight;
    }
    // RFC 9438 §4.8: the next stage begins where it begins, with K = 0.
    this.#max = 0;
    this.#set(this.#mss);
    this.#epoch = Number.NaN;
    this.#isFirstStart = false;
  }

  remember(): void {
    this.#saved ??= new Saved();
    const saved = this.#saved;
    saved.max = this.#max;
    saved.prior = this.#prior;
    saved.estimate = this.#estimate;
    saved.epoch = this.#epoch;
    saved.k = this.#k;
    saved.isFirstStart = this.#isFirstStart;
  }

  handleUndo(): void {
    const saved = this.#saved;
    if (saved === null) return;
    this.#max = saved.max;
    this.#prior = saved.prior;
    this.#estimate = saved.estimate;
    this.#epoch = saved.epoch;
    this.#k = saved.k;
    this.#isFirstStart = saved.isFirstStart;
  }

  get isRenewable(): boolean {
    return true;
  }

  handleMssChange(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  handleIdle(): void {
    // The way back is known (RFC 2861 §3.2, and Linux).
    this.ssthresh = Math.max(this.ssthresh, Math.floor(this.cwnd * 0.75));
    this.#set(Math.min(this.cwnd, this.#initial));
    this.#epoch = Number.NaN;
  }

  #growSlowStart(acked: number, path: PathSample): void {
    const hystart = this.#hystart;
    if (this.#isFirstStart && hystart.handleAck(path)) {
      this.ssthresh = this.cwnd;
      this.#isFirstStart = false;
      return;
    }
    this.#set(this.cwnd + acked / hystart.divisor);
  }

  /** RFC 9438 §4.2 to §4.5. */
  #growCubic(acked: number, path: PathSample): void {
    if (this.#exact < this.cwnd || this.#exact >= this.cwnd + 1) this.#exact = this.cwnd;
    if (Number.isNaN(this.#epoch)) this.#beginEpoch(path.now);
    const cwnd = this.#exact;
    const mss = this.#mss;
    const isPast = this.#estimate >= this.#prior;
    this.#estimate += ((isPast ? 1 : ALPHA) * mss * acked) / cwnd;
    const elapsed = (path.now - this.#epoch) / 1000;
    const roundTrip = Number.isNaN(path.srtt) ? 0 : path.srtt / 1000;
    if (this.#windowAt(elapsed) < this.#estimate) {
      this.#set(Math.max(cwnd, this.#estimate));
      return;
    }
    const target = Math.min(Math.max(this.#windowAt(elapsed + roundTrip), cwnd), 1.5 * cwnd);
    this.#set(cwnd + ((target - cwnd) * Math.min(acked, cwnd)) / cwnd);
  }

  #beginEpoch(now: number): void {
    const cwnd = this.#exact;
    this.#epoch = now;
    this.#estimate = cwnd;
    if (cwnd < this.#max) {
      this.#k = Math.cbrt((this.#max - cwnd) / this.#mss / C);
    } else {
      this.#k = 0;
      this.#max = cwnd;
    }
  }

  /** W_cubic, `seconds` into the stage (RFC 9438 equation 1). */
  #windowAt(seconds: number): number {
    const distance = seconds - this.#k;
    return C * distance * distance * distance * this.#mss + this.#max;
  }

  #set(window: number): void {
    this.#exact = Math.min(window, UNLIMITED);
    this.cwnd = Math.floor(this.#exact);
  }
}
