/**
 * The receiving half of the raw link: reads a bounded number of packets a wake-up into one buffer
 * in packet memory and hands on those that concern ports of ours.
 *
 * On loopback, on veth and behind GRO a packet may be 64 KiB long and hold only a partial checksum,
 * and a raw socket cannot tell: every packet is therefore delivered as "maybe partial".
 */
import type { LinkHost } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_MAYBE_PARTIAL } from '../wire/checksum-note';
import { EAGAIN, EINTR } from './errno';
import { type Libc, MSG_TRUNC } from './libc';
import type { LinkCounters } from './link-counters';
import { OverflowCounter } from './overflow-counter';

/** Whether a packet in packet memory is to be handed on; counts it if not. */
export type PacketFilter = (offset: number, length: number) => boolean;

/** No IPv4 packet is longer. */
export const RECEIVE_BUFFER_BYTES = 65_536;
/** Most packets and bytes a wake-up: enough to share the cost of one, few enough to answer soon. */
export const BATCH_PACKETS = 256;
export const BATCH_BYTES = 1024 * 1024;

const PROBE_MASK = 7;

export class RawReceiver {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #accepts: PacketFilter;
  readonly #counters: LinkCounters;
  readonly #host: LinkHost;
  readonly #buffer: number;
  readonly #bufferBytes: number;
  /** Native address of the buffer. */
  readonly #address: number;
  readonly #overflow: OverflowCounter;
  /** Batches in a row that were of one packet. */
  #lonely = 0;
  #open = true;
  #reading = false;

  /** @param bufferBytes of a longer packet nothing is handed on */
  constructor(
    libc: Libc,
    fd: number,
    accepts: PacketFilter,
    counters: LinkCounters,
    host: LinkHost,
    bufferBytes = RECEIVE_BUFFER_BYTES,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#accepts = accepts;
    this.#counters = counters;
    this.#overflow = new OverflowCounter(libc, fd, counters);
    this.#host = host;
    this.#bufferBytes = bufferBytes;
    this.#buffer = packetMemory.allocate(bufferBytes);
    this.#address = libc.addressOf(packetMemory.bytes) + this.#buffer;
  }

  /** @returns 0, or the errno of a socket that is broken */
  handleReadable(): number {
    const delivered = this.#counters.receivedPackets;
    this.#reading = true;
    const error = this.#readBatch();
    this.#reading = false;
    if (!this.#open) {
      this.#releaseBuffer();
      return 0;
    }
    if (this.#lonely === 0) this.#overflow.count();
    if (this.#counters.receivedPackets !== delivered) this.#host.receivedBatch();
    return error;
  }

  /** Also from inside `host.receive`: the packet there stays whole until that returns. */
  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#reading) this.#releaseBuffer();
  }

  #readBatch(): number {
    const limit = this.#isLonely ? 1 : BATCH_PACKETS;
    let bytes = 0;
    let count = 0;
    let error = 0;
    while (error === 0 && count < limit && bytes < BATCH_BYTES && this.#open) {
      const length = this.#libc.recv(this.#fd, this.#address, this.#bufferBytes, MSG_TRUNC);
      if (length >= 0) {
        count++;
        bytes += length;
        this.#handlePacket(length);
      } else {
        error = this.#libc.errno();
        if (error === EINTR) error = 0;
      }
    }
    this.#lonely = count === 1 ? this.#lonely + 1 : 0;
    return error === EAGAIN ? 0 : error;
  }

  /**
   * Packets that come one by one: then a second read each time, which finds nothing, is left out,
   * but for every eighth. Should there be more, poll comes back at once.
   */
  get #isLonely(): boolean {
    return this.#lonely > PROBE_MASK && (this.#lonely & PROBE_MASK) !== 0;
  }

  #handlePacket(length: number): void {
    if (length > this.#bufferBytes) this.#counters.droppedTruncated++;
    else if (this.#accepts(this.#buffer, length)) {
      this.#counters.receivedPackets++;
      this.#counters.receivedBytes += length;
      this.#host.receive(this.#buffer, length, CHECKSUM_MAYBE_PARTIAL);
    }
  }

  #releaseBuffer(): void {
    packetMemory.release(this.#buffer, this.#bufferBytes);
  }
}
