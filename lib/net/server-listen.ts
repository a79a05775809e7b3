/**
 * `server.listen`: from its arguments, over the name, to a listener of the stack.
 *
 * Overloads, events and errors are Node's (https://nodejs.org/api/net.html#serverlisten).
 */
import { AsyncResource } from 'node:async_hooks';
import * as dns from 'node:dns';
import { addAbortListener } from 'node:events';
import type { Server as NodeServer } from 'node:net';
import type { ListenRequest, StackConnection, StackListener } from '../../types/stack';
import type { NetworkError } from '../support/network-error';
import { IPV4_ANY, IPV6_ANY, IpAddress } from '../wire/ip-address';
import { invalidArgValue, stateError } from './argument-errors';
import { isPipeName, type LooseOptions, normalizeArguments, portNumber } from './arguments';
import { asNetworkError, listenError } from './errors';
import { createNodeServer } from './node-net';
import { acceptConnection } from './server-accept';
import type { ServerMethods } from './server-methods';
import { chosenStack } from './stack-choice';
import { validateAbortSignal, validatePort } from './validators';

/** What Node asks the kernel for when the program does not say. */
const DEFAULT_BACKLOG = 511;

/** Until Node 22 `ipv6Only` said nothing where no host was named. */
const HEEDED_WITHOUT_HOST = Number.parseInt(process.versions.node, 10) >= 22;

export function listenServer(server: ServerMethods, args: readonly unknown[]): void {
  const { options, callback } = normalizeArguments(args);
  if (server._handle !== null) throw stateError('ERR_SERVER_ALREADY_LISTEN');
  if (callback !== null) server.once('listening', callback);
  server._listeningId++;
  if (options._handle || options.handle) {
    listenForeign(server, args);
    return;
  }
  stopOnAbort(server, options.signal);
  const port = portFrom(options, args);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    listenForeign(server, args);
  } else if (typeof port === 'number' || typeof port === 'string') {
    validatePort(port, 'options.port');
    const backlog = Number(options.backlog) || portNumber(args[1]) || portNumber(args[2]);
    const ipv6Only = options.ipv6Only === true;
    const where = { port: Number(port), backlog: backlog || DEFAULT_BACKLOG, ipv6Only };
    if (options.host) lookUpAndListen(server, String(options.host), where);
    else listenAnywhere(server, { ...where, ipv6Only: ipv6Only && HEEDED_WITHOUT_HOST });
  } else if (isPipeName(options.path)) {
    listenForeign(server, args);
  } else {
    throw badOptions(options);
  }
}

/** No port, no options: any free port. */
function portFrom(options: LooseOptions, args: readonly unknown[]): unknown {
  if (args.length === 0 || typeof args[0] === 'function') return 0;
  const { port } = options;
  return port === null || (port === undefined && 'port' in options) ? 0 : port;
}

function badOptions(options: LooseOptions): Error {
  if ('port' in options || 'path' in options) return invalidArgValue('options', options);
  return invalidArgValue('options', options, 'must have the property "port" or "path"');
}

/** @throws ERR_INVALID_ARG_TYPE */
function stopOnAbort(server: ServerMethods, signal: unknown): void {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  const close = (): void => void server.close();
  if (signal.aborted) {
    process.nextTick(close);
  } else {
    const subscription = addAbortListener(signal, close);
    server.once('close', () => subscription[Symbol.dispose]());
  }
}

/** The port of a `listen`, and how to listen there. */
type Where = Pick<ListenRequest, 'port' | 'backlog' | 'ipv6Only'>;

function lookUpAndListen(server: ServerMethods, host: string, where: Where): void {
  const id = server._listeningId;
  dns.lookup(host, (error, address) => {
    if (id !== server._listeningId) return; // closed meanwhile
    if (error) {
      server.emit('error', error);
      return;
    }
    const parsed = IpAddress.parse(address)!;
    const ipv6Only = where.ipv6Only && parsed.family === 6; // in IPv4 it says nothing
    const failure = tryListen(server, parsed, { ...where, ipv6Only });
    if (failure !== null) fail(server, failure, address, where.port);
  });
}

/** Every address of both families; where there is no IPv6, every IPv4 address. */
function listenAnywhere(server: ServerMethods, where: Where): void {
  const failure = tryListen(server, IPV6_ANY, where);
  if (failure === null) return;
  if (failure.code === 'EADDRINUSE') {
    fail(server, failure, IPV6_ANY.text, where.port);
  } else {
    const second = tryListen(server, IPV4_ANY, { ...where, ipv6Only: false });
    if (second !== null) fail(server, second, IPV4_ANY.text, where.port);
  }
}

/** @returns why it did not work */
function tryListen(server: ServerMethods, address: IpAddress, where: Where): NetworkError | null {
  const dualStack = address.family === 6;
  // 'connection' listeners run in the async context of `listen`.
  const scope = new AsyncResource('TCPSERVERWRAP');
  const accept = (connection: StackConnection): void =>
    scope.runInAsyncScope(acceptConnection, null, server, connection, dualStack);
  try {
    const stack = chosenStack(server._stack);
    const request = { ...server._choices, ...where, address };
    startListening(server, stack.listen(request, accept));
    return null;
  } catch (thrown) {
    return asNetworkError(thrown);
  }
}

function startListening(server: ServerMethods, handle: StackListener | NodeServer): void {
  server._handle = handle;
  if (server._unref) handle.unref();
  process.nextTick(() => {
    if (server._handle === handle) server.emit('listening');
  });
}

function fail(server: ServerMethods, failure: NetworkError, address: string, port: number): void {
  const error = listenError(failure, address, port);
  process.nextTick(() => server.emit('error', error));
}

/** Pipes, descriptors and handles have no TCP of ours in them: a server of Node's stands in. */
function listenForeign(server: ServerMethods, args: readonly unknown[]): void {
  const foreign = createNodeServer({
    allowHalfOpen: server.allowHalfOpen,
    pauseOnConnect: server.pauseOnConnect,
  });
  for (const event of ['connection', 'drop', 'error'] as const) {
    foreign.on(event, (...values: unknown[]) => server.emit(event, ...values));
  }
  foreign.on('error', () => {
    if (server._handle === foreign && !foreign.listening) server._handle = null;
  });
  const kept = args.filter((value) => typeof value !== 'function');
  (foreign.listen as (...values: unknown[]) => void)(...kept);
  if (foreign.listening) startListening(server, foreign);
}
