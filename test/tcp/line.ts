/**
 * Two engines and a line between them that loses, delays and doubles segments by a seed; nothing else is
 * there, no stack and no IP. The invariants are checked after every event.
 */
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Connection } from '../../lib/tcp/connection';
import { checkInvariants } from '../../lib/tcp/invariants';
import { writeResetFor } from '../../lib/tcp/stray';
import { CWR, FIN, PSH, Segment, SYN } from '../../lib/wire/segment';
import { findForeignByte, patternBytes } from '../support/pattern';

export interface LineFaults {
  /** Probabilities for each segment. */
  loss: number;
  reordering: number;
  duplication: number;
  /** Do the engines agree on timestamps, window scaling and SACK? */
  options: boolean;
  /** Largest text that the line takes in one piece, and cuts up; absent: it cuts nothing. */
  linkText?: number;
  inTrains?: boolean;
}

/** A segment on its way: a copy, with its text in memory of its own. */
interface Flight {
  at: number;
  to: End;
  segment: Segment;
  text: Buffer;
}

interface End {
  readonly connection: Connection;
  readonly seed: number;
  /** Bytes to send in all, sent so far, and received. */
  total: number;
  sent: number;
  received: number;
  fault: string;
}

const DELAY_MS = 20;
const MOST_EVENTS = 100_000;
const scratch = packetMemory.allocate(65_536);

export class Line {
  readonly #random: SeededRandom;
  readonly #faults: LineFaults;
  readonly #ends: readonly [End, End];
  readonly #out = new Segment();
  #flights: Flight[] = [];
  #now = 1000;
  #passiveIss: number;

  constructor(seed: number, faults: LineFaults) {
    this.#random = new SeededRandom(seed);
    this.#faults = faults;
    this.#ends = [this.#makeEnd(1), this.#makeEnd(2)];
    this.#passiveIss = this.#random.next32() | 0;
  }

