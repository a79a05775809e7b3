/**
 * One direction of a simulated link: packets go in now and come out later, or not, or twice.
 *
 * A packet first waits for the ones before it at the path's rate, then travels. Packets on their
 * way lie in packet memory, so a test that looks for leaks sees them too. What arrives at one
 * instant arrives as one batch.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import { packetMemory } from '../support/memory';
import type { SeededRandom } from '../support/random';
import { checkImpairments, type Impairments, PathCounters } from './impairments';

export type PacketFate = 'sent' | 'delivered' | 'lost' | 'overflowed' | 'unheard';

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

interface Travelling {
  offset: number;
  length: number;
  arrival: number;
}

export class SimulatedPath {
  readonly counters = new PathCounters();
  observer: PathObserver | null = null;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #end: PathEnd;
  #impairments: Impairments;
  #timer: ClockTimer | null = null;
  /** By arrival, the next first. */
  readonly #travelling: Travelling[] = [];
  #busyUntil = -Infinity;
  #lastArrival = -Infinity;

  constructor(clock: Clock, random: SeededRandom, impairments: Impairments, end: PathEnd) {
    checkImpairments(impairments);
    this.#clock = clock;
    this.#random = random;
    this.#impairments = impairments;
    this.#end = end;
  }

  /** Changes what goes wrong from now on; packets on their way are past it. */
  impair(change: Partial<Impairments>): void {
    const impairments = { ...this.#impairments, ...change };
    checkImpairments(impairments);
    this.#impairments = impairments;
  }

  get impairments(): Readonly<Impairments> {
    return this.#impairments;
  }

  /** Packets on their way. */
  get travelling(): number {
    return this.#travelling.length;
  }

  /** Takes a copy of the packet. */
  send(offset: number, length: number): void {
    const { counters } = this;
    counters.sent++;
    counters.sentBytes += length;
    this.observer?.('sent', offset, length);
    const sentAt = this.#transmit(length);
    if (sentAt < 0) {
      counters.overflowed++;
      this.observer?.('overflowed', offset, length);
    } else if (this.#random.chance(this.#impairments.loss)) {
      counters.lost++;
      this.observer?.('lost', offset, length);
    } else {
      this.#travel(offset, length, sentAt);
    }
  }

  /** Drops everything that is on its way. */
  clear(): void {
    for (const packet of this.#travelling) packetMemory.release(packet.offset, packet.length);
    this.#travelling.length = 0;
    this.#timer?.cancel();
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

  #travel(offset: number, length: number, sentAt: number): void {
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
    const packet = this.#enqueue(offset, length, arrival);
    if (broken) this.#corrupt(packet);
    if (twice) {
      this.counters.duplicated++;
      this.#enqueue(packet.offset, length, arrival);
    }
  }

  #enqueue(offset: number, length: number, arrival: number): Travelling {
    const copy = packetMemory.allocate(length);
    packetMemory.bytes.copyWithin(copy, offset, offset + length);
    const packet = { offset: copy, length, arrival };
    const travelling = this.#travelling;
    let place = travelling.length;
    while (place > 0 && travelling[place - 1].arrival > arrival) place--;
    travelling.splice(place, 0, packet);
    if (place === 0) this.#arm(arrival);
    return packet;
  }

  #corrupt(packet: Travelling): void {
    const bit = this.#random.below(packet.length * 8);
    packetMemory.bytes[packet.offset + (bit >> 3)] ^= 1 << (bit & 7);
    this.counters.corrupted++;
  }

  #arm(at: number): void {
    if (this.#timer !== null) this.#timer.reschedule(at);
    else this.#timer = this.#clock.schedule(at, () => this.#deliver());
  }

  #deliver(): void {
    const now = this.#clock.now();
    const travelling = this.#travelling;
    while (travelling.length > 0 && travelling[0].arrival <= now) {
      const packet = travelling.shift()!;
      this.#handOver(packet.offset, packet.length);
      packetMemory.release(packet.offset, packet.length);
    }
    if (travelling.length > 0) this.#arm(travelling[0].arrival);
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
