/**
 * What goes wrong below `net`, by its POSIX name.
 *
 * The rooms below throw or report only this; `net` turns it into an error of Node's shape.
 */
export type NetworkErrorCode =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAFNOSUPPORT'
  | 'EBUSY'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EMFILE'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENODEV'
  | 'ENOENT'
  | 'ENOPROTOOPT'
  | 'ENOTCONN'
  | 'ENOTSUP'
  | 'EMSGSIZE'
  | 'EPIPE'
  | 'EPROTO'
  | 'EPERM'
  | 'ETIMEDOUT';

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, detail: string) {
    super(detail);
    this.name = 'NetworkError';
    this.code = code;
  }
}
