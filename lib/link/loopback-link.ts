/**
 * The loopback inside the process: packets to the stack's own addresses, which leave it nowhere.
 *
 * RFC 1122 §3.2.1.3 (127.0.0.0/8) and RFC 4291 §2.5.3 (::1). A packet is written once, in place,
 * and read from there; much text is not even written, but read from the sender's buffer. Checksums
 * are never looked at. Delivery is always deferred, so that a stack is never entered from inside
 * its own output.
 */
import type { Link, LinkHost, LinkRoute } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_VERIFIED } from '../wire/checksum-note';
import { IPV4_LOOPBACK, type IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { LinkCounters } from './link-counters';
import { PacketRing } from './packet-ring';

/**
 * Most bytes under way, text that stays where it is among them: eight of the largest packets. Of
 * more, what those wrote who come first would be in no cache any more by the time it is read.
 */
export const LOOPBACK_QUEUE_BYTES = 512 * 1024;
/** Most packets under way: enough for that many bytes in packets of 256. */
export const LOOPBACK_QUEUE_PACKETS = 2048;

export class LoopbackLink implements Link {
  readonly name = 'loopback';
  readonly mtu = IPV4_MAX_BYTES;
  readonly maxSegmentBytes = IPV4_MAX_BYTES;
  readonly needsChecksum = false;
  readonly sharesHost = false;
  readonly counters = new LinkCounters();

  readonly #isOwn: (address: IpAddress) => boolean;
  readonly #ring = new PacketRing(LOOPBACK_QUEUE_BYTES, LOOPBACK_QUEUE_PACKETS);
  #host: LinkHost | null = null;
  /** How many packets are under way whose text is in the sender's buffer, and how much of it. */
  #pins = 0;
  #pinnedBytes = 0;
  /** Has `defer` been asked for a delivery that has not begun? */
  #scheduled = false;
  #delivering = false;
  /** Was something flushed while a delivery was going on? */
  #flushed = false;
  /** Has `reserve` found no room since the last `writable`? */
  #starved = false;

  /** @param isOwn says which addresses besides 127.0.0.0/8 and ::1 are the stack's own */
  constructor(isOwn: (address: IpAddress) => boolean = isNever) {
    this.#isOwn = isOwn;
  }

  open(host: LinkHost): void {
    this.#host = host;
  }

  close(): void {
    this.#host = null;
    this.#scheduled = false;
    this.#flushed = false;
    this.#starved = false;
    // A receiver that closes us from inside `receive` still has its packet until it returns.
    if (!this.#delivering) this.#clear();
  }

  isLocal(address: IpAddress): boolean {
    return address.isLoopback || this.#isOwn(address);
  }

  route(destination: IpAddress): LinkRoute | null {
    if (!this.isLocal(destination)) return null;
    // As Linux does: all of 127.0.0.0/8 is reached from 127.0.0.1, another own address from itself.
    const wide = destination.isLoopback && destination.isMapped;
    return { source: wide ? IPV4_LOOPBACK : destination, mtu: IPV4_MAX_BYTES };
  }

  reserve(length: number): number {
    if (this.#host === null || length > IPV4_MAX_BYTES) return -1;
    const hasRoom = this.#pinnedBytes + length <= LOOPBACK_QUEUE_BYTES;
    const offset = hasRoom ? this.#ring.reserve(length) : -1;
    if (offset < 0) {
      this.#starved = true;
      this.#schedule();
    }
    return offset;
  }

  commit(length: number): void {
    this.#ring.commit(length);
    this.counters.sentPackets++;
    this.counters.sentBytes += length;
  }

  get mayLeaveText(): boolean {
    return packetMemory.mayPinText;
  }

  commitInPlace(headerBytes: number, textOffset: number, textLength: number): void {
    packetMemory.pinText();
    this.#pins++;
    this.#pinnedBytes += textLength;
    this.#ring.commit(headerBytes, textOffset, textLength);
    this.counters.sentPackets++;
    this.counters.sentBytes += headerBytes + textLength;
  }

  flush(): void {
    if (this.#ring.count === 0) {
      // A reservation that came to nothing.
      if (!this.#delivering) this.#clear();
    } else if (this.#delivering) this.#flushed = true;
    else this.#schedule();
  }

  ref(): void {}
  unref(): void {}

  #schedule(): void {
    if (this.#scheduled || this.#host === null) return;
    this.#scheduled = true;
    this.#host.defer(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#scheduled = false;
    if (this.#host === null) return;
    this.#delivering = true;
    this.#flushed = false;
    try {
      this.#deliverQueued();
      this.#host?.receivedBatch();
    } finally {
      // A user's listener may throw out of `receivedBatch`; the loopback outlives that.
      this.#delivering = false;
      this.#finishBatch();
    }
  };

  /** Only what was there at the start: what the receiver commits meanwhile is the next batch. */
  #deliverQueued(): void {
    const ring = this.#ring;
    for (let left = ring.count; left > 0 && this.#host !== null; left--) {
      const length = ring.lengthAt(0);
      this.counters.receivedPackets++;
      this.counters.receivedBytes += length;
      this.#host.receive(ring.offsetAt(0), length, CHECKSUM_VERIFIED, ring.textAt(0));
      ring.shift(1);
    }
  }

  #clear(): void {
    this.#ring.dispose();
    if (this.#pins > 0) packetMemory.unpinText(this.#pins);
    this.#pins = 0;
    this.#pinnedBytes = 0;
  }

  #finishBatch(): void {
    const host = this.#host;
    if (host === null || this.#ring.count === 0) this.#clear();
    if (host === null) return;
    if (this.#flushed) this.#schedule();
    if (!this.#starved) return;
    this.#starved = false;
    host.writable();
  }
}

function isNever(): boolean {
  return false;
}
