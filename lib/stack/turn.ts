/**
 * The turn loop: everything the stack does happens here, in passes of three steps.
 *
 *     clock     is read, unless it just was
 *     jobs      what links have put off, such as the delivery of in-process packets
 *     send      what the dirty connections owe or may send, round robin; then the links flush
 *
 * When all is still the users hear what has happened, and their commands make connections dirty
 * again: one user one thing at a time, and before the next all that his ticks and promises have to
 * do. So it is with `node:net`, where each callback of libuv ends that way, and programs count on
 * it.
 *
 * A burst of packets, or ten writes in a row, is so answered once (RFC 9293 MUST-58, MUST-59).
 * Passes go on while there is work, so that two in-process connections play ping-pong with the
 * event loop only now and then between the strokes; but only for `limits.packetsPerTurn` packets,
 * then it has its chance.
 */
import type { Clock } from '../../types/clock';
import { EVENT_CONNECTED, EVENT_WRITABLE } from '../tcp/events';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Deadlines } from './deadlines';
import type { Endpoint, EndpointHost } from './endpoint';
import { Fifo } from './fifo';
import type { IdleConnections } from './idle-connections';
import { SEGMENTS_PER_PASS, SEGMENTS_WHEN_CROWDED } from './limits';
import type { Liveness } from './liveness';
import { NO_ROOM, type Output, SENT_SOME } from './output';
import type { Reporter } from './reporter';
import type { SegmentTrace } from './segment-trace';

/** So much may be done in between the readings of the clock: some 20 µs. */
const WORK_PER_READING = 16;
/** What so many users answer is sent at once; and nothing waits for more of them. */
const TOLD_IN_A_ROW = 32;
const LONG_AGO = -WORK_PER_READING - 1;

export interface TurnParts {
  clock: Clock;
  counters: Counters;
  deadlines: Deadlines;
  idle: IdleConnections;
  liveness: Liveness;
  output: Output;
  reporter: Reporter;
  trace: SegmentTrace;
  attachments: readonly Attachment[];
  packetsPerTurn: number;
  /** Takes a connection that is CLOSED out of the stack's tables. */
  forget: (endpoint: Endpoint) => void;
}

