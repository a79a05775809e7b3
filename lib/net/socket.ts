/**
 * `net.Socket`: a Duplex whose bytes travel over a TCP connection of a stack.
 *
 * A function and not a class, so that `Socket()` without `new`, `Socket.call(this)` with
 * util.inherits, and `class extends Socket` all work, as they do with Node's own.
 */
import type { SocketConstructorOpts } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';
import type { Socket as PublicSocket, SocketConstructor, SocketOptions } from './api';
import { invalidArgValue } from './argument-errors';
import { blockListFrom } from './block-list';
import { type Adopted, BoundSocket } from './bound-socket';
import { NodeSocket } from './node-net';
import { adoptHandle } from './socket-connect';
import { SocketHandle } from './socket-handle';
import { inside, ownInside, plainInside, type UserBuffer } from './socket-inside';
import { writeAfterEnd } from './socket-io';
import { SocketMethods } from './socket-methods';
import { optionChoices, wholeSeconds } from './socket-options';
import { NO_CHOICES } from './tcp-choices';
import { validateNumber } from './validators';

export type Socket = PublicSocket;

/** What the constructor may be given, before anything of it is checked. */
interface LooseSocketOptions extends Omit<SocketOptions, 'onread' | 'handle'>, DuplexOptions {
  handle?: unknown;
  onread?: unknown;
  manualStart?: boolean;
  pauseOnCreate?: boolean;
  captureRejections?: boolean;
}

const NO_OPTIONS: LooseSocketOptions = {};
const OBJECT_MODES = ['objectMode', 'readableObjectMode', 'writableObjectMode'] as const;

const initDuplex = Duplex as unknown as (this: Duplex, options: DuplexOptions) => void;

function construct(this: SocketMethods | undefined, given?: LooseSocketOptions | number): object {
  if (!(this instanceof SocketMethods)) return new Socket(given as SocketOptions);
  const options = typeof given === 'number' ? { fd: given } : (given ?? NO_OPTIONS);
  checkOptions(options);
  let adopted: Adopted | null = null;
  if (options.handle instanceof BoundSocket) {
    adopted = BoundSocket.adopt(options.handle);
    if (adopted.pipe !== null)
      return new NodeSocket({ ...options, handle: adopted.pipe } as object);
  } else if (isForeign(options)) return new NodeSocket(given as SocketConstructorOpts);
  // First the fields: a signal that is aborted already makes Duplex destroy the socket at once.
  initFields(this, options);
  initDuplex.call(this, streamOptions(options));
  this.on('end', onEnd);
  if (options.handle instanceof SocketHandle) startAccepted(this, options.handle, options);
  else if (adopted !== null) startBound(this, adopted);
  return this;
}

/** A descriptor or a handle of Node's has no TCP of ours in it: it gets a socket of Node's. */
function isForeign(options: LooseSocketOptions): boolean {
  if (options.fd !== undefined) return true;
  return Boolean(options.handle) && !(options.handle instanceof SocketHandle);
}

/** @throws ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE */
function checkOptions(options: LooseSocketOptions): void {
  if (options.objectMode || options.readableObjectMode || options.writableObjectMode) {
    const name = OBJECT_MODES.find((mode) => options[mode])!;
    throw invalidArgValue(`options.${name}`, options[name], 'is not supported');
  }
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
}

/**
 * What of the options is the stream's. Named one by one, so that all sockets hand it an object of
 * one shape, whatever theirs is: a stream looks for some twenty names, and in an object that was
 * copied and spread each costs as much as all of them do here.
 */
function streamOptions(options: LooseSocketOptions): DuplexOptions {
  return {
    allowHalfOpen: Boolean(options.allowHalfOpen),
    emitClose: false, // 'close' says whether there was an error: we emit it ourselves
    autoDestroy: true,
    decodeStrings: false, // `writableLength` counts characters of strings, as in Node's
    defaultEncoding: options.defaultEncoding,
    encoding: options.encoding,
    highWaterMark: options.highWaterMark,
    readableHighWaterMark: options.readableHighWaterMark,
    writableHighWaterMark: options.writableHighWaterMark,
    readable: options.readable,
    writable: options.writable,
    signal: options.signal,
    construct: options.construct,
    read: options.read,
    write: options.write,
    writev: options.writev,
    final: options.final,
    destroy: options.destroy,
    captureRejections: options.captureRejections,
  } as DuplexOptions;
}

function initFields(socket: SocketMethods, options: LooseSocketOptions): void {
  socket[inside] = plainInside(options.stack ?? null);
  keepChoices(socket, options);
  socket.connecting = false;
  socket._hadError = false;
  socket._parent = null;
  socket._host = null;
  socket._handle = null;
  socket.server = null;
  socket._server = null;
}

/** What was chosen for this socket alone. */
function keepChoices(socket: SocketMethods, options: LooseSocketOptions): void {
  const userBuffer = userBufferFrom(options.onread);
  const blockList = blockListFrom(options.blockList);
  const delaySeconds = wholeSeconds(Math.max(options.keepAliveInitialDelay ?? 0, 0));
  const choices = optionChoices(options, delaySeconds);
  const { noDelay, keepAlive } = options;
  const isPlain = userBuffer === null && blockList === null && !noDelay && !keepAlive;
  if (isPlain && delaySeconds === 0 && choices === NO_CHOICES) return;
  const own = ownInside(socket);
  own.userBuffer = userBuffer;
  own.blockList = blockList;
  own.noDelay = Boolean(noDelay);
  own.keepAlive = Boolean(keepAlive);
  own.keepAliveDelaySeconds = delaySeconds;
  own.choices = choices;
}

function userBufferFrom(onread: unknown): UserBuffer | null {
  if (typeof onread !== 'object' || onread === null) return null;
  const { buffer, callback } = onread as { buffer?: unknown; callback?: unknown };
  if (typeof callback !== 'function') return null;
  const listener = callback as UserBuffer['callback'];
  if (buffer instanceof Uint8Array) return { buffer, next: null, callback: listener };
  if (typeof buffer !== 'function') return null;
  return { buffer: new Uint8Array(0), next: buffer as () => unknown, callback: listener };
}

/** The server hands over an established connection: data may flow at once. */
function startAccepted(
  socket: SocketMethods,
  handle: SocketHandle,
  options: LooseSocketOptions,
): void {
  adoptHandle(socket, handle);
  if (options.pauseOnCreate) Duplex.prototype.pause.call(socket);
  else if (!options.manualStart) socket.read(0);
}

/** Bound, and not connected. */
function startBound(socket: SocketMethods, { binding, stack }: Adopted): void {
  const handle = new SocketHandle();
  handle.hold(binding!);
  if (stack !== socket[inside].stack) ownInside(socket).stack = stack;
  adoptHandle(socket, handle);
}

/** The peer has ended; unless half-open is allowed the stream ends our side too. */
function onEnd(this: SocketMethods): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd;
}

Object.defineProperty(construct, 'name', { value: 'Socket' });
Object.setPrototypeOf(construct, Duplex);
construct.prototype = SocketMethods.prototype;
Object.defineProperty(SocketMethods.prototype, 'constructor', {
  value: construct,
  configurable: true,
  writable: true,
});

export const Socket = construct as unknown as SocketConstructor;
