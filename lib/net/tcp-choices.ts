/**
 * What a program may choose of the TCP under a Socket or Server beyond `node:net`: the checks of
 * each choice, and the form in which a stack takes them.
 *
 * One table serves the options of `connect`, `Socket` and `Server` and the methods of a living
 * socket, so that both refuse the same nonsense with the same errors (`ERR_INVALID_ARG_TYPE`,
 * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`). Names and units: api.ts, `TcpOptions`.
 */
import type { ConnectionOptions, StackConnection } from '../../types/stack';
import type { TcpConfig } from '../../types/tcp';
import { ECN_MODES, LARGEST_BUFFER_BYTES } from '../tcp/config';
import { congestionControlNames, isCongestionControl } from '../tcp/congestion/registry';
import type { TcpOptions } from './api';
import { invalidArgType, invalidArgValue, outOfRange } from './argument-errors';
import { validateBoolean, validateInt32, validateNumber } from './validators';

/** Checked choices, for a request to the stack or for `applyChoices`. Never changed once made. */
export type TcpChoices = Pick<ConnectionOptions, 'tuning' | 'ecn' | 'hopLimit'>;

/** Most sockets choose nothing: they share this. */
export const NO_CHOICES: TcpChoices = Object.freeze({});

type Choose = (choices: TcpChoices, value: unknown, name: string) => void;

/** Linux never gives a socket less (SOCK_MIN_SNDBUF, rounded): below it no segment fits. */
const LEAST_BUFFER_BYTES = 2048;
/** Linux: MAX_TCP_KEEPCNT. */
const MOST_KEEP_ALIVE_PROBES = 127;
const LONGEST_LINGER_SECONDS = 65_535;
/** The two lowest bits of the octet belong to congestion notification (RFC 3168 §5). */
const ECN_BITS = 3;
/** More segments than a connection will see: each is acknowledged at once. */
const ALL_SEGMENTS = 2 ** 31 - 1;

const CHOICES: { readonly [Name in keyof Required<TcpOptions>]: Choose } = {
  sendBufferSize(choices, value, name) {
    const bytes = bufferSize(value, name);
    choices.tuning = { ...choices.tuning, sendBufferBytes: bytes, sendBufferMaxBytes: bytes };
  },
  receiveBufferSize(choices, value, name) {
    const bytes = bufferSize(value, name);
    const sizes = { receiveBufferBytes: bytes, receiveBufferMaxBytes: bytes };
    choices.tuning = { ...choices.tuning, ...sizes };
  },
  userTimeout(choices, value, name) {
    choices.tuning = { ...choices.tuning, userTimeoutMs: endlessDuration(value, name) };
  },
  linger(choices, value, name) {
    choices.tuning = { ...choices.tuning, lingerMs: lingerTime(value, name) };
  },
  typeOfService(choices, value, name) {
    validateRange(value, name, 0, 255);
    choices.tuning = { ...choices.tuning, trafficClass: value & ~ECN_BITS };
  },
  hopLimit(choices, value, name) {
    validateRange(value, name, 1, 255);
    choices.hopLimit = value;
  },
  quickAck(choices, value, name) {
    validateBoolean(value, name);
    choices.tuning = { ...choices.tuning, quickAckSegments: value ? ALL_SEGMENTS : 0 };
  },
  keepAliveInterval(choices, value, name) {
    validateInt32(value, name, 1);
    choices.tuning = { ...choices.tuning, keepAliveIntervalMs: value };
  },
  keepAliveCount(choices, value, name) {
    validateRange(value, name, 1, MOST_KEEP_ALIVE_PROBES);
    choices.tuning = { ...choices.tuning, keepAliveProbes: value };
  },
  congestionControl(choices, value, name) {
    if (typeof value !== 'string') throw invalidArgType(name, ['string'], value);
    if (!isCongestionControl(value)) {
      const known = congestionControlNames().map((one) => `'${one}'`);
      throw invalidArgValue(name, value, `must be one of: ${known.join(', ')}`);
    }
    choices.tuning = { ...choices.tuning, congestionControl: value };
  },
  pacing(choices, value, name) {
    validateBoolean(value, name);
    choices.tuning = { ...choices.tuning, pacing: value };
  },
  ecn(choices, value, name) {
    if (typeof value !== 'string') throw invalidArgType(name, ['string'], value);
    if (!ECN_MODES.includes(value)) {
      throw invalidArgValue(name, value, "must be one of: 'off', 'accept', 'request'");
    }
    choices.ecn = value as TcpConfig['ecn'];
  },
};

export type ChoiceName = keyof typeof CHOICES;

const NAMES = Object.keys(CHOICES) as ChoiceName[];

/**
 * What stands in `options`.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function readChoices(options: object): TcpChoices {
  const given = options as { readonly [Name in ChoiceName]?: unknown };
  if (choosesNothing(given)) return NO_CHOICES;
  const choices: TcpChoices = {};
  for (const name of NAMES) {
    if (given[name] !== undefined) CHOICES[name](choices, given[name], `options.${name}`);
  }
  return choices;
}

/** Every socket is asked, twice; a name by itself is found ten times as fast as in a loop. */
function choosesNothing(given: { readonly [Name in ChoiceName]?: unknown }): boolean {
  return (
    given.sendBufferSize === undefined &&
    given.receiveBufferSize === undefined &&
    given.userTimeout === undefined &&
    given.linger === undefined &&
    given.typeOfService === undefined &&
    given.hopLimit === undefined &&
    given.quickAck === undefined &&
    given.keepAliveInterval === undefined &&
    given.keepAliveCount === undefined &&
    given.congestionControl === undefined &&
    given.pacing === undefined &&
    given.ecn === undefined
  );
}

/** One choice alone, said of `argument`. @throws like `readChoices` */
export function choose(name: ChoiceName, value: unknown, argument: string): TcpChoices {
  const choices: TcpChoices = {};
  CHOICES[name](choices, value, argument);
  return choices;
}

/** Both; where they contradict, `more`. */
export function joinChoices(choices: TcpChoices, more: TcpChoices): TcpChoices {
  if (more === NO_CHOICES) return choices;
  if (choices === NO_CHOICES) return more;
  const joined = { ...choices, ...more };
  if (choices.tuning !== undefined) joined.tuning = { ...choices.tuning, ...more.tuning };
  return joined;
}

/** Makes them hold for a connection that is there already. (What its SYN has said stays said.) */
export function applyChoices(connection: StackConnection, choices: TcpChoices): void {
  if (choices.tuning !== undefined) connection.tune(choices.tuning);
  if (choices.hopLimit !== undefined) connection.setHopLimit(choices.hopLimit);
}

function bufferSize(value: unknown, name: string): number {
  validateRange(value, name, LEAST_BUFFER_BYTES, LARGEST_BUFFER_BYTES);
  return value;
}

/** Milliseconds, or Infinity. */
function endlessDuration(value: unknown, name: string): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  validateInt32(value, name, 0);
  return value;
}

/** Seconds or false, as milliseconds or -1. */
function lingerTime(value: unknown, name: string): number {
  if (value === false) return -1;
  if (value === true) throw invalidArgValue(name, value, 'must be false or a number of seconds');
  if (typeof value !== 'number') throw invalidArgType(name, ['number', 'boolean'], value);
  if (value >= 0 && value <= LONGEST_LINGER_SECONDS) return value * 1000;
  throw outOfRange(name, `>= 0 && <= ${LONGEST_LINGER_SECONDS}`, value);
}

function validateRange(
  value: unknown,
  name: string,
  least: number,
  most: number,
): asserts value is number {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}
