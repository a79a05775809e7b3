/**
 * How much may be on its way for long (draft-ietf-ccwg-bbr §5.3.3.5, `inflight_longterm`): what was
 * found to be too much, raised where a look for more shows that it no longer is.
 */
import type { PathSample } from './path-sample';

/** Room that is left for others where nobody looks for more. */
const HEADROOM = 0.15;
const MOST_DOUBLINGS = 30;

export class FlightCeiling {
  /** Bytes; Infinity: nothing was too much yet. */
  value = Infinity;
  /** It rises by a segment with so many bytes that arrive; what has been counted; doublings. */
  #ackedASegment = Infinity;
  #acked = 0;
  #doublings = 0;

  /** The same with room for others, bytes. */
  leavingRoom(mss: number): number {
    if (this.value === Infinity) return Infinity;
    return this.value - Math.max(mss, HEADROOM * this.value);
  }

  /** So much was on its way, and not too much of it was lost. */
  noteSafe({ priorDelivered, priorInFlight }: PathSample): void {
    if (priorDelivered >= 0 && priorInFlight > this.value) this.value = priorInFlight;
  }

  /** A look for more is about to begin, and to go slowly at first. */
  resetSlope(): void {
    this.#doublings = 0;
    this.#acked = 0;
  }

  /** A round trip begins: by a segment in the first, by two in the next, by four … */
  raiseSlope(cwnd: number, mss: number): void {
    this.#ackedASegment = Math.max(cwnd / 2 ** this.#doublings, mss);
    this.#doublings = Math.min(this.#doublings + 1, MOST_DOUBLINGS);
  }

  /** So many bytes have arrived while as much as it allows was on its way. */
  raise(acked: number, mss: number): void {
    this.#acked += acked;
    if (this.#acked < this.#ackedASegment) return;
    const segments = Math.floor(this.#acked / this.#ackedASegment);
    this.#acked -= segments * this.#ackedASegment;
    this.value += segments * mss;
  }
}
