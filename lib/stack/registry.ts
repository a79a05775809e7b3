/**
 * Everything that exists in a stack: its connections, listeners and ports; how they come and go.
 */
import type { ConnectionOptions, StackLimits } from '../../types/stack';
import type { TcpConfig, TcpEngine } from '../../types/tcp';
import { Connection } from '../tcp/connection';
import type { IsnGenerator } from '../tcp/isn';
import type { ConnectionSetup } from '../tcp/tcb';
import { IpAddress } from '../wire/ip-address';
import { IPV4_HEADER_BYTES } from '../wire/ipv4';
import type { Segment } from '../wire/segment';
import { TCP_HEADER_BYTES } from '../wire/tcp-header';
import type { Attachment } from './attachment';
import { ConnectionTable } from './connection-table';
import type { Counters } from './counters';
import type { Deadlines } from './deadlines';
import { Endpoint, type EndpointHost } from './endpoint';
import type { Entropy } from './entropy';
import type { FourTuple } from './four-tuple';
import { ListenerTable } from './listener-table';
import type { ListeningEndpoint } from './listening-endpoint';
import { type HeldPort, Ports } from './ports';
import { TupleHash } from './tuple-hash';

/** Makes the engine of a connection; tests put in others. */
export type EngineFactory = (setup: ConnectionSetup) => TcpEngine;

export interface RegistryParts {
  host: EndpointHost;
  config: TcpConfig;
  limits: StackLimits;
  counters: Counters;
  deadlines: Deadlines;
  entropy: Entropy;
  /** Initial sequence numbers; and, under a secret of its own, offsets of the timestamp clocks. */
  isn: IsnGenerator;
  timestamps: IsnGenerator;
  initialSequence?: () => number;
  createEngine?: EngineFactory;
}

/** A connection about to be: between whom, over what, and for whom. */
export interface ConnectionPlan {
  attachment: Attachment;
  tuple: FourTuple;
  localAddress: IpAddress;
  remoteAddress: IpAddress;
  /** Of the path, in bytes. */
  mtu: number;
  options: ConnectionOptions;
  heldPort: HeldPort | null;
  listener: ListeningEndpoint | null;
}

export class Registry {
  readonly connections: ConnectionTable<Endpoint>;
  readonly listeners = new ListenerTable<ListeningEndpoint>();
  readonly ports: Ports;
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    const { entropy } = parts;
    this.ports = new Ports(entropy);
    this.connections = new ConnectionTable(new TupleHash(entropy.int32(), entropy.int32()));
  }

  /** Has the stack as many connections as it may have? */
  get isFull(): boolean {
    return this.connections.size >= this.#parts.limits.connections;
  }

  /** An active open: SYN-SENT. The four-tuple must be new. */
  openActive(plan: ConnectionPlan, now: number): Endpoint {
    const endpoint = this.#create(plan);
    this.#parts.counters.activeOpens++;
    endpoint.engine.open(this.#initialSequence(endpoint, now), now);
    return endpoint;
  }

  /** A SYN has met a listener: SYN-RECEIVED. @returns null when the stack is full */
  openPassive(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    syn: Segment,
    now: number,
  ): Endpoint | null {
    if (this.isFull) return null;
    const dualStack = listener.address.family === 6;
    const remote = tuple.remoteAddress();
    const endpoint = this.#create({
      attachment,
      tuple: tuple.clone(),
      localAddress: shownAddress(tuple.localAddress(), dualStack),
      remoteAddress: shownAddress(remote, dualStack),
      mtu: pathMtu(attachment, remote),
      options: listener.request,
      heldPort: listener.portOver(attachment)?.share() ?? null,
      listener,
    });
    this.#parts.counters.passiveOpens++;
    listener.engine.handleOpened();
    listener.opening.add(endpoint);
    endpoint.engine.openPassive(syn, this.#initialSequence(endpoint, now), now);
    return endpoint;
  }

  /**
   * The connection is CLOSED: no segment and no deadline finds it any more, and its port is free.
   */
  forget(endpoint: Endpoint): void {
    this.connections.remove(endpoint);
    this.#parts.deadlines.remove(endpoint);
    endpoint.forget();
  }

  #create(plan: ConnectionPlan): Endpoint {
    const { tuple, localAddress, remoteAddress, mtu, options } = plan;
    const { localPort, remotePort } = tuple;
    const setup: ConnectionSetup = {
      config: configFor(this.#parts.config, options),
      localPort,
      remotePort,
      mss: mtu - IPV4_HEADER_BYTES - TCP_HEADER_BYTES,
      timestampOffset: this.#parts.timestamps.tupleHash(
        localAddress,
        localPort,
        remoteAddress,
        remotePort,
      ),
    };
    const engine = this.#parts.createEngine?.(setup) ?? new Connection(setup);
    const endpoint = new Endpoint(this.#parts.host, plan, engine);
    this.connections.add(endpoint);
    return endpoint;
  }

  #initialSequence(endpoint: Endpoint, now: number): number {
    const { initialSequence, isn } = this.#parts;
    if (initialSequence !== undefined) return initialSequence() | 0;
    const { localAddress, localPort, remoteAddress, remotePort } = endpoint;
    return isn.next(localAddress, localPort, remoteAddress, remotePort, now);
  }
}

/** A dual-stack socket shows its IPv4 peers as ::ffff:a.b.c.d (RFC 3493 §3.7). */
function shownAddress(address: IpAddress, dualStack: boolean): IpAddress {
  if (!dualStack) return address;
  return IpAddress.fromIpv6(address.w0, address.w1, address.w2, address.w3);
}

/** Called for packets, so it does not throw: what the link says of itself is the worst answer. */
function pathMtu(attachment: Attachment, remote: IpAddress): number {
  const { link } = attachment;
  try {
    return Math.min(link.route(remote)?.mtu ?? link.mtu, link.mtu);
  } catch {
    return link.mtu;
  }
}

/** The stack's configuration with what this connection's user chose otherwise. */
function configFor(config: TcpConfig, options: ConnectionOptions): TcpConfig {
  const { noDelay, keepAlive, keepAliveDelayMs, sendBufferBytes, receiveBufferBytes } = options;
  return {
    ...config,
    noDelay: noDelay ?? config.noDelay,
    keepAlive: keepAlive ?? config.keepAlive,
    keepAliveDelayMs: keepAliveDelayMs || config.keepAliveDelayMs,
    sendBufferBytes: sendBufferBytes ?? config.sendBufferBytes,
    receiveBufferBytes: receiveBufferBytes ?? config.receiveBufferBytes,
  };
}
