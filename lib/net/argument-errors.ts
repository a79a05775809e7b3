/**
 * Errors about how `net` was called, with the names, codes and messages of Node's own (`ERR_…`,
 * https://nodejs.org/api/errors.html#nodejs-error-codes).
 */
import { format, inspect } from 'node:util';

export interface CodedError extends Error {
  code: string;
  host?: unknown;
  port?: unknown;
}

type ErrorType = ErrorConstructor | TypeErrorConstructor | RangeErrorConstructor;

/** Words that Node treats as primitive types; with a capital they name classes instead. */
const PRIMITIVES = new Set(['string', 'function', 'number', 'boolean', 'Function', 'Object']);
const LONGEST_STRING_SHOWN = 28;
const LONGEST_VALUE_SHOWN = 128;
const FIRST_GROUPED_NUMBER = 2 ** 32;

/** @param expected type names as Node writes them: 'number', 'Function', 'AbortSignal' */
export function invalidArgType(name: string, expected: string[], actual: unknown): CodedError {
  const kind = name.includes('.') ? 'property' : 'argument';
  const types = expected.filter((word) => PRIMITIVES.has(word)).map((word) => word.toLowerCase());
  const classes = expected.filter((word) => !PRIMITIVES.has(word));
  const parts: string[] = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of' : 'of'} type ${either(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${either(classes)}`);
  const wanted = parts.join(' or ');
  const message = `The "${name}" ${kind} must be ${wanted}. Received ${received(actual)}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): CodedError {
  const kind = name.includes('.') ? 'property' : 'argument';
  let shown = inspect(value);
  if (shown.length > LONGEST_VALUE_SHOWN) shown = `${shown.slice(0, LONGEST_VALUE_SHOWN)}...`;
  const message = `The ${kind} '${name}' ${reason}. Received ${shown}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}

export function outOfRange(name: string, range: string, value: number): CodedError {
  const large = Number.isInteger(value) && Math.abs(value) > FIRST_GROUPED_NUMBER;
  const shown = large ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : inspect(value);
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`;
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', message);
}

/** One of these arguments must be there. */
export function missingArgs(names: string[]): CodedError {
  const list = names.map((name) => `"${name}"`).join(' or ');
  return codedError(TypeError, 'ERR_MISSING_ARGS', `The ${list} argument must be specified`);
}

export function badPort(name: string, port: unknown): CodedError {
  const message = `${name} should be >= 0 and < 65536. Received ${received(port)}.`;
  return codedError(RangeError, 'ERR_SOCKET_BAD_PORT', message);
}

export function invalidIpAddress(address: unknown): CodedError {
  return codedError(TypeError, 'ERR_INVALID_IP_ADDRESS', format('Invalid IP address: %s', address));
}

export function invalidAddressFamily(family: unknown, host: unknown, port: unknown): CodedError {
  const message = `Invalid address family: ${String(family)} ${String(host)}:${String(port)}`;
  const error = codedError(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', message);
  error.host = host;
  error.port = port;
  return error;
}

const FIXED_MESSAGES = {
  ERR_SERVER_ALREADY_LISTEN: 'Listen method has been called more than once without closing.',
  ERR_SERVER_NOT_RUNNING: 'Server is not running.',
  ERR_SOCKET_CLOSED: 'Socket is closed',
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: 'Socket closed before the connection was established',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'Socket connection timeout',
  ERR_SOCKET_HANDLE_ADOPTED: 'The bound socket has already been adopted by a server or socket',
} as const;

/** An error whose code says everything. */
export function stateError(code: keyof typeof FIXED_MESSAGES): CodedError {
  return codedError(Error, code, FIXED_MESSAGES[code]);
}

/** Any other error that carries a code, with Node's `Name [CODE]` at the head of its stack. */
export function codedError(Type: ErrorType, code: string, message: string): CodedError {
  const error = new Type(message) as CodedError;
  error.name = `${Type.name} [${code}]`;
  Error.captureStackTrace(error, codedError);
  Reflect.deleteProperty(error, 'name');
  error.code = code;
  const text = `${Type.name} [${code}]: ${message}`;
  Object.defineProperty(error, 'toString', { value: () => text, enumerable: false });
  return error;
}

function either(words: string[]): string {
  if (words.length < 3) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')}, or ${words[words.length - 1]}`;
}

/** Node's way of saying what it was given instead. */
export function received(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'function':
      return `function ${value.name}`;
    case 'object':
      return value === null ? 'null' : receivedObject(value);
    case 'string':
      return `type string (${quoted(value)})`;
    case 'bigint':
      return `type bigint (${value}n)`;
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

function receivedObject(value: object): string {
  const maker: unknown = value.constructor;
  if (typeof maker === 'function') return `an instance of ${maker.name}`;
  return inspect(value, { depth: -1 });
}

function quoted(text: string): string {
  const shown = text.length > LONGEST_STRING_SHOWN ? `${text.slice(0, 25)}...` : text;
  return shown.includes("'") ? JSON.stringify(shown) : `'${shown}'`;
}
