/**
 * The sending half of a TUN link: one place in packet memory, written to the device as soon as a
 * packet is complete.
 *
 * A write runs the kernel's receive path before it returns, so a queue of our own would only cool
 * the caches: the same bytes are used again for every packet. When the device has no room the
 * packet stays where it is, and there is none for another until it has gone.
 */
import { packetMemory } from '../support/memory';
import { EAGAIN, EBADF, EBADFD, EINTR, EIO, ENETDOWN, ENXIO, systemError } from './errno';
import type { Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { IOV_BYTES, writeIovec } from './native-pointer';
import { OVERSIZE_BYTES } from './oversize';
import { VIRTIO_HEADER_BYTES, writeVirtioHeader } from './virtio-header';

/**
 * The longest packet, behind its header and the bytes that let it begin on a cache line; before
 * them three struct iovec { base*, len }.
 */
const BUFFER_BYTES = OVERSIZE_BYTES + 64;
const PACKET_AT = 64;

/** Who hears how sending goes. */
export interface TunTransmitterEvents {
  /** The device has no room on this descriptor: `handleWritable` is to be called when it has. */
  handleBlocked(fd: number): void;
  /** The descriptor will never send again. */
  handleFailure(error: Error): void;
}

export class TunTransmitter {
  readonly #libc: Libc;
  readonly #descriptors: readonly number[];
  readonly #hasHeader: boolean;
  readonly #counters: LinkCounters;
  readonly #events: TunTransmitterEvents;
  readonly #frameBytes: number;
  /** Native address of packet memory's first byte. */
  readonly #base: number;
  readonly #buffer: number;
  /** The packet that waits for room, in bytes with its header, and where it goes; -1: none. */
  #waiting = -1;
  #waitingFd = -1;
  #starved = false;

  /**
   * @param descriptors of the device's queues: each flow keeps to one
   * @param frameBytes of an Ethernet header before each packet
   */
  constructor(
    libc: Libc,
    descriptors: readonly number[],
    hasHeader: boolean,
    counters: LinkCounters,
    events: TunTransmitterEvents,
    frameBytes = 0,
  ) {
    this.#libc = libc;
    this.#descriptors = descriptors;
    this.#hasHeader = hasHeader;
    this.#counters = counters;
    this.#events = events;
    this.#frameBytes = frameBytes;
    this.#buffer = packetMemory.allocate(BUFFER_BYTES);
    this.#base = libc.addressOf(packetMemory.bytes);
  }

  reserve(length: number): number {
    if (length > OVERSIZE_BYTES) return -1;
    if (this.#waiting < 0) return this.#buffer + PACKET_AT;
    this.#starved = true;
    return -1;
  }

  commit(length: number, pieceBytes: number): void {
    const at = this.#buffer + PACKET_AT;
    const fd = this.#descriptors.length === 1 ? this.#descriptors[0] : this.#queueFor(at);
    if (!this.#hasHeader) {
      this.#write(fd, length);
      return;
    }
    const frameBytes = this.#frameBytes;
    writeVirtioHeader(at + frameBytes, length - frameBytes, pieceBytes, frameBytes);
    this.#write(fd, length + VIRTIO_HEADER_BYTES);
  }

  /** With a virtio header. Only what finds no room is copied to where it can wait. */
  commitText(
    headerBytes: number,
    textOffset: number,
    textLength: number,
    moreOffset: number,
    moreLength: number,
    pieceBytes: number,
  ): void {
    const at = this.#buffer + PACKET_AT;
    const length = headerBytes + textLength + moreLength;
    const fd = this.#descriptors.length === 1 ? this.#descriptors[0] : this.#queueFor(at);
    writeVirtioHeader(at, length, pieceBytes);
    this.#writePiece(0, at - VIRTIO_HEADER_BYTES, headerBytes + VIRTIO_HEADER_BYTES);
    this.#writePiece(1, textOffset, textLength);
    this.#writePiece(2, moreOffset, moreLength);
    const pieces = moreLength > 0 ? 3 : 2;
    if (this.#libc.writev(fd, this.#base + this.#buffer, pieces) >= 0) {
      this.#counters.sentPackets++;
      this.#counters.sentBytes += length;
      return;
    }
    const { bytes } = packetMemory;
    bytes.copyWithin(at + headerBytes, textOffset, textOffset + textLength);
    const behind = at + headerBytes + textLength;
    bytes.copyWithin(behind, moreOffset, moreOffset + moreLength);
    this.#write(fd, length + VIRTIO_HEADER_BYTES);
  }

  /** @returns whether somebody who found no room should hear that there is some now */
  handleWritable(): boolean {
    if (this.#waiting < 0) return false;
    const length = this.#waiting;
    this.#waiting = -1;
    this.#write(this.#waitingFd, length);
    if (this.#waiting >= 0 || !this.#starved) return false;
    this.#starved = false;
    return true;
  }

  /** Does a packet wait for room? */
  get blocked(): boolean {
    return this.#waiting >= 0;
  }

  dispose(): void {
    packetMemory.release(this.#buffer, BUFFER_BYTES);
  }

  /** @param length of the packet with its header */
  #write(fd: number, length: number): void {
    const at = this.#base + this.#buffer + PACKET_AT;
    const address = this.#hasHeader ? at - VIRTIO_HEADER_BYTES : at;
    for (;;) {
      if (this.#libc.write(fd, address, length) >= 0) {
        this.#counters.sentPackets++;
        this.#counters.sentBytes += this.#hasHeader ? length - VIRTIO_HEADER_BYTES : length;
        return;
      }
      const errno = this.#libc.errno();
      if (errno !== EINTR) {
        this.#handleError(errno, fd, length);
        return;
      }
    }
  }

  #handleError(errno: number, fd: number, length: number): void {
    if (errno === EAGAIN) {
      this.#waiting = length;
      this.#waitingFd = fd;
      this.#events.handleBlocked(fd);
    } else if (errno === EBADF || errno === EBADFD || errno === ENXIO) {
      this.#events.handleFailure(systemError(errno, 'write to a network device'));
    } else if (errno === EIO || errno === ENETDOWN) {
      this.#counters.droppedDown++; // as on a wire that is pulled
    } else {
      this.#counters.droppedRefused++;
    }
  }

  #writePiece(index: number, offset: number, length: number): void {
    writeIovec(this.#buffer + index * IOV_BYTES, this.#base + offset, length);
  }

  /** By both ports and both last words of the addresses: the kernel answers on the same queue. */
  #queueFor(at: number): number {
    const view = packetMemory.view;
    const isIpv4 = view.getUint8(at) >>> 4 === 4;
    const ports = isIpv4 ? (view.getUint8(at) & 0x0f) * 4 : 40;
    const addresses = isIpv4
      ? view.getInt32(at + 12) ^ view.getInt32(at + 16)
      : view.getInt32(at + 20) ^ view.getInt32(at + 36);
    const mixed = Math.imul(addresses ^ view.getInt32(at + ports), 0x9e3779b1);
    return this.#descriptors[(mixed >>> 16) % this.#descriptors.length];
  }
}
