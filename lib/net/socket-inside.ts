/**
 * What a Socket keeps to itself, apart from what Node's own sockets show.
 *
 * It hangs on the socket under a symbol: the methods are spread over several files, and a program
 * that subclasses Socket must not meet names it may want to use. Most sockets keep nothing while
 * they are open, and share one for all of their stack, until something is changed (`ownInside`).
 */
import type { AddressInfo, BlockList } from 'node:net';
import type { TransportStack } from '../../types/stack';
import { NO_CHOICES, type TcpChoices } from './tcp-choices';

export const inside: unique symbol = Symbol('usernet.inside');

/** The user's own memory for what arrives, instead of 'data' events. */
export interface UserBuffer {
  buffer: Uint8Array;
  /** Gives the memory for the next piece; null: always the same. */
  readonly next: (() => unknown) | null;
  readonly callback: (length: number, buffer: Uint8Array) => unknown;
}

export class SocketInside {
  /** Is it that of many sockets, so that it must not be changed? */
  isShared = false;
  /** Null: the default stack, looked up when it is needed. */
  stack: TransportStack | null = null;
  timer: NodeJS.Timeout | null = null;
  userBuffer: UserBuffer | null = null;
  noDelay = false;
  keepAlive = false;
  keepAliveDelaySeconds = 0;
  /** Where it must not connect to. */
  blockList: BlockList | null = null;
  /** What of the TCP beneath was chosen. */
  choices: TcpChoices = NO_CHOICES;
  /** What the connection had counted when it was closed. */
  bytesRead = 0;
  bytesWritten = 0;
  /** Addresses, once somebody has asked. */
  local: AddressInfo | null = null;
  remote: AddressInfo | null = null;
  /** Bytes of a write that the stack had not taken when the idle timer was last looked at. */
  lastWriteQueueBytes = 0;
  /** Bytes written before there was a connection. */
  pendingBytes = 0;
  /** Is the socket being destroyed by `resetAndDestroy`? */
  resetting = false;
}

const plain = new WeakMap<TransportStack, SocketInside>();
const plainOfDefault = sharedInside(null);

/** For a socket for which nothing but its stack has been chosen. */
export function plainInside(stack: TransportStack | null): Readonly<SocketInside> {
  if (stack === null) return plainOfDefault;
  let shared = plain.get(stack);
  if (shared === undefined) {
    shared = sharedInside(stack);
    plain.set(stack, shared);
  }
  return shared;
}

/** What a socket keeps, to be changed. */
export function ownInside(socket: { [inside]: Readonly<SocketInside> }): SocketInside {
  const present = socket[inside];
  if (!present.isShared) return present;
  const own = new SocketInside();
  own.stack = present.stack; // the rest is at its first value, or it would not be shared
  socket[inside] = own;
  return own;
}

/** Its local address may be another one from now on. */
export function forgetLocal(socket: { [inside]: Readonly<SocketInside> }): void {
  if (socket[inside].local !== null) ownInside(socket).local = null;
}

function sharedInside(stack: TransportStack | null): SocketInside {
  const shared = new SocketInside();
  shared.stack = stack;
  shared.isShared = true;
  return shared;
}