/** (Methods, where others have getters: V8 looks each private getter up anew, in its runtime.) */
export class Turn implements EndpointHost {
  readonly #parts: TurnParts;
  // Of the parts, what is asked for at every step.
  readonly #counters: Counters;
  readonly #packetsPerTurn: number;
  readonly #dirty = new Fifo<Endpoint>();
  readonly #reporting = new Fifo<Endpoint>();
  readonly #jobs = new Fifo<() => void>();
  /**
   * CLOSED, and to be forgotten when their last segments have left. Before that their ports must
   * not go back to the host, whose kernel would answer for them.
   */
  readonly #finished = new Fifo<Endpoint>();
  /** Whose user is being told something: to be told the rest later, should he throw. */
  #told: Endpoint | null = null;
  /**
   * The time of the present pass or batch. It starts as null so that V8 keeps a reference to one
   * number in it: from a field that only ever held numbers each packet would get a copy of its
   * own.
   */
  #now: number | null = null;
  #running = false;
  #receiving = false;
  #expiring = false;
  /** How many users were told something since anything was sent. */
  #toldInARow = 0;
  /** Has all that users put off been done since one of them was told something? */
  #mayTell = false;
  #scheduled = false;
  /** What `#work()` said when the event loop last had its chance. */
  #rested = 0;
  #steps = 0;
  /** What `#work()` said when the clock was read. */
  #clockedAt = 0;

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#counters = parts.counters;
    this.#packetsPerTurn = parts.packetsPerTurn;
  }

  time(): number {
    return this.#running || this.#receiving ? this.#now! : this.#parts.clock.now();
  }

  touch(endpoint: Endpoint): void {
    this.#enqueue(endpoint);
    if (!this.#running && !this.#receiving) this.#schedule();
  }

  sendAhead(endpoint: Endpoint): void {
    if (endpoint.isForgotten) return;
    this.#parts.output.transmit(endpoint, SEGMENTS_PER_PASS, this.time());
  }

  account(endpoint: Endpoint): void {
    this.#parts.liveness.account(endpoint);
  }

  /** A packet has come in: the first of a batch, or one more. @returns the batch's time in ms */
  beginBatch(): number {
    if (!this.#running && !this.#receiving) {
      this.#receiving = true;
      this.#readClock();
    }
    return this.#now!;
  }

  /** The batch is over: now the stack answers. */
  endBatch(): void {
    if (this.#running) return; // delivered by a job: the pass after it answers
    this.#receiving = false;
    this.#rest();
    this.#mayTell = !this.#expiring; // from the event loop: nothing waits
    this.#run();
  }

  /** Runs `fn` soon, outside the present call. */
  defer(fn: () => void): void {
    this.#jobs.push(fn);
    if (!this.#running) this.#schedule();
  }

  /** A link has room again for those who wait for it. */
  resume(): void {
    if (!this.#running && !this.#receiving) this.#schedule();
  }

  /** Deadlines have passed; unless what has arrived meanwhile puts them off. */
  expire(): void {
    const { attachments, deadlines } = this.#parts;
    this.#expiring = true;
    for (let i = 0; i < attachments.length; i++) attachments[i].link.receiveNow?.();
    this.#expiring = false;
    this.#readClock();
    const now = this.#now!;
    for (let due = deadlines.pollDue(now); due !== null; due = deadlines.pollDue(now)) {
      due.engine.handleTimeout(now);
      this.#enqueue(due);
    }
    this.#rest();
    this.#runSettled();
  }

  /** Sends what is owed, whoever is calling: the links are about to be closed. */
  sendNow(): void {
    this.#readClock();
    for (let left = this.#dirty.size; left > 0; left--) this.#serve(this.#dirty.shift()!);
    this.#flush();
  }

  /** Links ask for nothing any more. */
  dropJobs(): void {
    while (this.#jobs.shift() !== null);
  }

  /** Ticks and promises may wait behind it. */
  readonly #runSoon = (): void => {
    this.#scheduled = false;
    this.#mayTell = false;
    this.#run();
  };

  readonly #runSettled = (): void => {
    this.#scheduled = false;
    this.#mayTell = true;
    this.#run();
  };

  readonly #runRested = (): void => {
    this.#rest();
    this.#runSettled();
  };

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#clockedAt = LONG_AGO;
    try {
      while (!this.#isSpent()) {
        if (this.#isTelling()) {
          if (!this.#mayTell) break;
          this.#report(this.#reporting.shift()!);
        } else if (this.#hasToSend()) this.#pass();
        else break;
      }
    } finally {
      // A user's handler may have thrown: what is left is done in a turn of its own.
      this.#running = false;
      this.#flush();
      this.#keepTelling();
      this.#parts.deadlines.settle();
      if (this.#hasWork()) this.#schedule();
    }
  }

  /** Are there users to be told before it is worth while to send what those before them said? */
  #isTelling(): boolean {
    if (this.#reporting.size === 0) return false;
    return this.#toldInARow < TOLD_IN_A_ROW || !this.#hasToSend();
  }

  #pass(): void {
    this.#steps++;
    this.#toldInARow = 0;
    if (this.#work() - this.#clockedAt > WORK_PER_READING) this.#readClock();
    for (let left = this.#jobs.size; left > 0; left--) this.#jobs.shift()?.();
    for (let left = this.#dirty.size; left > 0 && !this.#isSpent(); left--) {
      this.#serve(this.#dirty.shift()!);
    }
    this.#resumeWaiting();
    this.#flush();
  }

  /** In the order in which they came, and only as far as there is room. */
  #resumeWaiting(): void {
    const { attachments } = this.#parts;
    for (let i = 0; i < attachments.length; i++) {
      const attachment = attachments[i];
      while (attachment.mayResume && !this.#isSpent()) {
        const endpoint = attachment.shiftWaiting();
        this.#serve(endpoint, true);
        if (attachment.inside && endpoint.isReporting) break; // what he writes now goes first
      }
    }
  }

  #serve(endpoint: Endpoint, isHisTurn = false): void {
    const { deadlines, idle, liveness } = this.#parts;
    idle.watch(endpoint);
    endpoint.isQueued = false;
    if (!endpoint.isForgotten) {
      this.#transmit(endpoint);
      const events = endpoint.engine.pollEvents();
      if ((events & EVENT_CONNECTED) !== 0) this.#welcome(endpoint);
      endpoint.events |= events;
      if (endpoint.engine.finished) this.#finished.push(endpoint);
      else deadlines.note(endpoint);
    }
    if (endpoint.events !== 0) this.#announce(endpoint, isHisTurn);
    liveness.account(endpoint);
  }

  #welcome(endpoint: Endpoint): void {
    endpoint.listener?.engine.handleEstablished();
    this.#parts.idle.add(endpoint);
  }

  /**
   * Where others wait for room, each sends a little and queues up again. (Not within the process,
   * where nothing is gained: all text that he has now is in the cache, and leaves at once.)
   */
  #transmit(endpoint: Endpoint): void {
    const { attachment } = endpoint;
    const isCrowded = attachment.isCrowded && !attachment.inside;
    const budget = isCrowded ? SEGMENTS_WHEN_CROWDED : SEGMENTS_PER_PASS;
    const outcome = this.#parts.output.transmit(endpoint, budget, this.#now!);
    if (outcome === NO_ROOM) attachment.noteFull();
    if (outcome === NO_ROOM || (outcome === SENT_SOME && isCrowded)) attachment.await(endpoint);
    else if (outcome === SENT_SOME) this.#enqueue(endpoint);
  }

  #report(endpoint: Endpoint): void {
    this.#steps++;
    this.#toldInARow++;
    endpoint.isReporting = false;
    this.#told = endpoint;
    this.#mayTell = false;
    if (this.#reporting.size > 0) this.#schedule(); // ahead of what he will put off
    if (!this.#parts.reporter.report(endpoint)) this.#mayTell = true;
    this.#clockedAt = LONG_AGO; // he may have taken his time
    this.#keepTelling();
  }

  /** Whatever else there is to say. */
  #keepTelling(): void {
    const endpoint = this.#told;
    if (endpoint === null) return;
    this.#told = null;
    endpoint.disposeIfUnused();
    this.#parts.liveness.account(endpoint);
    if (endpoint.events !== 0) this.#announce(endpoint, false);
  }

  /**
   * There is something to tell. But within the process nobody is asked for more text while others
   * wait for room: it would only wait, too, and be in no cache by the time it is sent.
   */
  #announce(endpoint: Endpoint, isHisTurn: boolean): void {
    const { attachment } = endpoint;
    const mayWait = endpoint.events === EVENT_WRITABLE && attachment.inside && !isHisTurn;
    if (mayWait && attachment.isCrowdedBesides(endpoint)) attachment.await(endpoint);
    else this.#enqueueReport(endpoint);
  }

  #enqueueReport(endpoint: Endpoint): void {
    if (endpoint.isReporting) return;
    endpoint.isReporting = true;
    this.#reporting.push(endpoint);
  }

  #flush(): void {
    const { attachments } = this.#parts;
    for (let i = 0; i < attachments.length; i++) {
      if (!attachments[i].needsFlush) continue;
      attachments[i].needsFlush = false;
      attachments[i].link.flush();
    }
    while (this.#finished.size > 0) this.#parts.forget(this.#finished.shift()!);
  }

  #enqueue(endpoint: Endpoint): void {
    if (endpoint.isQueued) return;
    endpoint.isQueued = true;
    this.#dirty.push(endpoint);
  }

  /**
   * One run a turn, however many commands ask for it; before the event loop turns, while that is
   * fair.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const { clock } = this.#parts;
    if (this.#isSpent()) clock.defer(this.#runRested, false);
    else if (this.#reporting.size === 0) clock.defer(this.#runSoon, true);
    else if (clock.settle === undefined) clock.defer(this.#runSettled, false);
    else clock.settle(this.#runSettled);
  }

  #readClock(): void {
    this.#clockedAt = this.#work();
    this.#now = this.#parts.clock.now();
    this.#parts.trace.refresh();
  }

  #hasWork(): boolean {
    return this.#reporting.size > 0 || this.#hasToSend();
  }

  #hasToSend(): boolean {
    return this.#dirty.size + this.#jobs.size > 0 || this.#mayResume();
  }

  #mayResume(): boolean {
    const { attachments } = this.#parts;
    for (let i = 0; i < attachments.length; i++) if (attachments[i].mayResume) return true;
    return false;
  }

  /**
   * Grows with everything that is done. Passes and reports count, too, or empty ones could go on
   * for ever.
   */
  #work(): number {
    return this.#counters.packetsIn + this.#counters.packetsOut + this.#steps;
  }

  #isSpent(): boolean {
    return this.#work() - this.#rested >= this.#packetsPerTurn;
  }

  /** The event loop had its chance. */
  #rest(): void {
    this.#rested = this.#work();
  }
}
