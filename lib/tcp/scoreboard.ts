/**
 * What has been sent and not acknowledged, a record a segment: on its way, lost, or reported as
 * received (RFC 2018, RFC 6675, RFC 8985).
 *
 * A record is found by a binary search. Those on their way are also in a list by the time of their
 * last transmission, the order in which RACK gives them up: it looks at the first and rarely
 * further. Blocks that the peer reports again and again cost nothing: only what a block adds to the
 * ranges known is looked at.
 */
import type { DeliveryRate } from './delivery-rate';
import { SequenceRanges } from './ranges';
import { MAX_RECORDS, NO_SLOT, SegmentRing } from './segment-ring';
import { seqDiff, seqGt, seqLt, seqMax } from './seq';

/** On its way, and in the list by time. */
export const FLYING = 0;
/** Given up, to be sent again. */
export const LOST = 1;
/** Reported as received. */
export const SACKED = 2;
/** Joined to the one before it, and empty: it ends where that ends. */
const JOINED = 3;
const STATE_MASK = 3;
/** Was sent more than once. */
export const REPEATED = 4;

/** Most separate ranges of received segments that are kept of the peer's reports. */
const MAX_RANGES = 4096;

/** About the ACK that is being processed: one for all, since it is one at a time. */
const ackInHand = { now: Number.NaN, echoedAt: Number.NaN, minRtt: 0.5 };

export class Scoreboard {
  /** Bytes of sequence space in each state. */
  flyingBytes = 0;
  lostBytes = 0;
  sackedBytes = 0;
  /** Segments reported as received and not yet acknowledged. */
  sackedCount = 0;
  /** Segments that were ever given up. */
  losses = 0;
  /** Bytes found to have arrived since this was last set to 0. */
  delivered = 0;
  /** Round trip of the last of them that was sent only once, ms; NaN: there was none. */
  freshRtt = Number.NaN;
  /** Bytes of the largest segment that has ever arrived. */
  largestDelivered = 0;
  /** Text of a segment on the wire: a longer record stands for several. Infinity: none does. */
  segmentBytes = Infinity;

  /** Of the latest-sent segment known to have arrived (RACK.xmit_ts, RACK.end_seq, RACK.rtt). */
  newestSentAt = Number.NaN;
  newestEnd = 0;
  newestRtt = Number.NaN;
  /** End of the furthest segment known to have arrived (RACK.fack). */
  furthest = 0;
  /** A segment has arrived after one that was sent later (RACK.reordering_seen). */
  reordered = false;

  /** Bytes that were given up, not sent again, and have arrived all the same. */
  needless = 0;

  /** Null where no controller asks for it. */
  delivery: DeliveryRate | null = null;
  /** What the peer has reported; the records. For those who judge what is lost: read only. */
  readonly ranges = new SequenceRanges(MAX_RANGES);
  readonly ring = new SegmentRing();
  #firstLost = 0; // no record with a lower index is lost
  #priorFurthest = 0;

  get count(): number {
    return this.ring.count - this.ring.emptyCount;
  }

  get isFull(): boolean {
    return this.ring.count >= MAX_RECORDS;
  }

  /** Ranges that the peer has reported and not yet acknowledged. */
  get rangeCount(): number {
    return this.ranges.count;
  }

  /** The first segment will begin here. */
  reset(seq: number): void {
    this.furthest = seq;
    this.newestEnd = seq;
  }

  /** [start, end) has just been sent for the first time; it follows all others. */
  append(start: number, end: number, now: number): void {
    const slot = this.ring.push(start, end);
    this.#launch(slot, now);
  }

  /** For a controller that asks. What is on its way already shows none: nobody knows its past. */
  measureRates(delivery: DeliveryRate): void {
    if (this.delivery !== null) return;
    this.delivery = delivery;
    const { ring } = this;
    for (let i = 0; i < ring.count; i++) ring.stamp(ring.slotAt(i), delivery, this.flyingBytes);
  }

  /**
   * An ACK has arrived: what `acknowledge` and `report` find delivered, was delivered now.
   * @param echoedAt when the segment left whose timestamp the ACK echoes, ms; NaN: it has none
   * @param minRtt shortest round trip, ms: the answer to a repetition cannot be sooner
   */
  beginAck(now: number, echoedAt: number, minRtt: number): void {
    ackInHand.now = now;
    ackInHand.echoedAt = echoedAt;
    ackInHand.minRtt = minRtt;
    this.#priorFurthest = this.furthest;
    this.freshRtt = Number.NaN;
    this.delivery?.begin();
  }

