/** One descriptor of a TUN device, and when it is read. */
import type { LinkHost } from '../../types/link';
import type { Libc, PollHandle, PollOptions } from './libc';
import type { LinkCounters } from './link-counters';
import { receiveArrived } from './receive-arrived';
import { TunReceiver } from './tun-receiver';

const READABLE: PollOptions = { readable: true, writable: false };
const BOTH: PollOptions = { readable: true, writable: true };

/** What a queue tells its link. */
export interface TunQueueEvents {
  /** @returns whether nothing waits for room any longer */
  handleWritable(): boolean;
  handleBroken(errno: number): void;
}

export class TunQueue {
  readonly fd: number;
  readonly #counters: LinkCounters;
  readonly #events: TunQueueEvents;
  readonly #receiver: TunReceiver;
  /** koffi stops the events of a handle that nobody holds; closed, it must not be touched. */
  #poll: PollHandle | null;

  constructor(
    libc: Libc,
    fd: number,
    headerBytes: number,
    counters: LinkCounters,
    host: LinkHost,
    events: TunQueueEvents,
  ) {
    this.fd = fd;
    this.#counters = counters;
    this.#events = events;
    this.#receiver = new TunReceiver(libc, fd, headerBytes, counters, host);
    this.#poll = libc.poll(fd, READABLE, this.#handlePoll);
  }

  /** Reading goes on; once there is room, the link hears of it, too. */
  awaitRoom(): void {
    this.#poll?.start(BOTH, this.#handlePoll);
  }

  receiveNow(): void {
    receiveArrived(this.#counters, this.#read);
  }

  stop(): void {
    this.#poll?.close();
    this.#poll = null;
  }

  close(): void {
    this.stop();
    this.#receiver.dispose();
  }

  ref(): void {
    this.#poll?.ref();
  }

  unref(): void {
    this.#poll?.unref();
  }

  /** Why by way of an immediate: see RawLink. */
  readonly #handlePoll = (status: number, events: PollOptions): void => {
    setImmediate(this.#handleEvents, status, events);
  };

  readonly #handleEvents = (status: number, events: PollOptions): void => {
    if (this.#poll === null) return;
    if (status < 0) {
      this.#events.handleBroken(-status);
      return;
    }
    if (events.readable) this.#read();
    if (events.writable && this.#events.handleWritable()) {
      this.#poll?.start(READABLE, this.#handlePoll);
    }
  };

  readonly #read = (): void => {
    if (this.#poll === null) return;
    const error = this.#receiver.handleReadable();
    if (error !== 0) this.#events.handleBroken(error);
  };
}
