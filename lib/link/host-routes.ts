/**
 * What the host's routing says: the source address and path MTU for a destination, and which
 * addresses are the host's own.
 *
 * A UDP socket is connected to the destination, which sends nothing, and asked for its name and its
 * MTU (ip(7), IP_MTU). The answer is always the present one, for four system calls, and so nothing
 * is cached.
 */
import type { LinkRoute } from '../../types/link';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { systemError } from './errno';
import * as sys from './libc';
import { readSocketAddress, SOCKADDR_IN_BYTES, writeSocketAddress } from './socket-address';

/** The discard port: any would do. */
const ANY_PORT = 9;

export class HostRoutes {
  readonly #libc: sys.Libc;
  readonly #name = Buffer.alloc(SOCKADDR_IN_BYTES);
  readonly #nameLength = Buffer.alloc(4);
  readonly #mtu = Buffer.alloc(4);
  readonly #mtuLength = Buffer.alloc(4);
  #fd = -1;

  constructor(libc: sys.Libc) {
    this.#libc = libc;
  }

  /**
   * @returns null where the host has no route; always for IPv6
   * @throws NetworkError EMFILE, ENOBUFS
   */
  routeTo(destination: IpAddress): LinkRoute | null {
    if (!destination.isMapped || !this.#connect(destination)) return null;
    const source = this.#source();
    this.#mtuLength.writeUInt32LE(4);
    const { IPPROTO_IP, IP_MTU } = sys;
    const result = this.#libc.getsockopt(this.#fd, IPPROTO_IP, IP_MTU, this.#mtu, this.#mtuLength);
    // lo says 65,536, which no packet can be long.
    const mtu = result < 0 ? 0 : Math.min(this.#mtu.readUInt32LE(), IPV4_MAX_BYTES);
    this.#disconnect();
    return source === null || mtu === 0 ? null : { source, mtu };
  }

  /** Is it one of the host's own? @throws NetworkError EMFILE, ENOBUFS */
  isLocal(address: IpAddress): boolean {
    if (!address.isMapped) return false;
    if (address.isLoopback) return true;
    if (address.isUnspecified || !this.#connect(address)) return false;
    // Linux talks to an address of its own from that very address.
    const source = this.#source();
    this.#disconnect();
    return source?.w3 === address.w3;
  }

  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  #connect(destination: IpAddress): boolean {
    this.#open();
    writeSocketAddress(this.#name, destination, ANY_PORT);
    return this.#libc.connect(this.#fd, this.#name, SOCKADDR_IN_BYTES) === 0;
  }

  #source(): IpAddress | null {
    this.#nameLength.writeUInt32LE(SOCKADDR_IN_BYTES);
    const result = this.#libc.getsockname(this.#fd, this.#name, this.#nameLength);
    return result < 0 ? null : readSocketAddress(this.#name);
  }

  /** Lets go of the local port, and of the source address, which a second connect would keep. */
  #disconnect(): void {
    this.#name.writeUInt16LE(sys.AF_UNSPEC, 0);
    this.#libc.connect(this.#fd, this.#name, SOCKADDR_IN_BYTES);
  }

  #open(): void {
    if (this.#fd >= 0) return;
    this.#fd = this.#libc.socket(sys.AF_INET, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw systemError(this.#libc.errno(), 'socket for routes');
  }
}
