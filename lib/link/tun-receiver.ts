/**
 * The receiving half of one queue of a TUN device: reads a bounded number of packets at a time into
 * one place of packet memory.
 */
import type { LinkHost } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_COMPLETE } from '../wire/checksum-note';
import { EAGAIN, EINTR, EINVAL, EIO, ENETDOWN } from './errno';
import type { Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { readVirtioNote } from './virtio-header';

/** The longest packet or frame, behind the bytes that let it begin on a cache line. */
const BUFFER_BYTES = 65_536 + 64 + 64;
const PACKET_AT = 64;

/**
 * Most packets and bytes before the stack answers: enough to share the cost of an ACK, few enough
 * that the sender hears of it before it runs out of window.
 */
const BATCH_PACKETS = 256;
const BATCH_BYTES = 512 * 1024;

export class TunReceiver {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #counters: LinkCounters;
  readonly #host: LinkHost;
  readonly #headerBytes: number;
  readonly #buffer: number;
  /** Native address at which the header is read, so that the packet begins at PACKET_AT. */
  readonly #address: number;
  #open = true;
  #reading = false;

  /** @param headerBytes of the virtio header before each packet; 0: there is none */
  constructor(libc: Libc, fd: number, headerBytes: number, counters: LinkCounters, host: LinkHost) {
    this.#libc = libc;
    this.#fd = fd;
    this.#headerBytes = headerBytes;
    this.#counters = counters;
    this.#host = host;
    this.#buffer = packetMemory.allocate(BUFFER_BYTES);
    const base = libc.addressOf(packetMemory.bytes);
    this.#address = base + this.#buffer + PACKET_AT - headerBytes;
  }

  /** @returns 0, or the errno of a descriptor that is broken */
  handleReadable(): number {
    if (!this.#open || this.#reading) return 0;
    const delivered = this.#counters.receivedPackets;
    this.#reading = true;
    const error = this.#readBatch();
    this.#reading = false;
    if (!this.#open) {
      this.#releaseBuffer();
      return 0;
    }
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
    const room = BUFFER_BYTES - PACKET_AT + this.#headerBytes;
    let bytes = 0;
    for (let i = 0; i < BATCH_PACKETS && bytes < BATCH_BYTES && this.#open; i++) {
      const length = this.#libc.read(this.#fd, this.#address, room);
      if (length >= 0) {
        bytes += length;
        this.#handlePacket(length - this.#headerBytes);
        continue;
      }
      const error = this.#libc.errno();
      // EIO, ENETDOWN: the device is down.
      if (error === EAGAIN || error === EIO || error === ENETDOWN) return 0;
      // EINVAL: a packet that no virtio header can describe.
      if (error === EINVAL) this.#counters.droppedMalformed++;
      else if (error !== EINTR) return error;
    }
    return 0;
  }

  #handlePacket(length: number): void {
    const counters = this.#counters;
    if (length <= 0) {
      counters.droppedMalformed++;
      return;
    }
    counters.receivedPackets++;
    counters.receivedBytes += length;
    const at = this.#buffer + PACKET_AT;
    this.#host.receive(
      at,
      length,
      this.#headerBytes === 0 ? CHECKSUM_COMPLETE : readVirtioNote(at),
    );
  }

  #releaseBuffer(): void {
    packetMemory.release(this.#buffer, BUFFER_BYTES);
  }
}
