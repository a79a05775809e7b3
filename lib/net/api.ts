/**
 * The public shape of `net`: Node's own types, and what this package has beyond them.
 *
 * Everything here is assignable to its namesake of `node:net`: a program changes one import.
 */
import type * as nodeNet from 'node:net';
import type { TransportStack } from '../../types/stack';
import type { TcpInfo, TcpState } from '../../types/tcp';

export interface StackChoice {
  /** The stack to run on; the default stack of the process unless given. */
  stack?: TransportStack;
}

export interface SocketOptions extends nodeNet.SocketConstructorOpts, StackChoice {
  onread?: nodeNet.OnReadOpts;
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds; whole seconds of it count. */
  keepAliveInitialDelay?: number;
  /** Bytes that the stream holds before `write` answers false, and before it stops reading. */
  highWaterMark?: number;
  readableHighWaterMark?: number;
  writableHighWaterMark?: number;
}

export type ConnectOptions = nodeNet.TcpSocketConnectOpts & StackChoice;
/** What `connect` and `createConnection` take: options of the socket and of the connecting. */
export type NetConnectOptions = nodeNet.NetConnectOpts & SocketOptions;
export interface ServerOptions extends nodeNet.ServerOpts, StackChoice {}

/** Beyond `node:net`, on every socket. */
export interface SocketExtras {
  /** The connection's state by RFC 9293 §3.3.2; 'CLOSED' without a connection. */
  readonly state: TcpState;
  /** The connection's inside by Linux's `tcp_info` names; null without a connection. */
  tcpInfo(): TcpInfo | null;
  /**
   * Like `write`, with the last byte marked urgent (RFC 9293 §3.8.5, RFC 6093). The peer gets it
   * in its place in the stream, and its socket an 'urgent' event.
   * @returns what `write` returns
   */
  sendUrgent(chunk: string | Uint8Array, callback?: (error?: Error | null) => void): boolean;
}

export interface Socket extends nodeNet.Socket, SocketExtras {
  connect(options: nodeNet.SocketConnectOpts & StackChoice, connectionListener?: () => void): this;
  connect(port: number, host: string, connectionListener?: () => void): this;
  connect(port: number, connectionListener?: () => void): this;
  connect(path: string, connectionListener?: () => void): this;
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
