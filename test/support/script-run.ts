/**
 * One run of a packet script against a real stack: takes the steps one by one and says what is wrong.
 */
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { Segment } from '../../lib/wire/segment';
import type { StackLimits, StackListener } from '../../types/stack';
import type { TcpConfig, TcpInfo } from '../../types/tcp';
import './invariant-check';
import {
  describeSegment,
  findDifference,
  injectedSegment,
  type PacketLine,
} from './packet-notation';
import { Flow } from './script-flow';
import { type Action, type Step, sequenceExtent } from './script-parser';
import { TestLink } from './test-link';
import { buildPacket, readPacket } from './test-packet';

/** How far from its time a packet may be sent: an RTO of 300.4 ms need not be written so. */
export const TOLERANCE_MS = 0.5;

/** ACKs wait from the beginning as they do in the middle of a connection. */
const STEADY: Partial<TcpConfig> = { quickAckSegments: 0, sack: false };

export interface ScriptOptions {
  tcp?: Partial<TcpConfig>;
  limits?: Partial<StackLimits>;
  mtu?: number;
  /** The stack's port where it connects, 40000; and the peer's where it does, 50000. */
  localPort?: number;
  peerPort?: number;
  toleranceMs?: number;
}

/** Where the sequence numbers of a run lie, and its time begins. */
export interface Wrap {
  name: string;
  /** The number that the exchange crosses in its middle, on both sides. */
  edge: number;
  startMs: number;
}

const LOCAL = IpAddress.parse('192.0.2.1')!;
const PEER = IpAddress.parse('192.0.2.2')!;

export class ScriptRun {
  readonly clock: VirtualClock;
  readonly #wrap: Wrap;
  readonly #options: ScriptOptions;
  readonly #link: TestLink;
  readonly #stack: Stack;
  readonly #localIss: number;
  readonly #peerIss: number;
  readonly #flows = new Map<number, Flow>();
  readonly #tolerance: number;
  #flow: Flow;
  #localPort: number;
  #listener: StackListener | null = null;
  /** When the last step was due, ms. */
  #at: number;
  /** Packets have arrived, and the stack has not yet been asked to answer. */
  #isBatchOpen = false;

