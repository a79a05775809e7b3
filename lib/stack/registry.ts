/**
 * Everything that exists in a stack: its connections, listeners and ports; how they come and go.
 */

import type { ConnectionOptions, StackLimits } from '../../types/stack';
import type { TcpConfig, TcpEngine } from '../../types/tcp';
import { ConfigurationError } from '../support/configuration-error';
import { DEFAULT_PEER_MSS_IPV6, DEFAULT_TCP_CONFIG } from '../tcp/config';
import { congestionControlNames, isCongestionControl } from '../tcp/congestion/registry';
import { Connection } from '../tcp/connection';
import type { IsnGenerator } from '../tcp/isn';
import { seqAdd, seqLt } from '../tcp/seq';
import type { ConnectionSetup } from '../tcp/tcb';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_HEADER_BYTES } from '../wire/ipv4';
import { IPV6_HEADER_BYTES, IPV6_MIN_MTU } from '../wire/ipv6';
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
import type { PathMtu, PathMtus } from './path-mtu';
import { type HeldPort, Ports } from './ports';
import { TupleHash } from './tuple-hash';

/** Makes the engine of a connection; tests put in others. */
export type EngineFactory = (setup: ConnectionSetup) => TcpEngine;

/**
 * How far behind the last sequence number of the connection before it the first one of its
 * successor is, at least: further than any window without scaling, as on Linux.
 */
const GAP_BEHIND_PREDECESSOR = 65_537;

/** A flow label has 20 bits. */
const FLOW_LABEL = 0xfffff;

export interface RegistryParts {
  host: EndpointHost;
  config: TcpConfig;
  limits: StackLimits;
  counters: Counters;
  deadlines: Deadlines;
  entropy: Entropy;
  pathMtus: PathMtus;
  isn: IsnGenerator;
  initialSequence?: () => number;
  createEngine?: EngineFactory;
}

/** A connection about to be: between whom, over what, and for whom. */
export interface ConnectionPlan {
  attachment: Attachment;
  tuple: FourTuple;
  localAddress: IpAddress;
  remoteAddress: IpAddress;
  /** What is known of the path, and what would be if only the link were. */
  path: PathMtu;
  linkPath: PathMtu;
  config: TcpConfig;
  hopLimit: number;
  heldPort: HeldPort | null;
  listener: ListeningEndpoint | null;
}

export class Registry {
  readonly connections: ConnectionTable<Endpoint>;
  readonly listeners = new ListenerTable<ListeningEndpoint>();
  readonly ports: Ports;
  readonly #parts: RegistryParts;
  /** What `#compact` has made last: most connections have the stack's configuration. */
  #compacted: { readonly from: TcpConfig; readonly to: TcpConfig } | null = null;
  /** Of flow labels: keyed on its own, for they are public. Made with the first of them. */
  #labels: TupleHash | null = null;

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

  /**
   * The stack's configuration with what the user of a connection or listener chose otherwise.
   * @throws NetworkError EINVAL for a congestion control that nobody has registered
   */
  configFor(options: ConnectionOptions): TcpConfig {
    const { config } = this.#parts;
    if (isUnchosen(options)) return config;
    const { noDelay, keepAlive, keepAliveDelayMs, ecn, tuning } = options;
    const { congestionControl = tuning?.congestionControl ?? config.congestionControl } = options;
    if (!isCongestionControl(congestionControl)) {
      const known = congestionControlNames().join(', ');
      throw new ConfigurationError(`no congestion control ${congestionControl}, only ${known}`);
    }
    const { sendBufferBytes, receiveBufferBytes } = options;
    return {
      ...config,
      noDelay: noDelay ?? config.noDelay,
      keepAlive: keepAlive ?? config.keepAlive,
      keepAliveDelayMs: keepAliveDelayMs || config.keepAliveDelayMs,
      sendBufferBytes: sendBufferBytes ?? config.sendBufferBytes,
      receiveBufferBytes: receiveBufferBytes ?? config.receiveBufferBytes,
      ecn: ecn ?? config.ecn,
      ...tuning,
      congestionControl,
    };
  }

  /** What the path to `remote` carries, of which the link says `linkPath`. */
  pathTo(remote: IpAddress, linkPath: PathMtu, now: number): PathMtu {
    const known = this.#parts.pathMtus.find(remote, now);
    return known !== null && known.mtu <= linkPath.mtu ? known : linkPath;
  }