  /** Everything before `una` is acknowledged. */
  acknowledge(una: number): void {
    const ring = this.ring;
    while (ring.count > 0) {
      const slot = ring.slotAt(0);
      if (seqGt(ring.endOf(slot), una)) {
        this.#cutFront(slot, una);
        break;
      }
      const state = ring.flagsOf(slot) & STATE_MASK;
      if (state === SACKED) {
        this.sackedBytes -= ring.lengthOf(slot);
        this.sackedCount--;
      } else if (state !== JOINED) {
        this.#deliver(slot, true);
      }
      ring.shift();
      if (this.#firstLost > 0) this.#firstLost--;
    }
    this.ranges.dropBefore(una);
    this.furthest = seqMax(this.furthest, una);
  }

  /**
   * The peer reports that [start, end) has arrived (RFC 2018). @returns false: nothing of it is new
   */
  report(start: number, end: number): boolean {
    const ranges = this.ranges;
    const ring = this.ring;
    if (ranges.holds(start, end) || ranges.isRefused(start, end)) return false;
    const from = ranges.startWith(start);
    const to = ranges.endWith(end);
    if (this.segmentBytes !== Infinity) ring.cutAround(from, to, this.segmentBytes);
    let isNew = false;
    // Records that this block completes, perhaps with one that came before.
    for (let i = ring.find(start); i < ring.count; i++) {
      const slot = ring.slotAt(i);
      const first = ring.startOf(slot);
      if (!seqLt(first, end)) break;
      const flags = ring.flagsOf(slot);
      if ((flags & STATE_MASK) === SACKED) {
        i = ring.find(ranges.endWith(ring.endOf(slot))) - 1; // all of that range is known
      } else if (
        (flags & STATE_MASK) !== JOINED &&
        !seqLt(first, from) &&
        !seqGt(ring.endOf(slot), to)
      ) {
        this.#deliver(slot, false);
        this.#markReported(slot, flags);
        isNew = true;
      }
    }
    ranges.add(start, end);
    return isNew;
  }

  /**
   * All that is on its way counts as lost. If even the first segment was reported as received, the
   * peer has thrown away what he reported (RFC 2018 §8), and that is lost, too.
   */
  loseAll(): void {
    const first = this.first();
    if (first !== NO_SLOT && (this.ring.flagsOf(first) & STATE_MASK) === SACKED) this.#distrust();
    while (this.ring.oldest !== NO_SLOT) this.lose(this.ring.oldest);
  }

  /** A segment that is on its way is given up. */
  lose(slot: number): void {
    const { ring } = this;
    this.#land(slot);
    ring.setFlags(slot, (ring.flagsOf(slot) & REPEATED) | LOST);
    this.lostBytes += ring.lengthOf(slot);
    if (this.delivery !== null) this.delivery.lost += ring.lengthOf(slot);
    this.losses++;
    this.#firstLost = Math.min(this.#firstLost, ring.indexOf(slot));
  }

  stateOf(slot: number): number {
    return this.ring.flagsOf(slot) & STATE_MASK;
  }

  /** Nothing was lost after all: what waits to be sent again is on its way. */
  findAll(now: number): void {
    const ring = this.ring;
    for (let slot = this.pollLost(); slot !== NO_SLOT; slot = this.pollLost()) {
      this.lostBytes -= ring.lengthOf(slot);
      // It takes its place behind what has left since, and so its arrival must time nothing.
      ring.setFlags(slot, REPEATED);
      this.#launch(slot, now);
    }
  }

  /** The first lost segment that waits to be sent again; NO_SLOT: there is none. */
  pollLost(): number {
    if (this.lostBytes === 0) return NO_SLOT;
    const ring = this.ring;
    for (let i = this.#firstLost; i < ring.count; i++) {
      const slot = ring.slotAt(i);
      if ((ring.flagsOf(slot) & STATE_MASK) !== LOST) continue;
      this.#firstLost = i;
      return slot;
    }
    return NO_SLOT;
  }

  /**
   * Joins lost segments to the one in `slot`, as long as they follow it and all ends by `limit`:
   * what was sent in small pieces may go again in one.
   */
  joinLost(slot: number, limit: number): void {
    const { ring } = this;
    const first = ring.indexOf(slot);
    let last = first;
    for (let i = first + 1; i < ring.count; i++) {
      const next = ring.slotAt(i);
      const state = ring.flagsOf(next) & STATE_MASK;
      if (state !== JOINED && (state !== LOST || seqGt(ring.endOf(next), limit))) break;
      ring.setFlags(next, JOINED);
      last = i;
    }
    if (last > first) ring.join(first, last);
  }

  /** The last segment, which is lost, goes again with more text behind it, up to `end`. */
  extendLast(end: number): void {
    const slot = this.ring.slotAt(this.ring.count - 1);
    this.lostBytes += seqDiff(end, this.ring.endOf(slot));
    this.ring.setEnd(slot, end);
  }

  /** The segment that begins at SND.UNA; NO_SLOT: nothing is outstanding. */
  first(): number {
    return this.ring.count === 0 ? NO_SLOT : this.ring.slotAt(0);
  }

  /** When the first segment left last, ms; something must be outstanding. */
  get firstSentAt(): number {
    return this.ring.sentAt(this.ring.slotAt(0));
  }

  startOf(slot: number): number {
    return this.ring.startOf(slot);
  }

  endOf(slot: number): number {
    return this.ring.endOf(slot);
  }

  /** The segment in `slot` was sent again up to `end`; what it had beyond stays as it was. */
  repeat(slot: number, end: number, now: number): void {
    const ring = this.ring;
    let state = ring.flagsOf(slot) & STATE_MASK;
    if (state !== SACKED && seqLt(end, ring.endOf(slot))) {
      slot = ring.split(slot, end);
      this.#markIfKnown(slot);
      this.#markIfKnown(ring.slotAt(ring.indexOf(slot) + 1));
      state = ring.flagsOf(slot) & STATE_MASK;
    }
    if (state === SACKED) return; // a probe of something that has arrived
    if (state === FLYING) this.#land(slot);
    else this.lostBytes -= ring.lengthOf(slot);
    ring.setFlags(slot, FLYING | REPEATED);
    this.#launch(slot, now);
  }

  clear(): void {
    this.ring.clear();
    this.ranges.clear();
    this.#firstLost = 0;
    this.flyingBytes = 0;
    this.lostBytes = 0;
    this.sackedBytes = 0;
    this.sackedCount = 0;
  }

  /** It has arrived, and RACK learns from it (RFC 8985 §6.2 steps 1 to 3). */
  #deliver(slot: number, isInTurn: boolean): void {
    const ring = this.ring;
    const flags = ring.flagsOf(slot);
    const length = ring.lengthOf(slot);
    this.delivered += length;
    if (length > this.largestDelivered) this.largestDelivered = length;
    const isRepeated = (flags & REPEATED) !== 0;
    if ((flags & STATE_MASK) === LOST) {
      this.lostBytes -= length;
      if (!isRepeated) this.needless += length;
    } else {
      this.#land(slot);
    }
    const end = ring.endOf(slot);
    // One ACK may tell of segments before a gap and behind it: that is no disorder among them.
    if (!isRepeated && seqLt(end, this.#priorFurthest)) this.reordered = true;
    this.furthest = seqMax(this.furthest, end);
    const sentAt = ring.sentAt(slot);
    const rtt = ackInHand.now - sentAt;
    this.delivery?.note(length, ackInHand.now, ring.tables, slot);
    if (!isRepeated) this.freshRtt = rtt;
    // Which copy of a repeated segment has arrived? Not the last, if that would have been too
    // quick. (What lies behind a gap is not what the echo is of: RFC 7323 §4.3.)
    const isOlder = isInTurn && ackInHand.echoedAt < Math.floor(sentAt);
    if (isRepeated && (rtt < ackInHand.minRtt || isOlder)) return;
    if (sentAt < this.newestSentAt) return;
    if (sentAt === this.newestSentAt && !seqGt(end, this.newestEnd)) return;
    this.newestSentAt = sentAt;
    this.newestEnd = end;
    this.newestRtt = rtt;
  }

  /** Forgets all that the peer has reported. */
  #distrust(): void {
    const ring = this.ring;
    for (let i = 0; i < ring.count; i++) {
      const slot = ring.slotAt(i);
      const flags = ring.flagsOf(slot);
      if ((flags & STATE_MASK) !== SACKED) continue;
      ring.setFlags(slot, (flags & REPEATED) | FLYING);
      this.#launch(slot, ring.sentAt(slot));
    }
    this.ranges.clear();
    this.sackedBytes = 0;
    this.sackedCount = 0;
  }

  #launch(slot: number, now: number): void {
    const { delivery } = this;
    if (this.flyingBytes === 0) delivery?.restart(now);
    this.flyingBytes += this.ring.lengthOf(slot);
    this.ring.link(slot, now);
    if (delivery !== null) this.ring.stamp(slot, delivery, this.flyingBytes);
  }