  constructor(steps: readonly Step[], wrap: Wrap, options: ScriptOptions) {
    const { tcp, limits, mtu } = options;
    const extent = sequenceExtent(steps);
    this.#wrap = wrap;
    this.#options = options;
    this.#localIss = (wrap.edge - Math.ceil(extent.local / 2)) | 0;
    this.#peerIss = (wrap.edge - Math.ceil(extent.peer / 2)) | 0;
    this.#tolerance = options.toleranceMs ?? TOLERANCE_MS;
    this.#localPort = options.localPort ?? 40_000;
    this.#at = wrap.startMs;
    this.clock = new VirtualClock(wrap.startMs);
    this.#link = new TestLink({ clock: this.clock, address: LOCAL, mtu });
    const random = new SeededRandom(1);
    this.#stack = new Stack({
      links: [this.#link],
      clock: this.clock,
      random: (target) => random.fill(target),
      tcp: { ...STEADY, ...tcp },
      limits,
      initialSequence: () => this.#localIss,
    });
    this.#flow = this.#flowOf(options.peerPort ?? 50_000);
  }

  /** @returns what went wrong; '' when nothing did */
  take(step: Step, isJoined: boolean): string {
    const due = step.relative ? this.#at + step.ms : this.#wrap.startMs + step.ms;
    if (due < this.#at) return `${step.ms} ms is before the line above`;
    this.#at = due;
    try {
      if (step.action.kind === 'expect') return this.#expect(step.action.packet, due);
      if (!step.joined) {
        if (due > this.clock.now()) this.clock.advanceTo(due);
        if (this.#link.sent.length > 0) return this.#describeSent('the stack sent, unlisted,');
      }
      const failure = this.#perform(step.action);
      if (!isJoined) this.#settle();
      return failure;
    } catch (error) {
      return (error as Error).stack ?? String(error);
    }
  }

  findLeftovers(): string {
    this.#settle();
    if (this.#link.sent.length > 0) return this.#describeSent('the stack sent, unlisted,');
    for (const flow of this.#flows.values()) {
      const { unheard } = flow.user;
      if (unheard.length > 0) return `the user heard, unlisted: ${unheard.join(', ')}`;
    }
    return '';
  }

  close(): void {
    for (const flow of this.#flows.values()) flow.user.connection?.abort();
    this.#settle();
    this.#stack.close();
    this.#settle();
  }

  /** Everything that happens at this instant happens. */
  #settle(): void {
    if (this.#isBatchOpen) {
      this.#isBatchOpen = false;
      this.#link.endBatch();
    }
    this.clock.advanceTo(this.clock.now());
  }

  #expect(line: PacketLine, due: number): string {
    const { sent } = this.#link;
    const latest = due + this.#tolerance;
    while (sent.length === 0 && this.clock.next <= latest) this.clock.step();
    if (sent.length === 0) {
      return `nothing was sent until ${this.#seconds(latest)}; expected\n  ${line.text}`;
    }
    const packet = sent[0];
    const segment = new Segment();
    const { text } = readPacket(packet.bytes, segment);
    const flow = this.#flowOf(segment.destinationPort);
    flow.learn(segment, packet.at);
    let difference = flow === this.#flow ? '' : `port ${segment.destinationPort}`;
    if (difference === '') difference = findDifference(line, flow.outbound, segment);
    if (difference === '') difference = flow.checkText(segment, text);
    const early = packet.at < due - this.#tolerance;
    if (difference === '' && early) difference = `time, ${this.#seconds(due)} was expected`;
    if (difference !== '') return `${this.#describeSent('got')}\n  wrong: ${difference}`;
    sent.shift();
    if (this.clock.now() < due) this.clock.advanceTo(due);
    return '';
  }

  #describeSent(title: string): string {
    const lines = this.#link.sent.map(({ at, bytes }) => {
      const segment = new Segment();
      readPacket(bytes, segment);
      const flow = this.#flowOf(segment.destinationPort);
      flow.learn(segment, at);
      return `  ${describeSegment(segment, flow.outbound)}   at ${this.#seconds(at)}`;
    });
    return `${title}\n${lines.join('\n')}`;
  }

  #seconds(at: number): string {
    return `${((at - this.#wrap.startMs) / 1000).toFixed(6)} s`;
  }

  #flowOf(peerPort: number): Flow {
    let flow = this.#flows.get(peerPort);
    if (flow === undefined) {
      flow = new Flow(peerPort, this.#peerIss, this.#wrap.startMs);
      this.#flows.set(peerPort, flow);
    }
    return flow;
  }

  #perform(action: Action): string {
    switch (action.kind) {
      case 'inject':
        this.#link.receive(this.#build(action.packet));
        this.#isBatchOpen = true;
        return '';
      case 'peer':
        this.#flow = this.#flowOf(action.port);
        return '';
      case 'listen':
        this.#listen(action.port, action.backlog);
        return '';
      case 'connect':
        this.#connect(action.port);
        return '';
      case 'unlisten':
        this.#listener?.close();
        this.#listener = null;
        return '';
      case 'nothing':
        return '';
      case 'state':
      case 'event':
      case 'info':
      case 'counter':
        return this.#observe(action);
      default:
        return this.#call(action);
    }
  }

  #build(line: PacketLine): Buffer {
    const flow = this.#flow;
    const segment = injectedSegment(line, flow.inbound);
    segment.sourcePort = flow.peerPort;
    segment.destinationPort = this.#localPort;
    return buildPacket({
      source: PEER,
      destination: LOCAL,
      segment,
      text: flow.peerText(segment),
      rawOptions: line.rawOptions ?? undefined,
      badChecksum: line.badChecksum,
    });
  }

  #listen(port: number, backlog: number): void {
    this.#localPort = port;
    this.#listener = this.#stack.listen({ address: IPV4_ANY, port, backlog }, (connection) => {
      const flow = this.#flowOf(connection.remotePort);
      connection.handler = flow.user;
      flow.user.connection = connection;
      flow.isWaiting = true;
    });
  }

  #connect(port: number): void {
    this.#localPort = this.#options.localPort ?? 40_000;
    this.#flow = this.#flowOf(port);
    const request = { remoteAddress: PEER, remotePort: port, localPort: this.#localPort };
    const { user } = this.#flow;
    user.connection = this.#stack.connect(request, user);
  }

  #call(action: Action): string {
    const flow = this.#flow;
    switch (action.kind) {
      case 'accept':
        if (!flow.isWaiting) return 'there is nothing to accept';
        flow.isWaiting = false;
        break;
      case 'write':
      case 'urgent':
        flow.user.write(action.bytes, action.kind === 'urgent');
        break;
      case 'read':
        return isCount('read', flow.user.readAll(), action.bytes);
      case 'take':
        return isCount('read', flow.user.take(action.bytes), action.bytes);
      case 'shutdown':
        flow.user.held().shutdown();
        break;
      case 'abort':
        flow.user.held().abort();
        break;
      case 'close':
        flow.user.held().release();
        break;
      case 'nodelay':
        flow.user.held().setNoDelay(action.on);
        break;
      case 'keepalive':
        flow.user.held().setKeepAlive(action.on, action.delayMs);
        break;
    }
    return '';
  }

  #observe(action: Action): string {
    const flow = this.#flow;
    switch (action.kind) {
      case 'state': {
        const state = this.#stateOf(flow);
        return state.includes(action.state) ? '' : `the state is ${state[0]}`;
      }
      case 'event':
        if (flow.user.hear(action.event)) return '';
        return `the user has heard: ${flow.user.events.join(', ') || 'nothing'}`;
      case 'info': {
        const value = String(flow.user.held().info()[action.name as keyof TcpInfo]);
        return value === action.value ? '' : `${action.name} is ${value}`;
      }
      case 'counter': {
        const counters = this.#stack.stats() as unknown as Record<string, number>;
        const value = String(counters[action.name]);
        return value === action.value ? '' : `${action.name} is ${value}`;
      }
    }
    return '';
  }

  /** Of a connection that is gone all that is left is CLOSED, and LISTEN where somebody listens. */
  #stateOf(flow: Flow): string[] {
    const all = this.#stack.connections();
    const found = all.find(({ remotePort }) => remotePort === flow.peerPort);
    if (found !== undefined) return [found.state];
    return all.some(({ state }) => state === 'LISTEN') ? ['LISTEN', 'CLOSED'] : ['CLOSED'];
  }
}

function isCount(what: string, got: number, want: number): string {
  return got === want ? '' : `${what} ${got} bytes`;
}
