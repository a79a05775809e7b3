/** `net.Server`: accepts connections of a stack and hands them out as Sockets. */
import { EventEmitter } from 'node:events';
import { getDefaultHighWaterMark } from 'node:stream';
import type { Server as PublicServer, ServerConstructor, ServerOptions } from './api';
import { invalidArgType } from './argument-errors';
import { blockListFrom } from './block-list';
import { ServerMethods } from './server-methods';
import { optionChoices, wholeSeconds } from './socket-options';
import { validateNumber } from './validators';

export type Server = PublicServer;

type Listener = (...args: unknown[]) => void;

const initEmitter = EventEmitter as unknown as (this: EventEmitter) => void;

function construct(this: ServerMethods | undefined, given?: unknown, listener?: unknown): object {
  if (!(this instanceof ServerMethods)) {
    return new Server(given as ServerOptions, listener as () => void);
  }
  initServer(this, given, listener);
  return this;
}

/**
 * Does to `server`, whatever its class, what the constructor does.
 * @throws ERR_INVALID_ARG_TYPE
 */
export function initServer(server: ServerMethods, given: unknown, listener: unknown): void {
  initEmitter.call(server);
  const onConnection = typeof given === 'function' ? given : listener;
  if (typeof onConnection === 'function') server.on('connection', onConnection as Listener);
  initFields(server, checkOptions(typeof given === 'function' ? {} : given));
}

/** @throws ERR_INVALID_ARG_TYPE */
function checkOptions(given: unknown): ServerOptions {
  if (given != null && typeof given !== 'object')
    throw invalidArgType('options', ['Object'], given);
  const options: ServerOptions = { ...given };
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    options.keepAliveInitialDelay = Math.max(options.keepAliveInitialDelay, 0);
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
    if (options.highWaterMark < 0) options.highWaterMark = undefined;
  }
  return options;
}

function initFields(server: ServerMethods, options: ServerOptions): void {
  server._connections = 0;
  server._handle = null;
  server._unref = false;
  server._listeningId = 1;
  server.allowHalfOpen = options.allowHalfOpen || false;
  server.pauseOnConnect = Boolean(options.pauseOnConnect);
  server.noDelay = Boolean(options.noDelay);
  server.keepAlive = Boolean(options.keepAlive);
  server.keepAliveInitialDelay = wholeSeconds(options.keepAliveInitialDelay);
  server.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark(false);
  Object.defineProperty(server, '_stack', { value: options.stack ?? null, writable: true });
  const blockList = blockListFrom(options.blockList);
  if (blockList !== null) server.blockList = blockList;
  const choices = optionChoices(options, server.keepAliveInitialDelay);
  Object.defineProperty(server, '_choices', { value: choices });
}

Object.defineProperty(construct, 'name', { value: 'Server' });
Object.setPrototypeOf(construct, EventEmitter);
construct.prototype = ServerMethods.prototype;
Object.defineProperty(ServerMethods.prototype, 'constructor', {
  value: construct,
  configurable: true,
  writable: true,
});

export const Server = construct as unknown as ServerConstructor;
