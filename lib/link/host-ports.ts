/**
 * The ports of the host that one link has claimed: guarded against the kernel, and known to the
 * receive path, which drops everything that is not for one of them.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import type { PortClaim } from '../../types/link';
import { packetMemory } from '../support/memory';
import { NetworkError } from '../support/network-error';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_HEADER_BYTES } from '../wire/ipv4';
import type { Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { PortFilter } from './port-filter';
import { PortGuard } from './port-guard';

const PORTS = 65_536;
const SOURCE_ADDRESS = 12;
const DESTINATION_ADDRESS = 16;
const DESTINATION_PORT = 2;
const PROTOCOL = 9;
const TCP = 6;
const ICMP_HEADER_BYTES = 8;
/** How long a released port is still let through by the kernel's filter, at least, ms. */
const NARROW_AFTER_MS = 1000;

export class HostPorts {
  /** What lets through packets for the claimed ports; whoever opens a socket puts it there. */
  readonly filter: PortFilter;
  readonly #libc: Libc;
  readonly #counters: LinkCounters;
  /** Claims for a port on every address and on single addresses, counted. */
  readonly #onAny = new Uint8Array(PORTS);
  readonly #onSome = new Uint16Array(PORTS);
  /** The single ones: address and port as one number. The kernel lets each be claimed once. */
  readonly #pairs = new Set<number>();
  readonly #guards = new Set<PortGuard>();
  readonly #clock: Clock;
  #narrowing: ClockTimer | null = null;

  /** @param counters of what `accepts` turns away */
  constructor(libc: Libc, counters: LinkCounters, clock: Clock) {
    this.#libc = libc;
    this.#counters = counters;
    this.#clock = clock;
    this.filter = new PortFilter(libc);
  }

  /** @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT, EMFILE, ENOBUFS */
  claim(address: IpAddress, port: number): PortClaim {
    const unspecified = address.isUnspecified;
    if (!unspecified && !address.isMapped) {
      throw new NetworkError('EAFNOSUPPORT', `${address.text}: raw links carry IPv4 only`);
    }
    const guard = new PortGuard(this.#libc, address, port);
    const taken = guard.port;
    try {
      this.filter.add(taken);
    } catch (error) {
      guard.close();
      throw error;
    }
    this.#guards.add(guard);
    const pair = pairOf(address.w3, taken);
    if (unspecified) this.#onAny[taken]++;
    else {
      this.#onSome[taken]++;
      this.#pairs.add(pair);
    }
    const release = () => {
      if (!this.#guards.delete(guard)) return;
      guard.close();
      if (unspecified) this.#onAny[taken]--;
      else {
        this.#onSome[taken]--;
        this.#pairs.delete(pair);
      }
      if (this.#onAny[taken] + this.#onSome[taken] === 0) this.#close(taken);
    };
    return { port: taken, release };
  }

  /** Is the IPv4 packet in packet memory for a claimed port? Counts it if not. */
  accepts(offset: number, length: number): boolean {
    const bytes = packetMemory.bytes;
    const header = (bytes[offset] & 0x0f) * 4;
    if (length < IPV4_HEADER_BYTES || length < header + DESTINATION_PORT + 2) {
      this.#counters.droppedMalformed++;
      return false;
    }
    const at = offset + header + DESTINATION_PORT;
    const port = (bytes[at] << 8) | bytes[at + 1];
    return this.#isClaimed(port, offset + DESTINATION_ADDRESS);
  }

  /**
   * Is the ICMP error in packet memory about a TCP segment from a claimed port? Counts it if not.
   * The packet that it quotes begins behind its own two headers.
   */
  acceptsError(offset: number, length: number): boolean {
    const bytes = packetMemory.bytes;
    const quoted = (bytes[offset] & 0x0f) * 4 + ICMP_HEADER_BYTES;
    const header = (bytes[offset + quoted] & 0x0f) * 4;
    if (length < quoted + IPV4_HEADER_BYTES || length < quoted + header + 2) {
      this.#counters.droppedMalformed++;
      return false;
    }
    const cause = offset + quoted;
    if (bytes[cause + PROTOCOL] !== TCP) {
      this.#counters.droppedForeign++;
      return false;
    }
    const port = (bytes[cause + header] << 8) | bytes[cause + header + 1];
    return this.#isClaimed(port, cause + SOURCE_ADDRESS);
  }

  /** @param addressAt where in packet memory the address stands */
  #isClaimed(port: number, addressAt: number): boolean {
    if (this.#onAny[port] > 0) return true;
    if (this.#onSome[port] > 0) {
      const address = packetMemory.view.getInt32(addressAt);
      if (this.#pairs.has(pairOf(address, port))) return true;
    }
    this.#counters.droppedForeign++;
    return false;
  }

  /** Nobody has the port any more. */
  #close(port: number): void {
    this.filter.remove(port);
    if (this.#narrowing !== null) return;
    const at = this.#clock.now() + NARROW_AFTER_MS;
    this.#narrowing = this.#clock.schedule(at, () => {
      this.#narrowing = null;
      this.filter.narrow();
    });
    this.#narrowing.unref();
  }

  /** Gives back every claim that is still held. */
  releaseAll(): void {
    this.#narrowing?.cancel();
    this.#narrowing = null;
    for (const guard of this.#guards) guard.close();
    this.#guards.clear();
    this.#pairs.clear();
    this.#onAny.fill(0);
    this.#onSome.fill(0);
  }
}

function pairOf(addressWord: number, port: number): number {
  return (addressWord >>> 0) * PORTS + port;
}
