/**
 * The outside world, for a stack that may not reach it: every attempt fails, and says what to do.
 *
 * It stands in for the raw link where the process lacks the privilege, so that nothing that was
 * meant for the outside silently stays inside. What concerns 127.0.0.0/8 alone is the loopback's,
 * not its.
 */
import { networkInterfaces } from 'node:os';
import type { Link, LinkRoute, PortClaim } from '../../types/link';
import { NetworkError } from '../support/network-error';
import { IpAddress } from '../wire/ip-address';

export class WithheldLink implements Link {
  readonly name = 'withheld';
  readonly mtu = 1500;
  readonly maxSegmentBytes = 1500;
  readonly needsChecksum = true;
  readonly sharesHost = true;
  readonly #reason: string;

  /** @param reason why there is nothing better, and what to do about it */
  constructor(reason: string) {
    this.#reason = reason;
  }

  open(): void {}
  close(): void {}
  ref(): void {}
  unref(): void {}

  /**
   * The host's own addresses, so that binding to one says EACCES, and to another's EADDRNOTAVAIL.
   */
  isLocal(address: IpAddress): boolean {
    if (address.isLoopback) return false;
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address: text } of addresses ?? []) {
        if (IpAddress.parse(text)?.equals(address)) return true;
      }
    }
    return false;
  }

  /** @throws NetworkError EACCES for every destination outside */
  route(destination: IpAddress): LinkRoute | null {
    if (destination.isLoopback) return null;
    throw this.#refusal(`${destination.text} is outside of this process`);
  }

  /** @throws NetworkError EACCES */
  claimPort(address: IpAddress): PortClaim {
    const hint = address.isUnspecified ? '; 127.0.0.1 works inside the process' : '';
    throw this.#refusal(`${address.text} is reached from outside of this process${hint}`);
  }

  reserve(): number {
    return -1;
  }

  commit(): void {}
  flush(): void {}

  #refusal(what: string): NetworkError {
    return new NetworkError('EACCES', `${what}; ${this.#reason}`);
  }
}
