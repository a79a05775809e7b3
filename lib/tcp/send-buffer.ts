/**
 * What the user has sent and the peer has not acknowledged: a ring in packet memory.
 *
 * The ring is a power of two, made when the first byte comes, doubled while it is too small, given
 * back when everything is acknowledged; in a bulk transfer the next one begins with the size that
 * this one needed, or half of what was needed before. Segments point into it; a retransmission
 * reads it again.
 */
import { packetMemory } from '../support/memory';
import type { Segment } from '../wire/segment';

const SMALLEST_RING = 2048;
const LARGEST_RING = 2 ** 30;
/** Who has so much to send will want to go on. */
const BULK_BYTES = 16_384;

export class SendBuffer {
  /** Most bytes held. */
  limit: number;
  /** The largest limit that was lowered: so much may still be held. */
  formerLimit = 0;
  /** Bytes held now. */
  length = 0;

  #ring = 0; // offset in packet memory; 0: none
  #size = 0;
  #head = 0; // place of the oldest byte in the ring
  /** Most that was held in the present ring, and in the one before it. */
  #peak = 0;
  #formerPeak = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Most bytes taken now: less than the limit where packet memory is short. */
  get capacity(): number {
    return packetMemory.shareOf(this.limit);
  }

  /** Below 0 where more is held than would be taken now. */
  get room(): number {
    return this.capacity - this.length;
  }

  /**
   * Copies from `chunk[from…]` what there is room for.
   * @returns bytes taken; where packet memory is used up, what the ring has room for
   */
  append(chunk: Uint8Array, from: number): number {
    let count = Math.min(chunk.length - from, this.room);
    if (count <= 0) return 0;
    if (!this.#ensure(this.length + count)) count = this.#size - this.length;
    if (count === 0) return 0;
    const tail = (this.#head + this.length) & (this.#size - 1);
    const first = Math.min(count, this.#size - tail);
    const bytes = packetMemory.bytes;
    if (from === 0 && first === chunk.length) {
      bytes.set(chunk, this.#ring + tail);
    } else {
      bytes.set(chunk.subarray(from, from + first), this.#ring + tail);
      if (first < count) bytes.set(chunk.subarray(from + first, from + count), this.#ring);
    }
    this.length += count;
    if (this.length > this.#peak) this.#peak = this.length;
    return count;
  }

  /** Points `seg`'s text at `length` bytes that lie `offset` bytes after the oldest. */
  place(offset: number, length: number, seg: Segment): void {
    const at = (this.#head + offset) & (this.#size - 1);
    const first = Math.min(length, this.#size - at);
    seg.textOffset = this.#ring + at;
    seg.textLength = first;
    seg.moreOffset = this.#ring;
    seg.moreLength = length - first;
  }

  /** Forgets the oldest `count` bytes: they are acknowledged. */
  drop(count: number): void {
    this.length -= count;
    this.#head = (this.#head + count) & (this.#size - 1);
    if (this.length === 0) this.#release();
  }

  clear(): void {
    this.length = 0;
    this.#release();
  }

  #ensure(need: number): boolean {
    if (need <= this.#size) return true;
    if (need > LARGEST_RING) return false;
    const isBulk = need >= BULK_BYTES;
    const wanted = isBulk ? Math.max(need, Math.min(this.#formerPeak, this.capacity)) : need;
    const size = Math.max(SMALLEST_RING, 1 << (32 - Math.clz32(wanted - 1)));
    let ring: number;
    try {
      ring = packetMemory.allocateText(size);
    } catch {
      if (wanted === need) return false;
      this.#formerPeak = 0;
      return this.#ensure(need);
    }
    if (this.#size > 0) {
      const first = Math.min(this.length, this.#size - this.#head);
      const from = this.#ring + this.#head;
      const bytes = packetMemory.bytes;
      bytes.copyWithin(ring, from, from + first);
      bytes.copyWithin(ring + first, this.#ring, this.#ring + this.length - first);
      packetMemory.releaseText(this.#ring, this.#size);
    }
    this.#ring = ring;
    this.#size = size;
    this.#head = 0;
    return true;
  }

  #release(): void {
    if (this.#size === 0) return;
    packetMemory.releaseText(this.#ring, this.#size);
    this.#ring = 0;
    this.#size = 0;
    this.#head = 0;
    this.#formerPeak = Math.max(this.#peak, this.#formerPeak >> 1);
    this.#peak = 0;
  }
}
