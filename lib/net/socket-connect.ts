/**
 * `socket.connect`: from its arguments, over the name, to the addresses that are then tried.
 *
 * What throws at once, what becomes an 'error' later, and in which order events come, is Node's
 * (https://nodejs.org/api/net.html#socketconnect).
 */
import * as dns from 'node:dns';
import { isIP } from 'node:net';
import type { TransportStack } from '../../types/stack';
import {
  invalidAddressFamily,
  invalidArgType,
  invalidArgValue,
  invalidIpAddress,
  missingArgs,
} from './argument-errors';
import { type LooseOptions, normalizeArguments } from './arguments';
import {
  attemptTimeout,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
} from './auto-select-family';
import { publishClient } from './channels';
import {
  attemptEach,
  attemptOne,
  attemptPipe,
  type ConnectPlan,
  type Target,
} from './connect-attempts';
import { NODE_MAJOR } from './node-major';
import { SocketHandle } from './socket-handle';
import { forgetLocal, inside, ownInside } from './socket-inside';
import { writeAfterEnd } from './socket-io';
import type { SocketMethods } from './socket-methods';
import { joinChoices, NO_CHOICES, readChoices } from './tcp-choices';
import {
  validateBoolean,
  validateFunction,
  validateNumber,
  validatePort,
  validateString,
  validateStringWithoutNulls,
} from './validators';

type Lookup = (host: string, options: dns.LookupOptions, callback: LookupCallback) => void;
/** One address and its family, or (where all were asked for) a list of them. */
type LookupCallback = (
  error: Error | null,
  result: string | dns.LookupAddress[],
  family: number,
) => void;

/** Until Node 22 the host was left to the lookup to refuse. */
const CHECKS_HOST = NODE_MAJOR >= 22;
/** Until Node 22 only `net.connect` told the channel, and not `socket.connect`. */
const PUBLISHES_EACH = NODE_MAJOR >= 22;

export function connectSocket(socket: SocketMethods, args: readonly unknown[]): void {
  const { options, callback } = normalizeArguments(args);
  if (PUBLISHES_EACH) publishClient(socket);
  if (callback !== null) socket.once('connect', callback);
  if (options.port === undefined && options.path == null) {
    throw missingArgs(['options', 'port', 'path']);
  }
  const choices = readChoices(options);
  if (choices !== NO_CHOICES) {
    const own = ownInside(socket);
    own.choices = joinChoices(own.choices, choices);
  }
  const stack = options.stack as TransportStack | undefined;
  if (stack && stack !== socket[inside].stack) ownInside(socket).stack = stack;
  prepare(socket);
  if (options.path) {
    validateString(options.path, 'options.path');
    attemptPipe(socket, options.path as string);
  } else {
    lookUpAndConnect(socket, options);
  }
}

/** A new handle; for a socket that was closed, also a new life as a stream. */
function prepare(socket: SocketMethods): void {
  if (Object.hasOwn(socket, 'write') && socket.write === writeAfterEnd) {
    Reflect.deleteProperty(socket, 'write');
  }
  if (socket.destroyed) {
    socket._handle = null;
    ownInside(socket).remote = null;
    forgetLocal(socket);
  }
  if (socket._handle === null) {
    adoptHandle(socket, new SocketHandle());
    (socket as unknown as { _undestroy(): void })._undestroy();
  }
  socket[inside].timer?.refresh();
  socket.connecting = true;
}

/** Makes `handle` the socket's own. */
export function adoptHandle(socket: SocketMethods, handle: SocketHandle): void {
  const { userBuffer } = socket[inside];
  socket._handle = handle;
  forgetLocal(socket);
  handle.attach(socket);
  const next = userBuffer?.next?.();
  if (next instanceof Uint8Array) userBuffer!.buffer = next;
}

function lookUpAndConnect(socket: SocketMethods, options: LooseOptions): void {
  const plan = planFrom(options);
  const isBound = socket._handle!.isBound;
  if (isBound) checkBound(options);
  const host = (options.host || 'localhost') as string;
  if (CHECKS_HOST) validateStringWithoutNulls(host, 'options.host');
  const family = isIP(host);
  if (family !== 0 && isBound) {
    attemptOne(socket, plan, { address: host, family }); // at once, so that its address is known
    return;
  }
  if (family !== 0) {
    process.nextTick(() => {
      if (socket.connecting) attemptOne(socket, plan, { address: host, family });
    });
    return;
  }
  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  const lookup = (options.lookup || dns.lookup) as Lookup;
  const query = queryFrom(options);
  socket._host = host;
  const bothFamilies = query.family !== 4 && query.family !== 6;
  if (bothFamilies && plan.localAddress === '' && plan.autoSelectFamily && !isBound) {
    lookUpAll(socket, plan, lookup, host, query, options);
  } else {
    lookUpOne(socket, plan, lookup, host, query, options);
  }
}

