/**
 * One connection's life as both of its ends play it, over usernet or the kernel alike: each sends its
 * stream of random bytes, at once or after the other's end, and keeps a SHA-256 of what went each way.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface Part {
  /** How much to send before ending. */
  bytes: number;
  /** Sends only when it has read the other's end: until then the connection is half closed. */
  afterEnd: boolean;
}

export interface Outcome {
  /** The same at both ends, by which they are matched. */
  clientPort: number;
  sentBytes: number;
  receivedBytes: number;
  /** SHA-256, in hex. */
  sent: string;
  received: string;
  /** Of the socket's 'error' event. */
  error: string | null;
}

/** What is needed of `net`; `node:net` and usernet both have it. */
export interface NetLike {
  createServer(options: { allowHalfOpen: boolean; pauseOnConnect: boolean }): Server;
  connect(options: { port: number; host: string; allowHalfOpen: boolean }): Socket;
}

export interface Served {
  port: number;
  /** Settles when every connection, and then the server, has closed. */
  outcomes: Promise<Outcome[]>;
}

const CHUNK_BYTES = 65_536;

/**
 * Waits for `count` connections, and plays its part in all of them when the last is there.
 * @param backlog of the listener; `net`'s own unless given
 */
export async function serve(
  net: NetLike,
  host: string,
  count: number,
  part: Part,
  backlog?: number,
): Promise<Served> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const sockets: Socket[] = [];
  const outcomes = new Promise<Outcome[]>((resolve, reject) => {
    server.on('error', reject);
    server.on('connection', (socket: Socket) => {
      sockets.push(socket);
      if (sockets.length < count) return;
      const closed = once(server, 'close');
      const all = Promise.all(sockets.map((one) => converse(one, part, one.remotePort!)));
      server.close();
      resolve(all.then((list) => closed.then(() => list)));
    });
  });
  server.listen({ port: 0, host, backlog });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, outcomes };
}

/** Opens `count` connections at once and plays its part in each. */
export function call(
  net: NetLike,
  host: string,
  port: number,
  count: number,
  part: Part,
): Promise<Outcome[]> {
  const calls = Array.from({ length: count }, async () => {
    const socket = net.connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    return converse(socket, part, socket.localPort!);
  });
  return Promise.all(calls);
}

/** Settles when the socket has closed, be it by an error. */
export async function converse(socket: Socket, part: Part, clientPort: number): Promise<Outcome> {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const outcome = { clientPort, sentBytes: 0, receivedBytes: 0, error: null as string | null };
  socket.on('error', (error: NodeJS.ErrnoException) => {
    outcome.error = error.code ?? error.message;
  });
  socket.on('data', (chunk: Buffer) => {
    outcome.receivedBytes += chunk.length;
    received.update(chunk);
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const start = (): void => pour(socket, part.bytes, sent, outcome);
  if (part.afterEnd) socket.once('end', start);
  else start();
  socket.resume();
  await closed;
  return { ...outcome, sent: sent.digest('hex'), received: received.digest('hex') };
}

/** Sends as fast as it is taken, for as long as the socket lives. Reads nothing. */
export function flood(socket: Socket): void {
  const chunk = Buffer.alloc(CHUNK_BYTES, 0x66);
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  socket.on('error', () => socket.destroy());
  write();
}

/** Sends `bytes` random bytes as fast as they are taken, then ends. */
function pour(socket: Socket, bytes: number, hash: Hash, outcome: { sentBytes: number }): void {
  const write = (): void => {
    while (outcome.sentBytes < bytes) {
      const chunk = randomBytes(Math.min(bytes - outcome.sentBytes, CHUNK_BYTES));
      outcome.sentBytes += chunk.length;
      hash.update(chunk);
      if (!socket.write(chunk)) {
        socket.once('drain', write);
        return;
      }
    }
    socket.end();
  };
  write();
}
