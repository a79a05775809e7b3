/**
 * OPEN, active and passive (RFC 9293 §3.9.1.1): checks what the user asks for, chooses link, source
 * address and port, and reports at once what can be known at once. The error codes are Linux's.
 */
import type {
  BindRequest,
  ConnectionHandler,
  ConnectRequest,
  ListenRequest,
  StackConnection,
} from '../../types/stack';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';
import { Listener } from '../tcp/listener';
import { IPV4_ANY, IPV6_ANY, type IpAddress } from '../wire/ip-address';
import type { Attachment } from './attachment';
import { Binding, Bindings } from './bindings';
import { checkHopLimit, type Endpoint } from './endpoint';
import { FourTuple } from './four-tuple';
import { DEFAULT_HOP_LIMIT } from './limits';
import type { Bound } from './listener-table';
import { ListeningEndpoint, type ListeningHost } from './listening-endpoint';
import { pathOfLink } from './path-mtu';
import type { HeldPort } from './ports';
import type { Registry } from './registry';
import { holdPort } from './retirement';
import { destinationOf, type Routes } from './routes';

/** How often a free port is asked for when the one that was found is not free on every link. */
const FREE_PORT_ATTEMPTS = 16;

/** Where a connection begins, once its local end is decided. */
interface LocalEnd {
  tuple: FourTuple;
  heldPort: HeldPort | null;
  /** A connection in TIME-WAIT whose place it takes. */
  replaced: Endpoint | null;
}

/** How many ports may be found taken before one in TIME-WAIT is taken over. */
const PORTS_BEFORE_REUSE = 128;

/** How long a connection must have been silent in TIME-WAIT before another may take its place. */
const REUSE_AFTER_MS = 1000;

export class Opener {
  readonly #registry: Registry;
  readonly #routes: Routes;
  readonly #synQueue: number;
  readonly #bindings = new Bindings();

  /** @param synQueue most embryonic connections of one listener */
  constructor(registry: Registry, routes: Routes, synQueue: number) {
    this.#registry = registry;
    this.#routes = routes;
    this.#synQueue = synQueue;
  }

  /** @throws NetworkError as `TransportStack.connect`; ENOBUFS when the stack is full */
  connect(request: ConnectRequest, handler: ConnectionHandler, now: number): Endpoint {
    const { binding } = request;
    if (!(binding instanceof Binding)) return this.#connect(request, handler, now);
    // What it held is held until the connection holds it, too.
    const heldPorts = binding.take();
    const { address: localAddress, port: localPort } = binding;
    try {
      return this.#connect({ ...request, localAddress, localPort }, handler, now);
    } finally {
      for (const held of heldPorts) held.release();
    }
  }

  #connect(request: ConnectRequest, handler: ConnectionHandler, now: number): Endpoint {
    const registry = this.#registry;
    const remote = this.#routes.scope(destinationOf(request.remoteAddress));
    const { remotePort } = request;
    const where = `${remote.text} port ${remotePort}`;
    // A packet to port 0 would find nobody; Linux lets it go, and its answer is a reset.
    if (remotePort === 0) throw failure('ECONNREFUSED', where);
    if (request.hopLimit !== undefined) checkHopLimit(request.hopLimit);
    if (registry.isFull) throw failure('ENOBUFS', 'the stack has no room for another connection');
    const asked = this.#askedLocal(request, remote);
    const config = registry.configFor(request);

