/**
 * Programs that are run twice, on `node:net` and on ours: what each side hears, and in which order, has
 * to be the same. Every scenario notes into its tape and ends by itself.
 */

import type * as nodeNet from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export type NetLike = typeof nodeNet;

/** What one party of a scenario has heard. Pieces of data are joined: how TCP cuts them is no event. */
export class Tape {
  readonly lines = new Map<string, string[]>();

  note(party: string, what: string): void {
    const list = this.lines.get(party) ?? [];
    this.lines.set(party, list);
    const last = list[list.length - 1];
    if (what.startsWith('data ') && last?.startsWith('data ')) {
      list[list.length - 1] = last + what.slice('data '.length);
    } else {
      list.push(what);
    }
  }

  /** Notes the events of a socket and, at the end, what its properties say. */
  socket(party: string, socket: Socket): Socket {
    const plain = ['connect', 'ready', 'end', 'finish', 'timeout', 'connectionAttempt'];
    for (const event of plain) socket.on(event, () => this.note(party, event));
    socket.on('error', (error) => this.note(party, `error ${describe(error)}`));
    socket.on('close', (hadError) => {
      this.note(party, `close ${hadError} ${socketState(socket)}`);
    });
    return socket;
  }

  data(party: string, socket: Socket): Socket {
    return socket.on('data', (chunk) => this.note(party, `data ${chunk}`));
  }

  server(party: string, server: Server): Server {
    for (const event of ['listening', 'close']) server.on(event, () => this.note(party, event));
    server.on('connection', () => this.note(party, 'connection'));
    server.on('error', (error) => this.note(party, `error ${describe(error)}`));
    return server;
  }

  toJSON(): Record<string, string[]> {
    return Object.fromEntries([...this.lines].sort());
  }
}

function socketState(socket: Socket): string {
  const { bytesRead, bytesWritten, readyState, destroyed, pending, connecting } = socket;
  return JSON.stringify({ bytesRead, bytesWritten, readyState, destroyed, pending, connecting });
}

/** Name, code, message (ports left out: each run has its own) and the fields Node documents. */
export function describe(error: unknown): string {
  const { name, code, message, errno, syscall, address } = error as NodeJS.ErrnoException & {
    address?: string;
  };
  const inner = (error as AggregateError).errors?.map(describe);
  const text = message.replace(/:\d{4,5}\b/g, ':PORT');
  return JSON.stringify({ name, code, text, errno, syscall, address, inner });
}

export interface Scenario {
  name: string;
  run(net: NetLike, tape: Tape): Promise<void>;
}

/** A server on a free port of 127.0.0.1 whose sockets' events are noted as 'accepted'. */
export async function listening(
  net: NetLike,
  tape: Tape,
  options: nodeNet.ServerOpts,
  onSocket: (socket: Socket) => void = () => {},
): Promise<{ server: Server; port: number }> {
  let count = 0;
  const server = net.createServer(options, (socket) => {
    tape.socket(count++ === 0 ? 'accepted' : `accepted ${count}`, socket);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** A port of 127.0.0.1 where nobody listens any more. */
export async function closedPort(net: NetLike): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await stop(server);
  return port;
}

export function event(emitter: NodeJS.EventEmitter, name: string): Promise<unknown> {
  return new Promise((resolve) => emitter.once(name, resolve));
}

export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Long enough for whatever has been sent on loopback to have arrived, as turns of the event loop. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}
