/**
 * ICMPv6 errors about our own segments, from a raw socket of their own, as `IcmpReceiver` has those
 * of IPv4. Echo, neighbours and all else is the kernel's.
 */
import type { LinkHost } from '../../types/link';
import type { HostPorts } from './host-ports';
import * as sys from './libc';
import type { LinkCounters } from './link-counters';
import { loadQuotedPort6 } from './port-filter';
import { openIcmp6Descriptor } from './raw6-descriptor';
import { Raw6Receiver } from './raw6-receiver';

const READABLE: sys.PollOptions = { readable: true, writable: false };

export class Icmp6Receiver {
  readonly #libc: sys.Libc;
  readonly #fd: number;
  readonly #ports: HostPorts;
  readonly #receiver: Raw6Receiver;
  /** koffi stops the events of a handle that nobody holds. */
  #poll: sys.PollHandle | null;

  /** @throws NetworkError EPERM, EACCES, EMFILE, ENOBUFS */
  constructor(libc: sys.Libc, ports: HostPorts, counters: LinkCounters, host: LinkHost) {
    this.#libc = libc;
    this.#ports = ports;
    this.#fd = openIcmp6Descriptor(libc);
    try {
      ports.filter.attach(this.#fd, loadQuotedPort6);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    const accepts = (offset: number, length: number) => ports.acceptsError6(offset, length);
    const { IPPROTO_ICMPV6 } = sys;
    this.#receiver = new Raw6Receiver(libc, this.#fd, IPPROTO_ICMPV6, accepts, counters, host);
    this.#poll = libc.poll(this.#fd, READABLE, this.#handlePoll);
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
