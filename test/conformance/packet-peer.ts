/**
 * A whole stack over a link whose other end is the test, down to the IP header: what the packet
 * scripts leave out.
 */
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import type { NetworkErrorCode } from '../../lib/support/network-error';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { formatSegment, parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import type { LinkRoute } from '../../types/link';
import type {
  ConnectionHandler,
  ConnectionOptions,
  ConnectRequest,
  StackConnection,
  StackListener,
} from '../../types/stack';
import type { TcpConfig } from '../../types/tcp';
import { TestLink } from '../support/test-link';
import { buildPacket, readPacket } from '../support/test-packet';

export const LOCAL = IpAddress.parse('192.0.2.1')!;
export const REMOTE = IpAddress.parse('192.0.2.2')!;
const LISTEN_PORT = 80;
const OWN_PORT = 40_000;
const PEER_PORT = 50_000;
/** No timestamps and no scale, for the reader's sake; ACKs wait from the beginning. */
const PLAIN: Partial<TcpConfig> = { timestamps: false, windowScaling: false, quickAckSegments: 0 };

export interface PeerOptions {
  tcp?: Partial<TcpConfig>;
  mtu?: number;
  /** What the link says of a route, when it is asked. */
  route?: () => LinkRoute;
}

export interface Sent {
  /** The segment in numbers relative to both initial sequence numbers. */
  line: string;
  /** Milliseconds since the test began. */
  at: number;
  source: string;
  trafficClass: number;
  segment: Segment;
}

/** Writes down what it hears; the code of an error or of trouble stands for itself. */
export class Listening implements ConnectionHandler {
  readonly heard: string[] = [];

  handleConnect(): void {
    this.heard.push('connect');
  }
  handleUrgent(): void {
    this.heard.push('urgent');
  }
  handleTrouble(code: NetworkErrorCode): void {
    this.heard.push(`trouble ${code}`);
  }
  handleReadable(): void {
    this.heard.push('readable');
  }
  handleWritable(): void {
    this.heard.push('writable');
  }
  handleError(code: NetworkErrorCode): void {
    this.heard.push(code);
  }
  handleClose(): void {
    this.heard.push('close');
  }
}

export class PacketPeer {
  readonly clock = new VirtualClock(5000);
  readonly stack: Stack;
  readonly link: TestLink;
  readonly user = new Listening();
  connection: StackConnection | null = null;
  listener: StackListener | null = null;
  readonly #began = this.clock.now();
  #port = LISTEN_PORT;
  /** The stack's initial sequence number; the peer's is `PEER_ISS`. */
  #iss = 0;

  constructor({ tcp, mtu, route }: PeerOptions = {}) {
    this.link = new TestLink({ clock: this.clock, address: LOCAL, mtu });
    if (route !== undefined) this.link.route = route;
    const random = new SeededRandom(1);
    this.stack = new Stack({
      links: [this.link],
      clock: this.clock,
      random: (target) => random.fill(target),
      tcp: { ...PLAIN, ...tcp },
      initialSequence: () => 0x7fff_ff00,
    });
  }

  listen(options: ConnectionOptions = {}): this {
    const request = { address: IPV4_ANY, port: LISTEN_PORT, backlog: 16, ...options };
    this.listener = this.stack.listen(request, (connection) => {
      connection.handler = this.user;
      this.connection = connection;
    });
    return this;
  }

  connect(request: Partial<ConnectRequest> = {}): this {
    this.#port = OWN_PORT;
    this.connection = this.stack.connect(
      { remoteAddress: REMOTE, remotePort: PEER_PORT, localPort: OWN_PORT, ...request },
      this.user,
    );
    return this.turn();
  }

  /** Active or passive, and swallows the handshake. `synOptions` are the peer's. */
  establish(how: 'active' | 'passive' = 'active', synOptions = 'mss 1460', win = 65_535): this {
    if (how === 'active') {
      this.connect().take();
      this.send(`S. 0:0(0) ack 1 win ${win} <${synOptions}>`).take();
    } else {
      this.listen().send(`S 0:0(0) win ${win} <${synOptions}>`).take();
      this.send(`. 1:1(0) ack 1 win ${win}`);
    }
    return this;
  }

  /** A packet of the peer; the text is zeros. */
  send(line: string, fields: Partial<Segment> = {}): this {
    const segment = new Segment();
    parseSegmentText(line, segment, { seqBase: PEER_ISS, ackBase: this.#iss });
    segment.sourcePort = PEER_PORT;
    segment.destinationPort = this.#port;
    Object.assign(segment, fields);
    const text = Buffer.alloc(segment.textLength);
    this.link.receive(buildPacket({ source: REMOTE, destination: LOCAL, segment, text }));
    this.link.endBatch();
    return this.turn();
  }

  /** All that was sent since it was last asked. */
  take(): Sent[] {
    return this.link.sent.splice(0).map(({ at, bytes }) => {
      const segment = new Segment();
      const { ip } = readPacket(bytes, segment);
      if (/^SE?W?\.?E?W? /.test(formatSegment(segment))) this.#iss = segment.seq;
      const line = formatSegment(segment, { seqBase: this.#iss, ackBase: PEER_ISS });
      const source = IpAddress.fromIpv4(ip.source3).text;
      const { trafficClass } = ip;
      return { line, at: at - this.#began, source, trafficClass, segment };
    });
  }

  /** The same without windows and options. */
  lines(): string[] {
    return this.take().map(({ line }) => line.replace(/ win \d+/, '').replace(/ <.*>$/, ''));
  }

  /** The user writes zeros. */
  write(bytes: number, urgent = false): this {
    const chunk = Buffer.alloc(bytes);
    if (urgent) this.connection!.sendUrgent(chunk);
    else this.connection!.send(chunk);
    return this;
  }

  /** What the user has heard since he was last asked. */
  heard(): string[] {
    return this.user.heard.splice(0);
  }

  /** Everything that happens at this instant happens. */
  turn(): this {
    this.clock.advanceTo(this.clock.now());
    return this;
  }

  advance(ms: number): this {
    this.clock.advanceTo(this.clock.now() + ms);
    return this;
  }

  /** @returns bytes of packet memory that are still held */
  close(before: number): number {
    this.stack.close();
    this.turn();
    return packetMemory.allocated - before;
  }
}

const PEER_ISS = 0xffff_ff80 | 0;
