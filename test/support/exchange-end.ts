/** One end of an exchange: its stack, what of its packets is on the wire, its user. */
import type { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { NetworkError } from '../../lib/support/network-error';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { Segment } from '../../lib/wire/segment';
import type { TcpConfig, TcpInfo, TcpState } from '../../types/tcp';
import type { Call, Side } from './exchange-parser';
import { findForeignByte } from './pattern';
import { textPosition } from './script-flow';
import { StreamUser } from './stream-user';
import { type SentPacket, TestLink } from './test-link';
import { readPacket } from './test-packet';

const ADDRESSES = { A: IpAddress.parse('192.0.2.1')!, B: IpAddress.parse('192.0.2.2')! };
const PORTS = { A: 40_000, B: 80 };
/**
 * For the reader's sake a figure's segments bear no options that it does not speak of, and ACKs wait as
 * they do in the middle of a connection.
 */
const PLAIN: Partial<TcpConfig> = {
  timestamps: false,
  windowScaling: false,
  quickAckSegments: 0,
  sack: false,
};

export interface EndOptions {
  side: Side;
  clock: VirtualClock;
  tcp?: Partial<TcpConfig>;
  /** Absolute initial sequence numbers of its connections. */
  iss: readonly number[];
  /** Which connection between the two ends this is, counted from 0: what they write depends on it. */
  generation: () => number;
}

export class ExchangeEnd {
  readonly side: Side;
  readonly other: Side;
  readonly link: TestLink;
  readonly stack: Stack;
  /** Packets that the wire keeps. */
  readonly kept: SentPacket[] = [];
  /** How often it has called `connect`. */
  connects = 0;
  user: StreamUser;
  readonly #options: EndOptions;
  #iss = 0;
  #opened = 0;

  constructor(options: EndOptions) {
    const { side, clock, tcp } = options;
    const random = new SeededRandom(side === 'A' ? 1 : 2);
    this.#options = options;
    this.side = side;
    this.other = side === 'A' ? 'B' : 'A';
    this.link = new TestLink({ clock, address: ADDRESSES[side] });
    this.stack = new Stack({
      links: [this.link],
      clock,
      random: (target) => random.fill(target),
      tcp: { ...PLAIN, ...tcp },
      initialSequence: () => this.#nextIss(),
    });
    this.user = this.#newUser();
  }

  get state(): TcpState {
    const all = this.stack.connections();
    const connection = all.find(({ remotePort }) => remotePort === PORTS[this.other]);
    if (connection !== undefined) return connection.state;
    return all.some(({ state }) => state === 'LISTEN') ? 'LISTEN' : 'CLOSED';
  }

  /** @returns what is wrong with the text of a packet that this end sent, '' when nothing is */
  checkText(packet: SentPacket): string {
    const segment = new Segment();
    const { text } = readPacket(packet.bytes, segment);
    const position = textPosition(segment, this.#iss);
    const foreign = findForeignByte(text, position, this.user.writeSeed);
    return foreign === -1 ? '' : `byte ${foreign} of the text`;
  }

  /** @returns what went wrong; '' when nothing did */
  perform(call: Call): string {
    switch (call.verb) {
      case 'listen':
        this.#listen();
        return '';
      case 'connect':
        return this.#connect(call.fails);
      case 'write':
      case 'urgent':
        this.user.write(call.bytes, call.verb === 'urgent');
        return '';
      case 'read': {
        const got = call.foreign ? this.user.readForeign() : this.user.readAll();
        return got === call.bytes ? '' : `${this.side} read ${got} bytes`;
      }
      case 'close':
        this.user.held().shutdown();
        return '';
      case 'abort':
        this.user.held().abort();
        return '';
      case 'leave':
        this.user.held().release();
        return '';
      case 'hears':
        if (this.user.hear(call.event)) return '';
        return `${this.side} has heard: ${this.user.events.join(', ') || 'nothing'}`;
      case 'info': {
        const value = String(this.user.held().info()[call.name as keyof TcpInfo]);
        return value === call.value ? '' : `${call.name} is ${value}`;
      }
    }
  }

  close(): void {
    this.user.connection?.abort();
    this.stack.close();
  }

  #listen(): void {
    const request = { address: IPV4_ANY, port: PORTS[this.side], backlog: 8 };
    this.stack.listen(request, (connection) => {
      this.user = this.#newUser();
      connection.handler = this.user;
      this.user.connection = connection;
    });
  }

  #connect(fails: string): string {
    const { side, other } = this;
    this.connects++;
    const user = this.#newUser();
    const request = {
      remoteAddress: ADDRESSES[other],
      remotePort: PORTS[other],
      localPort: PORTS[side],
    };
    try {
      user.connection = this.stack.connect(request, user);
    } catch (error) {
      this.connects--;
      if (error instanceof NetworkError && error.code === fails) return '';
      throw error;
    }
    this.user = user;
    return fails === '' ? '' : 'connect has not failed';
  }

  /** What an end writes is its own, and another in each connection. */
  #newUser(): StreamUser {
    const seed = (side: Side): number => (side === 'A' ? 0xa0000 : 0xb0000) + generation;
    const generation = this.#options.generation();
    return new StreamUser(seed(this.side), seed(this.other));
  }

  #nextIss(): number {
    const { iss } = this.#options;
    if (this.#opened === iss.length) throw new Error(`no initial sequence number for ${this.side}`);
    this.#iss = iss[this.#opened++];
    return this.#iss;
  }
}
