/**
 * Which hardware address each neighbour has, and how sure that is: neighbour unreachability
 * detection of RFC 4861 §7.3, for ARP as for neighbour discovery, as Linux does it.
 *
 * Pure bookkeeping: time comes in, and what is to be asked or sent goes out through `events`.
 */
import { Neighbour } from './neighbour';

/** Most neighbours at once; Linux begins to refuse at as many (gc_thresh3). */
export const MAX_NEIGHBOURS = 1024;
/** RFC 4861 §10. */
export const RETRANS_MS = 1_000;
export const MAX_MULTICAST_SOLICIT = 3;
export const MAX_UNICAST_SOLICIT = 3;
export const DELAY_FIRST_PROBE_MS = 5_000;
export const BASE_REACHABLE_MS = 30_000;
/** How long one that nobody sends to is remembered; Linux: gc_stale_time. */
export const STALE_LIFETIME_MS = 60_000;

export interface NeighbourEvents {
  /** Ask for its hardware address: everybody, or only the one that should have it. */
  handleQuestion(neighbour: Neighbour, toItself: boolean): void;
  /** Its hardware address is known: what waits may go. */
  handleResolved(neighbour: Neighbour): void;
  /** It has not answered, or there is no room to remember it: what waits goes nowhere. */
  handleUnresolved(neighbour: Neighbour): void;
}

/** What an answer (a neighbour advertisement, an ARP reply) says of itself (RFC 4861 §4.4). */
export interface AnswerFlags {
  /** It answers a question of ours, so the neighbour hears us. */
  solicited: boolean;
  /** It replaces what was known before. */
  override: boolean;
}

const UNASKED: AnswerFlags = { solicited: false, override: true };

export class NeighbourCache {
  /** When `handleTimeout` must be called, ms; may be early. */
  deadline = Infinity;
  size = 0;
  /** Neighbours whose hardware address has become another. */
  changes = 0;
  readonly #events: NeighbourEvents;
  readonly #fraction: () => number;
  readonly #limit: number;
  /** By hash; those with the same one hang together by `next`. */
  readonly #table = new Map<number, Neighbour>();

  /** @param fraction a random number from 0 to 1 */
  constructor(events: NeighbourEvents, fraction: () => number, limit = MAX_NEIGHBOURS) {
    this.#events = events;
    this.#fraction = fraction;
    this.#limit = limit;
  }

  find(w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    let one = this.#table.get(hashOf(w0, w1, w2, w3)) ?? null;
    while (one !== null && (one.w3 !== w3 || one.w2 !== w2 || one.w1 !== w1 || one.w0 !== w0)) {
      one = one.next;
    }
    return one;
  }

  list(): Neighbour[] {
    const all: Neighbour[] = [];
    for (const first of this.#table.values()) {
      for (let one: Neighbour | null = first; one !== null; one = one.next) all.push(one);
    }
    return all;
  }

  /**
   * Something is to be sent to it: one that is not known is asked for. Need not be called again for
   * one that is neither STALE nor forgotten.
   * @returns null where there is no room for one more
   */
  use(w0: number, w1: number, w2: number, w3: number, now: number): Neighbour | null {
    const known = this.find(w0, w1, w2, w3);
    if (known === null) return this.#begin(w0, w1, w2, w3, now);
    if (known.state === 'STALE') {
      known.state = 'DELAY';
      this.#wait(known, now + DELAY_FIRST_PROBE_MS);
    }
    return known;
  }

  /** The user knows its hardware address. Counts beside the limit. */
  addPermanent(w0: number, w1: number, w2: number, w3: number, high: number, low: number): void {
    const fresh = this.#insert(w0, w1, w2, w3);
    fresh.macHigh = high;
    fresh.macLow = low;
    fresh.state = 'PERMANENT';
  }

  /** An answer has come from a neighbour that is known (RFC 4861 §7.2.5). */
  handleAnswer(one: Neighbour, high: number, low: number, flags: AnswerFlags, now: number): void {
    const { solicited, override } = flags;
    if (one.state === 'PERMANENT') return;
    if (one.state === 'INCOMPLETE') {
      this.#set(one, high, low, now);
      if (solicited) this.#confirm(one, now);
      else this.#grow(one, now);
      this.#events.handleResolved(one);
      return;
    }
    const differs = one.macHigh !== high || one.macLow !== low;
    if (differs && !override) {
      if (one.state === 'REACHABLE') this.#grow(one, now);
      return;
    }
    if (differs) this.#set(one, high, low, now);
    if (solicited) this.#confirm(one, now);
    else if (differs) this.#grow(one, now);
  }

  /**
   * A neighbour has asked for us, and told its own hardware address (RFC 4861 §7.2.3, RFC 826): it
   * will be answered, so it is remembered.
   */
  handleQuestion(
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    high: number,
    low: number,
    now: number,
  ): void {
    const known = this.find(w0, w1, w2, w3);
    if (known !== null) {
      this.handleAnswer(known, high, low, UNASKED, now);
      return;
    }
    const fresh = this.#add(w0, w1, w2, w3);
    if (fresh === null) return;
    this.#set(fresh, high, low, now);
    this.#grow(fresh, now);
  }

