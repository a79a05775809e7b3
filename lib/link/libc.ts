/**
 * The system calls that links make, through koffi. Linux on 64-bit little-endian machines.
 *
 * Loaded on first use, so that a process without raw links never pays for it. Calls that move
 * packets take native addresses as plain numbers (addresses stay below 2^47); the others take
 * buffers.
 */
import { endianness } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type koffi from 'koffi' with { 'resolution-mode': 'import' };
import { NetworkError } from '../support/network-error';
import { ownDescriptors } from './owned-descriptors';
import { type PollCall, TimedPoll } from './timed-poll';

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_ICMPV6 = 58;
export const IP_HDRINCL = 3;
export const IP_MTU = 14;
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_MEMINFO = 55;
export const SO_RCVBUFFORCE = 33;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_HDRINCL = 36;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;
export const ICMP6_FILTER = 1;
export const SOL_RAW = 255;
export const ICMP_FILTER = 1;
export const MSG_TRUNC = 0x20;
export const CLONE_NEWNET = 0x40000000;

/** Each call returns -1 on error and leaves the reason in `errno()`. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  close(fd: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint8Array,
  ): number;
  /** @param address native */
  recv(fd: number, address: number, length: number, flags: number): number;
  /** @param message native address of a msghdr */
  recvmsg(fd: number, message: number, flags: number): number;
  /** @param address native @param to native address of a sockaddr */
  sendto(
    fd: number,
    address: number,
    length: number,
    flags: number,
    to: number,
    toLength: number,
  ): number;
  /** @param messages native address of an array of mmsghdr */
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  /** @param address native */
  read(fd: number, address: number, length: number): number;
  /** @param address native */
  write(fd: number, address: number, length: number): number;
  /** @param pieces native address of an array of iovec */
  writev(fd: number, pieces: number, count: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** For requests whose argument is a number, not a place. */
  ioctlValue(fd: number, request: number, value: number): number;
  /** Moves the calling thread into the namespace that `fd` stands for (setns(2)). */
  setns(fd: number, type: number): number;
  /** @param name ends in a zero @returns 0 for an interface that is not there */
  if_nametoindex(name: Uint8Array): number;
  /** @param name takes 16 bytes @returns 0 for an interface that is not there */
  if_indextoname(index: number, name: Uint8Array): number;
  errno(): number;
  /** Calls back when the descriptor is ready. Lost silently unless somebody holds the handle. */
  poll(fd: number, options: PollOptions, callback: PollCallback): PollHandle;
  /** Native address of a view's first byte. Keeps nothing alive. */
  addressOf(view: Uint8Array): number;
}

export interface PollOptions {
  readable: boolean;
  writable: boolean;
}

/** @param status 0, or a negative errno: the descriptor cannot be polled any longer */
export type PollCallback = (status: number, events: PollOptions) => void;

export interface PollHandle {
  /** Also changes what a started handle waits for. */
  start(options: PollOptions, callback: PollCallback): void;
  /** Nothing may be called afterwards. */
  close(): void;
  ref(): void;
  unref(): void;
}

let loaded: Libc | null = null;

/** @throws NetworkError ENOTSUP where the platform or koffi is not up to it */
export function loadLibc(): Libc {
  loaded ??= isMainThread ? load() : ownDescriptors(load());
  return loaded;
}

function load(): Libc {
  if (process.platform !== 'linux') {
    const detail = `the kernel of ${process.platform} does not hand TCP to raw sockets`;
    throw new NetworkError('ENOTSUP', `${detail}; use a packet link`);
  }
  const ffi = loadKoffi();
  if (ffi.sizeof('size_t') !== 8 || endianness() !== 'LE') {
    throw new NetworkError('ENOTSUP', `raw links do not know the structures of ${process.arch}`);
  }
  return declare(ffi);
}

function loadKoffi(): typeof koffi {
  try {
    return require('koffi') as typeof koffi;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    const message = `koffi cannot be loaded: ${reason}; use a packet link`;
    throw new NetworkError('ENOTSUP', message);
  }
}

function declare(ffi: typeof koffi): Libc {
  const self = ffi.load(null);
  const sockopt = ['int', 'int', 'int', 'void *'];
  // koffi calls back with (status, events); its declaration leaves the status out.
  const koffiPoll = ffi.node.poll as unknown as Libc['poll'];
  const pollCall = self.func('poll', 'int', ['void *', 'uint64_t', 'int']) as PollCall;
  return {
    socket: self.func('socket', 'int', ['int', 'int', 'int']),
    close: self.func('close', 'int', ['int']),
    bind: self.func('bind', 'int', ['int', 'void *', 'uint32_t']),
    connect: self.func('connect', 'int', ['int', 'void *', 'uint32_t']),
    listen: self.func('listen', 'int', ['int', 'int']),
    getsockname: self.func('getsockname', 'int', ['int', 'void *', 'void *']),
    setsockopt: self.func('setsockopt', 'int', [...sockopt, 'uint32_t']),
    getsockopt: self.func('getsockopt', 'int', [...sockopt, 'void *']),
    recv: self.func('recv', 'intptr_t', ['int', 'uintptr_t', 'size_t', 'int']),
    recvmsg: self.func('recvmsg', 'intptr_t', ['int', 'uintptr_t', 'int']),
    sendto: self.func('sendto', 'intptr_t', [
      ...['int', 'uintptr_t', 'size_t', 'int'],
      ...['uintptr_t', 'uint32_t'],
    ]),
    sendmmsg: self.func('sendmmsg', 'int', ['int', 'uintptr_t', 'uint32_t', 'int']),
    read: self.func('read', 'intptr_t', ['int', 'uintptr_t', 'size_t']),
    write: self.func('write', 'intptr_t', ['int', 'uintptr_t', 'size_t']),
    writev: self.func('writev', 'intptr_t', ['int', 'uintptr_t', 'int']),
    ioctl: self.func('ioctl', 'int', ['int', 'unsigned long', 'void *']),
    ioctlValue: self.func('ioctl', 'int', ['int', 'unsigned long', 'uintptr_t']),
    setns: self.func('setns', 'int', ['int', 'int']),
    if_nametoindex: self.func('if_nametoindex', 'uint32_t', ['void *']),
    if_indextoname: self.func('if_indextoname', 'uintptr_t', ['uint32_t', 'void *']),
    errno: ffi.errno as () => number,
    poll: isMainThread ? koffiPoll : (...args) => new TimedPoll(pollCall, ...args),
    addressOf: (view) => Number(ffi.address(view)),
  };
}
