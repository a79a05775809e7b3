/**
 * Trying one address, or one after the other until the first answers (RFC 8305, as far as Node
 * follows it: the next address has its turn when the one before has failed or taken too long).
 */
import type { ConnectRequest, StackBinding } from '../../types/stack';
import type { NetworkError, NetworkErrorCode } from '../support/network-error';
import { IpAddress } from '../wire/ip-address';
import { stateError } from './argument-errors';
import { blockedError, isBlocked } from './block-list';
import { addressError, asNetworkError, attemptsError, type SystemError } from './errors';
import { PipeConnection } from './pipe-connection';
import { type OpenCallback, SocketHandle } from './socket-handle';
import { forgetLocal, inside } from './socket-inside';
import { readSocket } from './socket-io';
import type { SocketMethods } from './socket-methods';
import { chosenStack } from './stack-choice';
import type { TcpChoices } from './tcp-choices';

export interface Target {
  address: string;
  family: number;
}

/** The options of a `connect`, checked. Empty or 0: not given. */
export interface ConnectPlan {
  port: number;
  localAddress: string;
  localPort: number;
  autoSelectFamily: boolean;
  attemptTimeoutMs: number;
}

/** Failures of a local end that was asked for: in the host's kernel they would be `bind`'s. */
const BIND_FAILURES = new Set<string>(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL']);

/** The only address there is: its failure is the socket's. */
export function attemptOne(socket: SocketMethods, plan: ConnectPlan, target: Target): void {
  const { blockList } = socket[inside];
  if (isBlocked(blockList, target.address)) {
    socket.emit('connectionAttempt', target.address, plan.port, target.family);
    socket.destroy(blockedError(target.address));
    return;
  }
  const error = start(socket, plan, target, socket._handle!, (code) => {
    if (code === null) return connected(socket);
    const late = attemptError(plan, target, code);
    socket.emit('connectionAttemptFailed', target.address, plan.port, target.family, late);
    socket.destroy(late);
  });
  if (error !== null) socket.destroy(error);
}

/** A pipe has no TCP in it: Node connects. */
export function attemptPipe(socket: SocketMethods, path: string): void {
  const handle = socket._handle!;
  if (handle.connection !== null) {
    const code = handle.opening ? 'EALREADY' : 'EISCONN';
    socket.destroy(addressError('connect', code, path, 0));
    return;
  }
  const failed = (error: Error): void => {
    if (socket._handle === handle) socket.destroy(error);
  };
  handle.open(new PipeConnection(path, handle, failed), () => connected(socket));
}

/** One address after the other. */
export function attemptEach(socket: SocketMethods, plan: ConnectPlan, targets: Target[]): void {
  socket.autoSelectFamilyAttemptedAddresses = [];
  attemptNext({ socket, plan, targets, next: 0, errors: [] });
}

interface Attempts {
  readonly socket: SocketMethods;
  readonly plan: ConnectPlan;
  readonly targets: Target[];
  next: number;
  readonly errors: Error[];
}

function attemptNext(attempts: Attempts): void {
  const { socket, plan, targets, errors } = attempts;
  if (attempts.next === targets.length) {
    const none = errors.length === 0;
    socket.destroy(none ? stateError('ERR_SOCKET_CONNECTION_TIMEOUT') : attemptsError(errors));
    return;
  }
  const target = targets[attempts.next++];
  const handle = attempts.next === 1 ? socket._handle! : replaceHandle(socket);
  socket.autoSelectFamilyAttemptedAddresses!.push(`${target.address}:${plan.port}`);
  const failed = (error: Error): void => {
    errors.push(error);
    socket.emit('connectionAttemptFailed', target.address, plan.port, target.family, error);
    if (socket.connecting) attemptNext(attempts);
  };
  if (isBlocked(socket[inside].blockList, target.address)) {
    failed(blockedError(target.address));
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const error = start(socket, plan, target, handle, (code) => {
    clearTimeout(timer);
    if (code === null) connected(socket);
    else failed(attemptError(plan, target, code));
  });
  if (error !== null) {
    failed(error);
  } else if (attempts.next < targets.length) {
    // The last one may take as long as it needs. It is the attempt that keeps the process alive.
    timer = setTimeout(() => giveUp(attempts, target, handle), plan.attemptTimeoutMs).unref();
  }
}

/** This address has taken too long. */
function giveUp(attempts: Attempts, target: Target, handle: SocketHandle): void {
  const { socket, plan } = attempts;
  if (!socket.connecting || socket._handle !== handle) return;
  socket.emit('connectionAttemptTimeout', target.address, plan.port, target.family);
  attempts.errors.push(attemptError(plan, target, 'ETIMEDOUT'));
  if (socket.connecting) attemptNext(attempts);
}

function replaceHandle(socket: SocketMethods): SocketHandle {
  const handle = new SocketHandle();
  const former = socket._handle;
  if (former !== null) {
    if (!former.hasRef()) handle.unref();
    handle.readsWhenOpen = former.readsWhenOpen;
    former.drop(false);
  }
  socket._handle = handle;
  handle.attach(socket);
  return handle;
}

/**
 * Sends the SYN.
 * @param opened hears later how it went
 * @returns what failed at once
 */
function start(
  socket: SocketMethods,
  plan: ConnectPlan,
  target: Target,
  handle: SocketHandle,
  opened: OpenCallback,
): SystemError | null {
  // Node finds that the kernel has bound another port than it was asked for.
  if (plan.localPort > 0 && portBits(plan.localPort) !== plan.localPort) {
    return addressError('bind', 'EADDRINUSE', localEnd(plan, target), plan.localPort);
  }
  if (handle.connection !== null) return secondConnect(socket, plan, target, handle);
  const failure = tryConnect(socket, plan, target, handle, opened);
  if (failure !== null && isBindFailure(plan, failure)) return bindError(plan, target, failure);
  socket.emit('connectionAttempt', target.address, plan.port, target.family);
  if (failure === null) return null;
  if (failure.code !== 'ECONNREFUSED') return startError(plan, target, failure);
  setImmediate(() => {
    if (socket._handle === handle) opened('ECONNREFUSED');
  });
  return null;
}

function tryConnect(
  socket: SocketMethods,
  plan: ConnectPlan,
  target: Target,
  handle: SocketHandle,
  opened: OpenCallback,
): NetworkError | null {
  const own = socket[inside];
  try {
    const stack = chosenStack(own.stack);
    const binding = handle.takeBinding();
    if (binding !== undefined) forgetLocal(socket);
    const request = requestFrom(plan, target, own.choices, binding);
    handle.open(stack.connect(request, handle), opened);
    return null;
  } catch (thrown) {
    return asNetworkError(thrown);
  }
}

/** (Of one shape, whatever was chosen: the stack asks it for twenty names.) */
function requestFrom(
  plan: ConnectPlan,
  target: Target,
  { tuning, ecn, hopLimit }: TcpChoices,
  binding: StackBinding | undefined,
): ConnectRequest {
  const { localAddress } = plan;
  return {
    remoteAddress: IpAddress.parse(target.address)!,
    remotePort: plan.port,
    localAddress: localAddress === '' ? undefined : IpAddress.parse(localAddress)!,
    localPort: portBits(plan.localPort),
    binding,
    tuning,
    ecn,
    hopLimit,
  };
}

/** ESTABLISHED: events first, reading after them, so that no 'data' comes before 'connect'. */
function connected(socket: SocketMethods): void {
  const own = socket[inside];
  const handle = socket._handle!;
  const connection = handle.connection!;
  socket.connecting = false;
  forgetLocal(socket);
  own.timer?.refresh();
  if (own.noDelay) connection.setNoDelay(true);
  if (own.keepAlive) connection.setKeepAlive(true, own.keepAliveDelaySeconds * 1000);
  socket.emit('connect');
  socket.emit('ready');
  if (handle.readsWhenOpen && socket._handle === handle) {
    handle.readsWhenOpen = false;
    readSocket(socket);
  }
  if (!socket.isPaused()) socket.read(0);
}

function isBindFailure(plan: ConnectPlan, failure: NetworkError): boolean {
  return (plan.localAddress !== '' || plan.localPort !== 0) && BIND_FAILURES.has(failure.code);
}

function bindError(plan: ConnectPlan, target: Target, failure: NetworkError): SystemError {
  return addressError('bind', failure, localEnd(plan, target), plan.localPort);
}

/** `connect` itself refused. */
function startError(plan: ConnectPlan, target: Target, failure: NetworkError): SystemError {
  const end = `${localEnd(plan, target)}:${plan.localPort}`;
  return addressError('connect', failure, target.address, plan.port, end);
}

/** The socket has a connection, or is about to have one. */
function secondConnect(
  socket: SocketMethods,
  plan: ConnectPlan,
  target: Target,
  handle: SocketHandle,
): SystemError {
  socket.emit('connectionAttempt', target.address, plan.port, target.family);
  const local = handle.localAddress();
  const end = `${local?.address}:${local?.port}`;
  const code = handle.opening ? 'EALREADY' : 'EISCONN';
  return addressError('connect', code, target.address, plan.port, end);
}

/** The connection was begun and came to nothing. */
function attemptError(plan: ConnectPlan, target: Target, code: NetworkErrorCode): SystemError {
  if (plan.localPort === 0) return addressError('connect', code, target.address, plan.port);
  const local = localEnd(plan, target);
  const end = `${local}:${plan.localPort}`;
  const error = addressError('connect', code, target.address, plan.port, end);
  error.localAddress = local;
  error.localPort = plan.localPort;
  return error;
}

/** What of a number fits into a port. */
function portBits(port: number): number {
  return port & 0xffff;
}

function localEnd(plan: ConnectPlan, target: Target): string {
  return plan.localAddress || (target.family === 4 ? '0.0.0.0' : '::');
}
