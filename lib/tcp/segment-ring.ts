/**
 * Records of sent segments in a ring, in the order of sequence numbers; some of them linked in the
 * order of their last transmission. Storage only: what the records mean is the scoreboard's.
 */
import type { DeliveryRate } from './delivery-rate';
import {
  giveBackTables,
  NO_TABLES,
  type SegmentTables,
  STRIDE,
  takeTables,
} from './segment-tables';
import { seqAdd, seqLeq, seqLt } from './seq';

export const NO_SLOT = -1;

/**
 * Most segments outstanding at once; at the limit nothing new is sent until some are acknowledged.
 */
export const MAX_RECORDS = 65_536;

const START = 0;
const END = 1;
const FLAGS = 2;
const PREVIOUS = 3;
const NEXT = 4;

export class SegmentRing {
  count = 0;
  /** Of these, how many are empty: they have been joined to the one before them. */
  emptyCount = 0;
  /** Slots: the ends of the list by time; NO_SLOT when it is empty. */
  oldest = NO_SLOT;
  latest = NO_SLOT;

  /** The columns by slot; replaced when the ring grows, and lent only while it holds a record. */
  tables: SegmentTables = NO_TABLES;

  #mask = -1;
  #head = 0;
  /** Size of the tables before they were given back: the next burst will be like the last. */
  #lastClass = 0;

