/**
 * Congestion window validation (RFC 7661): a window that is not used says nothing of the path, and
 * does not grow.
 *
 * It counts as used when half of it was on its way at some moment of this round trip or the last
 * (§4.2). So a flow that something else bounds, the peer's window say, keeps a congestion window of
 * up to twice of what it uses, in slow start and after it; RFC 2861 let it have less.
 */
import { flightSize } from './recovery';
import type { Tcb } from './tcb';

export class WindowValidation {
  /** Most bytes on their way at once, in the last round trip and in this one (pipeACK). */
  #last = 0;
  #current = 0;
  #round = 0;

  /** @returns most bytes that were on their way lately, now that it is `flight` */
  note(flight: number, round: number): number {
    if (round !== this.#round) {
      this.#last = round === this.#round + 1 ? this.#current : 0;
      this.#current = 0;
      this.#round = round;
    }
    if (flight > this.#current) this.#current = flight;
    return Math.max(this.#last, this.#current);
  }
}

/** An ACK of what was sent has come, and is not yet taken: has the congestion window been used? */
export function isWindowUsed(tcb: Tcb): boolean {
  const { validation, cc, rounds } = tcb.sending!;
  return validation.note(flightSize(tcb), rounds) * 2 >= cc.cwnd;
}
