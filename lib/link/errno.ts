/** Linux's error numbers (asm-generic/errno.h), as far as links meet them, by their POSIX names. */
import { NetworkError, type NetworkErrorCode } from '../support/network-error';

export const EPERM = 1;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const EINVAL = 22;
export const EBADFD = 77;
export const ENOTSOCK = 88;
export const ENETDOWN = 100;
export const ENOBUFS = 105;

/** Those without a name of their own among the NetworkErrorCodes go by the nearest that has one. */
const CODES: Record<number, NetworkErrorCode> = {
  1: 'EPERM',
  6: 'ENODEV', // ENXIO
  12: 'ENOBUFS', // ENOMEM
  13: 'EACCES',
  16: 'EBUSY',
  17: 'EADDRINUSE', // EEXIST
  19: 'ENODEV',
  22: 'EINVAL',
  23: 'EMFILE', // ENFILE
  24: 'EMFILE',
  77: 'ENODEV', // EBADFD: what the descriptor stood for is gone
  90: 'EMSGSIZE',
  92: 'ENOTSUP', // ENOPROTOOPT
  93: 'ENOTSUP', // EPROTONOSUPPORT
  95: 'ENOTSUP',
  97: 'EAFNOSUPPORT',
  98: 'EADDRINUSE',
  99: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  101: 'ENETUNREACH',
  105: 'ENOBUFS',
  113: 'EHOSTUNREACH',
};

/** @param what the call that failed, and for what: "bind 127.0.0.1:80" */
export function systemError(errno: number, what: string): NetworkError {
  const code = CODES[errno];
  if (code !== undefined) return new NetworkError(code, `${what}: ${code}`);
  return new NetworkError('EINVAL', `${what}: errno ${errno}`);
}
