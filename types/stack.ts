/**
 * The contract between `net` and the stack: what a Socket may ask of its connection, and what it
 * hears.
 *
 * A connection outlives its user: after `release()` it finishes closing on its own and reports
 * nothing.
 */
import type { CaptureFile } from '../lib/link/capture-file';
import type { NetworkErrorCode } from '../lib/support/network-error';
import type { IpAddress } from '../lib/wire/ip-address';
import type { Clock } from './clock';
import type { Link } from './link';
import type { TcpConfig, TcpInfo, TcpState, TcpTuning } from './tcp';

/**
 * What the user of a connection hears. Always called from the stack's event phase, never from
 * inside segment processing or from a call of the user's own; in this order where several are due
 * at once. One thing at a time: before the next, to whomever, all that was put off has its turn
 * (`Clock.settle`); but for `handleConnect` and `handleClose`, of which a handler takes note.
 */
export interface ConnectionHandler {
  /**
   * ESTABLISHED after an active open. (An accepted connection is established when it is handed
   * out.)
   */
  handleConnect(): void;
  /** Urgent data is announced or the urgent pointer has advanced (RFC 9293 §3.8.5). */
  handleUrgent(): void;
  /**
   * Trouble that has not ended the connection: what an ICMP error says of the path, or ETIMEDOUT
   * once R1 repetitions were in vain (RFC 9293 §3.9.1.8). A handler without it hears of none
   * (SHLD-20).
   */
  handleTrouble?(code: NetworkErrorCode): void;
  /** `receive` has something to give, or `readEnded` has become true. */
  handleReadable(): void;
  /** There is room in the send buffer again after `send` took less than was offered. */
  handleWritable(): void;
  /**
   * The connection is dead: ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, … Data received
   * before can still be read, as on Linux. `handleClose` follows.
   */
  handleError(code: NetworkErrorCode): void;
  /** Nothing more will be reported: both directions have ended, or the connection died. */
  handleClose(): void;
}

export interface ConnectionOptions {
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveDelayMs?: number;
  /** Limits of the two buffers, in bytes. */
  sendBufferBytes?: number;
  receiveBufferBytes?: number;
  /** Whatever else may change later, too (`StackConnection.tune`). */
  tuning?: Partial<TcpTuning>;
  /** Explicit congestion notification, instead of the stack's own choice. */
  ecn?: TcpConfig['ecn'];
  /** Name of a congestion controller, instead of the stack's own choice. EINVAL: there is none. */
  congestionControl?: string;
  /** Time to live of outgoing packets, 1 to 255; 64 unless given (RFC 9293 §3.9.2, MUST-49). */
  hopLimit?: number;
}

export interface ConnectRequest extends ConnectionOptions {
  remoteAddress: IpAddress;
  remotePort: number;
  localAddress?: IpAddress;
  /** 0 or absent: an ephemeral port. */
  localPort?: number;
  /** The local end instead of these two. It is used up, whether or not the connection begins. */
  binding?: StackBinding;
}

/** One end of one TCP connection, as its user sees it. */
export interface StackConnection {
  readonly localAddress: IpAddress;
  readonly localPort: number;
  readonly remoteAddress: IpAddress;
  readonly remotePort: number;
  readonly state: TcpState;
  /** Set by the user right after `connect` or at accept; null once released. */
  handler: ConnectionHandler | null;

  /**
   * Copies as much of `chunk` as there is room for into the send buffer, starting at `from`.
   * Works from SYN-SENT on (RFC 9293 §3.10.2: queued until ESTABLISHED).
   * @returns how many bytes were taken. When fewer than offered, `handleWritable` follows.
   */
  send(chunk: Uint8Array, from?: number): number;
  /** Like `send`, with the last byte marked urgent (RFC 6093). */
  sendUrgent(chunk: Uint8Array): number;
  /** Bytes in the send buffer: unsent and unacknowledged. */
  readonly sendQueueBytes: number;

  /**
   * The next piece of what has arrived in order, the caller's to keep, or null when there is none
   * now. Taking it opens the receive window again.
   */
  receive(): Buffer | null;
  /** Copies what has arrived into the caller's own memory. @returns bytes copied, 0: none now */
  receiveInto(target: Uint8Array): number;
  /** Bytes that `receive` has to give (SIOCINQ). */
  readonly receiveQueueBytes: number;
  /** The peer's FIN has arrived and everything before it has been read. */
  readonly readEnded: boolean;
  /** `handleReadable` follows once more, when others have had their turn. */
  remind(): void;

