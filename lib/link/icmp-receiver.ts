/**
 * ICMP errors about our own segments, from a raw socket of their own (raw(7)): whatever carries the
 * TCP packets, a link over the host's kernel hears of them here. Echo and all else is the kernel's.
 */
import type { LinkHost } from '../../types/link';
import type { HostPorts } from './host-ports';
import type { Libc, PollHandle, PollOptions } from './libc';
import type { LinkCounters } from './link-counters';
import { loadQuotedPort } from './port-filter';
import { openIcmpDescriptor } from './raw-descriptor';
import { RawReceiver } from './raw-receiver';

const READABLE: PollOptions = { readable: true, writable: false };
/** An error quotes what fits into 576 bytes (RFC 1812 §4.3.2.3). */
const BUFFER_BYTES = 2048;

export class IcmpReceiver {
  readonly #ports: HostPorts;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #receiver: RawReceiver;
  /** koffi stops the events of a handle that nobody holds. */
  #poll: PollHandle | null;

  /** @throws NetworkError EPERM, EACCES, EMFILE, ENOBUFS */
  constructor(libc: Libc, ports: HostPorts, counters: LinkCounters, host: LinkHost) {
    this.#libc = libc;
    this.#ports = ports;
    this.#fd = openIcmpDescriptor(libc);
    try {
      ports.filter.attach(this.#fd, loadQuotedPort);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    const accepts = (offset: number, length: number) => ports.acceptsError(offset, length);
    this.#receiver = new RawReceiver(libc, this.#fd, accepts, counters, host, BUFFER_BYTES);
    this.#poll = libc.poll(this.#fd, READABLE, this.#handlePoll);
    // Where there is a connection for an error to concern, the socket for TCP holds the process.
    this.#poll.unref();
  }

  close(): void {
    if (this.#poll === null) return;
    this.#poll.close();
    this.#poll = null;
    this.#receiver.dispose();
    this.#ports.filter.detach(this.#fd);
    this.#libc.close(this.#fd);
  }

  /** Why by way of an immediate: see RawLink. */
  readonly #handlePoll = (status: number): void => {
    setImmediate(this.#handleReadable, status);
  };

  /** A connection lives without ICMP: a broken descriptor is given up, and nothing else. */
  readonly #handleReadable = (status: number): void => {
    if (this.#poll === null) return;
    if (status < 0 || this.#receiver.handleReadable() !== 0) this.close();
  };
}
