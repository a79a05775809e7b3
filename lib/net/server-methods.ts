/**
 * The methods and properties of a Server. As with Socket, a plain function (server.ts) shares this
 * prototype and sets the fields, which are only declared here.
 */
import { EventEmitter } from 'node:events';
import type { AddressInfo, BlockList, Server as NodeServer } from 'node:net';
import { promisify } from 'node:util';
import type { StackListener, TransportStack } from '../../types/stack';
import { stateError } from './argument-errors';
import { listenServer } from './server-listen';
import type { TcpChoices } from './tcp-choices';

type CloseCallback = (error?: Error) => void;

export class ServerMethods extends EventEmitter {
  declare allowHalfOpen: boolean;
  declare pauseOnConnect: boolean;
  declare noDelay: boolean;
  declare keepAlive: boolean;
  declare keepAliveInitialDelay: number;
  declare highWaterMark: number;
  declare maxConnections?: number;
  /** Whom it turns away. */
  declare blockList?: BlockList;
  /** Connections accepted and not yet closed. */
  declare _connections: number;
  /** A listener of a stack; for a pipe or a descriptor, a server of Node's. */
  declare _handle: StackListener | NodeServer | null;
  declare _unref: boolean;
  /** Changes with every `listen` and `close`: a name looked up late is known to be stale. */
  declare _listeningId: number;
  /** Null: the default stack, looked up when it is needed. */
  declare _stack: TransportStack | null;
  /** What of the TCP beneath was chosen for what it accepts. */
  declare _choices: TcpChoices;

  listen(...args: unknown[]): this {
    listenServer(this, args);
    return this;
  }

  /** Stops listening. 'close' follows when the last connection has ended. */
  close(callback?: CloseCallback): this {
    this._listeningId++;
    const handle = this._handle;
    if (typeof callback === 'function') {
      if (handle !== null) this.once('close', callback);
      else this.once('close', () => callback(stateError('ERR_SERVER_NOT_RUNNING')));
    }
    this._handle = null;
    if (isForeign(handle)) {
      handle.close(() => this._emitCloseIfDrained());
    } else {
      handle?.close();
      this._emitCloseIfDrained();
    }
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this._handle === null) return;
    await promisify((callback: CloseCallback) => this.close(callback))();
  }

  address(): AddressInfo | string | null {
    const handle = this._handle;
    if (handle === null) return null;
    if (isForeign(handle)) return handle.address();
    const { text, family } = handle.address;
    return { address: text, family: family === 4 ? 'IPv4' : 'IPv6', port: handle.port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    const handle = this._handle;
    if (isForeign(handle)) handle.getConnections(callback);
    else process.nextTick(callback, null, this._connections);
    return this;
  }

  ref(): this {
    this._unref = false;
    this._handle?.ref();
    return this;
  }

  unref(): this {
    this._unref = true;
    this._handle?.unref();
    return this;
  }

  get listening(): boolean {
    return this._handle !== null;
  }

  /** A connection of this server has been closed. */
  _forgetSocket(): void {
    this._connections--;
    this._emitCloseIfDrained();
  }

  _emitCloseIfDrained(): void {
    if (this._handle !== null || this._connections > 0) return;
    process.nextTick(() => this.emit('close'));
  }

  /** With `captureRejections`, a 'connection' listener that rejects costs its socket. */
  override [EventEmitter.captureRejectionSymbol](
    error: Error,
    event: string,
    ...args: unknown[]
  ): void {
    if (event === 'connection') (args[0] as { destroy(error: Error): void }).destroy(error);
    else this.emit('error', error);
  }
}

function isForeign(handle: StackListener | NodeServer | null): handle is NodeServer {
  return handle instanceof EventEmitter;
}
