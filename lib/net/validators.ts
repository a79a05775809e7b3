/** Checks of arguments that throw what Node throws; silent when the value will do. */
import { badPort, invalidArgType, invalidArgValue, outOfRange } from './argument-errors';

const MAXIMUM_PORT = 65_535;
/** Longest delay a Node timer takes, in ms; a longer one is cut to it with a warning. */
const MAXIMUM_TIMER_MS = 2 ** 31 - 1;

/** @throws ERR_SOCKET_BAD_PORT unless it is a whole number, or a string of one, from 0 to 65535 */
export function validatePort(port: unknown, name = 'Port'): void {
  const isText = typeof port === 'string';
  if (typeof port !== 'number' && !isText) throw badPort(name, port);
  if (isText && port.trim() === '') throw badPort(name, port);
  const value = Number(port);
  if (value !== value >>> 0 || value > MAXIMUM_PORT) throw badPort(name, port);
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgType(name, ['number'], value);
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, ['boolean'], value);
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgType(name, ['string'], value);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function validateStringWithoutNulls(value: unknown, name: string): void {
  validateString(value, name);
  if (!value.includes('\0')) return;
  throw invalidArgValue(name, value, 'must be a string without null bytes');
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateObject(value: unknown, name: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw invalidArgType(name, ['Object'], value);
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalidArgType(name, ['Function'], value);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function validateInt32(
  value: unknown,
  name: string,
  least: number,
): asserts value is number {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value >= least && value <= 2 ** 31 - 1) return;
  throw outOfRange(name, `>= ${least} && <= ${2 ** 31 - 1}`, value);
}

/** @throws ERR_INVALID_ARG_TYPE */
export function validateAbortSignal(signal: unknown, name: string): asserts signal is AbortSignal {
  if (typeof signal === 'object' && signal !== null && 'aborted' in signal) return;
  throw invalidArgType(name, ['AbortSignal'], signal);
}

/**
 * @returns the delay in ms that a timer can take
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function timerDuration(delayMs: unknown, name: string): number {
  validateNumber(delayMs, name);
  if (delayMs < 0 || !Number.isFinite(delayMs)) {
    throw outOfRange(name, 'a non-negative finite number', delayMs);
  }
  if (delayMs <= MAXIMUM_TIMER_MS) return delayMs;
  process.emitWarning(
    `${delayMs} does not fit into a 32-bit signed integer.` +
      `\nTimer duration was truncated to ${MAXIMUM_TIMER_MS}.`,
    'TimeoutOverflowWarning',
  );
  return MAXIMUM_TIMER_MS;
}