  /** Adds a record behind the last. @returns its slot, good until the ring grows or is split */
  push(start: number, end: number): number {
    if (this.count > this.#mask) this.#grow();
    const slot = this.slotAt(this.count);
    const at = slot * STRIDE;
    const { records, isLinked } = this.tables;
    records[at + START] = start;
    records[at + END] = end;
    records[at + FLAGS] = 0;
    isLinked[slot] = 0;
    this.count++;
    return slot;
  }

  /** Drops the first record, which must not be linked. */
  shift(): void {
    if (this.emptyCount > 0 && this.lengthOf(this.#head) === 0) this.emptyCount--;
    this.#head = (this.#head + 1) & this.#mask;
    this.count--;
    if (this.count === 0) this.#giveBack();
  }

  clear(): void {
    this.count = 0;
    this.emptyCount = 0;
    this.oldest = NO_SLOT;
    this.latest = NO_SLOT;
    this.#giveBack();
  }

  /** Slot of the record that stands `index` after the first. */
  slotAt(index: number): number {
    return (this.#head + index) & this.#mask;
  }

  indexOf(slot: number): number {
    return (slot - this.#head) & this.#mask;
  }

  startOf(slot: number): number {
    return this.tables.records[slot * STRIDE + START];
  }

  endOf(slot: number): number {
    return this.tables.records[slot * STRIDE + END];
  }

  lengthOf(slot: number): number {
    return (
      (this.tables.records[slot * STRIDE + END] - this.tables.records[slot * STRIDE + START]) | 0
    );
  }

  flagsOf(slot: number): number {
    return this.tables.records[slot * STRIDE + FLAGS];
  }

  sentAt(slot: number): number {
    return this.tables.sentAt[slot];
  }

  /** The slot that comes next in the list by time; NO_SLOT behind the last. */
  laterThan(slot: number): number {
    return this.tables.records[slot * STRIDE + NEXT];
  }

  setStart(slot: number, start: number): void {
    this.tables.records[slot * STRIDE + START] = start;
  }

  setEnd(slot: number, end: number): void {
    this.tables.records[slot * STRIDE + END] = end;
  }

  setFlags(slot: number, flags: number): void {
    this.tables.records[slot * STRIDE + FLAGS] = flags;
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
    const records = this.tables.records;
    this.tables.sentAt[slot] = at;
    records[slot * STRIDE + PREVIOUS] = this.latest;
    records[slot * STRIDE + NEXT] = NO_SLOT;
    if (this.latest === NO_SLOT) this.oldest = slot;
    else records[this.latest * STRIDE + NEXT] = slot;
    this.latest = slot;
    this.tables.isLinked[slot] = 1;
  }

  /** How things stood as the record's segment left, itself among the `flight` bytes. */
  stamp(slot: number, delivery: DeliveryRate, flight: number): void {
    const { tables } = this;
    tables.deliveredAtSend[slot] = delivery.delivered;
    tables.deliveryTimeAtSend[slot] = delivery.deliveredAt;
    tables.firstSentAtSend[slot] = delivery.firstSentAt;
    tables.lostAtSend[slot] = delivery.lost;
    tables.flightAtSend[slot] = flight;
  }

  unlink(slot: number): void {
    const records = this.tables.records;
    const previous = records[slot * STRIDE + PREVIOUS];
    const next = records[slot * STRIDE + NEXT];
    if (previous === NO_SLOT) this.oldest = next;
    else records[previous * STRIDE + NEXT] = next;
    if (next === NO_SLOT) this.latest = previous;
    else records[next * STRIDE + PREVIOUS] = previous;
    this.tables.isLinked[slot] = 0;
  }

  /**
   * Cuts a record in two at `end`; both parts are as the whole was. An empty record behind it
   * becomes the second part; else everything later moves, which is slow and rare.
   * @returns slot of the first part
   */
  split(slot: number, end: number): number {
    const index = this.indexOf(slot);
    if (index + 1 < this.count && this.lengthOf(this.slotAt(index + 1)) === 0) {
      this.#splitInto(slot, this.slotAt(index + 1), end);
      return slot;
    }
    if (this.count > this.#mask) this.#grow();
    for (let i = this.count; i > index; i--) this.#move(i - 1, i);
    this.count++;
    const first = this.slotAt(index);
    const rest = this.slotAt(index + 1);
    this.tables.records[first * STRIDE + END] = end;
    this.tables.records[rest * STRIDE + START] = end;
    if (this.tables.isLinked[rest] === 1) this.#linkBefore(first, rest);
    return first;
  }

  /**
   * Cuts the records that have one of the two in their middle, if they stand for several segments:
   * they are longer than `segmentBytes`.
   */
  cutAround(from: number, to: number, segmentBytes: number): void {
    this.#cutAt(from, segmentBytes);
    this.#cutAt(to, segmentBytes);
  }

  #cutAt(seq: number, segmentBytes: number): void {
    const index = this.find(seq);
    if (index === this.count) return;
    const slot = this.slotAt(index);
    if (seqLt(this.startOf(slot), seq) && this.lengthOf(slot) > segmentBytes) this.split(slot, seq);
  }

  /** The first segment of a record that stands for several, as a record of its own. */
  headOf(slot: number, segmentBytes: number): number {
    if (this.lengthOf(slot) <= segmentBytes) return slot;
    return this.split(slot, seqAdd(this.startOf(slot), segmentBytes));
  }

  /** The last segment of a record that stands for several, as a record of its own. */
  tailOf(slot: number, segmentBytes: number): number {
    const length = this.lengthOf(slot);
    if (length <= segmentBytes) return slot;
    const first = this.split(
      slot,
      seqAdd(this.endOf(slot), -(length % segmentBytes || segmentBytes)),
    );
    return this.slotAt(this.indexOf(first) + 1);
  }

  /**
   * Joins records, counted from the first; none may be linked. All but the first become empty and
   * stay where they are, for to close the gap would move all that come behind; at the end of the
   * ring they go.
   */
  join(first: number, last: number): void {
    const { records } = this.tables;
    const end = this.endOf(this.slotAt(last));
    records[this.slotAt(first) * STRIDE + END] = end;
    for (let i = first + 1; i <= last; i++) {
      const slot = this.slotAt(i);
      if (this.lengthOf(slot) !== 0) this.emptyCount++;
      records[slot * STRIDE + START] = end;
      records[slot * STRIDE + END] = end;
    }
    if (last + 1 < this.count) return;
    this.emptyCount -= last - first;
    this.count = first + 1;
  }

  #splitInto(slot: number, next: number, end: number): void {
    const { records, isLinked } = this.tables;
    records.copyWithin(next * STRIDE, slot * STRIDE, (slot + 1) * STRIDE);
    this.#copyTimes(slot, next);
    records[slot * STRIDE + END] = end;
    records[next * STRIDE + START] = end;
    this.emptyCount--;
    if (isLinked[slot] === 1) this.#linkBehind(next, slot);
  }

  #linkBehind(slot: number, previous: number): void {
    const { records, isLinked } = this.tables;
    const next = records[previous * STRIDE + NEXT];
    records[slot * STRIDE + PREVIOUS] = previous;
    records[slot * STRIDE + NEXT] = next;
    records[previous * STRIDE + NEXT] = slot;
    if (next === NO_SLOT) this.latest = slot;
    else records[next * STRIDE + PREVIOUS] = slot;
    isLinked[slot] = 1;
  }

  #linkBefore(slot: number, next: number): void {
    const records = this.tables.records;
    const previous = records[next * STRIDE + PREVIOUS];
    records[slot * STRIDE + PREVIOUS] = previous;
    records[slot * STRIDE + NEXT] = next;
    records[next * STRIDE + PREVIOUS] = slot;
    if (previous === NO_SLOT) this.oldest = slot;
    else records[previous * STRIDE + NEXT] = slot;
    this.tables.isLinked[slot] = 1;
  }

  /** Moves the record at one index to another; its neighbours in time follow it. */
  #move(from: number, to: number): void {
    const source = this.slotAt(from);
    const target = this.slotAt(to);
    const { tables } = this;
    const { records } = tables;
    records.copyWithin(target * STRIDE, source * STRIDE, (source + 1) * STRIDE);
    this.#copyTimes(source, target);
    tables.isLinked[target] = tables.isLinked[source];
    if (tables.isLinked[target] === 0) return;
    const previous = records[target * STRIDE + PREVIOUS];
    const next = records[target * STRIDE + NEXT];
    if (previous === NO_SLOT) this.oldest = target;
    else records[previous * STRIDE + NEXT] = target;
    if (next === NO_SLOT) this.latest = target;
    else records[next * STRIDE + PREVIOUS] = target;
  }

  #copyTimes(source: number, target: number): void {
    const { tables } = this;
    tables.sentAt[target] = tables.sentAt[source];
    tables.deliveredAtSend[target] = tables.deliveredAtSend[source];
    tables.deliveryTimeAtSend[target] = tables.deliveryTimeAtSend[source];
    tables.firstSentAtSend[target] = tables.firstSentAtSend[source];
    tables.lostAtSend[target] = tables.lostAtSend[source];
    tables.flightAtSend[target] = tables.flightAtSend[source];
  }

