/** Counts the packets that found a socket's receive buffer full and were lost. */
import { type Libc, SO_MEMINFO, SOL_SOCKET } from './libc';
import type { LinkCounters } from './link-counters';

/**
 * What SO_MEMINFO tells (linux/sock_diag.h, SK_MEMINFO_…): numbers of 32 bits, of which this one
 * counts what found the buffer full.
 */
const MEMINFO_BYTES = 36;
const MEMINFO_DROPS = 32;

export class OverflowCounter {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #counters: LinkCounters;
  readonly #info = Buffer.alloc(MEMINFO_BYTES);
  readonly #length = Buffer.alloc(4);
  #drops = 0;

  constructor(libc: Libc, fd: number, counters: LinkCounters) {
    this.#libc = libc;
    this.#fd = fd;
    this.#counters = counters;
  }

  /** To be called once a batch: 0.3 µs beside a wake-up of 20. */
  count(): void {
    this.#length.writeUInt32LE(MEMINFO_BYTES);
    const { getsockopt } = this.#libc;
    if (getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, this.#info, this.#length) < 0) return;
    const drops = this.#info.readUInt32LE(MEMINFO_DROPS);
    this.#counters.droppedOverflow += (drops - this.#drops) >>> 0;
    this.#drops = drops;
  }
}
