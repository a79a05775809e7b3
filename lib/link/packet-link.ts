/**
 * A link whose packets the user carries: over WireGuard, WebRTC, a virtual machine's card, or
 * straight into another stack of the same process.
 *
 * Outwards the user's `send` gets each packet as an array of its own, his to keep. Inwards he calls
 * `receive`; what he brings during one turn is one batch, and the stack answers once. Two links
 * joined back to back lose nothing: `send: (packet) => other.receive(packet)`, `drain: () =>
 * other.drained()`.
 */
import type { Link, LinkHost, LinkRoute } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_COMPLETE, CHECKSUM_VERIFIED } from '../wire/checksum-note';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { ArgumentError } from './argument-error';
import { LinkCounters } from './link-counters';
import { checkPacketLinkOptions, type PacketLinkOptions } from './packet-link-options';
import { PacketRing } from './packet-ring';
import { selectSource } from './source-selection';
import { throwLater } from './throw-later';

/** Most bytes and packets that wait in each direction. */
export const PACKET_QUEUE_BYTES = 1024 * 1024;
export const PACKET_QUEUE_PACKETS = 2048;

export class PacketLink implements Link {
  readonly name: string;
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  readonly takesTrains = true;
  readonly needsChecksum = true;
  readonly sharesHost = false;
  readonly counters = new LinkCounters();

  readonly #addresses: readonly IpAddress[];
  readonly #send: PacketLinkOptions['send'];
  readonly #drain: (() => void) | undefined;
  readonly #note: typeof CHECKSUM_COMPLETE | typeof CHECKSUM_VERIFIED;
  readonly #outgoing = new PacketRing(PACKET_QUEUE_BYTES, PACKET_QUEUE_PACKETS);
  readonly #incoming = new PacketRing(PACKET_QUEUE_BYTES, PACKET_QUEUE_PACKETS);
  #host: LinkHost | null = null;
  /** Has the user's `send` said false, and `drained` not come yet? */
  #paused = false;
  #sending = false;
  /** Has `reserve` found no room since the last `writable`? */
  #starved = false;
  #scheduled = false;
  #delivering = false;
  /** Has `receive` said false since the last `drain`? */
  #refusing = false;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(options: PacketLinkOptions) {
    const addresses = checkPacketLinkOptions(options);
    this.name = options.name ?? 'packet';
    this.mtu = options.mtu ?? 1500;
    this.maxSegmentBytes = this.mtu;
    // The link is one zone: of its own addresses' only (RFC 4007 §5).
    this.#addresses = addresses.map((one) => (one.isLinkLocal ? one.scoped(0, this.name) : one));
    this.#send = options.send;
    this.#drain = options.drain;
    this.#note = options.checksums === 'trusted' ? CHECKSUM_VERIFIED : CHECKSUM_COMPLETE;
  }

  open(host: LinkHost): void {
    this.#host = host;
  }

  close(): void {
    this.#host = null;
    this.#paused = this.#starved = this.#scheduled = this.#refusing = false;
    // Whoever closes from inside `receive` or `send` still has his packet until he returns.
    if (!this.#sending) this.#outgoing.dispose();
    if (!this.#delivering) this.#incoming.dispose();
  }

  isLocal(address: IpAddress): boolean {
    return this.#addresses.some((own) => own.equals(address));
  }

  /** Every destination is taken to lie behind this link, if it has an address of that family. */
  route(destination: IpAddress): LinkRoute | null {
    if (destination.isLinkLocal && destination.zone !== this.name) return null;
    const source = selectSource(this.#addresses, destination);
    return source === null ? null : { source, mtu: this.mtu };
  }

  reserve(length: number): number {
    if (this.#host === null || length > this.mtu) return -1;
    const offset = this.#outgoing.reserve(length);
    if (offset < 0) {
      this.#starved = true;
      this.#schedule();
    }
    return offset;
  }

  commit(length: number): void {
    this.#outgoing.commit(length);
  }

  flush(): void {
    // A `send` that leads back here (it fed another stack, which answered) finds the outer loop at
    // it.
    if (this.#sending) return;
    this.#sending = true;
    while (this.#outgoing.count > 0 && !this.#paused && this.#host !== null) this.#sendOne();
    this.#sending = false;
    if (this.#host === null || this.#outgoing.count === 0) this.#outgoing.dispose();
  }

  /** The user's `send` said false; now it may be called again. */
  drained(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule();
  }

  /**
   * Takes a packet from the user; the bytes are copied before this returns. The stack sees it in a
   * later turn, together with all others brought until then.
   * @returns false when there may be no room for the next one: wait for `drain`. A packet brought
   *   in
   *   spite of that is dropped and counted if there really is none.
   * @throws TypeError ERR_INVALID_ARG_TYPE
   */
  receive(packet: Uint8Array): boolean {
    if (!(packet instanceof Uint8Array)) {
      throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'packet', 'a Uint8Array', packet);
    }
    if (this.#host === null) {
      this.counters.droppedClosed++;
      return true;
    }
    if (packet.length === 0 || packet.length > IPV4_MAX_BYTES) this.counters.droppedMalformed++;
    else this.#queue(packet);
    this.#refusing = !this.#incoming.hasRoom(IPV4_MAX_BYTES);
    return !this.#refusing;
  }

  ref(): void {}
  unref(): void {}

  #queue(packet: Uint8Array): void {
    const offset = this.#incoming.reserve(packet.length);
    if (offset < 0) {
      this.counters.droppedFull++;
      return;
    }
    packetMemory.bytes.set(packet, offset);
    this.#incoming.commit(packet.length);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#host === null) return;
    this.#scheduled = true;
    this.#host.defer(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (this.#host === null) return;
    try {
      if (this.#incoming.count > 0) this.#deliver();
    } finally {
      // A user's listener may throw out of the stack's answer; the link outlives that.
      this.flush();
      this.#tellRoom();
    }
  };

  #tellRoom(): void {
    if (!this.#starved || this.#paused || this.#host === null) return;
    this.#starved = false;
    this.#host.writable();
  }

  /** Only what was there at the start: what comes meanwhile is the next batch. */
  #deliver(): void {
    const ring = this.#incoming;
    this.#delivering = true;
    try {
      for (let left = ring.count; left > 0 && this.#host !== null; left--) {
        const length = ring.lengthAt(0);
        this.counters.receivedPackets++;
        this.counters.receivedBytes += length;
        this.#host.receive(ring.offsetAt(0), length, this.#note);
        ring.shift(1);
      }
      this.#host?.receivedBatch();
    } finally {
      this.#delivering = false;
      this.#finishBatch();
    }
  }

  #finishBatch(): void {
    if (this.#host === null || this.#incoming.count === 0) this.#incoming.dispose();
    if (!this.#refusing) return;
    this.#refusing = false;
    this.#drain?.();
  }

  #sendOne(): void {
    const ring = this.#outgoing;
    const offset = ring.offsetAt(0);
    const length = ring.lengthAt(0);
    const packet = packetMemory.bytes.slice(offset, offset + length);
    ring.shift(1);
    this.counters.sentPackets++;
    this.counters.sentBytes += length;
    try {
      if (this.#send(packet) === false) this.#paused = true;
    } catch (error) {
      // The mistake is the user's, and so it must not end inside the stack that happened to call.
      throwLater(error);
    }
  }
}
