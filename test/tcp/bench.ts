/**
 * A bench for one Connection without a stack: the test plays the peer, and turns the clock by hand.
 *
 * Segments are lines of `lib/wire/packet-text` with numbers relative to the two initial sequence numbers, so
 * that the first byte of either text is number 1. Both texts are patterns: every byte that leaves or arrives
 * is compared with what belongs at its sequence number. After every event the invariants are checked, and
 * what an outsider can see of the window: its right edge does not move left (RFC 9293 SHLD-14).
 */
import type { Test } from 'tap';
import { assert } from '../../lib/support/assert';
import { packetMemory } from '../../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Connection } from '../../lib/tcp/connection';
import * as eventBits from '../../lib/tcp/events';
import { checkInvariants } from '../../lib/tcp/invariants';
import type { Tcb } from '../../lib/tcp/tcb';
import { formatSegment, parseSegmentText } from '../../lib/wire/packet-text';
import { RST, Segment, SYN } from '../../lib/wire/segment';
import type { TcpConfig, TcpState } from '../../types/tcp';
import { findForeignByte, patternByte, patternBytes } from '../support/pattern';

export interface BenchOptions {
  iss?: number;
  irs?: number;
  /** The path's limit on text. */
  mss?: number;
  /** Largest text that the link takes in one piece. */
  linkText?: number;
  /** It leaves segment by segment. */
  inTrains?: boolean;
  /** Differences from the bench's configuration. */
  config?: Partial<TcpConfig>;
  timestampOffset?: number;
}

export interface EstablishOptions {
  passive?: boolean;
  /** Window fields of the peer's SYN and, in a passive open, of the ACK behind it. */
  win?: number;
  /** Options of the peer's SYN; his TSval is 1. */
  options?: string;
}

/** What a line shows beyond flags, numbers and urgent pointer. */
export interface Show {
  win?: boolean;
  options?: boolean;
}

const OWN_SEED = 0;
const PEER_SEED = 1;
const LOCAL_PORT = 1234;
const REMOTE_PORT = 80;
const START_MS = 1000;
const MOST_SEGMENTS = 20_000;
/** The default configuration, without what would make every exchange longer than its subject. */
const BENCH_CONFIG: Readonly<TcpConfig> = {
  ...DEFAULT_TCP_CONFIG,
  windowScaling: false,
  congestionControl: 'reno',
  timestamps: false,
  sendBufferMaxBytes: 0,
  receiveBufferMaxBytes: 0,
  blackHoleTimeouts: 0,
  quickAckSegments: 0,
  sack: false,
};
const SCRATCH_BYTES = 131_072;
const EVENTS = Object.entries(eventBits).sort(([, a], [, b]) => a - b);
/** Where injected text lies. One for the process, so that `packetMemory.allocated` shows leaks. */
const scratch = packetMemory.allocate(SCRATCH_BYTES);

export class Bench {
  readonly connection: Connection;
  readonly iss: number;
  readonly irs: number;
  /** Milliseconds; begins at a time that is not 0. */
  now = START_MS;
  /** Relative sequence numbers of the next byte to hand to `send`, and to expect from `receive`. */
  sendPosition = 1;
  receivePosition = 1;
  /** The last segment that was polled. */
  readonly last = new Segment();

  readonly #in = new Segment();
  #edge = Number.NaN; // right edge of the window the peer was told of last, counted from IRS

  constructor(options: BenchOptions = {}) {
    this.iss = (options.iss ?? 0) | 0;
    this.irs = (options.irs ?? 0) | 0;
    this.connection = new Connection({
      config: { ...BENCH_CONFIG, ...options.config },
      localPort: LOCAL_PORT,
      remotePort: REMOTE_PORT,
      mss: options.mss ?? 1000,
      linkText: options.linkText,
      inTrains: options.inTrains,
      timestampOffset: options.timestampOffset ?? 0,
    });
  }

  get tcb(): Tcb {
    return this.connection.tcb;
  }

  get state(): TcpState {
    return this.connection.state;
  }

  /** Active OPEN. */
  open(): this {
    this.connection.open(this.iss, this.now);
    return this.#checked();
  }

