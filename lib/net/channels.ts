/** What tracing tools hear of sockets, by the names Node gives it (`node:diagnostics_channel`). */
import { channel, tracingChannel } from 'node:diagnostics_channel';

const clientSockets = channel('net.client.socket');
const serverSockets = channel('net.server.socket');
const { asyncStart, asyncEnd, error: failed } = tracingChannel('net.server.listen');

/** A program connects `socket`. */
export function publishClient(socket: object): void {
  if (clientSockets.hasSubscribers) clientSockets.publish({ socket });
}

/** A server has accepted `socket`, and its listeners have heard of it. */
export function publishServer(socket: object): void {
  if (serverSockets.hasSubscribers) serverSockets.publish({ socket });
}

/** `listen` was called. @param options its arguments, brought to one form */
export function publishListen(server: object, options: object): void {
  if (asyncStart.hasSubscribers) asyncStart.publish({ server, options });
}

/** It listens; its 'listening' is still to come. */
export function publishListening(server: object): void {
  if (asyncEnd.hasSubscribers) asyncEnd.publish({ server });
}

/** It cannot listen; its 'error' is still to come. */
export function publishListenError(server: object, error: Error): void {
  if (failed.hasSubscribers) failed.publish({ server, error });
}
