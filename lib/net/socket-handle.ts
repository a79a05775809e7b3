/**
 * What stands between a Socket (a stream) and its connection (the stack's).
 *
 * It pulls from the connection while the stream wants more, and stops when it does not, so that the
 * receive window closes behind a slow reader; it keeps what the send buffer has no room for yet.
 * The stack calls it from its event phase only, so the user's listeners never run inside segment
 * processing.
 */
import type { AddressInfo } from 'node:net';
import type { ConnectionHandler, StackBinding, StackConnection } from '../../types/stack';
import type { NetworkErrorCode } from '../support/network-error';
import { addressInfo } from './address-info';
import { addressError, callError } from './errors';
import { HandleFlags } from './handle-flags';
import { NODE_MAJOR } from './node-major';
import { PipeConnection } from './pipe-connection';
import { inside, ownInside, type UserBuffer } from './socket-inside';
import type { SocketMethods } from './socket-methods';
import { SocketWriter, type WriteCallback } from './socket-writer';

/** Hears how an active open went: null when it went well. */
export type OpenCallback = (failure: NetworkErrorCode | null) => void;

/**
 * What has come right before a reset ends like any text: until Node 24 libuv took a hang-up behind
 * a read that did not fill its buffer for the end. Since then it reports the reset.
 */
const HANG_UP_IS_END = NODE_MAJOR < 24;

export class SocketHandle extends HandleFlags implements ConnectionHandler {
  connection: StackConnection | null = null;
  /** A local end that waits for a connection from it. */
  #binding: StackBinding | null = null;
  bytesRead = 0;

  #socket: SocketMethods | null = null;
  #opened: OpenCallback | null = null;
  /** Why the connection died, until a read or a write has said so. */
  #failure: NetworkErrorCode | null = null;
  /** Made with the first write. */
  #writer: SocketWriter | null = null;

  /** @param dualStack see `isDualStack` */
  constructor(dualStack = false) {
    super(dualStack);
  }

  /** Whose handle this is. From here on its stream is fed. */
  attach(socket: SocketMethods): void {
    this.#socket = socket;
  }

  /** Takes over a local end. */
  hold(binding: StackBinding): void {
    this.#binding = binding;
  }

  /** Is there a local end already, and no connection from it? */
  get isBound(): boolean {
    return this.#binding !== null;
  }

  /** For the request that connects from it. */
  takeBinding(): StackBinding | undefined {
    const binding = this.#binding ?? undefined;
    this.#binding = null;
    return binding;
  }

  /** Takes over a connection; `opened` hears of ESTABLISHED where that is still to come. */
  open(connection: StackConnection, opened: OpenCallback | null): void {
    this.connection = connection;
    this.#opened = opened;
    if (!this.hasRef()) connection.unref();
  }

