/**
 * `server.listen`: from its arguments, over the name, to a listener of the stack.
 *
 * Overloads, events and errors are Node's (https://nodejs.org/api/net.html#serverlisten).
 */
import { AsyncResource } from 'node:async_hooks';
import cluster from 'node:cluster';
import * as dns from 'node:dns';
import { addAbortListener } from 'node:events';
import type { Server as NodeServer } from 'node:net';
import type { ListenRequest, StackConnection, StackListener } from '../../types/stack';
import type { NetworkError } from '../support/network-error';
import { IPV4_ANY, IPV6_ANY, IpAddress } from '../wire/ip-address';
import { invalidArgValue, stateError } from './argument-errors';
import { backlogNumber, isPipeName, type LooseOptions, normalizeArguments } from './arguments';
import { BoundSocket, isNodeBoundSocket } from './bound-socket';
import { publishListen, publishListenError, publishListening } from './channels';
import { asNetworkError, listenError } from './errors';
import { NODE_MAJOR } from './node-major';
import { createNodeServer } from './node-net';
import { acceptConnection } from './server-accept';
import type { ServerMethods } from './server-methods';
import { chosenStack } from './stack-choice';
import { validateAbortSignal, validatePort } from './validators';

/** What Node asks the kernel for when the program does not say. */
const DEFAULT_BACKLOG = 511;

/** Until Node 22 `ipv6Only` said nothing where no host was named. */
const HEEDED_WITHOUT_HOST = NODE_MAJOR >= 22;

export function listenServer(server: ServerMethods, args: readonly unknown[]): void {
  const { options, callback } = normalizeArguments(args);
  if (server._handle !== null) throw stateError('ERR_SERVER_ALREADY_LISTEN');
  publishListen(server, options);
  if (callback !== null) server.once('listening', callback);
  const backlog = backlogFrom(args);
  const bound = options instanceof BoundSocket ? options : options.handle;
  if (bound instanceof BoundSocket) {
    listenBound(server, bound, backlog, args);
    return;
  }
  server._listeningId++;
  if (options._handle || options.handle || isNodeBoundSocket(options)) {
    listenForeign(server, args);
    return;
  }
  stopOnAbort(server, options.signal);
  const port = portFrom(options, args);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    listenForeign(server, args);
  } else if (typeof port === 'number' || typeof port === 'string') {
    validatePort(port, 'options.port');
    const ipv6Only = options.ipv6Only === true;
    const place: Place = {
      port: Number(port),
      backlog: Number(options.backlog) || backlog,
      ipv6Only,
      reusePort: options.reusePort === true,
    };
    if (options.host) lookUpAndListen(server, String(options.host), place);
    else listenAnywhere(server, { ...place, ipv6Only: ipv6Only && HEEDED_WITHOUT_HOST });
  } else if (isPipeName(options.path)) {
    listenForeign(server, args);
  } else {
    throw badOptions(options);
  }
}

/** What `listen` asks of the stack, beside the address. */
type Place = Pick<ListenRequest, 'port' | 'backlog' | 'ipv6Only' | 'reusePort' | 'binding'>;

function backlogFrom(args: readonly unknown[]): number {
  return backlogNumber(args[1]) || backlogNumber(args[2]) || DEFAULT_BACKLOG;
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

/** @throws ERR_SOCKET_HANDLE_ADOPTED */
function listenBound(
  server: ServerMethods,
  bound: BoundSocket,
  backlog: number,
  args: readonly unknown[],
): void {
  const { binding, stack, pipe } = BoundSocket.adopt(bound);
  if (binding === null) {
    listenForeign(server, [pipe, ...args.slice(1)]);
    return;
  }
  server._listeningId++;
  server._stack = stack;
  const { address, port } = binding;
  const failure = tryListen(server, address, { port, backlog, binding });
  if (failure !== null) fail(server, failure, address.text, port);
}

function lookUpAndListen(server: ServerMethods, host: string, place: Place): void {
  const id = server._listeningId;
  dns.lookup(host, (error, address) => {
    if (id !== server._listeningId) return; // closed meanwhile
    if (error) {
      server.emit('error', error);
      return;
    }
    const parsed = IpAddress.parse(address)!;
    const ipv6Only = place.ipv6Only && parsed.family === 6; // in IPv4 it says nothing
    const failure = tryListen(server, parsed, { ...place, ipv6Only });
    if (failure !== null) fail(server, failure, address, place.port);
  });
}

/** Every address of both families; where there is no IPv6, every IPv4 address. */
function listenAnywhere(server: ServerMethods, place: Place): void {
  const failure = tryListen(server, IPV6_ANY, place);
  if (failure === null) return;
  if (failure.code === 'EADDRINUSE') {
    fail(server, failure, IPV6_ANY.text, place.port);
  } else {
    const second = tryListen(server, IPV4_ANY, { ...place, ipv6Only: false });
    if (second !== null) fail(server, second, IPV4_ANY.text, place.port);
  }
}

/** @returns why it did not work */
function tryListen(server: ServerMethods, address: IpAddress, place: Place): NetworkError | null {
  const dualStack = address.family === 6;
  // 'connection' listeners run in the async context of `listen`.
  const scope = new AsyncResource('TCPSERVERWRAP');
  const accept = (connection: StackConnection): void =>
    scope.runInAsyncScope(acceptConnection, null, server, connection, dualStack);
  try {
    const stack = chosenStack(server._stack);
    const request = { ...server._choices, ...place, address };
    startListening(server, stack.listen(request, accept));
    return null;
  } catch (thrown) {
    return asNetworkError(thrown);
  }
}

function startListening(server: ServerMethods, handle: StackListener | NodeServer): void {
  server._handle = handle;
  if (server._unref) handle.unref();
  publishListening(server);
  process.nextTick(() => {
    if (server._handle === handle) server.emit('listening');
  });
}

function fail(server: ServerMethods, failure: NetworkError, address: string, port: number): void {
  const error = listenError(failure, address, port, clusterHint(failure));
  publishListenError(server, error);
  process.nextTick(() => server.emit('error', error));
}

/** With Node's own `net` it would have worked: that needs more words than the kernel's. */
function clusterHint(failure: NetworkError): string {
  if (failure.code !== 'EADDRINUSE' || !cluster.isWorker) return '';
  return (
    'workers of a cluster do not share listeners, each has a TCP of its own; ' +
    'listen in one of them, or in each on a port of its own'
  );
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