  /** Called at or after `deadline`. */
  handleTimeout(now: number): void {
    const due: Neighbour[] = [];
    let next = Infinity;
    for (const first of this.#table.values()) {
      for (let one: Neighbour | null = first; one !== null; one = one.next) {
        if (one.deadline <= now) due.push(one);
        else if (one.deadline < next) next = one.deadline;
      }
    }
    this.deadline = next;
    for (const one of due) if (!one.isForgotten && one.deadline <= now) this.#expire(one, now);
  }

  /** Forgets everybody. */
  clear(): void {
    for (const one of this.list()) this.#forget(one);
    this.deadline = Infinity;
  }

  #expire(one: Neighbour, now: number): void {
    switch (one.state) {
      case 'INCOMPLETE':
        if (one.questions >= MAX_MULTICAST_SOLICIT) this.#giveUp(one);
        else this.#ask(one, false, now);
        return;
      case 'REACHABLE':
        this.#grow(one, now);
        return;
      case 'STALE':
        this.#forget(one);
        return;
      case 'DELAY':
        one.state = 'PROBE';
        one.questions = 0;
        this.#ask(one, true, now);
        return;
      case 'PROBE':
        // What is sent from now on asks everybody again: it may have moved to another card.
        if (one.questions >= MAX_UNICAST_SOLICIT) this.#giveUp(one);
        else this.#ask(one, true, now);
    }
  }

  #begin(w0: number, w1: number, w2: number, w3: number, now: number): Neighbour | null {
    const fresh = this.#add(w0, w1, w2, w3);
    if (fresh !== null) this.#ask(fresh, false, now);
    return fresh;
  }

  #ask(one: Neighbour, toItself: boolean, now: number): void {
    one.questions++;
    this.#wait(one, now + RETRANS_MS);
    this.#events.handleQuestion(one, toItself);
  }

  #giveUp(one: Neighbour): void {
    this.#forget(one);
    this.#events.handleUnresolved(one);
  }

  #set(one: Neighbour, high: number, low: number, now: number): void {
    if (one.state !== 'INCOMPLETE') this.changes++;
    one.macHigh = high;
    one.macLow = low;
    one.setAt = now;
  }

  /** It hears us: REACHABLE for a while, not the same while for everybody (RFC 4861 §6.3.2). */
  #confirm(one: Neighbour, now: number): void {
    one.state = 'REACHABLE';
    this.#wait(one, now + BASE_REACHABLE_MS * (0.5 + this.#fraction()));
  }

  #grow(one: Neighbour, now: number): void {
    one.state = 'STALE';
    this.#wait(one, now + STALE_LIFETIME_MS);
  }

  #wait(one: Neighbour, deadline: number): void {
    one.deadline = deadline;
    if (deadline < this.deadline) this.deadline = deadline;
  }

  #add(w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    if (this.size >= this.#limit && !this.#makeRoom()) return null;
    return this.#insert(w0, w1, w2, w3);
  }

  #insert(w0: number, w1: number, w2: number, w3: number): Neighbour {
    const fresh = new Neighbour(w0, w1, w2, w3);
    const hash = hashOf(w0, w1, w2, w3);
    fresh.next = this.#table.get(hash) ?? null;
    this.#table.set(hash, fresh);
    this.size++;
    return fresh;
  }

  /**
   * Forgets the one that is missed least: a STALE one, else the one that was asked for first and
   * has not answered. Those that are in use stay, whoever fills the table.
   */
  #makeRoom(): boolean {
    let victim: Neighbour | null = null;
    for (const one of this.list()) {
      if (one.state !== 'STALE' && one.state !== 'INCOMPLETE') continue;
      if (victim === null || isLessMissed(one, victim)) victim = one;
    }
    if (victim === null) return false;
    this.#forget(victim);
    if (victim.state === 'INCOMPLETE') this.#events.handleUnresolved(victim);
    return true;
  }

  #forget(one: Neighbour): void {
    const hash = hashOf(one.w0, one.w1, one.w2, one.w3);
    const first = this.#table.get(hash) ?? null;
    if (first === one) {
      if (one.next === null) this.#table.delete(hash);
      else this.#table.set(hash, one.next);
    } else {
      let before = first;
      while (before !== null && before.next !== one) before = before.next;
      if (before !== null) before.next = one.next;
    }
    one.next = null;
    one.isForgotten = true;
    this.size--;
  }
}

function isLessMissed(one: Neighbour, other: Neighbour): boolean {
  if (one.state !== other.state) return one.state === 'STALE';
  if (one.questions !== other.questions && one.state === 'INCOMPLETE') {
    return one.questions > other.questions;
  }
  return one.deadline < other.deadline; // it has been in this state for longer
}

function hashOf(w0: number, w1: number, w2: number, w3: number): number {
  let hash = Math.imul(w0 ^ Math.imul(w1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ w2, 0xc2b2ae35);
  return ((hash ^ (hash >>> 13)) + w3) | 0;
}
