/**
 * What takes the place of `net.Socket` in a whole process.
 *
 * Node's own classes that were built on `net.Socket` (`TLSSocket`, the terminal's streams) call it
 * for their fields and get Node's; so do sockets over a pipe, a descriptor or a handle. Everything
 * else is a Socket of ours. `instanceof` knows both kinds.
 */
import type { SocketConstructor, SocketOptions } from '../net/api';
import { NodeSocket } from '../net/node-net';
import { Socket as OwnSocket } from '../net/socket';

type Init = (this: unknown, options: unknown) => object;

function Socket(this: unknown, options?: SocketOptions | number): unknown {
  const init = this instanceof NodeSocket ? NodeSocket : OwnSocket;
  return (init as unknown as Init).call(this, options) ?? this;
}

Object.setPrototypeOf(Socket, OwnSocket);
Object.defineProperty(Socket, 'prototype', { value: OwnSocket.prototype });
Object.defineProperty(Socket, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    const isOurs = Function.prototype[Symbol.hasInstance].call(this as () => void, value);
    // Classes that extend this one inherit the question, but not Node's sockets.
    return isOurs || (this === Socket && value instanceof NodeSocket);
  },
});

export const BridgedSocket = Socket as unknown as SocketConstructor;
