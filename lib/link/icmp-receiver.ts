/**
 * ICMP errors about our own segments, from a raw socket of their own for each family (raw(7)):
 * whatever carries the TCP packets, a link over the host's kernel hears of them here. Echo,
 * neighbours and all else is the kernel's.
 */
import type { LinkHost } from '../../types/link';
import type { HostPorts } from './host-ports';
import { IPPROTO_ICMPV6, type Libc, type PollHandle, type PollOptions } from './libc';
import type { LinkCounters } from './link-counters';
import { loadQuotedPort, loadQuotedPort6, type PortLoader } from './port-filter';
import { openIcmpDescriptor } from './raw-descriptor';
import { RawReceiver } from './raw-receiver';
import { openIcmp6Descriptor } from './raw6-descriptor';
import { Raw6Receiver } from './raw6-receiver';

const READABLE: PollOptions = { readable: true, writable: false };
/** An error quotes what fits into 576 bytes (RFC 1812 §4.3.2.3). */
const BUFFER_BYTES = 2048;

/** What a family brings: its socket, where that finds the port, and what reads from it. */
interface Family {
  open(libc: Libc): number;
  readonly loadPort: PortLoader;
  read(
    libc: Libc,
    fd: number,
    ports: HostPorts,
    counters: LinkCounters,
    host: LinkHost,
  ): RawReceiver | Raw6Receiver;
}

export const ICMP: Family = {
  open: openIcmpDescriptor,
  loadPort: loadQuotedPort,
  read(libc, fd, ports, counters, host) {
    const accepts = (offset: number, length: number) => ports.acceptsError(offset, length);
    return new RawReceiver(libc, fd, accepts, counters, host, BUFFER_BYTES);
  },
};

export const ICMPV6: Family = {
  open: openIcmp6Descriptor,
  loadPort: loadQuotedPort6,
  read(libc, fd, ports, counters, host) {
    const accepts = (offset: number, length: number) => ports.acceptsError6(offset, length);
    return new Raw6Receiver(libc, fd, IPPROTO_ICMPV6, accepts, counters, host);
  },
};

export class IcmpReceiver {
  readonly #ports: HostPorts;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #receiver: RawReceiver | Raw6Receiver;
  /** koffi stops the events of a handle that nobody holds. */
  #poll: PollHandle | null;

  /** @throws NetworkError EPERM, EACCES, EMFILE, ENOBUFS */
  constructor(
    family: Family,
    libc: Libc,
    ports: HostPorts,
    counters: LinkCounters,
    host: LinkHost,
  ) {
    this.#libc = libc;
    this.#ports = ports;
    this.#fd = family.open(libc);
    try {
      ports.filter.attach(this.#fd, family.loadPort);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    this.#receiver = family.read(libc, this.#fd, ports, counters, host);
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
