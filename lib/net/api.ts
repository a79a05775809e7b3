/**
 * The public shape of `net`: Node's own types, and what this package has beyond them.
 *
 * Everything here is assignable to its namesake of `node:net`: a program changes one import.
 */
import type * as nodeNet from 'node:net';
import type { TransportStack } from '../../types/stack';
import type { TcpConfig, TcpInfo, TcpState } from '../../types/tcp';
import type { BoundSocket } from './bound-socket';

export interface StackChoice {
  /** The stack to run on; the default stack of the process unless given. */
  stack?: TransportStack;
}

/**
 * Of the TCP beneath, beyond `node:net`: for `connect`, `new Socket` and, for what it accepts,
 * `createServer`. Each has a method to change it later, except `ecn`, which the SYN decides. What
 * is no such value throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE.
 */
export interface TcpOptions {
  /** Bytes, 2,048 to 2^30. A size that is chosen stays: the buffer does not grow by itself. */
  sendBufferSize?: number;
  receiveBufferSize?: number;
  /** See `setUserTimeout`. */
  userTimeout?: number;
  /** See `setLinger`. */
  linger?: number | false;
  /** See `setTypeOfService`. */
  typeOfService?: number;
  /** See `setHopLimit`. */
  hopLimit?: number;
  /** See `setQuickAck`. */
  quickAck?: boolean;
  /** Milliseconds between keep-alive probes; Linux: TCP_KEEPINTVL. */
  keepAliveInterval?: number;
  /** Probes without an answer before the connection is given up, 1 to 127; TCP_KEEPCNT. */
  keepAliveCount?: number;
  /** See `setCongestionControl`. */
  congestionControl?: string;
  /** See `setPacing`. */
  pacing?: boolean;
  /** Explicit congestion notification (RFC 3168): refused, accepted, or asked for. */
  ecn?: TcpConfig['ecn'];
}

export interface SocketOptions extends nodeNet.SocketConstructorOpts, StackChoice, TcpOptions {
  onread?: nodeNet.OnReadOpts;
  /** A local end that is bound already, to connect from (Node 24). */
  handle?: Pick<BoundSocket, 'address' | 'fd' | 'close' | typeof Symbol.dispose>;
  /** Connecting to one of these fails with ERR_IP_BLOCKED (Node 22). */
  blockList?: nodeNet.BlockList;
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds; whole seconds of it count. */
  keepAliveInitialDelay?: number;
  /** Bytes that the stream holds before `write` answers false, and before it stops reading. */
  highWaterMark?: number;
  readableHighWaterMark?: number;
  writableHighWaterMark?: number;
}

export type ConnectOptions = nodeNet.TcpSocketConnectOpts & StackChoice & TcpOptions;
/** What `connect` and `createConnection` take: options of the socket and of the connecting. */
export type NetConnectOptions = nodeNet.NetConnectOpts & SocketOptions;
export interface ServerOptions extends nodeNet.ServerOpts, StackChoice, TcpOptions {
  /** Connections from these are closed without an event (Node 22). */
  blockList?: nodeNet.BlockList;
}

/** Settings of a keep-alive, as one object (Node 24). Durations in ms. */
export interface KeepAliveOptions {
  enable?: boolean;
  initialDelay?: number;
  interval?: number;
  count?: number;
}

/**
 * Beyond `node:net`, on every socket. Besides the methods there are two events:
 *
 * 'urgent': the peer has announced urgent data, or more of it. It comes before the data is read;
 * `urgentBytes` says how much there is to read up to its end.
 *
 * 'softError' (error): trouble that has not ended the connection, as the error that it would be if
 * it did: EHOSTUNREACH, ENETUNREACH, … from the network, ETIMEDOUT when the peer has left several
 * repetitions unanswered. Without a listener nothing is reported (RFC 9293 §3.9.1.8).
 */
