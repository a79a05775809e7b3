/**
 * Text that arrived ahead of its turn (RFC 9293 §3.10.7.4, SHLD-31).
 *
 * The bytes lie in a ring in packet memory, each at its sequence number modulo the ring's size, so
 * that an overlap writes the same bytes to the same place. Beside it stands a sorted list of the
 * ranges present. Finding a range is a binary search; their number is bounded, and so is the ring,
 * by the receive window: a flood of one-byte segments costs no more than any other (CVE-2018-5390).
 */
import { packetMemory } from '../support/memory';
import { SequenceRanges } from './ranges';
import type { ReceiveBuffer } from './receive-buffer';
import { seqAdd, seqDiff, seqGt } from './seq';

const SMALLEST_RING = 4096;
const LARGEST_RING = 2 ** 30;

export class Reassembly {
  /** What is held, in sequence numbers. */
  readonly ranges: SequenceRanges;

  #ring = 0;
  #size = 0;

  /** @param limit most ranges kept; a segment that would make one more is refused */
  constructor(limit: number) {
    this.ranges = new SequenceRanges(limit);
  }

  /** Ranges held. */
  get count(): number {
    return this.ranges.count;
  }

  /** Bytes held, all ranges together. */
  get length(): number {
    return this.ranges.length;
  }

  /** Bytes of packet memory in use. */
  get ringBytes(): number {
    return this.#size;
  }

  /**
   * Keeps `length` bytes (at least 1) that begin at `seq`, which lies after `next` = RCV.NXT.
   * @returns false when refused: too many ranges, or no memory
   */
  insert(next: number, seq: number, offset: number, length: number): boolean {
    const end = seqAdd(seq, length);
    if (this.ranges.isRefused(seq, end) || !this.#ensureRing(next, end)) return false;
    this.#copyIn(seq, offset, length);
    return this.ranges.add(seq, end);
  }

  /**
   * Moves what now follows `next` without a gap to the receive buffer.
   * @returns bytes moved
   */
  drainInto(buffer: ReceiveBuffer, next: number): number {
    const { ranges } = this;
    // Ranges that a longer in-order segment has overtaken are dropped, the one it reached is cut.
    let gone = 0;
    while (gone < ranges.count && !seqGt(ranges.ends[gone], next)) gone++;
    ranges.remove(0, gone);
    if (ranges.count === 0 || seqGt(ranges.starts[0], next)) {
      if (ranges.count === 0) this.clear();
      return 0;
    }
    const length = seqDiff(ranges.ends[0], next);
    const at = next & (this.#size - 1);
    const first = Math.min(length, this.#size - at);
    buffer.append(this.#ring + at, first);
    if (first < length) buffer.append(this.#ring, length - first);
    ranges.remove(0, 1);
    if (ranges.count === 0) this.clear();
    return length;
  }

  clear(): void {
    this.ranges.clear();
    if (this.#size === 0) return;
    packetMemory.releaseText(this.#ring, this.#size);
    this.#ring = 0;
    this.#size = 0;
  }

  #copyIn(seq: number, offset: number, length: number): void {
    const at = seq & (this.#size - 1);
    const first = Math.min(length, this.#size - at);
    const bytes = packetMemory.bytes;
    bytes.copyWithin(this.#ring + at, offset, offset + first);
    if (first < length) bytes.copyWithin(this.#ring, offset + first, offset + length);
  }

  /** Makes the ring span from `next` to `end` at least; a larger one gets the old one's ranges. */
  #ensureRing(next: number, end: number): boolean {
    const need = seqDiff(end, next);
    if (need <= this.#size) return true;
    if (need > LARGEST_RING) return false;
    const size = Math.max(SMALLEST_RING, 1 << (32 - Math.clz32(need - 1)));
    let ring: number;
    try {
      ring = packetMemory.allocateText(size);
    } catch {
      return false;
    }
    const oldRing = this.#ring;
    const oldSize = this.#size;
    this.#ring = ring;
    this.#size = size;
    const { count, starts, ends } = this.ranges;
    for (let i = 0; i < count; i++) {
      this.#copyFromRing(oldRing, oldSize, starts[i], seqDiff(ends[i], starts[i]));
    }
    if (oldSize > 0) packetMemory.releaseText(oldRing, oldSize);
    return true;
  }

  #copyFromRing(ring: number, size: number, seq: number, length: number): void {
    const at = seq & (size - 1);
    const first = Math.min(length, size - at);
    this.#copyIn(seq, ring + at, first);
    if (first < length) this.#copyIn(seqAdd(seq, first), ring, length - first);
  }
}
