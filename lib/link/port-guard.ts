/**
 * Keeps the host's kernel, and every other process, away from one TCP port.
 *
 * The kernel answers segments for ports it does not know with RST (RFC 9293 §3.10.7.1). A kernel
 * socket that listens on the port, with a filter that drops everything before TCP sees it
 * (socket(7), SO_ATTACH_FILTER), makes it silent; raw sockets still get their copy. The port is
 * really taken, so others get EADDRINUSE, and it is free again the moment the descriptor is closed.
 *
 * SO_REUSEADDR stays off. A guard never has connections, so nothing of it lingers in TIME-WAIT; and
 * with it on, we could take a port on which another process still has live connections, whose
 * segments we would then answer with RST. Without it the kernel refuses that with EADDRINUSE.
 */
import type { IpAddress } from '../wire/ip-address';
import { systemError } from './errno';
import * as sys from './libc';
import { readSocketPort, SOCKADDR_IN_BYTES, writeSocketAddress } from './socket-address';

/** One struct sock_filter { u16 code; u8 jt, jf; u32 k }: BPF_RET | BPF_K, 0 bytes. */
const DROP_ALL = Buffer.from([0x06, 0x00, 0, 0, 0, 0, 0, 0]);
/** struct sock_fprog { u16 len; sock_filter *filter }. */
const PROGRAM_BYTES = 16;

export class PortGuard {
  readonly port: number;
  readonly #libc: sys.Libc;
  #fd: number;

  /**
   * @param address an IPv4 address of the host, or the unspecified one
   * @param port 0: the kernel picks a free one
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ENOBUFS
   */
  constructor(libc: sys.Libc, address: IpAddress, port: number) {
    this.#libc = libc;
    this.#fd = libc.socket(sys.AF_INET, sys.SOCK_STREAM | sys.SOCK_CLOEXEC, sys.IPPROTO_TCP);
    if (this.#fd < 0) throw systemError(libc.errno(), 'socket for a port guard');
    try {
      this.port = this.#take(address, port);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  /** The filter comes first: a SYN between bind and filter would be answered by the kernel. */
  #take(address: IpAddress, port: number): number {
    const libc = this.#libc;
    const fd = this.#fd;
    const where = `${address.text} port ${port}`;
    const program = Buffer.alloc(PROGRAM_BYTES);
    program.writeUInt16LE(1, 0);
    program.writeBigUInt64LE(BigInt(libc.addressOf(DROP_ALL)), 8);
    this.#check(
      libc.setsockopt(fd, sys.SOL_SOCKET, sys.SO_ATTACH_FILTER, program, PROGRAM_BYTES),
      `filter for ${where}`,
    );
    const name = Buffer.alloc(SOCKADDR_IN_BYTES);
    writeSocketAddress(name, address, port);
    this.#check(libc.bind(fd, name, SOCKADDR_IN_BYTES), `bind ${where}`);
    this.#check(libc.listen(fd, 1), `listen on ${where}`);
    const length = Buffer.from(Uint32Array.of(SOCKADDR_IN_BYTES).buffer);
    this.#check(libc.getsockname(fd, name, length), `name of ${where}`);
    return readSocketPort(name);
  }

  #check(result: number, what: string): void {
    if (result < 0) throw systemError(this.#libc.errno(), what);
  }
}