  /** Sends both texts across and closes. @returns '' or what went wrong */
  exchange(forward: number, backward: number): string {
    const [a, b] = this.#ends;
    a.total = forward;
    b.total = backward;
    a.connection.open(this.#random.next32() | 0, this.#now);
    for (let event = 0; event < MOST_EVENTS; event++) {
      for (const end of this.#ends) this.#serve(end);
      if (a.fault !== '' || b.fault !== '') return a.fault || b.fault;
      if (!this.#step()) break;
    }
    for (const end of this.#ends) {
      const { state, error } = end.connection;
      const other = end === a ? b : a;
      if (error !== null) return `${end.seed} died of ${error}`;
      if (end.received !== other.total) return `${end.seed} got ${end.received} of ${other.total}`;
      if (state !== 'CLOSED') return `${end.seed} is left in ${state}`;
    }
    return '';
  }

  dispose(): void {
    for (const end of this.#ends) end.connection.dispose();
  }

  #makeEnd(seed: number): End {
    const { options, linkText, inTrains } = this.#faults;
    const connection = new Connection({
      config: { ...DEFAULT_TCP_CONFIG, timestamps: options, windowScaling: options, sack: options },
      localPort: seed,
      remotePort: 3 - seed,
      mss: 1000,
      linkText,
      inTrains,
      timestampOffset: this.#random.next32() | 0,
    });
    return { connection, seed, total: 0, sent: 0, received: 0, fault: '' };
  }

  /** What a user and the stack do in a turn. */
  #serve(end: End): void {
    const { connection } = end;
    if (connection.state === 'CLOSED' && connection.finished) return;
    if (end.sent < end.total) {
      const chunk = patternBytes(end.sent, Math.min(5000, end.total - end.sent), end.seed);
      end.sent += connection.send(chunk, 0, false, this.#now);
    } else {
      connection.shutdown();
    }
    for (let piece = connection.receive(this.#now); piece !== null; ) {
      const foreign = findForeignByte(piece, end.received, 3 - end.seed);
      if (foreign !== -1) end.fault = `${end.seed}: wrong byte at ${end.received + foreign}`;
      end.received += piece.length;
      piece = connection.receive(this.#now);
    }
    while (connection.pollTransmit(this.#now, this.#out)) this.#carry(end);
    checkInvariants(connection);
  }

  /** What was polled goes on its way, in its segments. */
  #carry(from: End): void {
    for (const { segment, text } of cut(copyOf(this.#out))) this.#carryOne(from, segment, text);
  }

  /** One segment goes on its way, or not. */
  #carryOne(from: End, segment: Segment, text: Buffer): void {
    const random = this.#random;
    const { loss, reordering, duplication } = this.#faults;
    const to = this.#ends[2 - from.seed];
    const copies = random.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (random.chance(loss)) continue;
      const delay = DELAY_MS + (random.chance(reordering) ? random.fraction() * 40 : 0);
      const copy = Object.assign(new Segment(), segment);
      this.#flights.push({ at: this.#now + delay, to, segment: copy, text });
    }
  }

  /** The next arrival or deadline. @returns false when there is none */
  #step(): boolean {
    let next = Number.POSITIVE_INFINITY;
    for (const flight of this.#flights) next = Math.min(next, flight.at);
    for (const { connection } of this.#ends) next = Math.min(next, connection.deadline);
    if (next === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, next);
    const arrived = this.#flights.filter((flight) => flight.at <= this.#now);
    this.#flights = this.#flights.filter((flight) => flight.at > this.#now);
    for (const flight of arrived) this.#deliver(flight);
    for (const { connection } of this.#ends) {
      if (connection.deadline <= this.#now) connection.handleTimeout(this.#now);
      checkInvariants(connection);
    }
    return true;
  }

  #deliver({ to, segment, text }: Flight): void {
    packetMemory.bytes.set(text, scratch);
    segment.textOffset = scratch;
    const { connection, seed } = to;
    const isFirst = seed === 2 && this.#passiveIss !== 0 && connection.state === 'CLOSED';
    if (isFirst && (segment.flags & SYN) !== 0) {
      connection.openPassive(segment, this.#passiveIss, this.#now);
      this.#passiveIss = 0; // once
    } else if (connection.finished) {
      // What a stack does that has forgotten the connection.
      if (writeResetFor(segment, this.#out)) this.#carry(to);
    } else {
      connection.handleSegment(segment, this.#now);
    }
    checkInvariants(connection);
  }
}

/** As a kernel or a network card cuts: PSH and FIN go with the last piece, CWR with the first. */
function cut(whole: { segment: Segment; text: Buffer }): { segment: Segment; text: Buffer }[] {
  const { segment, text } = whole;
  const { pieceBytes, flags, seq } = segment;
  if (pieceBytes === 0) return [whole];
  const pieces: { segment: Segment; text: Buffer }[] = [];
  for (let at = 0; at < text.length; at += pieceBytes) {
    const piece = Object.assign(new Segment(), segment, { pieceBytes: 0, seq: (seq + at) | 0 });
    const isLast = at + pieceBytes >= text.length;
    piece.flags = flags & ~(isLast ? 0 : PSH | FIN) & ~(at === 0 ? 0 : CWR);
    const part = text.subarray(at, at + pieceBytes);
    piece.textLength = part.length;
    pieces.push({ segment: piece, text: part });
  }
  return pieces;
}

function copyOf(out: Segment): { segment: Segment; text: Buffer } {
  const { bytes } = packetMemory;
  const text = Buffer.concat([
    bytes.subarray(out.textOffset, out.textOffset + out.textLength),
    bytes.subarray(out.moreOffset, out.moreOffset + out.moreLength),
  ]);
  const segment = new Segment();
  const { sackEdges } = segment;
  sackEdges.set(out.sackEdges);
  Object.assign(segment, out, { sackEdges, textLength: text.length, moreLength: 0 });
  return { segment, text };
}
