/**
 * The receiving half of a raw IPv6 socket: recvmsg into packet memory, and before each payload the
 * header that the kernel keeps to itself, put together from control messages (RFC 3542 §6).
 *
 * Of link-local addresses the header bears the number of the zone, as LinkZones has it. A packet
 * may be 64 KiB long and hold only a partial checksum, as in IPv4.
 */
import type { LinkHost } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_MAYBE_PARTIAL } from '../wire/checksum-note';
import { IpHeader } from '../wire/ip-header';
import { IPV6_HEADER_BYTES, writeIpv6 } from '../wire/ipv6';
import { EAGAIN, EINTR } from './errno';
import * as sys from './libc';
import type { LinkCounters } from './link-counters';
import { writeIovec, writePointer } from './native-pointer';
import { OverflowCounter } from './overflow-counter';
import { BATCH_BYTES, BATCH_PACKETS, type PacketFilter } from './raw-receiver';
import { SOCKADDR_IN6_BYTES } from './socket-address';

/** The stack takes packets up to this. */
const MAX_PACKET_BYTES = 65_535;
const PAYLOAD_BYTES = MAX_PACKET_BYTES - IPV6_HEADER_BYTES;

/*
 * In one block of packet memory: struct msghdr { name*, namelen, iov*, iovlen, control*,
 * controllen, flags }, struct iovec, struct sockaddr_in6, control messages, then the packet.
 */
const IOV_AT = 64;
const NAME_AT = 96;
const CONTROL_AT = 128;
const CONTROL_BYTES = 256;
const PACKET_AT = CONTROL_AT + CONTROL_BYTES;
const BLOCK_BYTES = PACKET_AT + MAX_PACKET_BYTES;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_LENGTH = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const ADDRESS_IN_NAME = 8;
const SCOPE_IN_NAME = 24;
/** struct cmsghdr { size_t len; int level, type }, each on a multiple of eight. */
const CMSG_HEADER_BYTES = 16;

export class Raw6Receiver {
  readonly #libc: sys.Libc;
  readonly #fd: number;
  readonly #accepts: PacketFilter;
  readonly #counters: LinkCounters;
  readonly #host: LinkHost;
  readonly #block: number;
  /** Native address of packet memory's first byte. */
  readonly #base: number;
  readonly #header = new IpHeader();
  readonly #overflow: OverflowCounter;
  #open = true;
  #reading = false;

  /** @param protocol of the socket: what its packets carry */
  constructor(
    libc: sys.Libc,
    fd: number,
    protocol: number,
    accepts: PacketFilter,
    counters: LinkCounters,
    host: LinkHost,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#accepts = accepts;
    this.#counters = counters;
    this.#overflow = new OverflowCounter(libc, fd, counters);
    this.#host = host;
    this.#header.protocol = protocol;
    this.#block = packetMemory.allocate(BLOCK_BYTES);
    this.#base = libc.addressOf(packetMemory.bytes);
    this.#prepare();
  }

