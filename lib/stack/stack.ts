/**
 * A TCP/IP stack: links below, connections above, and one turn loop between them.
 *
 * This is the face that `net` sees (`TransportStack`), and where a stack's parts are put together.
 */
import { randomFillSync } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import type { Clock } from '../../types/clock';
import type { Link } from '../../types/link';
import type {
  BindRequest,
  ConnectionHandler,
  ConnectRequest,
  ListenRequest,
  StackBinding,
  StackConnection,
  StackListener,
  StackOptions,
  TransportStack,
} from '../../types/stack';
import type { TcpInfo, TcpState } from '../../types/tcp';
import { LoopbackLink } from '../link/loopback-link';
import { NetworkError } from '../support/network-error';
import { IsnGenerator } from '../tcp/isn';
import { SynCookies } from '../tcp/syn-cookies';
import { Attachment, type AttachmentOwner } from './attachment';
import { StackCapture } from './capture';
import { Counters } from './counters';
import { Deadlines } from './deadlines';
import { DropReasons } from './drop-reasons';
import type { Endpoint } from './endpoint';
import { Entropy } from './entropy';
import { closeAtExit, forgetAtExit } from './exit-hook';
import { FragmentInput } from './fragment-input';
import { IcmpInput } from './icmp-input';
import { IcmpOutput } from './icmp-output';
import { IdleConnections } from './idle-connections';
import { Input } from './input';
import { applyLimits } from './limits';
import { ListenInput } from './listen-input';
import type { ListeningEndpoint } from './listening-endpoint';
import { Liveness } from './liveness';
import { Opener } from './opener';
import { Output } from './output';
import { PassiveOpener } from './passive-opener';
import { PathMtus } from './path-mtu';
import { RealClock } from './real-clock';
import { type EngineFactory, Registry } from './registry';
import { Reporter } from './reporter';
import { Routes } from './routes';
import { type SegmentEvent, SegmentTrace } from './segment-trace';
import { SendFailures } from './send-failures';
import { tcpConfigFrom } from './tcp-settings';
import { Turn } from './turn';

export interface StackEvents {
  /** Each segment that comes or goes; computed only while somebody listens. */
  segment: (event: SegmentEvent) => void;
  /**
   * A link is broken for good; its connections have died of ENETDOWN, or of EADDRINUSE where
   * somebody else turned out to have its address.
   */
  linkFailed: (name: string, error: Error) => void;
}

/** One line of `connections()`, as `ss` would print it. */
export interface ConnectionSummary {
  state: TcpState;
  localAddress: string;
  localPort: number;
  /** '' and 0 for a listener. */
  remoteAddress: string;
  remotePort: number;
  /** Bytes unsent or unacknowledged; for a listener, its connections that are still opening. */
  sendQueue: number;
  /** Name of the link; '' for a listener. */
  link: string;
  /** A connection's inside, as `ss -i` shows it: only where it was asked for. */
  info?: TcpInfo;
}

/** What `stats()` tells: everything counted since the stack was made, and what there is now. */
export interface StackStats extends Readonly<Counters> {
  /** Connections in any state, those of them that are TIME-WAIT, and listeners. */
  connections: number;
  timeWait: number;
  listeners: number;
  /** Deadlines that are armed, and ports of the host that are held. */
  deadlines: number;
  heldPorts: number;
  /** Bytes held in fragments of packets that are not whole. */
  fragmentBytes: number;
  /** What keeps the process alive: referenced listeners and connections, and unfinished ones. */
  keepingAlive: number;
}

/** For tests. */
export interface StackInternals {
  createEngine?: EngineFactory;
}

export class Stack extends EventEmitter<StackEvents> implements TransportStack {
  readonly #counters = new Counters();
  readonly #attachments: Attachment[];
  readonly #registry: Registry;
  readonly #deadlines: Deadlines;
  readonly #idle: IdleConnections;
  readonly #liveness: Liveness;
  readonly #turn: Turn;
  readonly #input: Input;
  readonly #fragments: FragmentInput;
  readonly #opener: Opener;
  readonly #sendFailures: SendFailures;
  readonly #capture: StackCapture | null;
  #closed = false;