  /** Half-close: FIN follows the data already sent. */
  shutdown(): void;
  /** Reset: RST now, buffers dropped (RFC 9293 §3.10.5). No handler call follows. */
  abort(): void;
  /**
   * The user is gone: closes the sending side if it is still open, answers data that arrives from
   * now on (or was never read) with RST (RFC 9293 §3.6.1, SHLD-3), and lives on until CLOSED. No
   * handler call follows.
   */
  release(): void;

  setNoDelay(on: boolean): void;
  /** @param delayMs idle time before the first probe; 0 leaves what was set before */
  setKeepAlive(on: boolean, delayMs: number): void;
  /** Changes what may change while the connection lives. */
  tune(changes: Partial<TcpTuning>): void;
  /** @throws NetworkError EINVAL where it is not a whole number from 1 to 255 */
  setHopLimit(hopLimit: number): void;
  /** The last trouble that has not ended the connection; null: none. */
  readonly softError: NetworkErrorCode | null;
  /** Bytes up to the end of the urgent data that the user has not read; 0: none (MUST-33). */
  readonly urgentBytes: number;
  /** May this connection keep the process alive? Referenced at first. */
  ref(): void;
  unref(): void;
  info(): TcpInfo;
}

export interface ListenRequest extends ConnectionOptions {
  /** Of `::` that it takes IPv6 only, and leaves the port to others in IPv4 (IPV6_V6ONLY). */
  ipv6Only?: boolean;
  /** The unspecified address listens on every address. */
  address: IpAddress;
  /** 0: a free port. */
  port: number;
  /** Most connections that are opening, and most that wait to be accepted. */
  backlog: number;
  /**
   * May others of this stack listen there too, if all of them say so (SO_REUSEPORT)? Connections
   * are spread over them by the peers' addresses and ports.
   */
  reusePort?: boolean;
  /** Where to listen, instead of `address` and `port`. It is used up. */
  binding?: StackBinding;
}

export type BindRequest = Pick<ListenRequest, 'address' | 'port' | 'ipv6Only' | 'reusePort'>;

/** A local end that is taken, and neither listens nor connects yet. */
export interface StackBinding {
  readonly address: IpAddress;
  readonly port: number;
  /** Does nothing once a listener or a connection has it. */
  release(): void;
}

export interface StackListener {
  readonly address: IpAddress;
  readonly port: number;
  /** Stops listening. Connections already handed out live on; those still opening are reset. */
  close(): void;
  ref(): void;
  unref(): void;
}

/** What `net` uses of a stack. */
export interface TransportStack {
  /**
   * Starts an active open. The handler hears how it went.
   * @throws NetworkError EADDRNOTAVAIL, EADDRINUSE, ENETUNREACH, EACCES, EINVAL at once
   */
  connect(request: ConnectRequest, handler: ConnectionHandler): StackConnection;
  /**
   * @param accept called in the event phase with each established connection; it sets `handler`
   *   before it returns
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  listen(request: ListenRequest, accept: (connection: StackConnection) => void): StackListener;
  /** @throws NetworkError as `listen` */
  bind(request: BindRequest): StackBinding;
  /** Resets every connection, closes every listener and link. */
  close(): void;
}

export interface StackOptions {
  /**
   * Asked in order which of them reaches a destination. The loopback inside the stack (127.0.0.0/8,
   * ::1, and every address of these links) is always there and need not be named.
   */
  links?: Link[];
  /** The real clock, unless given. */
  clock?: Clock;
  /** Fills the array with unpredictable bytes: `crypto`, unless given (a seed, in simulations). */
  random?: (target: Uint8Array) => void;
  /** Defaults for every connection of the stack. */
  tcp?: Partial<TcpConfig>;
  limits?: Partial<StackLimits>;
  /**
   * Does a listener whose SYN queue is full answer with SYN cookies (RFC 4987 §3.6)? True unless
   * given; without them the SYN is dropped. (Linux: net.ipv4.tcp_syncookies.)
   */
  synCookies?: boolean;
  /**
   * Writes every packet of every link, the loopback inside included, to a pcapng file: a path, or
   * one that several stacks share and whoever made it closes.
   */
  capture?: string | CaptureFile;
  /** For tests: the initial sequence number of each connection, instead of RFC 6528's. */
  initialSequence?: () => number;
}

/** Every queue of a stack has a named end. */
export interface StackLimits {
  /** Connections in any state, TIME-WAIT included. */
  connections: number;
  /** Embryonic (SYN-RECEIVED) connections of one listener. */
  synQueue: number;
  /** Packets handled in one turn before the event loop gets its chance. */
  packetsPerTurn: number;
  /** Destinations whose path is known to carry less than their link. */
  pathMtus: number;
  /** Bytes held in fragments of packets that are not whole, overhead included. */
  fragmentBytes: number;
  /** Packets that are not whole, and of those the ones from one source. */
  fragmentPackets: number;
  fragmentPacketsPerSource: number;
}
