/** What tracing tools hear of sockets, by the names Node gives it (`node:diagnostics_channel`). */
import { channel } from 'node:diagnostics_channel';

const clientSockets = channel('net.client.socket');
const serverSockets = channel('net.server.socket');

/** A program connects `socket`. */
export function publishClient(socket: object): void {
  if (clientSockets.hasSubscribers) clientSockets.publish({ socket });
}

/** A server has accepted `socket`, and its listeners have heard of it. */
export function publishServer(socket: object): void {
  if (serverSockets.hasSubscribers) serverSockets.publish({ socket });
}