  /** Passive OPEN that meets the SYN `line`. */
  openPassive(line: string): this {
    this.#read(line, PEER_SEED);
    this.connection.openPassive(this.#in, this.iss, this.now);
    return this.#checked();
  }

  /** Opens and swallows the handshake and its event. */
  establish(options: EstablishOptions = {}): this {
    const { passive = false, win = 65_535 } = options;
    const text = options.options ?? 'mss 1000';
    const ts = text.includes('TS') ? ` <TS val 1 ecr ${this.tcb.ts.value(this.now)}>` : '';
    if (passive) {
      this.openPassive(`S 0:0(0) win ${win} <${text}>`);
      this.sent();
      this.inject(`. 1:1(0) ack 1 win ${win}${ts}`);
    } else {
      this.open();
      this.sent();
      this.inject(`S. 0:0(0) ack 1 win ${win} <${text}>`);
      this.sent();
    }
    this.connection.pollEvents();
    assert(this.state === 'ESTABLISHED', 'the handshake has succeeded');
    return this;
  }

  /** A segment of the peer arrives. @param seed another one stands for forged text */
  inject(line: string, seed = PEER_SEED): this {
    this.#read(line, seed);
    this.connection.handleSegment(this.#in, this.now);
    return this.#checked();
  }

  /** Polls all that is owed or allowed now. */
  sent(show: Show = {}): string[] {
    const lines: string[] = [];
    while (!this.connection.hasNothing && this.connection.pollTransmit(this.now, this.last)) {
      this.#checkSent(this.last);
      lines.push(this.#format(this.last, show));
      assert(lines.length <= MOST_SEGMENTS, 'output comes to an end');
    }
    this.#checked();
    return lines;
  }

  /** Turns the clock through all deadlines on the way. @returns what was sent, behind its ms since now */
  advance(ms: number, show: Show = {}): string[] {
    const start = this.now;
    const end = start + ms;
    const lines = this.sent(show).map((line) => `0 ${line}`);
    for (let deadline = this.connection.deadline; deadline <= end; ) {
      this.now = Math.max(this.now, deadline);
      this.connection.handleTimeout(this.now);
      this.#checked();
      const elapsed = Math.round((this.now - start) * 1000) / 1000;
      for (const line of this.sent(show)) lines.push(`${elapsed} ${line}`);
      deadline = this.connection.deadline;
      assert(deadline > this.now, 'a deadline that has come is over');
      assert(lines.length <= MOST_SEGMENTS, 'output comes to an end');
    }
    this.now = end;
    return lines;
  }

  /** SEND of the next `length` bytes of the pattern. @returns bytes taken */
  send(length: number, urgent = false): number {
    const chunk = patternBytes(this.sendPosition, length, OWN_SEED);
    const taken = this.connection.send(chunk, 0, urgent, this.now);
    this.sendPosition += taken;
    this.#checked();
    return taken;
  }

  /** RECEIVE of all that waits, or of up to `most` bytes into memory of our own. @returns bytes */
  receive(most?: number): number {
    let count = 0;
    if (most === undefined) {
      for (let piece = this.connection.receive(this.now); piece !== null; ) {
        count += this.#checkReceived(piece);
        piece = this.connection.receive(this.now);
      }
    } else {
      const target = new Uint8Array(most);
      const length = this.connection.receiveInto(target, this.now);
      count = this.#checkReceived(target.subarray(0, length));
    }
    this.#checked();
    return count;
  }

  shutdown(): this {
    this.connection.shutdown();
    return this.#checked();
  }

  abort(): this {
    this.connection.abort();
    return this.#checked();
  }

  release(): this {
    this.connection.release(this.now);
    return this.#checked();
  }

  setKeepAlive(on: boolean, delayMs = 0): this {
    this.connection.setKeepAlive(on, delayMs, this.now);
    return this.#checked();
  }

  /** What `pollEvents` reports, by name, lowest bit first: 'connected readable'. */
  events(): string {
    const bits = this.connection.pollEvents();
    return EVENTS.filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name.slice('EVENT_'.length).toLowerCase())
      .join(' ');
  }

  #read(line: string, seed: number): void {
    const seg = this.#in;
    parseSegmentText(line, seg, { seqBase: this.irs, ackBase: this.iss });
    seg.sourcePort = REMOTE_PORT;
    seg.destinationPort = LOCAL_PORT;
    const first = (seg.seq - this.irs + ((seg.flags & SYN) >> 1)) | 0;
    assert(seg.textLength <= SCRATCH_BYTES, 'the text has room');
    seg.textOffset = scratch;
    const { bytes } = packetMemory;
    for (let i = 0; i < seg.textLength; i++) bytes[scratch + i] = patternByte(first + i, seed);
  }

  #format(seg: Segment, show: Show): string {
    let line = formatSegment(seg, { seqBase: this.iss, ackBase: this.irs });
    if (show.win !== true) line = line.replace(/ win \d+/, '');
    if (show.options !== true) line = line.replace(/ <.*>$/, '');
    return line;
  }

