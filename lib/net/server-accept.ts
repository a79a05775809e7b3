/** A connection has been established to a Server: a Socket is made for it, or it is turned away. */
import type { DropArgument } from 'node:net';
import type { StackConnection } from '../../types/stack';
import { isBlocked } from './block-list';
import { publishServer } from './channels';
import { NODE_MAJOR } from './node-major';
import type { ServerMethods } from './server-methods';
import { Socket } from './socket';
import { SocketHandle } from './socket-handle';
import { inside, ownInside, plainInside } from './socket-inside';
import type { SocketMethods } from './socket-methods';
import { NO_CHOICES } from './tcp-choices';

/** Until Node 21 `maxConnections = 0` meant any number; since then it means none. */
const ZERO_IS_NO_LIMIT = NODE_MAJOR < 21;

export function acceptConnection(
  server: ServerMethods,
  connection: StackConnection,
  dualStack: boolean,
): void {
  const handle = new SocketHandle(dualStack);
  handle.open(connection, null);
  if (isFull(server)) {
    server.emit('drop', dropArgument(handle));
    handle.drop(false);
    return;
  }
  if (isBlocked(server.blockList ?? null, handle.remoteAddress()!.address)) {
    handle.drop(false);
    return;
  }
  connection.handler = handle;
  if (server.noDelay) connection.setNoDelay(true);
  if (server.keepAlive) connection.setKeepAlive(true, server.keepAliveInitialDelay * 1000);
  const socket = socketFor(server, handle);
  server._connections++;
  socket.server = server;
  socket._server = server;
  server.emit('connection', socket);
  publishServer(socket);
}

function isFull(server: ServerMethods): boolean {
  const { maxConnections } = server;
  if (maxConnections == null || (ZERO_IS_NO_LIMIT && !maxConnections)) return false;
  return server._connections >= maxConnections;
}

function socketFor(server: ServerMethods, handle: SocketHandle): SocketMethods {
  const options = {
    handle,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  };
  const socket = new Socket(options as object) as unknown as SocketMethods;
  if (isPlain(server) && socket[inside].isShared) {
    socket[inside] = plainInside(server._stack);
    return socket;
  }
  const own = ownInside(socket);
  own.stack = server._stack;
  own.noDelay = server.noDelay;
  own.keepAlive = server.keepAlive;
  own.keepAliveDelaySeconds = server.keepAliveInitialDelay;
  own.choices = server._choices;
  return socket;
}

/** Has nothing been chosen for its sockets? */
function isPlain({ noDelay, keepAlive, keepAliveInitialDelay, _choices }: ServerMethods): boolean {
  return !noDelay && !keepAlive && keepAliveInitialDelay === 0 && _choices === NO_CHOICES;
}

function dropArgument(handle: SocketHandle): DropArgument {
  const local = handle.localAddress();
  const remote = handle.remoteAddress();
  return {
    localAddress: local?.address,
    localPort: local?.port,
    localFamily: local?.family,
    remoteAddress: remote?.address,
    remotePort: remote?.port,
    remoteFamily: remote?.family,
  };
}
