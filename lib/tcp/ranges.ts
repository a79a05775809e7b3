/**
 * A bounded, sorted list of ranges of sequence numbers that never touch: what has arrived out of
 * order, what the peer has reported as received. Finding one is a binary search.
 */
import { seqDiff, seqGt, seqLeq, seqLt } from './seq';

const FIRST_SIZE = 8;
/** What a list has until its first range. */
const NONE = new Int32Array(0);

export class SequenceRanges {
  count = 0;
  /** [start, end), in order; the first `count` count. */
  starts: Int32Array = NONE;
  ends: Int32Array = NONE;

  readonly #limit: number;

  /** @param limit most ranges kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes in all ranges together. */
  get length(): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += seqDiff(this.ends[i], this.starts[i]);
    return sum;
  }

  /** Index of the first range that ends at or after `seq`; `count` when there is none. */
  find(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seqLt(this.ends[middle], seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Does one range hold all of [start, end)? */
  holds(start: number, end: number): boolean {
    const at = this.find(end);
    return at < this.count && seqLeq(this.starts[at], start);
  }

  /** Where a range that begins at `start` would begin, once added to what it touches. */
  startWith(start: number): number {
    const at = this.find(start);
    return at < this.count && seqLeq(this.starts[at], start) ? this.starts[at] : start;
  }

  /** Where one that ends at `end` would end. */
  endWith(end: number): number {
    const at = this.find(end);
    return at < this.count && seqLeq(this.starts[at], end) ? this.ends[at] : end;
  }

  /** Would `add` be refused? */
  isRefused(start: number, end: number): boolean {
    if (this.count < this.#limit) return false;
    const at = this.find(start);
    return at === this.count || seqGt(this.starts[at], end);
  }

  /** @returns false when it would make one range too many */
  add(start: number, end: number): boolean {
    const at = this.find(start);
    if (at < this.count && seqLeq(this.starts[at], end)) {
      this.#merge(at, start, end);
      return true;
    }
    if (this.count >= this.#limit) return false;
    this.#insert(at, start, end);
    return true;
  }

  /** Drops what lies before `seq`; a range that spans it keeps its later part. */
  dropBefore(seq: number): void {
    let gone = 0;
    while (gone < this.count && seqLeq(this.ends[gone], seq)) gone++;
    this.remove(0, gone);
    if (this.count > 0 && seqLt(this.starts[0], seq)) this.starts[0] = seq;
  }

  remove(at: number, count: number): void {
    if (count <= 0) return;
    this.starts.copyWithin(at, at + count, this.count);
    this.ends.copyWithin(at, at + count, this.count);
    this.count -= count;
  }

  clear(): void {
    this.count = 0;
  }

  #merge(first: number, start: number, end: number): void {
    let last = first;
    while (last + 1 < this.count && seqLeq(this.starts[last + 1], end)) last++;
    if (seqLt(start, this.starts[first])) this.starts[first] = start;
    this.ends[first] = seqGt(end, this.ends[last]) ? end : this.ends[last];
    this.remove(first + 1, last - first);
  }

  #insert(at: number, start: number, end: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts.copyWithin(at + 1, at, this.count);
    this.ends.copyWithin(at + 1, at, this.count);
    this.starts[at] = start;
    this.ends[at] = end;
    this.count++;
  }

  #grow(): void {
    const size = Math.min(this.#limit, Math.max(FIRST_SIZE, this.starts.length * 2));
    const starts = new Int32Array(size);
    const ends = new Int32Array(size);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
}