  /** Makes an endpoint with a connection that is still CLOSED. The four-tuple must be new. */
  create(plan: ConnectionPlan): Endpoint {
    const { tuple, localAddress, remoteAddress } = plan;
    const { localPort, remotePort, isIpv6 } = tuple;
    const setup: ConnectionSetup = {
      config: plan.attachment.inside ? this.#compact(plan.config) : plan.config,
      localPort,
      remotePort,
      mss: mssFor(plan.path.mtu, isIpv6),
      linkText: mssFor(plan.attachment.burstBytesTo(remoteAddress), isIpv6),
      inTrains: plan.attachment.sendsTrainsTo(remoteAddress),
      timestampOffset: this.timestampOffset(localAddress, localPort, remoteAddress, remotePort),
    };
    if (isIpv6) {
      setup.defaultPeerMss = DEFAULT_PEER_MSS_IPV6;
      setup.minPathMss = mssFor(IPV6_MIN_MTU, true);
    }
    const engine = this.#parts.createEngine?.(setup) ?? new Connection(setup);
    const label = isIpv6 ? this.#flowLabel(tuple) : 0;
    const endpoint = new Endpoint(this.#parts.host, plan, engine, label);
    this.connections.add(endpoint);
    return endpoint;
  }

  /**
   * An active open: SYN-SENT.
   * @param behind highest sequence number of a connection that it takes the place of, or null
   */
  openActive(plan: ConnectionPlan, behind: number | null, now: number): Endpoint {
    const endpoint = this.create(plan);
    this.#parts.counters.activeOpens++;
    endpoint.engine.open(this.initialSequence(endpoint, behind, now), now);
    return endpoint;
  }

  /** RFC 6528; behind the numbers of the connection before it (RFC 6191 §4), if there was one. */
  initialSequence(endpoint: Endpoint, behind: number | null, now: number): number {
    const { initialSequence, isn } = this.#parts;
    const { localAddress, localPort, remoteAddress, remotePort } = endpoint;
    const iss =
      initialSequence === undefined
        ? isn.next(localAddress, localPort, remoteAddress, remotePort, now)
        : initialSequence() | 0;
    if (behind === null) return iss;
    const least = seqAdd(behind, GAP_BEHIND_PREDECESSOR);
    return seqLt(iss, least) ? least : iss;
  }

  /** What nobody outside can compute of a connection between these (RFC 6528). */
  tupleSecret(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
    return this.#parts.isn.tupleHash(local, localPort, remote, remotePort);
  }

  /** Where the timestamp clock of a connection between these begins. */
  timestampOffset(
    local: IpAddress,
    localPort: number,
    remote: IpAddress,
    remotePort: number,
  ): number {
    return this.#parts.isn.timestampOffset(local, localPort, remote, remotePort);
  }

  /**
   * A connection in TIME-WAIT, or CLOSED already, makes room for a new one with the same
   * four-tuple.
   * @returns the highest sequence number that it has sent
   */
  replace(endpoint: Endpoint): number {
    if (endpoint.state === 'TIME-WAIT') this.#parts.counters.timeWaitReused++;
    const lastSent = endpoint.yieldPlace();
    this.forget(endpoint);
    return lastSent;
  }

  /** A connection in TIME-WAIT is over early, for want of descriptors. */
  retire(endpoint: Endpoint): void {
    this.#parts.counters.timeWaitRetired++;
    endpoint.yieldPlace();
    this.forget(endpoint);
  }

  /**
   * The connection is CLOSED: no segment and no deadline finds it any more, and its port is free.
   */
  forget(endpoint: Endpoint): void {
    this.connections.remove(endpoint);
    this.#parts.deadlines.remove(endpoint);
    endpoint.forget();
  }

  /**
   * For a connection that stays in the process. Its round trips are as long as a turn of the stack,
   * so a larger send buffer carries nothing more, it only no longer fits the processor's cache: one
   * that the user has not given a limit keeps the size that it begins with.
   */
  #compact(config: TcpConfig): TcpConfig {
    if (config.sendBufferMaxBytes !== DEFAULT_TCP_CONFIG.sendBufferMaxBytes) return config;
    if (config !== this.#compacted?.from) {
      this.#compacted = {
        from: config,
        to: { ...config, sendBufferMaxBytes: config.sendBufferBytes },
      };
    }
    return this.#compacted.to;
  }

  /** RFC 6437 §3. */
  #flowLabel(tuple: FourTuple): number {
    const { entropy } = this.#parts;
    this.#labels ??= new TupleHash(entropy.int32(), entropy.int32());
    return this.#labels.hash(tuple) & FLOW_LABEL;
  }
}

/** Most connections share the stack's configuration: a copy is larger than half of the rest. */
function isUnchosen(options: ConnectionOptions): boolean {
  return (
    options.tuning === undefined &&
    options.noDelay === undefined &&
    options.keepAlive === undefined &&
    options.keepAliveDelayMs === undefined &&
    options.ecn === undefined &&
    options.congestionControl === undefined &&
    options.sendBufferBytes === undefined &&
    options.receiveBufferBytes === undefined
  );
}

/** Largest text of a segment that fits into a packet of `mtu` bytes, TCP options not counted. */
export function mssFor(mtu: number, isIpv6: boolean): number {
  return mtu - (isIpv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) - TCP_HEADER_BYTES;
}
