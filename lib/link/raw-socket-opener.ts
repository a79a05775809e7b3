/** Loads the optional npm package `raw-socket` and opens a socket of it as our links need one. */
import { isMainThread } from 'node:worker_threads';
import type * as RawSocket from 'raw-socket';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';
import { loadLibc, SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_SNDBUFFORCE, SOL_SOCKET } from './libc';
import { withinNamespace } from './network-namespace';
import { withRemedy } from './raw-descriptor';
import { type RawLinkOptions, readRawLinkOptions } from './raw-link-options';
import { RECEIVE_BUFFER_BYTES } from './raw-receiver';

/** @throws NetworkError ENOTSUP (package absent, or not in a worker), EPERM, EACCES, EMFILE */
export function openRawSocket(
  options: Required<RawLinkOptions> = readRawLinkOptions({}),
): RawSocket.Socket {
  const raw = loadRawSocket();
  // The package asks the kernel for the socket at once, and keeps it.
  const socket = withinNamespace(loadLibc(), options.namespace, () => create(raw));
  try {
    socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, 1);
    raise(socket, raw, SO_RCVBUFFORCE, raw.SocketOption.SO_RCVBUF, options.receiveBufferBytes);
    raise(socket, raw, SO_SNDBUFFORCE, raw.SocketOption.SO_SNDBUF, options.sendBufferBytes);
    return socket;
  } catch (error) {
    socket.close();
    throw socketError(error as Error);
  }
}

/** @param head struct sock_fprog @throws NetworkError EINVAL */
export function putFilter(socket: RawSocket.Socket, head: Buffer): void {
  try {
    socket.setOption(SOL_SOCKET, SO_ATTACH_FILTER, head, head.length);
  } catch (error) {
    throw socketError(error as Error);
  }
}

/** The package knows errors only as the text of strerror(3). */
export function socketError(error: Error): NetworkError {
  const { message } = error;
  const named = `raw-socket: ${message}`;
  const [, code] = CODES.find(([text]) => text.test(message)) ?? [null, 'EINVAL' as const];
  const known = new NetworkError(code, named);
  return code === 'EPERM' || code === 'EACCES' ? withRemedy(known) : known;
}

/** strerror(3) of glibc and musl. */
const CODES: readonly (readonly [RegExp, NetworkErrorCode])[] = [
  [/not permitted/, 'EPERM'],
  [/permission denied/i, 'EACCES'],
  [/open files|no file descriptors/i, 'EMFILE'],
  [/message too (long|large)/i, 'EMSGSIZE'],
  [/network (is )?unreachable/i, 'ENETUNREACH'],
  [/no route to host|host is unreachable/i, 'EHOSTUNREACH'],
  [/network is down/i, 'ENETDOWN'],
];

/** Is it EAGAIN or ENOBUFS: not now, but later? */
export function isTemporary(error: Error): boolean {
  return /temporarily unavailable|No buffer space/.test(error.message);
}

function loadRawSocket(): typeof RawSocket {
  if (!isMainThread) {
    throw new NetworkError('ENOTSUP', 'raw-socket works in the main thread only; use the raw link');
  }
  try {
    return require('raw-socket') as typeof RawSocket;
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    const remedy = 'the optional package is not installed or was not built for this Node';
    throw new NetworkError('ENOTSUP', `raw-socket cannot be loaded: ${reason} (${remedy})`);
  }
}

function create(raw: typeof RawSocket): RawSocket.Socket {
  try {
    return raw.createSocket({
      protocol: raw.Protocol.TCP,
      addressFamily: raw.AddressFamily.IPv4,
      bufferSize: RECEIVE_BUFFER_BYTES,
    });
  } catch (error) {
    throw socketError(error as Error);
  }
}

/** The forced option needs CAP_NET_ADMIN; the other is cut to the system's limit. */
function raise(
  socket: RawSocket.Socket,
  raw: typeof RawSocket,
  forced: number,
  plain: number,
  bytes: number,
): void {
  const level = raw.SocketLevel.SOL_SOCKET;
  try {
    socket.setOption(level, forced, bytes);
  } catch {
    socket.setOption(level, plain, bytes);
  }
}
