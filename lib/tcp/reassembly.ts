/**
 * Text that arrived ahead of its turn (RFC 9293 §3.10.7.4, SHLD-31).
 *
 * The bytes lie in a ring in packet memory, each at its sequence number modulo the ring's size, so
 * that an overlap writes the same bytes to the same place. Beside it stands a sorted list of the
 * ranges present. Finding a range is a binary search; their number is bounded, and so is the ring,
 * by the receive window: a flood of one-byte segments costs no more than any other (CVE-2018-5390).
 */
import { packetMemory } from '../support/memory';
import type { ReceiveBuffer } from './receive-buffer';
import { seqAdd, seqDiff, seqGt, seqLeq, seqLt } from './seq';

const SMALLEST_RING = 4096;
const FIRST_RANGES = 8;

export class Reassembly {
  /** Ranges held: [start, end) in sequence numbers, sorted, never touching. */
  count = 0;
  starts = new Int32Array(0);
  ends = new Int32Array(0);

  readonly #limit: number;
  #ring = 0;
  #size = 0;

  /** @param limit most ranges kept; a segment that would make one more is refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held, all ranges together. */
  get length(): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += seqDiff(this.ends[i], this.starts[i]);
    return sum;
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
    const first = this.#firstEndingAtOrAfter(seq);
    const merges = first < this.count && seqLeq(this.starts[first], end);
    if (!merges && this.count >= this.#limit) return false;
    if (!this.#ensureRing(next, end)) return false;
    this.#copyIn(seq, offset, length);
    if (merges) this.#merge(first, seq, end);
    else this.#insertRange(first, seq, end);
    return true;
  }

  /**
   * Moves what now follows `next` without a gap to the receive buffer.
   * @returns bytes moved
   */
  drainInto(buffer: ReceiveBuffer, next: number): number {
    // Ranges that a longer in-order segment has overtaken are dropped, the one it reached is cut.
    let gone = 0;
    while (gone < this.count && seqLeq(this.ends[gone], next)) gone++;
    this.#removeRanges(0, gone);
    if (this.count === 0 || seqGt(this.starts[0], next)) {
      if (this.count === 0) this.clear();
      return 0;
    }
    const length = seqDiff(this.ends[0], next);
    const at = next & (this.#size - 1);
    const first = Math.min(length, this.#size - at);
    buffer.append(this.#ring + at, first);
    if (first < length) buffer.append(this.#ring, length - first);
    this.#removeRanges(0, 1);
    if (this.count === 0) this.clear();
    return length;
  }

  clear(): void {
    this.count = 0;
    if (this.#size === 0) return;
    packetMemory.release(this.#ring, this.#size);
    this.#ring = 0;
    this.#size = 0;
  }

  #firstEndingAtOrAfter(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seqLt(this.ends[middle], seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #merge(first: number, seq: number, end: number): void {
    let last = first;
    while (last + 1 < this.count && seqLeq(this.starts[last + 1], end)) last++;
    if (seqLt(seq, this.starts[first])) this.starts[first] = seq;
    this.ends[first] = seqGt(end, this.ends[last]) ? end : this.ends[last];
    this.#removeRanges(first + 1, last - first);
  }

  #insertRange(at: number, seq: number, end: number): void {
    if (this.count === this.starts.length) this.#growRanges();
    this.starts.copyWithin(at + 1, at, this.count);
    this.ends.copyWithin(at + 1, at, this.count);
    this.starts[at] = seq;
    this.ends[at] = end;
    this.count++;
  }

  #removeRanges(at: number, count: number): void {
    if (count <= 0) return;
    this.starts.copyWithin(at, at + count, this.count);
    this.ends.copyWithin(at, at + count, this.count);
    this.count -= count;
  }

  #growRanges(): void {
    const size = Math.min(this.#limit, Math.max(FIRST_RANGES, this.starts.length * 2));
    const starts = new Int32Array(size);
    const ends = new Int32Array(size);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
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
    const size = Math.max(SMALLEST_RING, 2 ** (32 - Math.clz32(need - 1)));
    let ring: number;
    try {
      ring = packetMemory.allocate(size);
    } catch {
      return false;
    }
    const oldRing = this.#ring;
    const oldSize = this.#size;
    this.#ring = ring;
    this.#size = size;
    for (let i = 0; i < this.count; i++) {
      this.#copyFromRing(oldRing, oldSize, this.starts[i], seqDiff(this.ends[i], this.starts[i]));
    }
    if (oldSize > 0) packetMemory.release(oldRing, oldSize);
    return true;
  }

  #copyFromRing(ring: number, size: number, seq: number, length: number): void {
    const at = seq & (size - 1);
    const first = Math.min(length, size - at);
    this.#copyIn(seq, ring + at, first);
    if (first < length) this.#copyIn(seqAdd(seq, first), ring, length - first);
  }
}
