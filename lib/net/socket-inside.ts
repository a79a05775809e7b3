/**
 * What a Socket keeps to itself, apart from what Node's own sockets show.
 *
 * It hangs on the socket under a symbol: the methods are spread over several files, and a program
 * that subclasses Socket must not meet names it may want to use.
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
