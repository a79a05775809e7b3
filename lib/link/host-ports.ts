/**
 * The ports of the host that one link has claimed: guarded against the kernel, and known to the
 * receive path, which drops everything that is not for one of them.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import type { LinkHost, PortClaim } from '../../types/link';
import { packetMemory } from '../support/memory';
import { NetworkError } from '../support/network-error';
import { IPV4_ANY, type IpAddress } from '../wire/ip-address';
import { IPV4_HEADER_BYTES } from '../wire/ipv4';
import { IPV6_HEADER_BYTES } from '../wire/ipv6';
import type { Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { PortFilter } from './port-filter';
import { PortGuard } from './port-guard';
import { SECRET_BYTES } from './silence';

const PORTS = 65_536;
const SOURCE_ADDRESS = 12;
const DESTINATION_ADDRESS = 16;
const DESTINATION_PORT = 2;
const PROTOCOL = 9;
const SOURCE_ADDRESS6 = 8;
const DESTINATION_ADDRESS6 = 24;
const PROTOCOL6 = 6;
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
  /** The same in IPv6, where a port on every address may be one in both families. */
  readonly #onAny6 = new Uint8Array(PORTS);
  readonly #onSome6 = new Map<number, IpAddress[]>();
  /** The single ones: address and port as one number. The kernel lets each be claimed once. */
  readonly #pairs = new Set<number>();
  readonly #guards = new Set<PortGuard>();
  readonly #clock: Clock;
  readonly #secret = new Uint8Array(SECRET_BYTES);
  #narrowing: ClockTimer | null = null;
  /**
   * Does the link carry IPv6? 'never': it does not mean to, so that `::` is every IPv4 address;
   * 'missing': it would, but the host has none.
   */
  ipv6: 'carried' | 'missing' | 'never' = 'never';

  /** @param counters of what `accepts` turns away */
  constructor(libc: Libc, counters: LinkCounters, host: Pick<LinkHost, 'clock' | 'random'>) {
    this.#libc = libc;
    this.#counters = counters;
    this.#clock = host.clock;
    host.random(this.#secret);
    this.filter = new PortFilter(libc);
  }

  /**
   * @param ipv6Only of `::` that IPv4 is not meant
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT, EMFILE, ENOBUFS
   */
  claim(address: IpAddress, port: number, ipv6Only = false): PortClaim {
    const isAny = address.isUnspecified;
    const bound = isAny && !ipv6Only && this.ipv6 === 'never' ? IPV4_ANY : address;
    if (!bound.isMapped && this.ipv6 !== 'carried') {
      const whose = this.ipv6 === 'never' ? 'this link' : 'this host';
      throw new NetworkError('EAFNOSUPPORT', `${address.text}: ${whose} has no IPv6`);
    }
    const guard = new PortGuard(this.#libc, this.#secret, bound, port, ipv6Only);
    const taken = guard.port;
    try {
      this.filter.add(taken);
    } catch (error) {
      guard.close();
      throw error;
    }
    if (this.filter.isWide) this.#narrowLater();
    this.#guards.add(guard);
    this.#count(bound, taken, ipv6Only, 1);
    const release = () => {
      if (!this.#guards.delete(guard)) return;
      guard.close();
      this.#count(bound, taken, ipv6Only, -1);
      if (!this.#isHeld(taken)) this.#close(taken);
    };
    return { port: taken, release };
  }

  /** @param change 1: claimed, -1: released */
  #count(bound: IpAddress, port: number, ipv6Only: boolean, change: 1 | -1): void {
    if (bound.isUnspecified) {
      if (bound.isMapped || !ipv6Only) this.#onAny[port] += change;
      if (!bound.isMapped) this.#onAny6[port] += change;
    } else if (bound.isMapped) {
      this.#onSome[port] += change;
      if (change === 1) this.#pairs.add(pairOf(bound.w3, port));
      else this.#pairs.delete(pairOf(bound.w3, port));
    } else if (change === 1) {
      this.#onSome6.set(port, [...(this.#onSome6.get(port) ?? []), bound]);
    } else {
      const left = this.#onSome6.get(port)!.filter((one) => one !== bound);
      if (left.length === 0) this.#onSome6.delete(port);
      else this.#onSome6.set(port, left);
    }
  }

  #isHeld(port: number): boolean {
    const counted = this.#onAny[port] + this.#onSome[port] + this.#onAny6[port];
    return counted > 0 || this.#onSome6.has(port);
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

  /** The same for an IPv6 packet without extensions. */
  accepts6(offset: number, length: number): boolean {
    if (length < IPV6_HEADER_BYTES + DESTINATION_PORT + 2) {
      this.#counters.droppedMalformed++;
      return false;
    }
    const port = packetMemory.view.getUint16(offset + IPV6_HEADER_BYTES + DESTINATION_PORT);
    return this.#isClaimed6(port, offset + DESTINATION_ADDRESS6);
  }

  /** … and for an ICMPv6 error in such a packet. */
  acceptsError6(offset: number, length: number): boolean {
    const cause = offset + IPV6_HEADER_BYTES + ICMP_HEADER_BYTES;
    const transport = cause + IPV6_HEADER_BYTES;
    if (offset + length < transport + 2) {
      this.#counters.droppedMalformed++;
      return false;
    }
    if (packetMemory.bytes[cause + PROTOCOL6] !== TCP) {
      this.#counters.droppedForeign++;
      return false;
    }
    return this.#isClaimed6(packetMemory.view.getUint16(transport), cause + SOURCE_ADDRESS6);
  }

  /** @param at where in packet memory the address stands */
  #isClaimed6(port: number, at: number): boolean {
    if (this.#onAny6[port] > 0) return true;
    const some = this.#onSome6.get(port);
    if (some !== undefined) {
      const view = packetMemory.view;
      const w0 = view.getInt32(at);
      const w1 = view.getInt32(at + 4);
      const w2 = view.getInt32(at + 8);
      const w3 = view.getInt32(at + 12);
      for (let i = 0; i < some.length; i++) if (some[i].sameWords(w0, w1, w2, w3)) return true;
    }
    this.#counters.droppedForeign++;
    return false;
  }

  /** Nobody has the port any more. */
  #close(port: number): void {
    this.filter.remove(port);
    this.#narrowLater();
  }

  #narrowLater(): void {
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
    this.#onAny6.fill(0);
    this.#onSome6.clear();
  }
}

function pairOf(addressWord: number, port: number): number {
  return (addressWord >>> 0) * PORTS + port;
}
