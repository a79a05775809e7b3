/**
 * The sending half of the raw link: packets in, as few system calls as pay out.
 *
 * Small packets wait for `flush` and leave by sendmmsg(2), up to 64 a call; single ones by
 * sendto(2), and so do large ones, at once and from the same place in memory each time, because
 * there copying costs more than the call and a warm cache counts (measured: sendmmsg is 20-30 %
 * faster up to 1,500 bytes, slower at 64 KiB). What the kernel has no room for stays queued in
 * order until it has.
 */
import { packetMemory } from '../support/memory';
import type { NetworkErrorCode } from '../support/network-error';
import { EAGAIN, EBADF, EINTR, ENOBUFS, ENOTSOCK, systemError } from './errno';
import type { HostTransmitter } from './host-link';
import { AF_INET, AF_INET6, type Libc } from './libc';
import type { LinkCounters } from './link-counters';
import { IOV_BYTES, writeIovec, writePointer } from './native-pointer';
import { PacketRing } from './packet-ring';
import { SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from './socket-address';

/** Most bytes queued; most packets queued, which is also the most that one sendmmsg takes. */
const QUEUE_BYTES = 256 * 1024;
const QUEUE_PACKETS = 64;
const SLOTS_MASK = QUEUE_PACKETS - 1;
/** Of a packet that is sent from where its text lies: the header, and the text in two. */
const PIECES = 3;
/** From here on a packet is sent by itself, in bytes. */
const LARGE_BYTES = 16 * 1024;

/*
 * The structures of sendmmsg on 64-bit Linux, in one block of packet memory: 64 times
 * struct mmsghdr { name*, namelen, iov*, iovlen, control*, controllen, flags; len }, then 64 times
 * struct iovec { base*, len }, then 64 times struct sockaddr_in or sockaddr_in6.
 */
const MESSAGE_BYTES = 64;
const MESSAGE_NAME_LENGTH = 8;
const MESSAGE_IOV = 16;
const MESSAGE_IOV_LENGTH = 24;
const SOCKADDR_BYTES = 32;
const SOCKADDR_WORD = 4;
const SOCKADDR_WORDS6 = 8;
const SOCKADDR_SCOPE6 = 24;
const IOVS = QUEUE_PACKETS * MESSAGE_BYTES;
const SOCKADDRS = IOVS + QUEUE_PACKETS * IOV_BYTES;
const STRUCTURES_BYTES = SOCKADDRS + QUEUE_PACKETS * SOCKADDR_BYTES;

const IPV4_DESTINATION = 16;
const IPV6_SOURCE = 8;
const IPV6_DESTINATION = 24;
const IPV6_ADDRESS_BYTES = 16;
/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0x3fa;

/** Who hears how sending goes. */
export interface RawTransmitterEvents {
  /** The kernel has no room: `handleWritable` is to be called when it has. */
  handleBlocked(isIpv6: boolean): void;
  /** The packet will never leave. Its bytes may be looked at during the call. */
  handleRefused(offset: number, length: number, code: NetworkErrorCode): void;
  /** The socket will never send again. */
  handleFailure(error: Error): void;
}

export class RawTransmitter implements HostTransmitter {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #fd6: number;
  readonly #counters: LinkCounters;
  readonly #events: RawTransmitterEvents;
  readonly #ring = new PacketRing(QUEUE_BYTES, QUEUE_PACKETS);
  /** Native address of packet memory's first byte. */
  readonly #base: number;
  readonly #structures: number;
  #reserved = -1;
  #blocked = false;
  #starved = false;
  /** Of the IPv6 packets that are queued, by their number: the zone that they go to. */
  readonly #scopes = new Int32Array(QUEUE_PACKETS);
  #committed = 0;

  /** @param fd, fd6 sockets of the two families; -1: there is none of that one */
  constructor(
    libc: Libc,
    fd: number,
    fd6: number,
    counters: LinkCounters,
    events: RawTransmitterEvents,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#fd6 = fd6;
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
    this.#reserved = this.#ring.reserve(length);
    if (this.#reserved < 0) this.#starved = true;
    return this.#reserved;
  }

  commit(length: number): void {
    const ring = this.#ring;
    ring.commit(length);
    const offset = ring.offsetAt(ring.count - 1);
    if (isIpv6(offset)) this.#scopes[this.#committed & SLOTS_MASK] = takeScope(offset);
    this.#committed++;
    if (length >= LARGE_BYTES || this.#ring.count === QUEUE_PACKETS) this.flush();
  }

  /** A large packet leaves from where its text is; only what finds no room is copied. */
  commitText(
    headerBytes: number,
    textOffset: number,
    textLength: number,
    moreOffset: number,
    moreLength: number,
  ): void {
    const offset = this.#reserved;
    const length = headerBytes + textLength + moreLength;
    if (length >= LARGE_BYTES && !isIpv6(offset)) {
      this.flush();
      this.#writePiece(0, offset, headerBytes);
      this.#writePiece(1, textOffset, textLength);
      this.#writePiece(2, moreOffset, moreLength);
      if (this.#ring.count === 0 && this.#sendPieces(offset, length)) return;
    }
    const { bytes } = packetMemory;
    bytes.copyWithin(offset + headerBytes, textOffset, textOffset + textLength);
    const behind = offset + headerBytes + textLength;
    bytes.copyWithin(behind, moreOffset, moreOffset + moreLength);
    this.commit(length);
  }

  flush(): void {
    while (this.#ring.count > 0 && !this.#blocked) {
      if (this.#ring.lengthAt(0) >= LARGE_BYTES || this.#ring.count === 1) this.#sendOne();
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

  #sendOne(): void {
    const offset = this.#ring.offsetAt(0);
    const length = this.#ring.lengthAt(0);
    const v6 = isIpv6(offset);
    const nameLength = this.#writeDestination(0, offset, v6);
    const to = this.#base + this.#structures + SOCKADDRS;
    const fd = v6 ? this.#fd6 : this.#fd;
    const sent = this.#libc.sendto(fd, this.#base + offset, length, 0, to, nameLength);
    if (sent < 0) this.#handleError(v6);
    else this.#countSent(1);
  }

  /** Sends the run of small packets of one family that heads the queue. */
  #sendSmall(): void {
    const ring = this.#ring;
    const v6 = isIpv6(ring.offsetAt(0));
    let count = 0;
    while (count < ring.count && ring.lengthAt(count) < LARGE_BYTES) {
      const offset = ring.offsetAt(count);
      if (isIpv6(offset) !== v6) break;
      this.#writeMessage(count, offset, ring.lengthAt(count), v6);
      count++;
    }
    const fd = v6 ? this.#fd6 : this.#fd;
    const sent = this.#libc.sendmmsg(fd, this.#base + this.#structures, count, 0);
    // After some were sent, the error that stopped the rest comes up again at the next call.
    if (sent < 0) this.#handleError(v6);
    else this.#countSent(sent);
  }

  #countSent(count: number): void {
    const counters = this.#counters;
    counters.sentPackets += count;
    for (let i = 0; i < count; i++) counters.sentBytes += this.#ring.lengthAt(i);
    this.#ring.shift(count);
  }

  /** The packet at the head was refused: now or for good? */
  #handleError(v6: boolean): void {
    const errno = this.#libc.errno();
    if (errno === EINTR) return;
    if (errno === EAGAIN || errno === ENOBUFS) {
      this.#blocked = true;
      this.#counters.sendBlocked++;
      this.#events.handleBlocked(v6);
    } else if (errno === EBADF || errno === ENOTSOCK) {
      this.#blocked = true;
      this.#events.handleFailure(systemError(errno, 'send on a raw socket'));
    } else {
      const { code } = systemError(errno, 'send');
      this.#counters.countRefusal(code);
      this.#events.handleRefused(this.#ring.offsetAt(0), this.#ring.lengthAt(0), code);
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
      writePointer(message, this.#base + address);
      writePointer(message + MESSAGE_IOV, this.#base + iov);
      view.setUint32(message + MESSAGE_IOV_LENGTH, 1, true);
    }
  }

  #writePiece(index: number, offset: number, length: number): void {
    writeIovec(this.#structures + IOVS + index * IOV_BYTES, this.#base + offset, length);
  }

  /**
   * Sends the three pieces as one packet, by the first of the messages.
   * @returns false where the kernel did not take it, for whatever reason
   */
  #sendPieces(offset: number, length: number): boolean {
    if (this.#blocked) return false;
    const message = this.#structures;
    const nameLength = this.#writeDestination(0, offset, false);
    packetMemory.view.setUint32(message + MESSAGE_NAME_LENGTH, nameLength, true);
    packetMemory.view.setUint32(message + MESSAGE_IOV_LENGTH, PIECES, true);
    const sent = this.#libc.sendmmsg(this.#fd, this.#base + message, 1, 0);
    packetMemory.view.setUint32(message + MESSAGE_IOV_LENGTH, 1, true);
    if (sent < 1) return false;
    this.#counters.sentPackets++;
    this.#counters.sentBytes += length;
    return true;
  }

  #writeMessage(index: number, offset: number, length: number, v6: boolean): void {
    this.#writePiece(index, offset, length);
    const nameLength = this.#writeDestination(index, offset, v6);
    const message = this.#structures + index * MESSAGE_BYTES;
    packetMemory.view.setUint32(message + MESSAGE_NAME_LENGTH, nameLength, true);
  }

  /**
   * The kernel routes by the socket address, not by the header that it is handed.
   * @param index of the packet, in the queue and in the structures @returns bytes of the address
   */
  #writeDestination(index: number, offset: number, v6: boolean): number {
    const view = packetMemory.view;
    const address = this.#structures + SOCKADDRS + index * SOCKADDR_BYTES;
    view.setUint16(address, v6 ? AF_INET6 : AF_INET, true);
    if (!v6) {
      view.setInt32(address + SOCKADDR_WORD, view.getInt32(offset + IPV4_DESTINATION));
      return SOCKADDR_IN_BYTES;
    }
    view.setInt32(address + SOCKADDR_WORD, 0); // the flow label, which the header has
    const from = offset + IPV6_DESTINATION;
    packetMemory.bytes.copyWithin(address + SOCKADDR_WORDS6, from, from + IPV6_ADDRESS_BYTES);
    const number = this.#committed - this.#ring.count + index;
    view.setInt32(address + SOCKADDR_SCOPE6, this.#scopes[number & SLOTS_MASK], true);
    return SOCKADDR_IN6_BYTES;
  }
}

function isIpv6(offset: number): boolean {
  return packetMemory.bytes[offset] >>> 4 === 6;
}

/**
 * Takes the number of the zone out of the link-local addresses of an IPv6 packet (LinkZones).
 * @returns the destination's; 0: it is in none
 */
function takeScope(offset: number): number {
  const view = packetMemory.view;
  if (view.getUint16(offset + IPV6_SOURCE) >>> 6 === LINK_LOCAL) {
    view.setInt32(offset + IPV6_SOURCE + 4, 0);
  }
  if (view.getUint16(offset + IPV6_DESTINATION) >>> 6 !== LINK_LOCAL) return 0;
  const scope = view.getInt32(offset + IPV6_DESTINATION + 4);
  view.setInt32(offset + IPV6_DESTINATION + 4, 0);
  return scope;
}
