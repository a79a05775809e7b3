/**
 * What a script knows of one connection: both initial sequence numbers, its user's end, what that user
 * has heard, written and read.
 */
import type { NetworkErrorCode } from '../../lib/support/network-error';
import { RST, type Segment, SYN } from '../../lib/wire/segment';
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import type { NotationBases } from './packet-notation';
import { findForeignByte, patternBytes } from './pattern';
import type { EventName } from './script-parser';

/** Seeds of the two streams: what our user sends, and what the peer does. */
export const LOCAL_STREAM = 0x10ca1;
export const PEER_STREAM = 0x9ee12;

const ERROR_EVENTS: Partial<Record<NetworkErrorCode, EventName>> = {
  ECONNRESET: 'reset',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EPIPE: 'broken',
};

/** Events that no script may pass over in silence. */
const FATAL: ReadonlySet<EventName> = new Set(Object.values(ERROR_EVENTS));

export class Flow implements ConnectionHandler {
  readonly peerPort: number;
  /** Initial sequence number of the peer that the script plays. */
  readonly peerIss: number;
  /** The stack's: 0, so that numbers are absolute, until it has sent a SYN. */
  localIss = 0;
  tsBase = 0;
  /** What the stack's user holds; null before there is a connection. */
  connection: StackConnection | null = null;
  /** Handed out by the listener and not yet taken by an `accept` line. */
  isWaiting = false;
  events: EventName[] = [];
  readonly #startMs: number;
  #written = 0;
  #read = 0;
  #knowsTimestamps = false;
  #ended = false;

  constructor(peerPort: number, peerIss: number, startMs: number) {
    this.peerPort = peerPort;
    this.peerIss = peerIss;
    this.#startMs = startMs;
  }

  /** What numbers of segments from the stack count from. */
  get outbound(): NotationBases {
    return { seqBase: this.localIss, ackBase: this.peerIss, tsBase: this.tsBase };
  }

  get inbound(): NotationBases {
    return { seqBase: this.peerIss, ackBase: this.localIss, tsBase: this.tsBase };
  }

  /** Learns from what the stack sends: its initial sequence number, its timestamps' offset. */
  learn(segment: Segment, at: number): void {
    if ((segment.flags & (SYN | RST)) === SYN) this.localIss = segment.seq;
    if (segment.hasTimestamps && !this.#knowsTimestamps) {
      this.#knowsTimestamps = true;
      this.tsBase = (segment.tsval - Math.floor(at - this.#startMs)) | 0;
    }
  }

  /** @returns what is wrong with the text of a segment from the stack, '' when nothing is */
  checkText(segment: Segment, text: Uint8Array): string {
    const foreign = findForeignByte(text, this.positionOf(segment, this.localIss), LOCAL_STREAM);
    return foreign === -1 ? '' : `byte ${foreign} of the text`;
  }

  /** The text of a segment from the peer. */
  peerText(segment: Segment): Buffer {
    const position = this.positionOf(segment, this.peerIss);
    return patternBytes(position, segment.textLength, PEER_STREAM);
  }

  positionOf(segment: Segment, iss: number): number {
    return ((segment.seq - iss) | 0) - 1 + ((segment.flags & SYN) === 0 ? 0 : 1);
  }

  write(bytes: number, urgent: boolean): void {
    const chunk = patternBytes(this.#written, bytes, LOCAL_STREAM);
    const connection = this.user();
    const taken = urgent ? connection.sendUrgent(chunk) : connection.send(chunk);
    if (taken !== bytes) throw new Error(`only ${taken} of ${bytes} bytes were taken`);
    this.#written += taken;
  }

  /** Reads everything there is. */
  readAll(): number {
    let total = 0;
    for (;;) {
      const piece = this.user().receive();
      if (piece === null) break;
      if (piece.length === 0) throw new Error('receive gave an empty piece');
      this.#checkRead(piece);
      total += piece.length;
    }
    this.#noteEnd();
    return total;
  }

  /** Reads at most `bytes`. */
  take(bytes: number): number {
    const target = Buffer.alloc(bytes);
    const count = this.user().receiveInto(target);
    this.#checkRead(target.subarray(0, count));
    this.#noteEnd();
    return count;
  }

  user(): StackConnection {
    if (this.connection === null) throw new Error('there is no connection');
    return this.connection;
  }

  /** Takes `event` and what came before it from those heard. @returns false when it was not heard */
  hear(event: EventName): boolean {
    const place = this.events.indexOf(event);
    if (place === -1) return false;
    const passed = this.events.slice(0, place);
    if (passed.some((name) => FATAL.has(name))) return false;
    this.events = this.events.slice(place + 1);
    return true;
  }

  /** The bad news that no line has asked for. */
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

  #checkRead(piece: Uint8Array): void {
    const foreign = findForeignByte(piece, this.#read, PEER_STREAM);
    if (foreign !== -1) throw new Error(`byte ${this.#read + foreign} of what was read is wrong`);
    this.#read += piece.length;
  }

  #noteEnd(): void {
    if (this.#ended || !this.connection?.readEnded) return;
    this.#ended = true;
    this.events.push('end');
  }
}
