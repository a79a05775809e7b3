/**
 * What the host's routing says: the source address and path MTU for a destination, and which
 * addresses are the host's own.
 *
 * A UDP socket is connected to the destination, which sends nothing, and asked for its name and its
 * MTU (ip(7), IP_MTU; ipv6(7), IPV6_MTU). The answer is always the present one, for four system
 * calls, and so nothing is cached.
 */
import type { LinkRoute } from '../../types/link';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { systemError } from './errno';
import { HostZones } from './host-zones';
import * as sys from './libc';
import { readSocketAddress, SOCKADDR_IN6_BYTES, writeSocketAddress } from './socket-address';

/** The discard port: any would do. */
const ANY_PORT = 9;
const REFUSALS = ['EACCES', 'EHOSTUNREACH', 'EINVAL'];

/** One of each family: a socket is made when it is first needed. */
interface Family {
  readonly number: number;
  readonly level: number;
  readonly mtuOption: number;
  fd: number;
}

export class HostRoutes {
  readonly #libc: sys.Libc;
  readonly zones: HostZones;
  readonly #name = Buffer.alloc(SOCKADDR_IN6_BYTES);
  readonly #nameLength = Buffer.alloc(4);
  readonly #mtu = Buffer.alloc(4);
  readonly #mtuLength = Buffer.alloc(4);
  readonly #ipv4: Family;
  readonly #ipv6: Family;
  /** Are there IPv6 routes to be asked for? */
  readonly #hasIpv6: boolean;

  constructor(libc: sys.Libc, hasIpv6 = false) {
    this.#libc = libc;
    this.#hasIpv6 = hasIpv6;
    this.zones = new HostZones(libc);
    const { AF_INET, AF_INET6, IPPROTO_IP, IPPROTO_IPV6, IP_MTU, IPV6_MTU } = sys;
    this.#ipv4 = { number: AF_INET, level: IPPROTO_IP, mtuOption: IP_MTU, fd: -1 };
    this.#ipv6 = { number: AF_INET6, level: IPPROTO_IPV6, mtuOption: IPV6_MTU, fd: -1 };
  }

  /**
   * @returns null where the host has no route
   * @throws NetworkError EMFILE, ENOBUFS; EACCES, EHOSTUNREACH, EINVAL where the route says so
   */
  routeTo(destination: IpAddress): LinkRoute | null {
    const family = this.#connect(destination);
    if (family === null) return this.#hasFamily(destination) ? this.#refuse(destination) : null;
    const source = this.#source(family);
    this.#mtuLength.writeUInt32LE(4);
    const { fd, level, mtuOption } = family;
    const result = this.#libc.getsockopt(fd, level, mtuOption, this.#mtu, this.#mtuLength);
    // lo says 65,536, which no packet can be long.
    const mtu = result < 0 ? 0 : Math.min(this.#mtu.readUInt32LE(), IPV4_MAX_BYTES);
    this.#disconnect(family);
    return source === null || mtu === 0 ? null : { source, mtu };
  }

  /** Is it one of the host's own? @throws NetworkError EMFILE, ENOBUFS */
  isLocal(address: IpAddress): boolean {
    if (address.isLoopback) return address.isMapped || this.#hasIpv6;
    if (address.isUnspecified || address.isMulticast) return false;
    const family = this.#connect(address);
    if (family === null) return false;
    // Linux talks to an address of its own from that very address.
    const source = this.#source(family);
    this.#disconnect(family);
    const { w0, w1, w2, w3 } = address;
    return source?.sameWords(w0, w1, w2, w3) ?? false;
  }

  close(): void {
    for (const family of [this.#ipv4, this.#ipv6]) {
      if (family.fd >= 0) this.#libc.close(family.fd);
      family.fd = -1;
    }
  }

  #hasFamily(destination: IpAddress): boolean {
    return destination.isMapped || this.#hasIpv6;
  }

  /** @returns the family of the socket that is connected now; null: there is no way there */
  #connect(destination: IpAddress): Family | null {
    if (!this.#hasFamily(destination)) return null;
    const family = destination.isMapped ? this.#ipv4 : this.#ipv6;
    this.#open(family);
    const length = writeSocketAddress(this.#name, destination, ANY_PORT);
    return this.#libc.connect(family.fd, this.#name, length) === 0 ? family : null;
  }

  /** A route that forbids is another thing than none (ip-route(8): prohibit, unreachable, …). */
  #refuse(destination: IpAddress): null {
    const error = systemError(this.#libc.errno(), `the host's route to ${destination.text}`);
    if (REFUSALS.includes(error.code)) throw error;
    return null;
  }

  #source({ fd }: Family): IpAddress | null {
    this.#nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
    if (this.#libc.getsockname(fd, this.#name, this.#nameLength) < 0) return null;
    const source = readSocketAddress(this.#name);
    return source.isLinkLocal ? source.scoped(source.w1, this.zones.nameOf(source.w1)) : source;
  }

  /** Lets go of the local port, and of the source address, which a second connect would keep. */
  #disconnect({ fd }: Family): void {
    this.#name.writeUInt16LE(sys.AF_UNSPEC, 0);
    this.#libc.connect(fd, this.#name, SOCKADDR_IN6_BYTES);
  }

  #open(family: Family): void {
    if (family.fd >= 0) return;
    family.fd = this.#libc.socket(family.number, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
    if (family.fd < 0) throw systemError(this.#libc.errno(), 'socket for routes');
  }
}
