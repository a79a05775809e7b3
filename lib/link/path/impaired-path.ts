/**
 * One direction in which packets travel: they go in now and come out later, or not, or twice.
 *
 * A packet first waits for the ones before it at the path's rate, then travels. Packets on their
 * way lie in packet memory, so a test that looks for leaks sees them too. What arrives at one
 * instant arrives as one batch. Time may be virtual or real.
 */
import type { Clock, ClockTimer } from '../../../types/clock';
import { packetMemory } from '../../support/memory';
import type { SeededRandom } from '../../support/random';
import { BurstLoss } from './burst-loss';
import { checkImpairments, type Impairments } from './impairments';
import { copyToParcel, type Parcel, releaseParcel } from './parcel';
import { PathCounters } from './path-counters';
import { createDiscipline, type QueueDiscipline } from './queue-discipline';
import { Travellers } from './travellers';

export type PacketFate = 'sent' | 'delivered' | 'lost' | 'overflowed' | 'managed' | 'unheard';

/**
 * Sees each packet as it lies at packetMemory.bytes[offset, offset + length), during the call only.
 */
export type PathObserver = (fate: PacketFate, offset: number, length: number) => void;

/** Where a path ends. */
export interface PathEnd {
  /** Is anybody there to hear? */
  readonly listening: boolean;
  handlePacket(offset: number, length: number): void;
  /** Everything that has arrived at this instant has been handed over. */
  handleBatchEnd(): void;
}

export class ImpairedPath {
  readonly counters = new PathCounters();
  observer: PathObserver | null = null;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #end: PathEnd;
  readonly #burst = new BurstLoss();
  /** null: drop-tail, which needs only `#busyUntil`. */
  readonly #queue: QueueDiscipline | null;
  readonly #travellers = new Travellers();
  #impairments: Impairments;
  #timer: ClockTimer | null = null;
  #drainTimer: ClockTimer | null = null;
  /** When the last bit of what is being sent (drop-tail: of what waits, too) leaves. */
  #busyUntil = -Infinity;
  /** Since when the managed queue has not been empty. */
  #waitsSince = -Infinity;
  #lastArrival = -Infinity;
  #isReferenced = true;

