/** The stream side of a Socket: what Readable and Writable ask of it, and how it ends. */
import { Duplex } from 'node:stream';
import { codedError, stateError } from './argument-errors';
import { NODE_MAJOR } from './node-major';
import { inside, ownInside } from './socket-inside';
import type { SocketMethods } from './socket-methods';
import type { WriteCallback } from './socket-writer';

/** Until Node 22 a socket that was never connected does not finish when it is ended. */
const UNCONNECTED_FINISHES = NODE_MAJOR >= 22;

export type Chunk = string | Uint8Array;

/** What a Writable keeps of a write that waits. */
export interface QueuedChunk {
  chunk: Chunk;
  encoding: BufferEncoding;
}

export function readSocket(socket: SocketMethods): void {
  const handle = socket._handle;
  if (handle === null) readOnConnect(socket);
  else if (socket.connecting) handle.readsWhenOpen = true;
  else if (!handle.reading) handle.readStart();
}

function readOnConnect(socket: SocketMethods): void {
  socket.once('connect', () => readSocket(socket));
}

export function writeSocket(
  socket: SocketMethods,
  chunk: Uint8Array,
  callback: WriteCallback,
  countsRefused: boolean,
): void {
  const handle = socket._handle;
  if (socket.connecting) {
    const write = (): void => writeSocket(socket, chunk, callback, countsRefused);
    writeWhenConnected(socket, chunk.length, write, callback);
  } else if (handle === null) {
    callback(stateError('ERR_SOCKET_CLOSED'));
  } else {
    socket[inside].timer?.refresh();
    handle.write(chunk, callback, countsRefused);
  }
}

export function writeAllSocket(
  socket: SocketMethods,
  chunks: Uint8Array[],
  callback: WriteCallback,
): void {
  const handle = socket._handle;
  if (socket.connecting) {
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    writeWhenConnected(socket, bytes, () => writeAllSocket(socket, chunks, callback), callback);
  } else if (handle === null) {
    callback(stateError('ERR_SOCKET_CLOSED'));
  } else {
    socket[inside].timer?.refresh();
    handle.writeAll(chunks, callback);
  }
}

function writeWhenConnected(
  socket: SocketMethods,
  bytes: number,
  write: () => void,
  callback: WriteCallback,
): void {
  ownInside(socket).pendingBytes = bytes;
  const onClose = (): void => {
    socket.off('close', onClose);
    callback(stateError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION'));
  };
  const onConnect = (): void => {
    socket.off('connect', onConnect);
    socket.off('close', onClose);
    ownInside(socket).pendingBytes = 0;
    write();
  };
  socket.on('connect', onConnect); // `once` would make three more objects of each
  socket.on('close', onClose);
}

/** Everything has been written: half-close. */
export function finishSocket(socket: SocketMethods, callback: WriteCallback): void {
  if (UNCONNECTED_FINISHES ? socket.connecting : socket.pending) {
    socket.once('connect', () => finishSocket(socket, callback));
    return;
  }
  if (socket._handle === null) {
    callback(); // at once: a `connect` in this turn begins anew
    return;
  }
  socket._handle.shutdown();
  // Not at once: a socket that is destroyed in this turn has not finished.
  process.nextTick(callback);
}

/** `close` does not wait for the connection, which may still have to deliver and to linger. */
export function destroySocket(
  socket: SocketMethods,
  error: Error | null,
  callback: WriteCallback,
): void {
  const { timer } = socket[inside];
  const handle = socket._handle;
  socket.connecting = false;
  if (timer !== null) clearTimeout(timer);
  if (handle === null) {
    callback(error);
    process.nextTick(() => socket.emit('close'));
  } else {
    const hadError = Boolean(error);
    const own = ownInside(socket);
    own.bytesRead = handle.bytesRead;
    own.bytesWritten = handle.bytesWritten;
    handle.close(own.resetting, () => socket.emit('close', hadError));
    own.resetting = false;
    own.local = null;
    socket._handle = null;
    if (handle.readsWhenOpen) readOnConnect(socket); // as Node's does: for another `connect`
    callback(error);
  }
  socket._server?._forgetSocket();
}

/** All bytes handed to the socket, also those that wait in the stream or for the connection. */
export function bytesWrittenOf(socket: SocketMethods): number {
  const own = socket[inside];
  let bytes = socket._bytesDispatched + own.pendingBytes;
  const { writableBuffer } = socket as unknown as { writableBuffer?: QueuedChunk[] };
  for (const { chunk, encoding } of writableBuffer ?? []) {
    bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
  }
  return bytes;
}

/**
 * Takes the place of `write` once the peer has ended and we follow suit. "Write after end" would
 * blame the program for what the peer did.
 */
export function writeAfterEnd(
  this: SocketMethods,
  chunk: unknown,
  encoding?: unknown,
  callback?: unknown,
): boolean {
  if (!this.writableEnded) {
    return Duplex.prototype.write.call(
      this,
      chunk,
      encoding as BufferEncoding,
      callback as WriteCallback,
    );
  }
  const error = codedError(Error, 'EPIPE', 'This socket has been ended by the other party');
  const done = typeof encoding === 'function' ? encoding : callback;
  if (typeof done === 'function') process.nextTick(done as WriteCallback, error);
  this.destroy(error);
  return false;
}
