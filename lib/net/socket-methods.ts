/**
 * The methods and properties of a Socket.
 *
 * A class, because that is how methods read best, but nobody constructs it: `Socket` (socket.ts) is
 * a plain function that shares this prototype, since `net.Socket.call(this)` has to work. So there
 * are no initialisers here; fields are only declared, and set by that function.
 */
import type { AddressInfo } from 'node:net';
import { stateError } from './argument-errors';
import type { ServerMethods } from './server-methods';
import { connectSocket } from './socket-connect';
import { SocketExtensions } from './socket-extensions';
import { inside, ownInside } from './socket-inside';
import {
  bytesWrittenOf,
  type Chunk,
  destroySocket,
  finishSocket,
  type QueuedChunk,
  readSocket,
  writeAllSocket,
  writeSocket,
} from './socket-io';
import { handleIdle, setSocketNoDelay, setSocketTimeout } from './socket-options';
import type { WriteCallback } from './socket-writer';

/** `{}` where there is no address, as `address()` answers. */
type MaybeAddress = Partial<AddressInfo>;

/**
 * Characters of a string that Node tries to write without a buffer of its own; if that is refused
 * it does not count, as anything else does.
 */
const LONGEST_SHORT_STRING = 5461;

export class SocketMethods extends SocketExtensions {
  declare connecting: boolean;
  declare timeout?: number;
  declare autoSelectFamilyAttemptedAddresses?: string[];
  declare server: ServerMethods | null;
  declare _server: ServerMethods | null;
  declare _host: string | null;
  declare _parent: unknown;
  declare _hadError: boolean;

  connect(...args: unknown[]): this {
    connectSocket(this, args);
    return this;
  }

  override pause(): this {
    const handle = this._handle;
    if (this[inside].userBuffer !== null && !this.connecting) handle?.readStop();
    return super.pause();
  }

  override resume(): this {
    this._readIntoUserBuffer();
    return super.resume();
  }

  override read(size?: number): unknown {
    this._readIntoUserBuffer();
    return super.read(size);
  }

  /** Destroys the socket once everything written has been taken by the stack. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  /** Sends RST instead of FIN (RFC 9293 §3.10.5); what is in the buffers is lost. */
  resetAndDestroy(): this {
    if (this._handle === null) this.destroy(stateError('ERR_SOCKET_CLOSED'));
    else if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  }

  setTimeout(timeoutMs: number, callback?: () => void): this {
    setSocketTimeout(this, timeoutMs, callback);
    return this;
  }

  setNoDelay(enable?: boolean): this {
    setSocketNoDelay(this, enable);
    return this;
  }

  address(): MaybeAddress {
    return this._getsockname();
  }

  ref(): this {
    if (this._handle === null) this.once('connect', this.ref);
    else this._handle.ref();
    return this;
  }

  unref(): this {
    if (this._handle === null) this.once('connect', this.unref);
    else this._handle.unref();
    return this;
  }

  get pending(): boolean {
    return this._handle === null || this.connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number | undefined {
    return this._handle === null ? undefined : this.writableLength;
  }

  get bytesRead(): number {
    return this._handle?.bytesRead ?? this[inside].bytesRead;
  }

  get bytesWritten(): number {
    return bytesWrittenOf(this);
  }

  get remoteAddress(): string | undefined {
    return this._getpeername().address;
  }

  get remotePort(): number | undefined {
    return this._getpeername().port;
  }

  get remoteFamily(): string | undefined {
    return this._getpeername().family;
  }

  get localAddress(): string | undefined {
    return this._getsockname().address;
  }

  get localPort(): number | undefined {
    return this._getsockname().port;
  }

  get localFamily(): string | undefined {
    return this._getsockname().family;
  }

  // What streams ask for, and names that programs know from Node's own sockets.

  override _read(): void {
    readSocket(this);
  }

  override _write(chunk: Chunk, encoding: BufferEncoding, callback: WriteCallback): void {
    writeSocket(this, bytesOf(chunk, encoding), callback, !isShortText(chunk, encoding));
  }

  override _writev(entries: QueuedChunk[], callback: WriteCallback): void {
    const chunks = entries.map((entry) => bytesOf(entry.chunk, entry.encoding));
    writeAllSocket(this, chunks, callback);
  }

  override _final(callback: WriteCallback): void {
    finishSocket(this, callback);
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    destroySocket(this, error, callback);
  }

  get _connecting(): boolean {
    return this.connecting;
  }

  get _bytesDispatched(): number {
    return this._handle?.bytesWritten ?? this[inside].bytesWritten;
  }

  _getpeername(): MaybeAddress {
    const own = this[inside];
    if (own.remote !== null) return own.remote;
    if (this._handle === null || this.connecting) return {};
    const remote = this._handle.remoteAddress();
    ownInside(this).remote = remote;
    return remote ?? {};
  }

  _getsockname(): MaybeAddress {
    if (this._handle === null) return {};
    const { local: known } = this[inside];
    if (known !== null) return known;
    const local = this._handle.localAddress();
    ownInside(this).local = local;
    return local ?? {};
  }

  _onTimeout(): void {
    handleIdle(this);
  }

  _unrefTimer(): void {
    this[inside].timer?.refresh();
  }

  _reset(): void {
    ownInside(this).resetting = true;
    this.destroy();
  }

  /** With memory of the user's own, `resume` and `read` speak to the connection directly. */
  _readIntoUserBuffer(): void {
    const handle = this._handle;
    if (this[inside].userBuffer === null || this.connecting || handle === null) return;
    if (!handle.reading) handle.readStart();
  }
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

function isShortText(chunk: Chunk, encoding: BufferEncoding): boolean {
  if (typeof chunk !== 'string' || chunk.length > LONGEST_SHORT_STRING) return false;
  return encoding !== 'hex' && !encoding.startsWith('base64');
}
