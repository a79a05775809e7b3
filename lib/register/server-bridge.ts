/**
 * What takes the place of `net.Server` in a whole process.
 *
 * The servers of `http`, `https`, `tls` and `http2` are made by `net.Server.call(this, …)` or by
 * `super(…)`, and inherit from `net.Server.prototype`. Both lead here: the constructor gives the
 * instance the fields of a Server of ours, and the prototype sends each method to whoever made the
 * instance. So servers of before and after a registration live side by side.
 */
import { EventEmitter } from 'node:events';
import type { ServerConstructor, ServerOptions } from '../net/api';
import { NodeServer } from '../net/node-net';
import { initServer } from '../net/server';
import { ServerMethods } from '../net/server-methods';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const ours = new WeakSet<object>();

/** Between the prototypes of the classes built on `net.Server` and `net.Server.prototype`. */
const bridge: object = Object.create(NodeServer.prototype);

function Server(this: unknown, given?: unknown, listener?: unknown): unknown {
  if (!(this instanceof NodeServer)) {
    return new BridgedServer(given as ServerOptions, listener as () => void);
  }
  ours.add(this);
  initServer(this as unknown as ServerMethods, given, listener);
  return this;
}

/** Calls `method` for servers that were made here, and `original` for those of Node's. */
function dispatch(method: Method, original: unknown): Method {
  return function (this: unknown, ...args) {
    const isOurs = typeof original !== 'function' || ours.has(this as object);
    return Reflect.apply(isOurs ? method : (original as Method), this, args);
  };
}

function bridgeProperty(name: string | symbol): void {
  const { value, get } = Object.getOwnPropertyDescriptor(ServerMethods.prototype, name)!;
  const original = Object.getOwnPropertyDescriptor(NodeServer.prototype, name);
  Object.defineProperty(bridge, name, {
    configurable: true,
    ...(get === undefined
      ? { writable: true, value: dispatch(value as Method, original?.value) }
      : { get: dispatch(get, original?.get) }),
  });
}

for (const name of Reflect.ownKeys(ServerMethods.prototype)) {
  if (name !== 'constructor') bridgeProperty(name);
}
Object.setPrototypeOf(Server, EventEmitter);
Object.defineProperty(Server, 'prototype', { value: bridge });
Object.defineProperty(bridge, 'constructor', { value: Server, configurable: true, writable: true });

export const BridgedServer = Server as unknown as ServerConstructor;

/** Lets a class that was built on `net.Server` build on `BridgedServer`. */
export function bridgeClass(built: { readonly prototype: object }): void {
  if (Object.getPrototypeOf(built) === NodeServer) Object.setPrototypeOf(built, BridgedServer);
  if (Object.getPrototypeOf(built.prototype) === NodeServer.prototype) {
    Object.setPrototypeOf(built.prototype, bridge);
  }
}

/** For instances that will be made from now on; the prototype of the living ones stays. */
export function unbridgeClass(built: object): void {
  if (Object.getPrototypeOf(built) === BridgedServer) Object.setPrototypeOf(built, NodeServer);
}
