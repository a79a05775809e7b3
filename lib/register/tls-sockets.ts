/**
 * TLS over our sockets.
 *
 * `tls.connect` makes its own socket inside Node; here it is made outside and handed in as the
 * option `socket`. A TLSSocket over a socket with a handle drives that handle from C++, which ours
 * has not: the hook under `TLSSocket` puts Node's own adapter for JavaScript streams between them,
 * and teaches it what C++ asks a handle of a connection (addresses, options).
 */
import type { Socket as NodeSocket } from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { NetConnectOptions, Socket } from '../net/api';
import { normalizeArguments } from '../net/arguments';
import { createNet } from '../net/create-net';
import { SocketHandle } from '../net/socket-handle';

/** Node's handles answer by filling in the object they are given; 0 means success. */
type Ask = (out: object) => number;

/** The handle under an adapter, in as far as C++ and JavaScript ask it about the connection. */
interface AdapterHandle {
  getpeername: Ask;
  getsockname: Ask;
  setNoDelay(enable: boolean): number;
  setKeepAlive(enable: boolean, delaySeconds: number): number;
  ref(): void;
  unref(): void;
  receive?(chunk: Buffer): void;
}

interface Adapter extends NodeSocket {
  _handle: AdapterHandle;
}

type WrapHandle = (
  this: unknown,
  wrap: (Socket & { _handle: unknown }) | null,
  handle: unknown,
  hasActiveWrite: boolean,
) => { receive(chunk: Buffer): void };

type AdapterClass = new (stream: Duplex) => Adapter;

/** What happens to a socket before it is connected, in the words of `net`. */
const CONNECTING_EVENTS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
  'ready',
];

const prototype = tls.TLSSocket.prototype as unknown as { _wrapHandle: WrapHandle };
const original = { connect: tls.connect, wrapHandle: prototype._wrapHandle };
const { connect: connectSocket } = createNet(null);
let adapterClass: AdapterClass | null = null;

export function installTls(): void {
  tls.connect = connect as typeof tls.connect;
  prototype._wrapHandle = wrapHandle;
}

export function uninstallTls(): void {
  tls.connect = original.connect;
  // The hook stays: it does nothing but for sockets of ours, which may live on.
}

function connect(...args: unknown[]): tls.TLSSocket {
  const { options: plain, callback } = normalizeArguments(args);
  const further = [args[1], args[2]].find((value) => typeof value === 'object' && value !== null);
  const options = { ...plain, ...further } as tls.ConnectionOptions & { handle?: unknown };
  if (options.socket || options.path || options.handle) {
    return (original.connect as (...values: unknown[]) => tls.TLSSocket)(...args);
  }
  const { timeout, onread, signal, ...forSocket } = options as NetConnectOptions;
  const socket = connectSocket(forSocket as NetConnectOptions);
  const secure = original.connect({ ...options, socket }, callback ?? undefined);
  if (timeout) secure.setTimeout(timeout);
  for (const event of CONNECTING_EVENTS) {
    socket.on(event, (...values: unknown[]) => secure.emit(event, ...values));
  }
  return secure;
}

/** `wrap` is null, or the socket with a handle that the TLSSocket is to lie upon. */
const wrapHandle: WrapHandle = function (wrap, handle, hasActiveWrite) {
  if (wrap === null || !(handle instanceof SocketHandle)) {
    return original.wrapHandle.call(this, wrap, handle, hasActiveWrite);
  }
  // What the program has read and put back, or not read yet, comes first.
  const early: Buffer[] = [];
  while (wrap.readableLength > 0) early.push(wrap.read() as Buffer);
  const adapter = adapterFor(wrap);
  const result = original.wrapHandle.call(this, adapter as never, adapter._handle, hasActiveWrite);
  process.nextTick(() => {
    for (const chunk of early) result.receive(chunk);
    // The TLSSocket has copied what it is to do when the peer ends. The socket below may not end by
    // itself then: the last records have yet to be written.
    wrap.allowHalfOpen = true;
  });
  return result;
};

function adapterFor(socket: Socket): Adapter {
  adapterClass ??= findAdapterClass();
  const adapter = new adapterClass(socket);
  // The TLSSocket listens to the socket itself.
  adapter.on('error', () => undefined);
  Object.assign(adapter._handle, {
    getpeername: (out: object) => fill(out, remoteAddress(socket)),
    getsockname: (out: object) => fill(out, socket.address()),
    setNoDelay: (enable: boolean) => done(socket.setNoDelay(enable)),
    setKeepAlive: (enable: boolean, seconds: number) =>
      done(socket.setKeepAlive(enable, seconds * 1000)),
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  });
  return adapter;
}

/** Node does not show the class, but every TLSSocket over a plain stream holds one of it. */
function findAdapterClass(): AdapterClass {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() });
  const secure = new tls.TLSSocket(stream);
  const { _handle } = secure as unknown as { _handle: { _parentWrap: object } };
  const found = _handle._parentWrap.constructor;
  secure.destroy();
  return found as AdapterClass;
}

function remoteAddress(socket: Socket): object {
  const { remoteAddress: address, remotePort: port, remoteFamily: family } = socket;
  return address === undefined ? {} : { address, port, family };
}

function fill(out: object, values: object): number {
  Object.assign(out, values);
  return 0;
}

function done(_socket: unknown): number {
  return 0;
}
