/**
 * Keeps the host's kernel, and every other process, away from one TCP port.
 *
 * The kernel answers segments for ports it does not know with RST (RFC 9293 §3.10.7.1). A kernel
 * socket that listens on the port, and takes no notice of anything (`silence`), makes it silent;
 * raw sockets still get their copy. The port is really taken, so others get EADDRINUSE, and it is
 * free again the moment the descriptor is closed.
 *
 * SO_REUSEADDR stays off. A guard never has connections, so nothing of it lingers in TIME-WAIT; and
 * with it on, we could take a port on which another process still has live connections, whose
 * segments we would then answer with RST. Without it the kernel refuses that with EADDRINUSE.
 */
import type { IpAddress } from '../wire/ip-address';
import { withLimit } from './descriptor-limit';
import { systemError } from './errno';
import * as sys from './libc';
import { silence } from './silence';
import { readSocketPort, SOCKADDR_IN6_BYTES, writeSocketAddress } from './socket-address';

/** Used by one call after the other: system calls do not overlap. */
const name = Buffer.alloc(SOCKADDR_IN6_BYTES);
const flag = Buffer.alloc(4);
const nameLength = Buffer.alloc(4);

export class PortGuard {
  readonly port: number;
  readonly #libc: sys.Libc;
  #fd: number;

  /**
   * @param secret for `silence`
   * @param address an address of the host, or an unspecified one: `::` guards IPv4, too
   * @param ipv6Only of `::` that it does not
   * @param port 0: the kernel picks a free one
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ENOBUFS; EPERM, ENOTSUP where
   *   the kernel has no way of keeping quiet that is open to us
   */
  constructor(
    libc: sys.Libc,
    secret: Uint8Array,
    address: IpAddress,
    port: number,
    ipv6Only = false,
  ) {
    this.#libc = libc;
    const family = address.isMapped ? sys.AF_INET : sys.AF_INET6;
    this.#fd = libc.socket(family, sys.SOCK_STREAM | sys.SOCK_CLOEXEC, sys.IPPROTO_TCP);
    if (this.#fd < 0) throw withLimit(systemError(libc.errno(), 'a descriptor for each port'));
    const failed = this.#take(secret, address, port, ipv6Only);
    if (failed !== '') {
      const error = systemError(libc.errno(), `${failed} ${address.text} port ${port}`);
      this.close();
      throw error;
    }
    this.port = readSocketPort(name);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  /**
   * Silence comes first: a SYN between bind and that would be answered by the kernel.
   * @returns the name of the call that failed, or ''
   */
  #take(secret: Uint8Array, address: IpAddress, port: number, ipv6Only: boolean): string {
    const libc = this.#libc;
    const fd = this.#fd;
    const failed = silence(libc, fd, !address.isMapped, secret);
    if (failed !== '') return failed;
    if (!address.isMapped) {
      flag.writeInt32LE(ipv6Only ? 1 : 0);
      if (libc.setsockopt(fd, sys.IPPROTO_IPV6, sys.IPV6_V6ONLY, flag, 4) < 0) return 'IPV6_V6ONLY';
    }
    const length = writeSocketAddress(name, address, port);
    if (libc.bind(fd, name, length) < 0) return 'bind';
    if (libc.listen(fd, 1) < 0) return 'listen on';
    nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
    return libc.getsockname(fd, name, nameLength) < 0 ? 'name of' : '';
  }
}