  /** @returns 0, or the errno of a socket that is broken */
  handleReadable(): number {
    const delivered = this.#counters.receivedPackets;
    this.#reading = true;
    const error = this.#readBatch();
    this.#reading = false;
    if (!this.#open) {
      packetMemory.release(this.#block, BLOCK_BYTES);
      return 0;
    }
    this.#overflow.count();
    if (this.#counters.receivedPackets !== delivered) this.#host.receivedBatch();
    return error;
  }

  /** Also from inside `host.receive`: the packet there stays whole until that returns. */
  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#reading) packetMemory.release(this.#block, BLOCK_BYTES);
  }

  #readBatch(): number {
    let bytes = 0;
    for (let i = 0; i < BATCH_PACKETS && bytes < BATCH_BYTES && this.#open; i++) {
      const view = packetMemory.view;
      view.setUint32(this.#block + NAME_LENGTH, SOCKADDR_IN6_BYTES, true);
      view.setUint32(this.#block + CONTROL_LENGTH, CONTROL_BYTES, true);
      const length = this.#libc.recvmsg(this.#fd, this.#base + this.#block, 0);
      if (length >= 0) {
        bytes += length;
        this.#handlePayload(length);
        continue;
      }
      const error = this.#libc.errno();
      if (error !== EINTR) return error === EAGAIN ? 0 : error;
    }
    return 0;
  }

  #handlePayload(length: number): void {
    const counters = this.#counters;
    if ((packetMemory.view.getUint32(this.#block + FLAGS, true) & sys.MSG_TRUNC) !== 0) {
      counters.droppedTruncated++;
      return;
    }
    if (!this.#readControl()) {
      counters.droppedMalformed++;
      return;
    }
    this.#readSource();
    const packet = this.#block + PACKET_AT;
    const packetBytes = writeIpv6(packet, this.#header, length) + length;
    if (!this.#accepts(packet, packetBytes)) return;
    counters.receivedPackets++;
    counters.receivedBytes += packetBytes;
    this.#host.receive(packet, packetBytes, CHECKSUM_MAYBE_PARTIAL);
  }

  #readSource(): void {
    const header = this.#header;
    const view = packetMemory.view;
    const at = this.#block + NAME_AT + ADDRESS_IN_NAME;
    header.source0 = view.getInt32(at);
    header.source1 = view.getInt32(at + 4);
    header.source2 = view.getInt32(at + 8);
    header.source3 = view.getInt32(at + 12);
    if (!isLinkLocal(header.source0)) return;
    header.source1 = view.getInt32(this.#block + NAME_AT + SCOPE_IN_NAME, true);
  }

  /** @returns whether the destination is among the control messages */
  #readControl(): boolean {
    const view = packetMemory.view;
    const header = this.#header;
    header.trafficClass = 0;
    header.ttl = 0;
    let found = false;
    let at = this.#block + CONTROL_AT;
    const end = at + view.getUint32(this.#block + CONTROL_LENGTH, true);
    while (at + CMSG_HEADER_BYTES <= end) {
      const length = view.getUint32(at, true);
      if (length < CMSG_HEADER_BYTES) break;
      const data = at + CMSG_HEADER_BYTES;
      if (view.getInt32(at + 8, true) === sys.IPPROTO_IPV6) {
        const type = view.getInt32(at + 12, true);
        if (type === sys.IPV6_HOPLIMIT) header.ttl = view.getInt32(data, true) & 0xff;
        else if (type === sys.IPV6_TCLASS) header.trafficClass = view.getInt32(data, true) & 0xff;
        else if (type === sys.IPV6_PKTINFO) {
          this.#readDestination(data);
          found = true;
        }
      }
      at += (length + 7) & -8;
    }
    return found;
  }

  /** struct in6_pktinfo { in6_addr, unsigned ifindex } */
  #readDestination(at: number): void {
    const header = this.#header;
    const view = packetMemory.view;
    header.destination0 = view.getInt32(at);
    header.destination1 = view.getInt32(at + 4);
    header.destination2 = view.getInt32(at + 8);
    header.destination3 = view.getInt32(at + 12);
    if (isLinkLocal(header.destination0)) header.destination1 = view.getInt32(at + 16, true);
  }

  /** Everything in the structures that is the same for all packets. */
  #prepare(): void {
    const block = this.#block;
    packetMemory.bytes.fill(0, block, block + PACKET_AT);
    writePointer(block, this.#base + block + NAME_AT);
    writePointer(block + IOV, this.#base + block + IOV_AT);
    packetMemory.view.setUint32(block + IOV_LENGTH, 1, true);
    writePointer(block + CONTROL, this.#base + block + CONTROL_AT);
    const payload = this.#base + block + PACKET_AT + IPV6_HEADER_BYTES;
    writeIovec(block + IOV_AT, payload, PAYLOAD_BYTES);
  }
}

function isLinkLocal(word: number): boolean {
  return word >>> 22 === 0x3fa;
}