  /** @throws NetworkError when a link cannot be opened; EINVAL for a setting that cannot be */
  constructor(options: StackOptions = {}, internals: StackInternals = {}) {
    super();
    const clock = options.clock ?? new RealClock();
    const limits = applyLimits(options.limits);
    const entropy = new Entropy(options.random ?? randomFillSync);
    const counters = this.#counters;
    const trace = new SegmentTrace(this);
    const output = new Output(counters, trace, entropy.int32(), entropy);

    const { capture, links = [] } = options;
    this.#capture = capture === undefined ? null : new StackCapture(capture);
    const owner = this.#ownerWith(clock, options.random ?? randomFillSync);
    const outside = links.map((link) => this.#attach(link, false, owner));
    const loopback = new LoopbackLink((address) => routes.isLocalOutside(address));
    const routes = new Routes(this.#attach(loopback, true, owner), outside);
    this.#attachments = [routes.loopback, ...outside];

    this.#deadlines = new Deadlines(clock, () => this.#turn.expire());
    this.#idle = new IdleConnections(clock, () => this.#registry.connections);
    this.#liveness = new Liveness((alive) => this.#keepAlive(alive));
    this.#turn = new Turn({
      clock,
      counters,
      deadlines: this.#deadlines,
      idle: this.#idle,
      liveness: this.#liveness,
      output,
      reporter: new Reporter(counters),
      trace,
      attachments: this.#attachments,
      packetsPerTurn: limits.packetsPerTurn,
      forget: (endpoint) => this.#registry.forget(endpoint),
    });
    const config = tcpConfigFrom(options.tcp);
    const pathMtus = new PathMtus(limits.pathMtus);
    this.#registry = new Registry({
      host: this.#turn,
      config,
      limits,
      counters,
      deadlines: this.#deadlines,
      entropy,
      pathMtus,
      isn: new IsnGenerator(entropy.bytes(16)),
      initialSequence: options.initialSequence,
      createEngine: internals.createEngine,
    });
    const cookies = options.synCookies === false ? null : new SynCookies(entropy.bytes(16));
    const common = { registry: this.#registry, counters, output, turn: this.#turn, trace };
    const opener = new PassiveOpener({ ...common, cookies });
    const icmpOutput = new IcmpOutput(counters, output);
    this.#fragments = new FragmentInput({ ...common, clock, icmp: icmpOutput, limits });
    this.#input = new Input({
      ...common,
      icmpOutput,
      fragments: this.#fragments,
      listen: new ListenInput({ ...common, opener }),
      icmp: new IcmpInput({ ...common, pathMtus, minPathMtu: config.minPathMtu }),
    });
    this.#sendFailures = new SendFailures(common);
    this.#opener = new Opener(this.#registry, routes, limits.synQueue);
    this.#openLinks();
  }

  connect(request: ConnectRequest, handler: ConnectionHandler): StackConnection {
    this.#checkOpen();
    const endpoint = this.#opener.connect(request, handler, this.#turn.time());
    this.#turn.touch(endpoint);
    this.#turn.account(endpoint);
    return endpoint;
  }

  listen(request: ListenRequest, accept: (connection: StackConnection) => void): StackListener {
    this.#checkOpen();
    const listener = this.#opener.listen(request, accept, {
      forgetListener: (one) => this.#registry.listeners.remove(one),
      accountListener: (one) => this.#liveness.account(one),
      openingOf: (one) => this.#registry.connections.list().filter((c) => c.listener === one),
    });
    this.#liveness.account(listener);
    return listener;
  }

  bind(request: BindRequest): StackBinding {
    this.#checkOpen();
    return this.#opener.bind(request);
  }

  /**
   * Resets every connection, closes every listener and link. Users of connections hear
   * ECONNABORTED. Calling it again does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgetAtExit(this);
    this.#opener.releaseBindings();
    for (const listener of this.#registry.listeners.list()) listener.close();
    for (const endpoint of this.#registry.connections.list()) endpoint.fail('ECONNABORTED');
    this.#turn.sendNow();
    // What found no room on its link has no link any more.
    for (const endpoint of this.#registry.connections.list()) this.#registry.forget(endpoint);
    this.#turn.dropJobs();
    this.#fragments.close();
    this.#deadlines.close();
    this.#idle.close();
    for (const { link } of this.#attachments) link.close();
    this.#capture?.close();
  }

  /** What has been counted, by name. */
  stats(): StackStats {
    const connections = this.#registry.connections.list();
    return {
      ...this.#counters,
      connections: connections.length,
      timeWait: connections.filter((one) => one.state === 'TIME-WAIT').length,
      listeners: this.#registry.listeners.size,
      deadlines: this.#deadlines.size,
      heldPorts: this.#registry.ports.size,
      fragmentBytes: this.#fragments.heldBytes,
      keepingAlive: this.#liveness.count,
    };
  }

  /** What there is, listeners first, in the manner of `ss`; with `info`, of `ss -i`. */
  connections({ info = false }: { info?: boolean } = {}): ConnectionSummary[] {
    const listeners = this.#registry.listeners.list().map(summarizeListener);
    const connections = this.#registry.connections.list().map((endpoint) => {
      const summary = summarizeConnection(endpoint);
      return info ? { ...summary, info: endpoint.info() } : summary;
    });
    return [...listeners, ...connections];
  }

  /** All that its links see of a stack. */
  #ownerWith(clock: Clock, random: (target: Uint8Array) => void): AttachmentOwner {
    const reasons = new DropReasons(this.#counters);
    const owner: AttachmentOwner = {
      receive: (attachment, offset, length, note, textOffset = 0) => {
        if (!this.#closed) {
          return this.#input.receive(attachment, offset, length, note, textOffset);
        }
        this.#counters.packetsIn++;
        this.#counters.packetsAfterClose++;
      },
      receiveExplained: (...packet) => {
        reasons.begin();
        owner.receive(...packet);
        return reasons.end();
      },
      sendFailed: (...failure) => this.#sendFailures.receive(...failure),
      receivedBatch: () => this.#turn.endBatch(),
      resume: () => this.#turn.resume(),
      failed: (attachment, error) => this.#fail(attachment, error),
      defer: (fn) => this.#turn.defer(fn),
      clock,
      random,
    };
    return owner;
  }

  #attach(link: Link, inside: boolean, owner: AttachmentOwner): Attachment {
    const shown = this.#capture === null ? link : this.#capture.wrap(link, inside);
    return new Attachment(shown, inside, owner);
  }

  #openLinks(): void {
    const opened: Attachment[] = [];
    try {
      for (const attachment of this.#attachments) {
        attachment.link.open(attachment);
        attachment.link.unref();
        opened.push(attachment);
      }
    } catch (error) {
      for (const { link } of opened) link.close();
      this.#capture?.close();
      this.#deadlines.close();
      this.#idle.close();
      throw error;
    }
    const isOutside = ({ link }: Attachment) => link.sharesHost || link.endsWithProcess === true;
    if (this.#attachments.some(isOutside)) closeAtExit(this);
  }

  #checkOpen(): void {
    if (this.#closed) throw new NetworkError('ENETDOWN', 'the stack is closed');
  }

  /** The link carries nothing any more: its connections die, and listeners go on without it. */
  #fail(attachment: Attachment, error: Error): void {
    const isTaken = error instanceof NetworkError && error.code === 'EADDRINUSE';
    for (const endpoint of this.#registry.connections.list()) {
      if (endpoint.attachment !== attachment) continue;
      endpoint.fail(isTaken ? 'EADDRINUSE' : 'ENETDOWN');
      this.#registry.forget(endpoint);
    }
    this.emit('linkFailed', attachment.link.name, error);
  }

  /** Descriptors and the timer hold the process exactly while something counts. */
  #keepAlive(alive: boolean): void {
    if (alive) this.#deadlines.ref();
    else this.#deadlines.unref();
    for (const { link } of this.#attachments) {
      if (alive) link.ref();
      else link.unref();
    }
  }
}

function summarizeConnection(endpoint: Endpoint): ConnectionSummary {
  return {
    state: endpoint.state,
    localAddress: endpoint.localAddress.text,
    localPort: endpoint.localPort,
    remoteAddress: endpoint.remoteAddress.text,
    remotePort: endpoint.remotePort,
    sendQueue: endpoint.sendQueueBytes,
    link: endpoint.attachment.link.name,
  };
}

function summarizeListener(listener: ListeningEndpoint): ConnectionSummary {
  return {
    state: 'LISTEN',
    localAddress: listener.address.text,
    localPort: listener.port,
    remoteAddress: '',
    remotePort: 0,
    sendQueue: listener.engine.embryonic + listener.engine.waiting,
    link: '',
  };
}
