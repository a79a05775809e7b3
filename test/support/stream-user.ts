/**
 * The user of one end of a connection in a test: notes what it hears, writes a pattern, and checks what
 * it reads against the pattern that the other end writes.
 */
import type { NetworkErrorCode } from '../../lib/support/network-error';
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import { findForeignByte, patternBytes } from './pattern';

export const EVENT_NAMES = [
  'connected',
  'urgent',
  'readable',
  'end',
  'writable',
  'reset',
  'refused',
  'timeout',
  'unreachable',
  'broken',
  'closed',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

const ERROR_EVENTS: Partial<Record<NetworkErrorCode, EventName>> = {
  ECONNRESET: 'reset',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EPIPE: 'broken',
};

/** Events that no test may pass over in silence. */
const FATAL: ReadonlySet<EventName> = new Set(Object.values(ERROR_EVENTS));

export class StreamUser implements ConnectionHandler {
  /** Seed of the stream that this user writes. */
  readonly writeSeed: number;
  /** Null before there is a connection. */
  connection: StackConnection | null = null;
  events: EventName[] = [];
  readonly #readSeed: number;
  #written = 0;
  #read = 0;
  #ended = false;

  constructor(writeSeed: number, readSeed: number) {
    this.writeSeed = writeSeed;
    this.#readSeed = readSeed;
  }

  /** @throws Error where not every byte was taken */
  write(bytes: number, urgent: boolean): void {
    const chunk = patternBytes(this.#written, bytes, this.writeSeed);
    const connection = this.held();
    const taken = urgent ? connection.sendUrgent(chunk) : connection.send(chunk);
    if (taken !== bytes) throw new Error(`only ${taken} of ${bytes} bytes were taken`);
    this.#written += taken;
  }

  /** Reads everything there is. @throws Error where it is not what the other end wrote */
  readAll(): number {
    return this.#drain((piece) => this.#check(piece));
  }

  /** Reads everything there is. @throws Error where it is what the other end wrote */
  readForeign(): number {
    return this.#drain((piece) => {
      if (findForeignByte(piece, this.#read, this.#readSeed) !== -1) return;
      throw new Error('what was read is what the other end wrote');
    });
  }

  /** Reads at most `bytes`. */
  take(bytes: number): number {
    const target = Buffer.alloc(bytes);
    const count = this.held().receiveInto(target);
    this.#check(target.subarray(0, count));
    this.#read += count;
    this.#noteEnd();
    return count;
  }

  /** @throws Error where there is no connection */
  held(): StackConnection {
    if (this.connection === null) throw new Error('there is no connection');
    return this.connection;
  }

  /**
   * Takes `event`, and what was heard before it.
   * @returns false when it was not heard, or bad news came before it
   */
  hear(event: EventName): boolean {
    const place = this.events.indexOf(event);
    if (place === -1) return false;
    const passed = this.events.slice(0, place);
    if (passed.some((name) => FATAL.has(name))) return false;
    this.events = this.events.slice(place + 1);
    return true;
  }

  /** The bad news that nobody has asked for. */
  get unheard(): EventName[] {
    return this.events.filter((name) => FATAL.has(name));
  }

  handleConnect(): void {
    this.events.push('connected');
  }

  handleUrgent(): void {
    this.events.push('urgent');
  }

  handleReadable(): void {
    this.events.push('readable');
    this.#noteEnd();
  }

  handleWritable(): void {
    this.events.push('writable');
  }

  handleError(code: NetworkErrorCode): void {
    const event = ERROR_EVENTS[code];
    if (event === undefined) throw new Error(`no event is called after ${code}`);
    this.events.push(event);
  }

  handleClose(): void {
    this.events.push('closed');
  }

  #drain(check: (piece: Uint8Array) => void): number {
    let total = 0;
    for (;;) {
      const piece = this.held().receive();
      if (piece === null) break;
      if (piece.length === 0) throw new Error('receive gave an empty piece');
      check(piece);
      this.#read += piece.length;
      total += piece.length;
    }
    this.#noteEnd();
    return total;
  }

  #check(piece: Uint8Array): void {
    const foreign = findForeignByte(piece, this.#read, this.#readSeed);
    if (foreign !== -1) throw new Error(`byte ${this.#read + foreign} of what was read is wrong`);
  }

  #noteEnd(): void {
    if (this.#ended || !this.connection?.readEnded) return;
    this.#ended = true;
    this.events.push('end');
  }
}
