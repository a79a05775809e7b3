/**
 * The raw link's socket for IPv6: its descriptor, what it waits for, and its receiving half. What
 * is sent goes through the one queue of both families (`RawTransmitter`).
 */
import type { LinkHost } from '../../types/link';
import { systemError } from './errno';
import type { HostPorts } from './host-ports';
import * as sys from './libc';
import type { LinkCounters } from './link-counters';
import { loadTcpPort6 } from './port-filter';
import { openRaw6Descriptor } from './raw6-descriptor';
import { Raw6Receiver } from './raw6-receiver';
import { receiveArrived } from './receive-arrived';

const READABLE: sys.PollOptions = { readable: true, writable: false };
const BOTH: sys.PollOptions = { readable: true, writable: true };

/** Whom it tells. */
export interface Raw6SocketEvents {
  /** The kernel has room again, after `awaitRoom`. */
  handleRoom(): void;
  /** The descriptor is broken. */
  handleFailure(error: Error): void;
}

export class Raw6Socket {
  readonly fd: number;
  readonly #libc: sys.Libc;
  readonly #ports: HostPorts;
  readonly #events: Raw6SocketEvents;
  readonly #counters: LinkCounters;
  readonly #receiver: Raw6Receiver;
  /** koffi stops the events of a handle that nobody holds; closed, it must not be touched. */
  #poll: sys.PollHandle | null;

  /**
   * @returns null where the host has no IPv6
   * @throws NetworkError EPERM, EACCES, EMFILE, ENOBUFS
   */
  static open(
    libc: sys.Libc,
    ports: HostPorts,
    counters: LinkCounters,
    host: LinkHost,
    events: Raw6SocketEvents,
  ): Raw6Socket | null {
    const fd = openRaw6Descriptor(libc);
    if (fd < 0) return null;
    try {
      ports.filter.attach(fd, loadTcpPort6);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
    return new Raw6Socket(libc, fd, ports, counters, host, events);
  }

  private constructor(
    libc: sys.Libc,
    fd: number,
    ports: HostPorts,
    counters: LinkCounters,
    host: LinkHost,
    events: Raw6SocketEvents,
  ) {
    this.#libc = libc;
    this.fd = fd;
    this.#ports = ports;
    this.#counters = counters;
    this.#events = events;
    const accepts = (offset: number, length: number) => ports.accepts6(offset, length);
    this.#receiver = new Raw6Receiver(libc, fd, sys.IPPROTO_TCP, accepts, counters, host);
    this.#poll = libc.poll(fd, READABLE, this.#handlePoll);
  }

  ref(): void {
    this.#poll?.ref();
  }

  unref(): void {
    this.#poll?.unref();
  }

  /** The kernel has no room for what is to be sent. */
  awaitRoom(): void {
    this.#poll?.start(BOTH, this.#handlePoll);
  }

  stopReceiving(): void {
    this.#poll?.close();
    this.#poll = null;
  }

  close(): void {
    this.stopReceiving();
    this.#receiver.dispose();
    this.#ports.filter.detach(this.fd);
    this.#libc.close(this.fd);
  }

  receiveNow(): void {
    receiveArrived(this.#counters, this.#receive);
  }

  /** Why by way of an immediate: see RawLink. */
  readonly #handlePoll = (status: number, events: sys.PollOptions): void => {
    setImmediate(this.#handleEvents, status, events);
  };

  readonly #handleEvents = (status: number, events: sys.PollOptions): void => {
    if (this.#poll === null) return;
    if (status < 0) this.#events.handleFailure(systemError(-status, 'poll of a raw socket'));
    if (events.readable) this.#receive();
    if (events.writable && this.#poll !== null) {
      this.#poll.start(READABLE, this.#handlePoll);
      this.#events.handleRoom();
    }
  };

  readonly #receive = (): void => {
    if (this.#poll === null) return;
    const error = this.#receiver.handleReadable();
    if (error === 0) return;
    this.#events.handleFailure(systemError(error, 'receive on a raw socket'));
  };
}
