/**
 * A pipe (a Unix domain socket) in the place of a TCP connection, under a Socket of ours.
 *
 * `connect` and `createConnection` hand out Node's own socket for a path. A program that has made
 * its Socket before it knows where to connect keeps that Socket, and Node's is behind it here.
 */
import type { Socket as NodeSocket } from 'node:net';
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import type { TcpInfo, TcpState } from '../../types/tcp';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';
import { IPV6_ANY } from '../wire/ip-address';
import { nodeConnect } from './node-net';

export class PipeConnection implements StackConnection {
  handler: ConnectionHandler | null;
  readEnded = false;

  // There is no TCP in a pipe: none of this is ever shown.
  readonly localAddress = IPV6_ANY;
  readonly localPort = 0;
  readonly remoteAddress = IPV6_ANY;
  readonly remotePort = 0;
  readonly state: TcpState = 'ESTABLISHED';
  readonly softError = null;
  readonly urgentBytes = 0;

  readonly #pipe: NodeSocket;

  /** @param failed hears, in Node's words, why there will be no connection */
  constructor(path: string, handler: ConnectionHandler, failed: (error: Error) => void) {
    this.handler = handler;
    const pipe = nodeConnect({ path, allowHalfOpen: true });
    this.#pipe = pipe;
    let connected = false;
    pipe.once('connect', () => {
      connected = true;
      this.handler?.handleConnect();
    });
    pipe.on('readable', () => this.handler?.handleReadable());
    pipe.on('end', () => {
      this.readEnded = true;
      this.handler?.handleReadable();
    });
    pipe.on('drain', () => this.handler?.handleWritable());
    pipe.on('error', (error: NodeJS.ErrnoException) => {
      if (connected) this.handler?.handleError(error.code as NetworkErrorCode);
      else if (this.handler !== null) failed(error);
    });
    pipe.on('close', () => this.handler?.handleClose());
  }

  send(chunk: Uint8Array, from = 0): number {
    if (this.#pipe.writableNeedDrain) return 0;
    this.#pipe.write(Buffer.from(chunk.subarray(from)));
    return chunk.length - from;
  }

  /** Nothing is urgent in a pipe. */
  sendUrgent(chunk: Uint8Array): number {
    return this.send(chunk);
  }

  get sendQueueBytes(): number {
    return this.#pipe.writableLength;
  }

  receive(): Buffer | null {
    return this.#pipe.read();
  }

  receiveInto(target: Uint8Array): number {
    const length = Math.min(this.#pipe.readableLength, target.length);
    // Asking for nothing starts the reading.
    const chunk: Buffer | null = this.#pipe.read(length);
    if (chunk === null) return 0;
    target.set(chunk);
    return chunk.length;
  }

  get receiveQueueBytes(): number {
    return this.#pipe.readableLength;
  }

  remind(): void {
    setImmediate(() => this.handler?.handleReadable());
  }

  shutdown(): void {
    this.#pipe.end();
  }

  abort(): void {
    this.handler = null;
    this.#pipe.destroy();
  }

  release(): void {
    this.handler = null;
    this.#pipe.destroySoon();
    this.#pipe.resume(); // what nobody reads any more must not hold the end back
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  tune(): void {}

  setHopLimit(): void {}

  ref(): void {
    this.#pipe.ref();
  }

  unref(): void {
    this.#pipe.unref();
  }

  /** @throws NetworkError ENOTSUP */
  info(): TcpInfo {
    throw new NetworkError('ENOTSUP', 'a pipe has no TCP');
  }
}
