/** For the compiler alone: usernet stands where `node:net` stood, in values and in types. */
import type * as nodeNet from 'node:net';
import * as usernet from '../../lib/index';

export const asNode: typeof nodeNet = usernet;

export const socket: nodeNet.Socket = new usernet.Socket();
export const server: nodeNet.Server = usernet.createServer();

/** What Node's functions take, ours take. */
type Taken<F extends (...args: never[]) => unknown> = Parameters<F>;
export const listen: (...args: Taken<nodeNet.Server['listen']>) => usernet.Server = (...args) =>
  usernet.createServer().listen(...args);
export const connect: (options: nodeNet.NetConnectOpts) => nodeNet.Socket = usernet.connect;
export const create: (options: nodeNet.ServerOpts) => nodeNet.Server = usernet.createServer;
export const build: new (options: nodeNet.SocketConstructorOpts) => nodeNet.Socket = usernet.Socket;
