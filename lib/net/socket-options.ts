/** `setTimeout`, `setNoDelay` and `setKeepAlive` of a Socket. */
import type { SocketExtensions } from './socket-extensions';
import { inside, ownInside } from './socket-inside';
import type { SocketMethods } from './socket-methods';
import {
  applyChoices,
  choose,
  joinChoices,
  NO_CHOICES,
  readChoices,
  type TcpChoices,
} from './tcp-choices';
import { timerDuration, validateFunction } from './validators';

/**
 * Arms the idle timer, which any traffic sets back; 0 disarms it.
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function setSocketTimeout(
  socket: SocketMethods,
  timeoutMs: unknown,
  callback: unknown,
): void {
  if (socket.destroyed) return;
  const own = ownInside(socket);
  socket.timeout = timeoutMs as number;
  const delayMs = timerDuration(timeoutMs, 'msecs');
  if (own.timer !== null) clearTimeout(own.timer);
  own.timer = null;
  if (delayMs > 0) own.timer = setTimeout(() => socket._onTimeout(), delayMs).unref();
  if (callback === undefined) return;
  validateFunction(callback, 'callback');
  const listener = callback as () => void;
  if (delayMs > 0) socket.once('timeout', listener);
  else socket.removeListener('timeout', listener);
}

/** A write that still makes progress is no idleness. */
export function handleIdle(socket: SocketMethods): void {
  const own = socket[inside];
  const handle = socket._handle;
  if (own.lastWriteQueueBytes > 0 && handle !== null) {
    const bytes = handle.writeQueueBytes;
    if (bytes !== own.lastWriteQueueBytes) {
      ownInside(socket).lastWriteQueueBytes = bytes;
      own.timer?.refresh();
      return;
    }
  }
  socket.emit('timeout');
}

export function setSocketNoDelay(socket: SocketMethods, enable: unknown): void {
  const on = enable === undefined ? true : Boolean(enable);
  if (socket[inside].noDelay === on && socket._handle !== null) return;
  ownInside(socket).noDelay = on;
  socket._handle?.connection?.setNoDelay(on);
}

/** What libuv sets together with a delay: a probe each second, and ten of them. */
const DEFAULT_INTERVAL_MS = 1000;
const DEFAULT_PROBES = 10;

/**
 * @param delayMs idle time before the first probe, of which whole seconds count; 0: as before
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function setSocketKeepAlive(
  socket: SocketExtensions,
  enable: unknown,
  delayMs: unknown,
  intervalMs: unknown,
  count: unknown,
): void {
  const { keepAlive, keepAliveDelaySeconds } = socket[inside];
  const on = Boolean(enable);
  const seconds = wholeSeconds(delayMs);
  const probing = probingChoices(seconds, intervalMs, count);
  const same = keepAlive === on && (!on || keepAliveDelaySeconds === seconds);
  if (same && probing === NO_CHOICES && socket._handle !== null) return;
  const own = ownInside(socket);
  own.keepAlive = on;
  own.keepAliveDelaySeconds = seconds;
  own.choices = joinChoices(own.choices, probing);
  const connection = socket._handle?.connection;
  if (connection === undefined || connection === null) return;
  applyChoices(connection, probing);
  connection.setKeepAlive(on, seconds * 1000);
}

/** What was said of how to probe. */
function probingChoices(seconds: number, intervalMs: unknown, count: unknown): TcpChoices {
  if (seconds <= 0 && intervalMs === undefined && count === undefined) return NO_CHOICES;
  const interval = choose('keepAliveInterval', intervalMs ?? DEFAULT_INTERVAL_MS, 'interval');
  return joinChoices(interval, choose('keepAliveCount', count ?? DEFAULT_PROBES, 'count'));
}

/**
 * What `options` of a Socket or Server choose of the TCP beneath.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function optionChoices(options: object, keepAliveDelaySeconds: number): TcpChoices {
  const probing = probingChoices(keepAliveDelaySeconds, undefined, undefined);
  return joinChoices(probing, readChoices(options));
}

/** Sockets count keep-alive delays in seconds, so Node does too. */
export function wholeSeconds(delayMs: unknown): number {
  return ~~((delayMs as number) / 1000);
}
