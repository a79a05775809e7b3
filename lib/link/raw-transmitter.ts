/**
 * The sending half of the raw link: packets in, as few system calls as pay out.
 *
 * Small packets wait for `flush` and leave by sendmmsg(2), up to 64 a call; large ones leave at
 * once by sendto(2), from the same place in memory each time, because there copying costs more than
 * the call and a warm cache counts (measured: sendmmsg is 20-30 % faster up to 1,500 bytes, slower
 * at 64 KiB). What the kernel has no room for stays queued in order until it has.
 */
import { packetMemory } from '../support/memory';
import { EAGAIN, EBADF, EINTR, ENOBUFS, ENOTSOCK, systemError } from './errno';
import type { HostTransmitter } from './host-link';
import { AF_INET, type Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { PacketRing } from './packet-ring';

/** Most bytes queued; most packets queued, which is also the most that one sendmmsg takes. */
const QUEUE_BYTES = 256 * 1024;
const QUEUE_PACKETS = 64;
/** From here on a packet is sent by itself, in bytes. */
const LARGE_BYTES = 16 * 1024;

/*
 * The structures of sendmmsg on 64-bit Linux, in one block of packet memory: 64 times
 * struct mmsghdr { name*, namelen, iov*, iovlen, control*, controllen, flags; len }, then 64 times
 * struct iovec { base*, len }, then 64 times struct sockaddr_in.
 */
const MESSAGE_BYTES = 64;
const MESSAGE_NAME_LENGTH = 8;
const MESSAGE_IOV = 16;
const MESSAGE_IOV_LENGTH = 24;
const IOV_BYTES = 16;
const IOV_LENGTH = 8;
const SOCKADDR_BYTES = 16;
const SOCKADDR_WORD = 4;
const IOVS = QUEUE_PACKETS * MESSAGE_BYTES;
const SOCKADDRS = IOVS + QUEUE_PACKETS * IOV_BYTES;
const STRUCTURES_BYTES = SOCKADDRS + QUEUE_PACKETS * SOCKADDR_BYTES;

const IPV4_DESTINATION = 16;

/** Who hears how sending goes. */
export interface RawTransmitterEvents {
  /** The kernel has no room: `handleWritable` is to be called when it has. */
  handleBlocked(): void;
  /** The socket will never send again. */
  handleFailure(error: Error): void;
}

export class RawTransmitter implements HostTransmitter {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #counters: LinkCounters;
  readonly #events: RawTransmitterEvents;
  readonly #ring = new PacketRing(QUEUE_BYTES, QUEUE_PACKETS);
  /** Native address of packet memory's first byte. */
  readonly #base: number;
  readonly #structures: number;
  #blocked = false;
  #starved = false;

  constructor(libc: Libc, fd: number, counters: LinkCounters, events: RawTransmitterEvents) {
    this.#libc = libc;
    this.#fd = fd;
    this.#counters = counters;
    this.#events = events;
    this.#base = libc.addressOf(packetMemory.bytes);
    this.#structures = packetMemory.allocate(STRUCTURES_BYTES);
    this.#prepare();
  }

  /** Does the kernel have no room, so that the queue waits for `handleWritable`? */
  get blocked(): boolean {
    return this.#blocked;
  }

  reserve(length: number): number {
    const offset = this.#ring.reserve(length);
    if (offset < 0) this.#starved = true;
    return offset;
  }

  commit(length: number): void {
    this.#ring.commit(length);
    if (length >= LARGE_BYTES || this.#ring.count === QUEUE_PACKETS) this.flush();
  }

  flush(): void {
    while (this.#ring.count > 0 && !this.#blocked) {
      if (this.#ring.lengthAt(0) >= LARGE_BYTES) this.#sendLarge();
      else this.#sendSmall();
    }
  }

  /** @returns whether somebody who found no room should hear that there is some now */
  handleWritable(): boolean {
    this.#blocked = false;
    this.flush();
    if (this.#blocked || !this.#starved) return false;
    this.#starved = false;
    return true;
  }

  dispose(): void {
    this.#ring.dispose();
    packetMemory.release(this.#structures, STRUCTURES_BYTES);
  }

  #sendLarge(): void {
    const offset = this.#ring.offsetAt(0);
    const length = this.#ring.lengthAt(0);
    this.#writeDestination(0, offset);
    const to = this.#base + this.#structures + SOCKADDRS;
    const sent = this.#libc.sendto(this.#fd, this.#base + offset, length, 0, to, SOCKADDR_BYTES);
    if (sent < 0) this.#handleError();
    else this.#countSent(1);
  }

  /** Sends the run of small packets that heads the queue. */
  #sendSmall(): void {
    const ring = this.#ring;
    let count = 0;
    while (count < ring.count && ring.lengthAt(count) < LARGE_BYTES) {
      this.#writeMessage(count, ring.offsetAt(count), ring.lengthAt(count));
      count++;
    }
    const sent = this.#libc.sendmmsg(this.#fd, this.#base + this.#structures, count, 0);
    // After some were sent, the error that stopped the rest comes up again at the next call.
    if (sent < 0) this.#handleError();
    else this.#countSent(sent);
  }

  #countSent(count: number): void {
    const counters = this.#counters;
    counters.sentPackets += count;
    for (let i = 0; i < count; i++) counters.sentBytes += this.#ring.lengthAt(i);
    this.#ring.shift(count);
  }

  /** The packet at the head was refused: now or for good? */
  #handleError(): void {
    const errno = this.#libc.errno();
    if (errno === EINTR) return;
    if (errno === EAGAIN || errno === ENOBUFS) {
      this.#blocked = true;
      this.#events.handleBlocked();
    } else if (errno === EBADF || errno === ENOTSOCK) {
      this.#blocked = true;
      this.#events.handleFailure(systemError(errno, 'send on a raw socket'));
    } else {
      this.#counters.droppedRefused++;
      this.#ring.shift(1);
    }
  }

  /** Everything in the structures that is the same for all packets. */
  #prepare(): void {
    const start = this.#structures;
    packetMemory.bytes.fill(0, start, start + STRUCTURES_BYTES);
    for (let i = 0; i < QUEUE_PACKETS; i++) {
      const message = start + i * MESSAGE_BYTES;
      const iov = start + IOVS + i * IOV_BYTES;
      const address = start + SOCKADDRS + i * SOCKADDR_BYTES;
      const view = packetMemory.view;
      view.setUint16(address, AF_INET, true);
      this.#writePointer(message, address);
      view.setUint32(message + MESSAGE_NAME_LENGTH, SOCKADDR_BYTES, true);
      this.#writePointer(message + MESSAGE_IOV, iov);
      view.setUint32(message + MESSAGE_IOV_LENGTH, 1, true);
    }
  }

  #writeMessage(index: number, offset: number, length: number): void {
    const iov = this.#structures + IOVS + index * IOV_BYTES;
    this.#writePointer(iov, offset);
    packetMemory.view.setUint32(iov + IOV_LENGTH, length, true);
    this.#writeDestination(index, offset);
  }

  /** The kernel routes by the socket address, not by the header that it is handed. */
  #writeDestination(index: number, offset: number): void {
    const view = packetMemory.view;
    const address = this.#structures + SOCKADDRS + index * SOCKADDR_BYTES;
    view.setInt32(address + SOCKADDR_WORD, view.getInt32(offset + IPV4_DESTINATION));
  }

  #writePointer(at: number, offset: number): void {
    const address = this.#base + offset;
    const high = Math.floor(address / 2 ** 32);
    packetMemory.view.setUint32(at, address - high * 2 ** 32, true);
    packetMemory.view.setUint32(at + 4, high, true);
  }
}