/** The local end is decided. @throws ERR_INVALID_ARG_VALUE */
function checkBound(options: LooseOptions): void {
  if (options.localAddress === undefined && options.localPort === undefined) return;
  const reason = 'localAddress and localPort cannot be used with an adopted bound socket';
  throw invalidArgValue('options', options, reason);
}

/** @throws ERR_INVALID_IP_ADDRESS, ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT, ERR_OUT_OF_RANGE */
function planFrom(options: LooseOptions): ConnectPlan {
  const { localAddress, localPort, port, autoSelectFamily } = options;
  if (localAddress && !isIP(localAddress as string)) throw invalidIpAddress(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw invalidArgType('options.port', ['number', 'string'], port);
    }
    validatePort(port);
  }
  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  const timeout = options.autoSelectFamilyAttemptTimeout;
  return {
    port: Number(port ?? 0),
    localAddress: (localAddress || '') as string,
    localPort: (localPort || 0) as number,
    autoSelectFamily: autoSelectFamily ?? getDefaultAutoSelectFamily(),
    attemptTimeoutMs:
      timeout == null
        ? getDefaultAutoSelectFamilyAttemptTimeout()
        : attemptTimeout(timeout, 'options.autoSelectFamilyAttemptTimeout'),
  };
}

function queryFrom(options: LooseOptions): dns.LookupOptions {
  const names: Record<string, number> = { IPv4: 4, IPv6: 6 };
  const family = names[options.family as string] ?? options.family;
  const hints = (options.hints || 0) as number;
  const either = family !== 4 && family !== 6;
  return {
    family: family as number,
    hints: either && hints === 0 && process.platform !== 'win32' ? dns.ADDRCONFIG : hints,
  };
}

function lookUpOne(
  socket: SocketMethods,
  plan: ConnectPlan,
  lookup: Lookup,
  host: string,
  query: dns.LookupOptions,
  options: LooseOptions,
): void {
  lookup(host, query, (error, address, family) => {
    socket.emit('lookup', error, address, family, host);
    if (!socket.connecting) return; // destroyed meanwhile
    const target = { address, family } as Target;
    const problem = error ?? targetError(target, options);
    if (problem !== null) {
      fail(socket, problem);
    } else {
      socket[inside].timer?.refresh();
      attemptOne(socket, plan, target);
    }
  });
}

function lookUpAll(
  socket: SocketMethods,
  plan: ConnectPlan,
  lookup: Lookup,
  host: string,
  query: dns.LookupOptions,
  options: LooseOptions,
): void {
  lookup(host, { ...query, all: true }, (error, addresses) => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit('lookup', error, undefined, undefined, host);
      return fail(socket, error);
    }
    const found = addresses as Target[];
    for (const { address, family } of found) {
      socket.emit('lookup', error, address, family, host);
      if (!socket.connecting) return;
    }
    const targets = alternateFamilies(
      found.filter((target) => targetError(target, options) === null),
    );
    if (targets.length === 0) return fail(socket, targetError(found[0], options)!);
    socket[inside].timer?.refresh();
    if (targets.length === 1) attemptOne(socket, plan, targets[0]);
    else attemptEach(socket, plan, targets);
  });
}

function targetError(target: Target, options: LooseOptions): Error | null {
  if (isIP(target.address) === 0) return invalidIpAddress(target.address);
  if (target.family === 4 || target.family === 6) return null;
  return invalidAddressFamily(target.family, options.host, options.port);
}

/** Each address once, families in turn, the first one's family first (RFC 8305 §4). */
function alternateFamilies(targets: Target[]): Target[] {
  const once = [...new Map(targets.map((target) => [target.address, target])).values()];
  const first = once.filter((target) => target.family === once[0].family);
  const second = once.filter((target) => target.family !== once[0].family);
  const result: Target[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) result.push(first[i]);
    if (i < second.length) result.push(second[i]);
  }
  return result;
}

/** Listeners may be added after `connect` has returned: the error waits for them. */
function fail(socket: SocketMethods, error: Error): void {
  process.nextTick(() => socket.destroy(error));
}