  #land(slot: number): void {
    this.ring.unlink(slot);
    this.flyingBytes -= this.ring.lengthOf(slot);
  }

  /** Part of the first record is acknowledged: what was sent in one piece was cut on its way. */
  #cutFront(slot: number, una: number): void {
    const ring = this.ring;
    const cut = seqDiff(una, ring.startOf(slot));
    if (cut <= 0) return;
    ring.setStart(slot, una);
    const state = ring.flagsOf(slot) & STATE_MASK;
    if (state === SACKED) {
      this.sackedBytes -= cut;
      return;
    }
    this.delivered += cut;
    this.delivery?.note(cut, ackInHand.now, ring.tables, slot);
    if (state === FLYING) this.flyingBytes -= cut;
    else this.lostBytes -= cut;
    this.#markIfKnown(slot);
  }

  /** A record has become smaller: all that is left of it may have been reported before. */
  #markIfKnown(slot: number): void {
    const ring = this.ring;
    const flags = ring.flagsOf(slot);
    if (!this.ranges.holds(ring.startOf(slot), ring.endOf(slot))) return;
    if ((flags & STATE_MASK) === LOST) this.lostBytes -= ring.lengthOf(slot);
    else this.#land(slot);
    this.#markReported(slot, flags);
  }

  #markReported(slot: number, flags: number): void {
    this.ring.setFlags(slot, (flags & REPEATED) | SACKED);
    this.sackedBytes += this.ring.lengthOf(slot);
    this.sackedCount++;
  }
}
