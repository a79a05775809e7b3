/**
 * ICMP errors out: to whom, and how many (RFC 1122 §3.2.2, RFC 4443 §2.4 e and f).
 *
 * Where the host's kernel has the address too, the kernel speaks.
 */
import type { IcmpError } from '../ip/icmp-error-packet';
import { isValidDestination, isValidSource } from '../ip/unicast';
import type { IpHeader } from '../wire/ip-header';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Output } from './output';

/** More errors than this a second help nobody but who provokes them (Linux: icmp_msgs_burst). */
export const ICMP_ERRORS_PER_SECOND = 50;

export class IcmpOutput {
  readonly #counters: Counters;
  readonly #output: Output;
  #tokens = ICMP_ERRORS_PER_SECOND;
  #since = Number.NEGATIVE_INFINITY;

  constructor(counters: Counters, output: Output) {
    this.#counters = counters;
    this.#output = output;
  }

  /** @param cause the header of the packet that the error is about: no ICMP error itself */
  report(attachment: Attachment, cause: IpHeader, error: IcmpError, now: number): void {
    const { sharesHost } = attachment.link;
    if (sharesHost || attachment.inside) return;
    if (!isValidSource(cause) || !isValidDestination(cause)) return;
    if (!this.#mayNow(now)) {
      this.#counters.icmpErrorsHeldBack++;
      return;
    }
    this.#output.icmpError(attachment, cause, error);
  }

  /** A bucket of tokens: a second's worth at once, then as they come. */
  #mayNow(now: number): boolean {
    const gained = ((now - this.#since) / 1000) * ICMP_ERRORS_PER_SECOND;
    if (gained >= 1) {
      this.#tokens = Math.min(ICMP_ERRORS_PER_SECOND, this.#tokens + Math.floor(gained));
      this.#since = now;
    }
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }
}
