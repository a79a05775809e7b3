/** A listener in a stack: where it listens, and whom it tells. */
import type { ListenRequest, StackConnection, StackListener } from '../../types/stack';
import type { TcpConfig } from '../../types/tcp';
import type { Listener } from '../tcp/listener';
import type { IpAddress } from '../wire/ip-address';
import type { Attachment } from './attachment';
import type { Endpoint } from './endpoint';
import { DEFAULT_HOP_LIMIT } from './limits';
import type { Bound } from './listener-table';
import type { HeldPort } from './ports';

/** What a listener asks of its stack. */
export interface ListeningHost {
  /** Takes it out of the tables. */
  forgetListener(listener: ListeningEndpoint): void;
  accountListener(listener: ListeningEndpoint): void;
  /** The connections that are in SYN-RECEIVED, or established and not handed out yet. */
  openingOf(listener: ListeningEndpoint): Endpoint[];
}

export class ListeningEndpoint implements StackListener {
  readonly address: IpAddress;
  readonly ipv6Only: boolean;
  readonly port: number;
  readonly reusePort: boolean;
  /** Of the connections that it opens, and of what it answers without one. */
  readonly config: TcpConfig;
  readonly hopLimit: number;
  readonly accept: (connection: StackConnection) => void;
  /** The LISTEN state of RFC 9293 §3.10.7.2. */
  readonly engine: Listener;
  /** The host's ports that it holds, one for each link that shares the host. */
  readonly heldPorts: readonly HeldPort[];
  /** When a SYN last found the SYN queue full, ms. */
  queueFullAt = Number.NaN;
  isCounted = false;
  isClosed = false;
  readonly #host: ListeningHost;
  #referenced = true;

  constructor(
    host: ListeningHost,
    bound: Bound,
    request: ListenRequest,
    config: TcpConfig,
    port: number,
    heldPorts: readonly HeldPort[],
    engine: Listener,
    accept: (connection: StackConnection) => void,
  ) {
    this.#host = host;
    this.address = bound.address;
    this.ipv6Only = bound.ipv6Only;
    this.reusePort = bound.reusePort ?? false;
    this.config = config;
    this.hopLimit = request.hopLimit ?? DEFAULT_HOP_LIMIT;
    this.port = port;
    this.heldPorts = heldPorts;
    this.engine = engine;
    this.accept = accept;
  }

  /** RFC 9293 §3.10.4: CLOSE in LISTEN. What it has not handed out yet is reset, as Linux does. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const endpoint of this.#host.openingOf(this)) {
      endpoint.listener = null;
      endpoint.abort();
    }
    this.#host.forgetListener(this);
    this.#host.accountListener(this);
    for (const held of this.heldPorts) held.release();
  }

  ref(): void {
    this.#referenced = true;
    this.#host.accountListener(this);
  }

  unref(): void {
    this.#referenced = false;
    this.#host.accountListener(this);
  }

  get keepsAlive(): boolean {
    return this.#referenced && !this.isClosed;
  }

  /** The port that a connection accepted over this link shares; null where none had to be held. */
  portOver(attachment: Attachment): HeldPort | null {
    for (const held of this.heldPorts) {
      if (held.attachment === attachment) return held;
    }
    return null;
  }
}