  /**
   * Doubles the ring. The first record comes to stand in slot 0; links, which are slots, follow.
   */
  #grow(): void {
    const old = this.tables;
    if (old === NO_TABLES) {
      this.#use(takeTables(this.#lastClass));
      return;
    }
    const larger = takeTables(old.sizeClass + 1);
    const { records, sentAt, isLinked } = larger;
    for (let i = 0; i < this.count; i++) {
      const from = this.slotAt(i);
      const to = i * STRIDE;
      for (let word = 0; word < STRIDE; word++) {
        records[to + word] = old.records[from * STRIDE + word];
      }
      sentAt[i] = old.sentAt[from];
      larger.deliveredAtSend[i] = old.deliveredAtSend[from];
      larger.deliveryTimeAtSend[i] = old.deliveryTimeAtSend[from];
      larger.firstSentAtSend[i] = old.firstSentAtSend[from];
      larger.lostAtSend[i] = old.lostAtSend[from];
      larger.flightAtSend[i] = old.flightAtSend[from];
      isLinked[i] = old.isLinked[from];
      if (isLinked[i] === 0) continue;
      records[to + PREVIOUS] = this.#indexOrNone(records[to + PREVIOUS]);
      records[to + NEXT] = this.#indexOrNone(records[to + NEXT]);
    }
    this.oldest = this.#indexOrNone(this.oldest);
    this.latest = this.#indexOrNone(this.latest);
    this.#use(larger);
    giveBackTables(old);
  }

  #use(tables: SegmentTables): void {
    this.tables = tables;
    this.#mask = tables.mask;
    this.#head = 0;
  }

  #giveBack(): void {
    if (this.tables === NO_TABLES) return;
    this.#lastClass = this.tables.sizeClass;
    giveBackTables(this.tables);
    this.#use(NO_TABLES);
  }

  #indexOrNone(slot: number): number {
    return slot === NO_SLOT ? NO_SLOT : this.indexOf(slot);
  }
}
