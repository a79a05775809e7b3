/**
 * Records of sent segments in a ring, in the order of sequence numbers; some of them linked in the
 * order of their last transmission. Storage only: what the records mean is the scoreboard's.
 */
import { seqLeq } from './seq';

export const NO_SLOT = -1;

const START = 0;
const END = 1;
const FLAGS = 2;
const PREVIOUS = 3;
const NEXT = 4;
const STRIDE = 5;
const FIRST_SIZE = 8;

export class SegmentRing {
  count = 0;
  /** Slots: the ends of the list by time; NO_SLOT when it is empty. */
  oldest = NO_SLOT;
  latest = NO_SLOT;

  /** Stamps by slot (delivery-rate.ts). */
  deliveredAtSend = new Float64Array(0);
  deliveryTimeAtSend = new Float64Array(0);
  firstSentAtSend = new Float64Array(0);

  #records = new Int32Array(0);
  #sentAt = new Float64Array(0);
  #isLinked = new Uint8Array(0);
  #mask = -1;
  #head = 0;

  /** Adds a record behind the last. @returns its slot, good until the ring grows or is split */
  push(start: number, end: number): number {
    if (this.count > this.#mask) this.#grow();
    const slot = this.slotAt(this.count);
    const at = slot * STRIDE;
    this.#records[at + START] = start;
    this.#records[at + END] = end;
    this.#records[at + FLAGS] = 0;
    this.#isLinked[slot] = 0;
    this.count++;
    return slot;
  }

  /** Drops the first record, which must not be linked. */
  shift(): void {
    this.#head = (this.#head + 1) & this.#mask;
    this.count--;
  }

  clear(): void {
    this.count = 0;
    this.oldest = NO_SLOT;
    this.latest = NO_SLOT;
  }

  /** Slot of the record that stands `index` after the first. */
  slotAt(index: number): number {
    return (this.#head + index) & this.#mask;
  }

  indexOf(slot: number): number {
    return (slot - this.#head) & this.#mask;
  }

  startOf(slot: number): number {
    return this.#records[slot * STRIDE + START];
  }

  endOf(slot: number): number {
    return this.#records[slot * STRIDE + END];
  }

  lengthOf(slot: number): number {
    return (this.#records[slot * STRIDE + END] - this.#records[slot * STRIDE + START]) | 0;
  }

  flagsOf(slot: number): number {
    return this.#records[slot * STRIDE + FLAGS];
  }

  sentAt(slot: number): number {
    return this.#sentAt[slot];
  }

  setStart(slot: number, start: number): void {
    this.#records[slot * STRIDE + START] = start;
  }

  setEnd(slot: number, end: number): void {
    this.#records[slot * STRIDE + END] = end;
  }

  setFlags(slot: number, flags: number): void {
    this.#records[slot * STRIDE + FLAGS] = flags;
  }

  /** How many records after the first is the one that holds the byte `seq`, or comes behind it? */
  find(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seqLeq(this.endOf(this.slotAt(middle)), seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts a record at the end of the list by time: it was sent `at` ms. */
  link(slot: number, at: number): void {
    const records = this.#records;
    this.#sentAt[slot] = at;
    records[slot * STRIDE + PREVIOUS] = this.latest;
    records[slot * STRIDE + NEXT] = NO_SLOT;
    if (this.latest === NO_SLOT) this.oldest = slot;
    else records[this.latest * STRIDE + NEXT] = slot;
    this.latest = slot;
    this.#isLinked[slot] = 1;
  }

  /** What had been delivered, and when, as the record's segment left. */
  stamp(slot: number, delivered: number, deliveredAt: number, firstSentAt: number): void {
    this.deliveredAtSend[slot] = delivered;
    this.deliveryTimeAtSend[slot] = deliveredAt;
    this.firstSentAtSend[slot] = firstSentAt;
  }

  unlink(slot: number): void {
    const records = this.#records;
    const previous = records[slot * STRIDE + PREVIOUS];
    const next = records[slot * STRIDE + NEXT];
    if (previous === NO_SLOT) this.oldest = next;
    else records[previous * STRIDE + NEXT] = next;
    if (next === NO_SLOT) this.latest = previous;
    else records[next * STRIDE + PREVIOUS] = previous;
    this.#isLinked[slot] = 0;
  }

  /**
   * Cuts a record in two at `end`; both parts are as the whole was. Everything later moves, which
   * is slow and rare. @returns slot of the first part
   */
  split(slot: number, end: number): number {
    const index = this.indexOf(slot);
    if (this.count > this.#mask) this.#grow();
    for (let i = this.count; i > index; i--) this.#move(i - 1, i);
    this.count++;
    const first = this.slotAt(index);
    const rest = this.slotAt(index + 1);
    this.#records[first * STRIDE + END] = end;
    this.#records[rest * STRIDE + START] = end;
    if (this.#isLinked[rest] === 1) this.#linkBefore(first, rest);
    return first;
  }

  /** Joins the record `index` after the first with the one behind it; neither may be linked. */
  join(index: number): void {
    const next = this.slotAt(index + 1);
    this.#records[next * STRIDE + START] = this.startOf(this.slotAt(index));
    for (let i = index; i > 0; i--) this.#move(i - 1, i);
    this.shift();
  }

  #linkBefore(slot: number, next: number): void {
    const records = this.#records;
    const previous = records[next * STRIDE + PREVIOUS];
    records[slot * STRIDE + PREVIOUS] = previous;
    records[slot * STRIDE + NEXT] = next;
    records[next * STRIDE + PREVIOUS] = slot;
    if (previous === NO_SLOT) this.oldest = slot;
    else records[previous * STRIDE + NEXT] = slot;
    this.#isLinked[slot] = 1;
  }

  /** Moves the record at one index to another; its neighbours in time follow it. */
  #move(from: number, to: number): void {
    const source = this.slotAt(from);
    const target = this.slotAt(to);
    const records = this.#records;
    records.copyWithin(target * STRIDE, source * STRIDE, (source + 1) * STRIDE);
    this.#sentAt[target] = this.#sentAt[source];
    this.deliveredAtSend[target] = this.deliveredAtSend[source];
    this.deliveryTimeAtSend[target] = this.deliveryTimeAtSend[source];
    this.firstSentAtSend[target] = this.firstSentAtSend[source];
    this.#isLinked[target] = this.#isLinked[source];
    if (this.#isLinked[target] === 0) return;
    const previous = records[target * STRIDE + PREVIOUS];
    const next = records[target * STRIDE + NEXT];
    if (previous === NO_SLOT) this.oldest = target;
    else records[previous * STRIDE + NEXT] = target;
    if (next === NO_SLOT) this.latest = target;
    else records[next * STRIDE + PREVIOUS] = target;
  }

  /**
   * Doubles the ring. The first record comes to stand in slot 0; links, which are slots, follow.
   */
  #grow(): void {
    const size = Math.max(FIRST_SIZE, (this.#mask + 1) * 2);
    const records = new Int32Array(size * STRIDE);
    const sentAt = new Float64Array(size);
    const isLinked = new Uint8Array(size);
    this.deliveredAtSend = this.#turned(this.deliveredAtSend, size);
    this.deliveryTimeAtSend = this.#turned(this.deliveryTimeAtSend, size);
    this.firstSentAtSend = this.#turned(this.firstSentAtSend, size);
    for (let i = 0; i < this.count; i++) {
      const from = this.slotAt(i);
      const to = i * STRIDE;
      records.set(this.#records.subarray(from * STRIDE, (from + 1) * STRIDE), to);
      sentAt[i] = this.#sentAt[from];
      isLinked[i] = this.#isLinked[from];
      if (isLinked[i] === 0) continue;
      records[to + PREVIOUS] = this.#indexOrNone(records[to + PREVIOUS]);
      records[to + NEXT] = this.#indexOrNone(records[to + NEXT]);
    }
    this.oldest = this.#indexOrNone(this.oldest);
    this.latest = this.#indexOrNone(this.latest);
    this.#records = records;
    this.#sentAt = sentAt;
    this.#isLinked = isLinked;
    this.#mask = size - 1;
    this.#head = 0;
  }

  /** A larger copy of a table by slot, in the order that `#grow` brings about. */
  #turned(table: Float64Array, size: number): Float64Array<ArrayBuffer> {
    const turned = new Float64Array(size);
    for (let i = 0; i < this.count; i++) turned[i] = table[this.slotAt(i)];
    return turned;
  }

  #indexOrNone(slot: number): number {
    return slot === NO_SLOT ? NO_SLOT : this.indexOf(slot);
  }
}