export interface SocketExtras {
  /** The connection's state by RFC 9293 §3.3.2; 'CLOSED' without a connection. */
  readonly state: TcpState;
  /**
   * The connection's inside by Linux's `tcp_info` names, each described with its unit in
   * `TcpInfo`; null without a connection.
   */
  tcpInfo(): TcpInfo | null;
  /**
   * Like `write`, with the last byte marked urgent (RFC 9293 §3.8.5, RFC 6093). The peer gets it
   * in its place in the stream, and its socket an 'urgent' event.
   * @returns what `write` returns
   */
  sendUrgent(chunk: string | Uint8Array, callback?: (error?: Error | null) => void): boolean;
  /** Bytes that have to be read to reach the end of the urgent data; 0: there is none. */
  readonly urgentBytes: number;
  /**
   * How long sent data, a SYN included, may stay unacknowledged before the connection is given up
   * with ETIMEDOUT, in ms (RFC 5482; Linux: TCP_USER_TIMEOUT). 0: as long as the stack thinks
   * right. Infinity: for ever.
   */
  setUserTimeout(timeoutMs: number): this;
  /**
   * What `destroy` does with data that the peer has not acknowledged (SO_LINGER): false delivers it
   * however long it takes, 0 resets the connection at once, more resets it after so many seconds.
   */
  setLinger(seconds: number | false): this;
  /** The type of service of what is sent, 0 to 255: the DSCP times 4. (Bits of ECN are ignored.) */
  setTypeOfService(tos: number): this;
  getTypeOfService(): number;
  /** IPv6's name for `setTypeOfService`. */
  setTrafficClass(trafficClass: number): this;
  /** Time to live of the packets sent, 1 to 255; 64 unless set (IP_TTL). */
  setHopLimit(hopLimit: number): this;
  /** True: every segment is acknowledged at once. False: ACKs may wait 40 ms (TCP_QUICKACK). */
  setQuickAck(enable: boolean): this;
  /**
   * Who decides how much may be on its way: 'cubic' (unless the stack's options say otherwise),
   * 'reno', 'bbr', or one registered by `registerCongestionControl`. On a living connection it
   * takes over from the window that the last one has found (TCP_CONGESTION).
   */
  setCongestionControl(name: string): this;
  /**
   * True: what leaves is spread over the round trip instead of leaving in bursts, whoever controls
   * congestion. ('bbr' does so anyway.)
   */
  setPacing(enable: boolean): this;
  /** Limits of the connection's buffers, in bytes, 2,048 to 2^30 (SO_SNDBUF, SO_RCVBUF). */
  setBufferSizes(sizes: { send?: number; receive?: number }): this;
}

export interface Socket extends nodeNet.Socket, SocketExtras {
  connect(
    options: nodeNet.SocketConnectOpts & StackChoice & TcpOptions,
    connectionListener?: () => void,
  ): this;
  connect(port: number, host: string, connectionListener?: () => void): this;
  connect(port: number, connectionListener?: () => void): this;
  connect(path: string, connectionListener?: () => void): this;
  /**
   * The same as in `node:net`, which until Node 24 has the first two arguments only.
   * @param intervalMs between probes without an answer; 1,000 unless given, as with libuv
   * @param count such probes before the connection is given up, 1 to 127; 10 unless given
   */
  setKeepAlive(
    enable?: boolean,
    initialDelayMs?: number,
    intervalMs?: number,
    count?: number,
  ): this;
  setKeepAlive(options: KeepAliveOptions): this;
}

/** Callable without `new`, and a base for classes of the old and the new style. */
export interface SocketConstructor extends Omit<typeof nodeNet.Socket, 'prototype'> {
  new (options?: SocketOptions): Socket;
  (options?: SocketOptions): Socket;
  readonly prototype: Socket;
}

type ConnectionListener = (socket: Socket) => void;

/** Its 'connection' listeners get this package's Socket. */
export type Server = nodeNet.Server;

export interface ServerConstructor extends Omit<typeof nodeNet.Server, 'prototype'> {
  new (connectionListener?: ConnectionListener): Server;
  new (options?: ServerOptions, connectionListener?: ConnectionListener): Server;
  (connectionListener?: ConnectionListener): Server;
  (options?: ServerOptions, connectionListener?: ConnectionListener): Server;
  readonly prototype: Server;
}

/** `net`, bound to one stack; see `createNet`. */
export interface Net {
  connect: Connect;
  createConnection: Connect;
  createServer: CreateServer;
  Socket: SocketConstructor;
  Server: ServerConstructor;
  /** Legacy name of Socket. */
  Stream: SocketConstructor;
  /** On every Node; see `BoundSocketOptions`. */
  BoundSocket: typeof BoundSocket;
  BlockList: typeof nodeNet.BlockList;
  SocketAddress: typeof nodeNet.SocketAddress;
  isIP: typeof nodeNet.isIP;
  isIPv4: typeof nodeNet.isIPv4;
  isIPv6: typeof nodeNet.isIPv6;
  getDefaultAutoSelectFamily: typeof nodeNet.getDefaultAutoSelectFamily;
  setDefaultAutoSelectFamily: typeof nodeNet.setDefaultAutoSelectFamily;
  getDefaultAutoSelectFamilyAttemptTimeout: typeof nodeNet.getDefaultAutoSelectFamilyAttemptTimeout;
  setDefaultAutoSelectFamilyAttemptTimeout: typeof nodeNet.setDefaultAutoSelectFamilyAttemptTimeout;
}

export interface Connect {
  (options: NetConnectOptions, connectionListener?: () => void): Socket;
  (port: number, host?: string, connectionListener?: () => void): Socket;
  (port: number, connectionListener?: () => void): Socket;
  (path: string, connectionListener?: () => void): Socket;
}

export interface CreateServer {
  (connectionListener?: ConnectionListener): Server;
  (options?: ServerOptions, connectionListener?: ConnectionListener): Server;
}