    const { w0, w1, w2, w3 } = remote;
    const hasListener = registry.listeners.find(remotePort, w0, w1, w2, w3, 0) !== null;
    const { attachment, link } = this.#routes.pick(remote, hasListener);
    const local = asked ?? link.source;
    if (!attachment.inside && local.isLoopback && !remote.isLoopback) {
      throw failure('EINVAL', `${local.text} cannot reach ${remote.text}`);
    }
    const { tuple, heldPort, replaced } = this.#chooseEnd(attachment, local, request, remote, now);
    const linkPath = pathOfLink(Math.min(link.mtu, attachment.link.mtu));
    const behind = replaced === null ? null : registry.replace(replaced);
    const plan = {
      tuple,
      heldPort,
      attachment,
      localAddress: spelledLike(remote, local),
      remoteAddress: remote,
      path: registry.pathTo(remote, linkPath, now),
      linkPath,
      config,
      hopLimit: request.hopLimit ?? DEFAULT_HOP_LIMIT,
      listener: null,
    };
    const endpoint = registry.openActive(plan, behind, now);
    endpoint.handler = handler;
    return endpoint;
  }

  /** @throws NetworkError as `TransportStack.listen` */
  listen(
    request: ListenRequest,
    accept: (connection: StackConnection) => void,
    host: ListeningHost,
  ): ListeningEndpoint {
    const { backlog, binding, hopLimit } = request;
    if (hopLimit !== undefined) checkHopLimit(hopLimit);
    const config = this.#registry.configFor(request);
    const isBound = binding instanceof Binding;
    const bound = isBound ? binding : this.#boundFrom(request);
    const { port, heldPorts } = isBound
      ? { port: binding.port, heldPorts: binding.take() }
      : this.#choosePort(bound, request.port);
    // As on Linux the backlog bounds both queues.
    const synQueue = Math.min(this.#synQueue, Math.max(backlog, 1));
    const engine = new Listener(synQueue, backlog);
    const listener = new ListeningEndpoint(
      host,
      bound,
      request,
      config,
      port,
      heldPorts,
      engine,
      accept,
    );
    this.#registry.listeners.add(listener);
    return listener;
  }

  /** @throws NetworkError as `TransportStack.bind` */
  bind(request: BindRequest): Binding {
    const bound = this.#boundFrom(request);
    const { port, heldPorts } = this.#choosePort(bound, request.port);
    return this.#bindings.add(bound, port, heldPorts);
  }

  releaseBindings(): void {
    this.#bindings.releaseAll();
  }

  #boundFrom({ address: asked, ipv6Only = false, reusePort = false }: BindRequest): Bound {
    const address = this.#routes.scope(asked);
    if (ipv6Only && address.isMapped) {
      throw failure('EINVAL', `${address.text} cannot be listened on with ipv6Only`);
    }
    if (!address.isUnspecified) this.#checkBindable(address);
    return { address, ipv6Only: ipv6Only && address.isUnspecified, reusePort };
  }

  /** @returns the local address that was asked for; null: none in particular */
  #askedLocal({ localAddress }: ConnectRequest, remote: IpAddress): IpAddress | null {
    if (localAddress === undefined || localAddress.isUnspecified) return null;
    const local = this.#routes.scope(localAddress);
    this.#checkBindable(local);
    if (local.isMapped !== remote.isMapped) {
      throw failure('EINVAL', `${local.text} and ${remote.text} are of two families`);
    }
    return local;
  }

  #checkBindable(address: IpAddress): void {
    if (this.#routes.isLocal(address)) return;
    throw failure('EADDRNOTAVAIL', `${address.text} is not an address of this stack`);
  }

  /** The local port of a connection: the one asked for, or one that makes the four-tuple new. */
  #chooseEnd(
    attachment: Attachment,
    local: IpAddress,
    request: ConnectRequest,
    remote: IpAddress,
    now: number,
  ): LocalEnd {
    const { connections } = this.#registry;
    const port = request.localPort ?? 0;
    const asked = request.localAddress ?? (remote.isMapped ? IPV4_ANY : IPV6_ANY);
    if (port !== 0 && this.#isTaken(boundTo(asked), port)) {
      throw failure('EADDRINUSE', `${asked.text} port ${port} has a listener`);
    }
    const tuple = FourTuple.of(attachment.inside, local, port, remote, request.remotePort);
    let heldPort: HeldPort | null = null;
    if (attachment.link.sharesHost) {
      heldPort = holdPort(this.#registry, attachment, boundTo(local), port);
      tuple.localPort = heldPort.port;
    } else if (port === 0) {
      return { tuple, heldPort, replaced: this.#chooseEphemeral(tuple, local, now) };
    }
    const other = connections.find(tuple);
    if (other === null || isReusable(other, now)) return { tuple, heldPort, replaced: other };
    heldPort?.release();
    throw failure('EADDRNOTAVAIL', `port ${port} has a connection to ${remote.text} already`);
  }

  /**
   * A port that makes the four-tuple new; where they are rare, also one of a connection that is
   * over.
   * @returns that connection, or null
   */
  #chooseEphemeral(tuple: FourTuple, local: IpAddress, now: number): Endpoint | null {
    const { connections, ports } = this.#registry;
    const bound = boundTo(local);
    let tried = 0;
    let other: Endpoint | null = null;
    tuple.localPort = ports.chooseEphemeral((candidate) => {
      tried++;
      if (this.#isTaken(bound, candidate)) return false;
      tuple.localPort = candidate;
      if (tuple.isItself) return false;
      other = connections.find(tuple);
      return other === null || (tried > PORTS_BEFORE_REUSE && isReusable(other, now));
    });
    return other;
  }

  /** Is somebody there who listens, or has bound it? */
  #isTaken(bound: Bound, port: number): boolean {
    if (this.#registry.listeners.findOverlap(bound, port) !== null) return true;
    return this.#bindings.table.findOverlap(bound, port) !== null;
  }

  /** The port to listen at, held on every link that shares the host. */
  #choosePort(bound: Bound, port: number): { port: number; heldPorts: readonly HeldPort[] } {
    const sharing = this.#routes.over(bound.address).filter(({ link }) => link.sharesHost);
    const { ports } = this.#registry;
    const isFree = (candidate: number) => !this.#isTaken(bound, candidate);
    if (port !== 0 && !isFree(port)) {
      throw failure('EADDRINUSE', `${bound.address.text} port ${port} has a listener`);
    }
    if (sharing.length === 0) {
      return { port: port === 0 ? ports.chooseEphemeral(isFree) : port, heldPorts: [] };
    }
    for (let attempt = 1; ; attempt++) {
      const heldPorts: HeldPort[] = [];
      try {
        for (const attachment of sharing) {
          const found = heldPorts[0]?.port ?? port;
          heldPorts.push(holdPort(this.#registry, attachment, bound, found));
        }
        const found = heldPorts[0].port;
        if (isFree(found)) return { port: found, heldPorts };
        throw failure('EADDRINUSE', `${bound.address.text} port ${found} has a listener`);
      } catch (error) {
        for (const held of heldPorts) held.release();
        if (port !== 0 || heldPorts.length === 0 || attempt === FREE_PORT_ATTEMPTS) throw error;
      }
    }
  }
}

/**
 * May a new connection to the same peer take the place of this one? As with Linux's tcp_tw_reuse:
 * when timestamps tell their segments apart, and the clock has moved on since the last.
 */
function isReusable({ engine }: Endpoint, now: number): boolean {
  if (engine.state !== 'TIME-WAIT') return false;
  const { timestamps, last_data_recv: silentMs } = engine.info(now);
  return timestamps && silentMs > REUSE_AFTER_MS;
}

function boundTo(address: IpAddress): Bound {
  return { address, ipv6Only: false };
}

/** Who speaks of an IPv4 peer as ::ffff:a.b.c.d is an IPv6 socket, and speaks of himself so. */
function spelledLike(remote: IpAddress, local: IpAddress): IpAddress {
  if (remote.family === local.family) return local;
  return remote.family === 6 ? local.mapped() : local;
}

function failure(code: NetworkErrorCode, detail: string): NetworkError {
  return new NetworkError(code, detail);
}
