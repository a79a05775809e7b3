/**
 * Opens the raw sockets of the raw link: one for IPv4 and TCP, headers included, with large
 * buffers; one that hears ICMP errors.
 */
import { NetworkError } from '../support/network-error';
import { systemError } from './errno';
import * as sys from './libc';

/**
 * What the kernel may hold for us, in bytes. It counts its own overhead, so a packet of 64 KiB
 * weighs up to twice that; the default of 212,992 holds three. To be sent no more than a card's
 * queue takes, a thousand packets of 1,500 bytes: what finds that full is lost without a word.
 */
export const KERNEL_RECEIVE_BYTES = 8 * 1024 * 1024;
export const KERNEL_SEND_BYTES = 1024 * 1024;

/** Types of the ICMP errors that concern a connection (RFC 792). */
const ICMP_ERROR_TYPES = [3, 4, 11, 12];

/** @throws NetworkError EPERM, EACCES with the remedy, EMFILE, ENOBUFS, ENOTSUP */
export function openRawDescriptor(libc: sys.Libc): number {
  const fd = openSocket(libc, sys.IPPROTO_TCP);
  setOption(libc, fd, sys.IPPROTO_IP, sys.IP_HDRINCL, 1, 'IP_HDRINCL');
  raiseBuffers(libc, fd);
  return fd;
}

/** Buffers of another size. */
export function resizeBuffers(
  libc: sys.Libc,
  fd: number,
  receiveBytes: number,
  sendBytes: number,
): void {
  raise(libc, fd, sys.SO_RCVBUFFORCE, sys.SO_RCVBUF, receiveBytes);
  raise(libc, fd, sys.SO_SNDBUFFORCE, sys.SO_SNDBUF, sendBytes);
}

/**
 * A socket that hears of ICMP errors, and of nothing else in ICMP (raw(7), ICMP_FILTER).
 * @throws NetworkError like `openRawDescriptor`
 */
export function openIcmpDescriptor(libc: sys.Libc): number {
  const fd = openSocket(libc, sys.IPPROTO_ICMP);
  let refused = -1; // a bit for each type that is not wanted
  for (const type of ICMP_ERROR_TYPES) refused &= ~(1 << type);
  setOption(libc, fd, sys.SOL_RAW, sys.ICMP_FILTER, refused, 'ICMP_FILTER');
  return fd;
}

function openSocket(libc: sys.Libc, protocol: number): number {
  const type = sys.SOCK_RAW | sys.SOCK_NONBLOCK | sys.SOCK_CLOEXEC;
  const fd = libc.socket(sys.AF_INET, type, protocol);
  if (fd < 0) throw withRemedy(systemError(libc.errno(), 'raw socket'));
  return fd;
}

export function raiseBuffers(libc: sys.Libc, fd: number): void {
  raise(libc, fd, sys.SO_RCVBUFFORCE, sys.SO_RCVBUF, KERNEL_RECEIVE_BYTES);
  raise(libc, fd, sys.SO_SNDBUFFORCE, sys.SO_SNDBUF, KERNEL_SEND_BYTES);
}

/** Closes the socket where it fails. @throws NetworkError */
export function setOption(
  libc: sys.Libc,
  fd: number,
  level: number,
  option: number,
  value: number,
  name: string,
): void {
  if (libc.setsockopt(fd, level, option, int32(value), 4) === 0) return;
  const error = systemError(libc.errno(), name);
  libc.close(fd);
  throw error;
}

/** The forced option needs CAP_NET_ADMIN; the other is cut to the system's limit, silently. */
function raise(libc: sys.Libc, fd: number, forced: number, plain: number, bytes: number): void {
  const value = int32(bytes);
  if (libc.setsockopt(fd, sys.SOL_SOCKET, forced, value, 4) === 0) return;
  libc.setsockopt(fd, sys.SOL_SOCKET, plain, value, 4);
}

/** Also for whoever opens a raw socket by other means. */
export function withRemedy(error: NetworkError): NetworkError {
  if (error.code !== 'EPERM' && error.code !== 'EACCES') return error;
  const remedy =
    'raw sockets need CAP_NET_RAW: run as root, or `setcap cap_net_raw+ep $(which node)`, ' +
    'or inside a user namespace (`unshare -Urn`), or use a packet link';
  return new NetworkError(error.code, `${error.message}; ${remedy}`);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
