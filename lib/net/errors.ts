/**
 * Errors of system calls in Node's shape.
 *
 * A program tells what went wrong by `code`, `errno`, `syscall`, `address` and `port`, and people
 * read the message; all of them are what `node:net` gives for the same mishap. The rooms below
 * speak of a mishap by its POSIX name (NetworkError).
 */

import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { ConfigurationError } from '../support/configuration-error';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';

export interface SystemError extends Error {
  errno: number;
  code: string;
  syscall: string;
  address?: string;
  port?: number;
  localAddress?: string;
  localPort?: number;
}

/** What goes wrong below, and what only a socket's own state can tell. */
export type ErrorCode = NetworkErrorCode | 'EALREADY' | 'EISCONN';

/** Mishaps whose remedy only the room below knows: its words are added to Node's. */
const EXPLAINED = new Set<string>(['EACCES', 'EPERM', 'ENODEV', 'ENOENT', 'ENOTSUP', 'EMFILE']);

/** `read ECONNRESET`, `write EPIPE` */
export function callError(syscall: string, code: ErrorCode): SystemError {
  return withFields(new Error(`${syscall} ${code}`), code, syscall);
}

/**
 * `connect ECONNREFUSED 127.0.0.1:1`, `bind EADDRNOTAVAIL 192.0.2.1`
 * @param local what the message names as the local end: `connect EINVAL … - Local (127.0.0.1:5)`
 */
export function addressError(
  syscall: string,
  failure: ErrorCode | NetworkError,
  address: string,
  port: number,
  local = '',
): SystemError {
  const code = codeOf(failure);
  const end = local === '' ? '' : ` - Local (${local})`;
  const message = `${syscall} ${code}${place(address, port)}${end}${remedy(failure)}`;
  const error = withFields(new Error(message), code, syscall);
  error.address = address;
  if (port) error.port = port;
  return withCause(error, failure);
}

/**
 * `listen EADDRINUSE: address already in use 127.0.0.1:80`
 * @param hint what to do about it, where Node's words do not suffice
 */
export function listenError(
  failure: NetworkError,
  address: string,
  port: number,
  hint = '',
): SystemError {
  const code = failure.code;
  const text = getSystemErrorMap().get(errnoOf(code))?.[1] ?? 'unknown error';
  const advice = hint === '' ? remedy(failure) : `: ${hint}`;
  const message = `listen ${code}: ${text}${place(address, port)}${advice}`;
  const error = withFields(new Error(message), code, 'listen');
  error.address = address;
  if (port) error.port = port;
  return withCause(error, failure);
}

/** What a stack has thrown, if it is one of the mishaps it may throw; else it is thrown on. */
export function asNetworkError(thrown: unknown): NetworkError {
  if (thrown instanceof NetworkError) return thrown;
  throw thrown;
}

/** Where every attempt failed, one error holds them all and bears the code of the first. */
export function attemptsError(errors: Error[]): AggregateError {
  const error = new AggregateError(errors) as AggregateError & { code?: string };
  error.code = (errors[0] as Partial<SystemError> | undefined)?.code;
  return error;
}

/** libuv's number: the negative of the POSIX one. */
function errnoOf(code: ErrorCode): number {
  return -constants.errno[code];
}

function codeOf(failure: ErrorCode | NetworkError): ErrorCode {
  return typeof failure === 'string' ? failure : failure.code;
}

function place(address: string, port: number): string {
  if (port > 0) return ` ${address}:${port}`;
  return address === '' ? '' : ` ${address}`;
}

function remedy(failure: ErrorCode | NetworkError): string {
  if (typeof failure === 'string' || failure.message === '') return '';
  const isExplained = EXPLAINED.has(failure.code) || failure instanceof ConfigurationError;
  return isExplained ? `: ${failure.message}` : '';
}

function withFields(error: Error, code: ErrorCode, syscall: string): SystemError {
  const result = error as SystemError;
  result.errno = errnoOf(code);
  result.code = code;
  result.syscall = syscall;
  return result;
}

function withCause(error: SystemError, failure: ErrorCode | NetworkError): SystemError {
  if (typeof failure !== 'string') {
    Object.defineProperty(error, 'cause', { value: failure, configurable: true, writable: true });
  }
  return error;
}
