/** `net` bound to a stack: the same functions and classes, connecting and listening there. */
import * as nodeNet from 'node:net';
import type { TransportStack } from '../../types/stack';
import type {
  Connect,
  CreateServer,
  Net,
  NetConnectOptions,
  ServerConstructor,
  ServerOptions,
  SocketConstructor,
  SocketOptions,
} from './api';
import { normalizeArguments } from './arguments';
import {
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from './auto-select-family';
import { BoundSocket, type BoundSocketOptions } from './bound-socket';
import { publishClient } from './channels';
import { NODE_MAJOR } from './node-major';
import { nodeConnect } from './node-net';
import { Server } from './server';
import { Socket } from './socket';

/**
 * @param stack null: the default stack, made on first use. A `stack` among the options of a
 *   socket or server goes before this one.
 */
export function createNet(stack: TransportStack | null): Net {
  const OwnSocket = stack === null ? Socket : bindSocket(stack);
  const OwnServer = stack === null ? Server : bindServer(stack);
  const connect = bindConnect(OwnSocket);
  const createServer = ((options?: ServerOptions, listener?: () => void) =>
    new OwnServer(options, listener)) as CreateServer;
  return {
    connect,
    createConnection: connect,
    createServer,
    BoundSocket: stack === null ? BoundSocket : bindBoundSocket(stack),
    Socket: OwnSocket,
    Server: OwnServer,
    Stream: OwnSocket,
    BlockList: nodeNet.BlockList,
    SocketAddress: nodeNet.SocketAddress,
    isIP: nodeNet.isIP,
    isIPv4: nodeNet.isIPv4,
    isIPv6: nodeNet.isIPv6,
    getDefaultAutoSelectFamily,
    setDefaultAutoSelectFamily,
    getDefaultAutoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout,
  };
}

function bindConnect(OwnSocket: SocketConstructor): Connect {
  const connect = (...args: unknown[]): nodeNet.Socket => {
    const { options } = normalizeArguments(args);
    // A pipe has no TCP in it: the socket is Node's.
    if (options.path) return (nodeConnect as (...values: unknown[]) => nodeNet.Socket)(...args);
    const socket = new OwnSocket(options as SocketOptions);
    if (NODE_MAJOR < 22) publishClient(socket);
    const { timeout } = options as NetConnectOptions;
    if (timeout) socket.setTimeout(timeout);
    return (socket.connect as (...values: unknown[]) => nodeNet.Socket)(...args);
  };
  return connect as Connect;
}

/**
 * Shares the prototype of Socket, so that `instanceof` holds whichever of them made the socket. And
 * Socket makes it, except for subclasses: objects of many makers are of many shapes to V8, and what
 * it has compiled for one is not good for another.
 */
function bindSocket(stack: TransportStack): SocketConstructor {
  const init = Socket as unknown as (this: unknown, options: unknown) => object;
  function OwnSocket(this: unknown, options?: SocketOptions | number): object {
    const full = typeof options === 'number' ? options : { stack, ...options };
    return new.target === OwnSocket ? new Socket(full as SocketOptions) : init.call(this, full);
  }
  return bound(OwnSocket, Socket) as unknown as SocketConstructor;
}

function bindServer(stack: TransportStack): ServerConstructor {
  const init = Server as unknown as (this: unknown, options: unknown, listener: unknown) => object;
  function OwnServer(this: unknown, options?: unknown, listener?: unknown): object {
    const isListener = typeof options === 'function';
    const plain = options == null || isListener || typeof options === 'object';
    const full = plain ? { stack, ...(isListener ? {} : options) } : options;
    const onConnection = isListener ? options : listener;
    if (new.target !== OwnServer) return init.call(this, full, onConnection);
    return new Server(full as ServerOptions, onConnection as () => void);
  }
  return bound(OwnServer, Server) as unknown as ServerConstructor;
}

function bindBoundSocket(stack: TransportStack): typeof BoundSocket {
  const OwnBoundSocket = class extends BoundSocket {
    constructor(options: BoundSocketOptions = {}) {
      super(isPlain(options) ? { stack, ...options } : options);
    }
  };
  Object.defineProperty(OwnBoundSocket, 'name', { value: BoundSocket.name });
  return OwnBoundSocket;
}

/** (What is no object is left to the original to refuse.) */
function isPlain(options: unknown): options is object {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

function bound<F extends object>(maker: F, original: { readonly prototype: object }): F {
  Object.setPrototypeOf(maker, original);
  Object.defineProperty(maker, 'prototype', { value: original.prototype });
  Object.defineProperty(maker, 'name', { value: (original as { name?: string }).name });
  return maker;
}
