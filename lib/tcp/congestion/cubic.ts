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

/** What congestion avoidance needs, and a reduction changes, beside the two windows. */
class Course {
  /** W_max: the window before the last loss; cwnd_prior: the same, without fast convergence. */
  max = 0.5;
  prior = 0.5;
  /** W_est: the window that Reno would have. */
  estimate = 0.5;
  /** When the present stage of congestion avoidance began, ms; NaN: it will with the next ACK. */
  epoch = Number.NaN;
  /** Seconds until the cubic is back at W_max. */
  k = 0.5;

  constructor() {
    // Fields that begin with a fraction keep room for one.
    this.max = 0;
    this.prior = 0;
  }

  take(other: Course): void {
    this.max = other.max;
    this.prior = other.prior;
    this.estimate = other.estimate;
    this.epoch = other.epoch;
    this.k = other.k;
  }
}

export class Cubic implements CongestionController {
  readonly name: string = 'cubic';
  cwnd = 0;
  ssthresh = UNLIMITED;

  #mss = 0;
  #initial = 0;
  #isFirstStart = true;
  /** The window, with the fraction that `cwnd` lacks. */
  #exact = 0.5;
  #lastAckAt = Number.NaN;
  // Made when they are first needed: a short connection does without.
  #hystart: HyStart | null = null;
  #course: Course | null = null;
  /** As they were before the last reduction; null: there was none. */
  #saved: Course | null = null;
  #savedFirstStart = true;

  initialize(mss: number, initialWindowSegments: number): void {
    this.#mss = mss;
    // RFC 6928 §2, as for Reno.
    const most = Math.max(2 * mss, initialWindowSegments * ETHERNET_MSS);
    this.#initial = Math.min(initialWindowSegments * mss, most);
    this.#set(this.#initial);
    this.#course = null;
    this.#hystart = null;
  }

  handleAck(acked: number, limited: boolean, afterTimeout: boolean, path: PathSample): void {
    const { now } = path;
    if (!limited) {
      // RFC 9438 §4.2: time in which the window was not used does not count.
      if (now > this.#lastAckAt && this.#course !== null) {
        this.#course.epoch += now - this.#lastAckAt;
      }
    } else if (this.cwnd < this.ssthresh) {
      this.#growSlowStart(afterTimeout ? Math.min(acked, this.#mss) : acked, path);
    } else {
      this.#growCubic(acked, path);
    }
    this.#lastAckAt = now;
  }

  handleLoss(_flight: number): void {
    const window = this.cwnd;
    const course = this.#someCourse();
    // Fast convergence (RFC 9438 §4.7): a newcomer needs room.
    course.max = window < course.max ? (window * (1 + BETA)) / 2 : window;
    course.prior = window;
    this.ssthresh = Math.max(Math.floor(window * BETA), 2 * this.#mss);
    this.#set(this.ssthresh);
    course.epoch = Number.NaN;
    this.#isFirstStart = false;
  }

  handleTimeout(flight: number, first: boolean): void {
    const course = this.#someCourse();
    if (first) {
      this.ssthresh = Math.max(Math.floor(flight * BETA), 2 * this.#mss);
      course.prior = flight;
    }
    // RFC 9438 §4.8: the next stage begins where it begins, with K = 0.
    course.max = 0;
    this.#set(this.#mss);
    course.epoch = Number.NaN;
    this.#isFirstStart = false;
  }

  remember(): void {
    this.#saved ??= new Course();
    this.#saved.take(this.#someCourse());
    this.#savedFirstStart = this.#isFirstStart;
  }

  handleUndo(): void {
    if (this.#saved === null) return;
    this.#someCourse().take(this.#saved);
    this.#isFirstStart = this.#savedFirstStart;
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
    if (this.#course !== null) this.#course.epoch = Number.NaN;
  }

  #someCourse(): Course {
    this.#course ??= new Course();
    return this.#course;
  }

  #growSlowStart(acked: number, path: PathSample): void {
    this.#hystart ??= new HyStart();
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
    const course = this.#someCourse();
    if (Number.isNaN(course.epoch)) this.#beginEpoch(course, path.now);
    const cwnd = this.#exact;
    const mss = this.#mss;
    const isPast = course.estimate >= course.prior;
    course.estimate += ((isPast ? 1 : ALPHA) * mss * acked) / cwnd;
    const elapsed = (path.now - course.epoch) / 1000;
    const roundTrip = Number.isNaN(path.srtt) ? 0 : path.srtt / 1000;
    if (windowAt(course, elapsed, mss) < course.estimate) {
      this.#set(Math.max(cwnd, course.estimate));
      return;
    }
    const later = windowAt(course, elapsed + roundTrip, mss);
    const target = Math.min(Math.max(later, cwnd), 1.5 * cwnd);
    this.#set(cwnd + ((target - cwnd) * Math.min(acked, cwnd)) / cwnd);
  }

  #beginEpoch(course: Course, now: number): void {
    const cwnd = this.#exact;
    course.epoch = now;
    course.estimate = cwnd;
    if (cwnd < course.max) {
      course.k = Math.cbrt((course.max - cwnd) / this.#mss / C);
    } else {
      course.k = 0;
      course.max = cwnd;
    }
  }

  #set(window: number): void {
    this.#exact = Math.min(window, UNLIMITED);
    this.cwnd = Math.floor(this.#exact);
  }
}

/** W_cubic, `seconds` into the stage (RFC 9438 equation 1). */
function windowAt({ k, max }: Course, seconds: number, mss: number): number {
  const distance = seconds - k;
  return C * distance * distance * distance * mss + max;
}