  #checkSent(seg: Segment): void {
    const { bytes } = packetMemory;
    const first = (seg.seq - this.iss) | 0;
    const { textOffset, textLength, moreOffset, moreLength } = seg;
    assert(seg.sourcePort === LOCAL_PORT && seg.destinationPort === REMOTE_PORT, 'ports are right');
    const text = bytes.subarray(textOffset, textOffset + textLength);
    assert(findForeignByte(text, first, OWN_SEED) === -1, 'the text sent is what the user sent');
    const more = bytes.subarray(moreOffset, moreOffset + moreLength);
    const second = first + textLength;
    assert(findForeignByte(more, second, OWN_SEED) === -1, 'its second half, too');
    const isReset = (seg.flags & RST) !== 0;
    const { snd } = this.tcb;
    assert(isReset || textLength + moreLength <= snd.burst, 'no text exceeds what may leave');
    const isCut = textLength + moreLength > snd.mss;
    assert(seg.pieceBytes === (isCut ? snd.mss : 0), 'what exceeds the MSS is to be cut');
    if ((seg.flags & (SYN | RST)) === 0) this.#checkEdge(seg);
  }

  /** RFC 7323 §2.4 allows a window to shrink by what its scale cannot say, and no more. */
  #checkEdge(seg: Segment): void {
    const { shift } = this.tcb.rcv;
    const edge = ((seg.ack - this.irs) | 0) + (seg.window << shift);
    assert(!(this.#edge - edge >= 1 << shift), 'the window does not shrink');
    this.#edge = edge;
  }

  #checkReceived(bytes: Uint8Array): number {
    assert(
      findForeignByte(bytes, this.receivePosition, PEER_SEED) === -1,
      'the text received is what the peer sent',
    );
    this.receivePosition += bytes.length;
    return bytes.length;
  }

  #checked(): this {
    checkInvariants(this.connection);
    return this;
  }
}

/** Makes benches that differ in nothing but their initial sequence numbers. */
export type MakeBench = (options?: BenchOptions) => Bench;

const WRAPS: readonly (readonly [string, number])[] = [
  ['2^31', 0x7fff_ffc0],
  ['2^32', 0xffff_ffc0],
];

/**
 * Runs an exchange twice, with both initial sequence numbers just before a wrap: of the sign, and of 2^32.
 * Afterwards no packet memory may be held. `run` does not end the test.
 */
export function eachWrap(t: Test, name: string, run: (t: Test, make: MakeBench) => void): void {
  t.test(name, (t) => {
    for (const [wrap, first] of WRAPS) {
      t.test(`across ${wrap}`, (t) => {
        const allocated = packetMemory.allocated;
        const made: Bench[] = [];
        run(t, (options) => {
          const bench = new Bench({ iss: first, irs: first + 7, ...options });
          made.push(bench);
          return bench;
        });
        for (const bench of made) bench.connection.dispose();
        t.equal(packetMemory.allocated, allocated, 'all packet memory is given back');
        t.end();
      });
    }
    t.end();
  });
}

/** ESTABLISHED with SACK after a handshake of 100 ms: the timeout is 300 ms. */
export function withSack(make: MakeBench, config: object = {}): Bench {
  const b = make({ config: { sack: true, ...config } }).open();
  b.sent();
  b.now += 100;
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
  b.events();
  return b;
}