  /**
   * Leaves the connection to itself, or resets it. A write under way is called back first.
   * @param closed called once the event loop has turned, as when a descriptor is closed
   */
  close(reset: boolean, closed: () => void): void {
    this.drop(reset);
    const written = this.#writer?.forget();
    this.#later(() => {
      written?.();
      closed();
    });
  }

  /** Is an active open under way? */
  get opening(): boolean {
    return this.#opened !== null;
  }

  /** Leaves the connection at once, without a word to the stream. */
  drop(reset: boolean): void {
    const connection = this.connection;
    this.takeBinding()?.release();
    this.connection = null;
    this.reading = false;
    this.#opened = null;
    if (reset) connection?.abort();
    else connection?.release();
  }

  /** The stream wants data. It comes soon, and never while the stream is asking. */
  readStart(): void {
    this.reading = true;
    if (this.connection !== null) this.#remindOfRest(this.connection);
  }

  readStop(): void {
    this.reading = false;
  }

  /**
   * @param written called when the stack has taken all of `chunk`
   * @param countsRefused does it count as written even where it is refused?
   */
  write(chunk: Uint8Array, written: WriteCallback, countsRefused: boolean): void {
    const failure = this.#writeFailure();
    if (failure !== null) {
      this.#failWrite(countsRefused ? [chunk] : [], failure, written);
    } else {
      this.#someWriter().write(this.connection!, chunk, written);
      if (this.#writer?.waiting) this.#noteQueue();
    }
  }

  /** The same for many chunks at once. */
  writeAll(chunks: Uint8Array[], written: WriteCallback): void {
    const failure = this.#writeFailure();
    if (failure !== null) {
      this.#failWrite(chunks, failure, written);
    } else {
      this.#someWriter().writeAll(this.connection!, chunks, written);
      if (this.#writer?.waiting) this.#noteQueue();
    }
  }

  get bytesWritten(): number {
    return this.#writer?.bytesWritten ?? 0;
  }

  /** Bytes of the present write that the stack has not taken. */
  get writeQueueBytes(): number {
    return this.#writer?.queueBytes ?? 0;
  }

  #someWriter(): SocketWriter {
    this.#writer ??= new SocketWriter();
    return this.#writer;
  }

  shutdown(): void {
    this.noteShut();
    this.connection?.shutdown();
  }

  ref(): void {
    this.isReferenced = true;
    this.connection?.ref();
  }

  unref(): void {
    this.isReferenced = false;
    this.connection?.unref();
  }

  /** Node's HTTP agent asks for it when a socket is used again. */
  getAsyncId(): number {
    return this.asyncId();
  }

  localAddress(): AddressInfo | null {
    const binding = this.#binding;
    if (binding !== null) return addressInfo(binding.address, binding.port, this.isDualStack);
    const connection = this.#tcp();
    if (connection === null) return null;
    return addressInfo(connection.localAddress, connection.localPort, this.isDualStack);
  }

  remoteAddress(): AddressInfo | null {
    const connection = this.#tcp();
    if (connection === null) return null;
    return addressInfo(connection.remoteAddress, connection.remotePort, this.isDualStack);
  }

  /** Null also for a pipe. */
  #tcp(): StackConnection | null {
    return this.connection instanceof PipeConnection ? null : this.connection;
  }

  // What the stack reports.

  handleConnect(): void {
    this.#reportOpened(null);
  }

  handleUrgent(): void {
    this.runInAsyncScope(() => this.#socket?.emit('urgent'));
  }

  /** The error it would be, should it end the connection. */
  handleTrouble(code: NetworkErrorCode): void {
    const socket = this.#socket;
    if (socket === null || socket.listenerCount('softError') === 0) return;
    const connection = this.connection!;
    const { remoteAddress, remotePort } = connection;
    const error = this.opening
      ? addressError('connect', code, remoteAddress.text, remotePort)
      : callError('read', code);
    this.runInAsyncScope(() => socket.emit('softError', error));
  }

  handleReadable(): void {
    if (!this.reading || this.isPulling || this.connection === null) return;
    this.runInAsyncScope(this.#pull, this);
  }

  handleWritable(): void {
    if (this.#writer?.waiting) this.runInAsyncScope(this.#proceed, this);
  }

  handleError(code: NetworkErrorCode): void {
    if (this.#opened !== null) {
      this.#reportOpened(code);
      return;
    }
    // A reset behind the peer's FIN spoils no reading: there is an end to be read.
    const isBehindFin = code === 'EPIPE' || (this.hasEnded && !this.hasPeerEnded);
    this.#failure = isBehindFin && code === 'ECONNRESET' ? 'EPIPE' : code;
    if (isBehindFin) this.notePeerEnded();
    if (this.reading) this.handleReadable();
    else this.#later(() => this.#reportFailure());
  }

  handleClose(): void {
    // The stream has heard the end of it by now, or will when it reads or writes next.
  }

  // A kernel lets libuv know of who has called before it lets the caller know, and of a reset last.

  #reportOpened(code: NetworkErrorCode | null): void {
    const opened = this.#opened;
    this.#opened = null;
    this.#later(() => {
      if (this.connection !== null) opened?.(code);
    });
  }

  #reportFailure(): void {
    if (this.connection === null || this.#failure === null) return;
    if (this.reading) {
      this.#socket?.destroy(callError('read', this.#failure));
    } else if (this.#writer?.waiting) {
      this.#failWrite([], this.#failure, this.#writer!.forget()!);
    }
  }

  // Reading.

  /**
   * Hands on a piece of what has arrived. For the rest the stack comes again, so that programs have
   * time for each piece. Listeners may call us meanwhile.
   */
  #pull(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.isPulling = true;
    try {
      const before = this.bytesRead;
      const userBuffer = socket[inside].userBuffer;
      if (userBuffer === null) this.#pullChunk(socket);
      else this.#pullInto(userBuffer);
      if (this.bytesRead !== before) this.#noteRead(socket);
      if (this.reading && this.bytesRead !== before) this.#remindOfRest(this.connection!);
      else if (this.reading) this.#checkEnd(socket);
    } finally {
      this.isPulling = false;
    }
  }

  #remindOfRest(connection: StackConnection): void {
    const isOver = this.#failure !== null || connection.readEnded;
    if (isOver || connection.receiveQueueBytes > 0) connection.remind();
  }

  #noteRead(socket: SocketMethods): void {
    socket[inside].timer?.refresh();
    if (HANG_UP_IS_END && this.connection?.state === 'CLOSED') this.notePeerEnded();
  }

  #pullChunk(socket: SocketMethods): void {
    const chunk = this.connection!.receive();
    if (chunk === null) return;
    this.bytesRead += chunk.length;
    if (isFlowing(socket)) socket.emit('data', chunk);
    else if (!socket.push(chunk)) this.reading = false;
  }

  #pullInto(user: UserBuffer): void {
    const length = this.connection!.receiveInto(user.buffer);
    if (length === 0) return;
    this.bytesRead += length;
    const more = user.callback(length, user.buffer) !== false;
    if (user.next !== null) {
      const next = user.next();
      if (next instanceof Uint8Array) user.buffer = next;
    }
    if (!more) this.reading = false;
  }

  /** Nothing is left to read: was that all, or has the connection died? */
  #checkEnd(socket: SocketMethods): void {
    if (this.#failure !== null && !this.hasPeerEnded) {
      this.#later(() => this.#reportFailure());
    } else if ((this.hasPeerEnded || this.connection!.readEnded) && !this.hasEnded) {
      this.noteEnded();
      this.reading = false;
      socket[inside].timer?.refresh();
      socket.push(null);
      socket.read(0);
      if (this.#failure !== null) this.#later(() => this.#reportFailure()); // to who still writes
    }
  }

  #proceed(): void {
    this.#socket?.[inside].timer?.refresh();
    this.#writer!.proceed(this.connection!);
    if (!this.#writer?.waiting) this.#noteQueue();
  }

  #later(fn: () => void): void {
    this.runInAsyncScope(setImmediate, null, fn);
  }

  /** The idle timer asks whether a waiting write has made progress. */
  #noteQueue(): void {
    const socket = this.#socket;
    if (socket !== null) ownInside(socket).lastWriteQueueBytes = this.writeQueueBytes;
  }

  /** @param chunks count as written, although they are not */
  #failWrite(chunks: Uint8Array[], code: NetworkErrorCode, written: WriteCallback): void {
    this.#someWriter().count(chunks);
    written(callError('write', code));
  }

  /** A stream may begin anew (`connect` after `end`) over a connection that ends its side. */
  #writeFailure(): NetworkErrorCode | null {
    return this.#failure ?? (this.isShut || this.isBound ? 'EPIPE' : null);
  }
}

/**
 * Would `push` hand a chunk to the listeners at once, and keep nothing of it? It also would put off
 * a look at whether more should be read, which it always should here: a tenth of what a short
 * message there and back costs. (The first chunk goes by `push`, which notes that somebody reads.)
 */
function isFlowing(socket: SocketMethods): boolean {
  return (
    socket.readableFlowing === true &&
    socket.readableDidRead &&
    socket.readableLength === 0 &&
    socket.readableEncoding === null &&
    socket.listenerCount('data') > 0
  );
}