  constructor(clock: Clock, random: SeededRandom, impairments: Impairments, end: PathEnd) {
    checkImpairments(impairments);
    this.#clock = clock;
    this.#random = random;
    this.#impairments = impairments;
    this.#end = end;
    this.#queue = createDiscipline(impairments, {
      handleDrop: (parcel, full) => this.#drop(parcel, full ? 'overflowed' : 'managed'),
      handleMark: () => {
        this.counters.marked++;
      },
    });
  }

  /** Changes what goes wrong from now on; packets on their way are past it. */
  impair(change: Partial<Impairments>): void {
    const impairments = { ...this.#impairments, ...change };
    checkImpairments(impairments);
    if (impairments.queue !== this.#impairments.queue) {
      throw new RangeError('a queue cannot change its discipline');
    }
    this.#impairments = impairments;
  }

  get impairments(): Readonly<Impairments> {
    return this.#impairments;
  }

  /** Packets on their way: waiting under drop-tail, and travelling. */
  get travelling(): number {
    return this.#travellers.size;
  }

  /** Bytes that wait to be sent now, the rest of the packet being sent among them. */
  get queuedBytes(): number {
    const { rate } = this.#impairments;
    const left = Math.max(this.#busyUntil - this.#clock.now(), 0);
    const sending = rate === Infinity ? 0 : (left * rate) / 8000;
    return sending + (this.#queue?.bytes ?? 0);
  }

  /** Takes a copy of the packet. */
  send(offset: number, length: number): void {
    const { counters } = this;
    counters.sent++;
    counters.sentBytes += length;
    this.observer?.('sent', offset, length);
    if (this.#queue !== null) {
      const now = this.#clock.now();
      if (this.#queue.packets === 0) this.#waitsSince = now;
      this.#queue.enqueue(copyToParcel(offset, length), now);
      this.#drain();
      return;
    }
    const sentAt = this.#transmit(length);
    if (sentAt < 0) {
      counters.overflowed++;
      this.observer?.('overflowed', offset, length);
    } else if (this.#isLost()) {
      counters.lost++;
      this.observer?.('lost', offset, length);
    } else {
      this.#travel(copyToParcel(offset, length), sentAt);
    }
  }

  /** Hands over what has arrived by now, without waiting for the clock to say so. */
  deliverDue(): void {
    const { first } = this.#travellers;
    if (first !== null && first.at <= this.#clock.now()) this.#deliver();
  }

  /** May its timers keep the process alive? They may at first. */
  ref(): void {
    this.#isReferenced = true;
    this.#timer?.ref();
    this.#drainTimer?.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#timer?.unref();
    this.#drainTimer?.unref();
  }

  /** Drops everything that waits or is on its way. */
  clear(): void {
    this.#travellers.clear();
    for (let waiting = this.#queue?.dequeue(0); waiting; waiting = this.#queue?.dequeue(0)) {
      releaseParcel(waiting);
    }
    this.#timer?.cancel();
    this.#drainTimer?.cancel();
  }

  /** @returns when the last bit of the packet leaves, in ms; -1: the queue is full */
  #transmit(length: number): number {
    const { rate, queueBytes } = this.#impairments;
    const now = this.#clock.now();
    const start = Math.max(now, this.#busyUntil);
    const waitingBytes = rate === Infinity ? 0 : ((start - now) * rate) / 8000;
    // A packet that need not wait does not go through the queue.
    if (waitingBytes > 0 && waitingBytes + length > queueBytes) return -1;
    this.#busyUntil = start + (length * 8000) / rate;
    return this.#busyUntil;
  }

  /** Sends what is due from a managed queue, as if each packet had left at its own instant. */
  #drain(): void {
    const queue = this.#queue!;
    const now = this.#clock.now();
    // In real time the timer may be late: what was due meanwhile has been sent meanwhile.
    while (queue.packets > 0 && this.#busyUntil <= now) {
      const start = Math.max(this.#busyUntil, this.#waitsSince);
      const parcel = queue.dequeue(start);
      if (parcel === null) break;
      this.#busyUntil = start + (parcel.length * 8000) / this.#impairments.rate;
      if (this.#isLost()) this.#drop(parcel, 'lost');
      else this.#travel(parcel, this.#busyUntil);
    }
    if (queue.packets === 0) return;
    if (this.#drainTimer !== null) this.#drainTimer.reschedule(this.#busyUntil);
    else this.#drainTimer = this.#schedule(this.#busyUntil, () => this.#drain());
  }

  #isLost(): boolean {
    const { loss, burst, down } = this.#impairments;
    const isLost = this.#random.chance(loss);
    const isInBurst = burst !== null && this.#burst.next(burst, this.#random);
    return isLost || isInBurst || down;
  }

  #drop(parcel: Parcel, fate: 'lost' | 'overflowed' | 'managed'): void {
    this.counters[fate]++;
    this.observer?.(fate, parcel.offset, parcel.length);
    releaseParcel(parcel);
  }

  #travel(parcel: Parcel, sentAt: number): void {
    const random = this.#random;
    const { delayMs, jitterMs, reorder, reorderDelayMs, duplicate, corrupt } = this.#impairments;
    const late = random.chance(reorder);
    const twice = random.chance(duplicate);
    const broken = random.chance(corrupt);
    let arrival = sentAt + delayMs;
    if (jitterMs > 0) arrival += random.fraction() * jitterMs;
    arrival = Math.max(arrival, this.#lastArrival);
    if (late) {
      arrival += reorderDelayMs;
      this.counters.reordered++;
    } else this.#lastArrival = arrival;
    if (broken) this.#corrupt(parcel);
    this.#depart(parcel, arrival, late);
    if (!twice) return;
    this.counters.duplicated++;
    this.#depart(copyToParcel(parcel.offset, parcel.length), arrival, late);
  }

  #depart(parcel: Parcel, arrival: number, late: boolean): void {
    const travellers = this.#travellers;
    if (late) travellers.addLate(parcel, arrival);
    else travellers.add(parcel, arrival);
    if (travellers.first === parcel) this.#arm(arrival);
  }

  #corrupt(parcel: Parcel): void {
    const bit = this.#random.below(parcel.length * 8);
    packetMemory.bytes[parcel.offset + (bit >> 3)] ^= 1 << (bit & 7);
    this.counters.corrupted++;
  }

  #arm(at: number): void {
    if (this.#timer !== null) this.#timer.reschedule(at);
    else this.#timer = this.#schedule(at, () => this.#deliver());
  }

  #schedule(at: number, fn: () => void): ClockTimer {
    const timer = this.#clock.schedule(at, fn);
    if (!this.#isReferenced) timer.unref();
    return timer;
  }

  #deliver(): void {
    const now = this.#clock.now();
    const travellers = this.#travellers;
    for (let next = travellers.first; next !== null && next.at <= now; next = travellers.first) {
      travellers.shift();
      this.#handOver(next.offset, next.length);
      releaseParcel(next);
    }
    if (travellers.first !== null) this.#arm(travellers.first.at);
    if (this.#end.listening) this.#end.handleBatchEnd();
  }

  #handOver(offset: number, length: number): void {
    if (this.#end.listening) {
      this.counters.delivered++;
      this.observer?.('delivered', offset, length);
      this.#end.handlePacket(offset, length);
    } else {
      this.counters.unheard++;
      this.observer?.('unheard', offset, length);
    }
  }
}
