/**
 * Runs a random program on a `net` and writes down all that each party hears: events with their
 * arguments, what operations return and throw, and how the sockets stand when all is quiet.
 *
 * The next step comes when nothing has happened for a while, so that a trace has only one order in
 * which it can be. Within a step each party has a list of its own: what two ends of a connection hear in
 * the same moment has no order. Pieces of data are joined, since how TCP cuts them is no event.
 */
import { createHash } from 'node:crypto';
import type * as nodeNet from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, type NetLike } from '../scenarios';
import type { Action, Operation, Party, Program } from './program';

/** Turns of the event loop without news after which a step is over. */
const QUIET_TURNS = 10;
/** What an idle timeout may be late. */
const TIMEOUT_WAIT_MS = 6;

/** For each step, what each party heard in it. */
export type Trace = Record<string, string[]>[];

/** Then every third program runs over ::1. */
const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

export async function runProgram(program: Program, net: NetLike): Promise<Trace> {
  const run = new Run(program, net);
  await run.start();
  for (const step of program.steps) await run.step(step);
  await run.stop();
  return run.trace;
}

class Run {
  readonly trace: Trace = [];
  readonly #program: Program;
  readonly #net: NetLike;
  readonly #host: string;
  readonly #server: Server;
  readonly #clients: Socket[] = [];
  readonly #accepted: (Socket | undefined)[] = [];
  readonly #hooks: (Action & { event: string; done: boolean })[];
  #port = 0;
  #closedPort = 0;
  #news = 0;
  #current = new Map<string, string[]>();
  /** The last piece of data of each party, which the next may extend. */
  #data = new Map<string, Buffer[]>();
  #written = 0;
  /** Which connection each local port belongs to. */
  #byPort = new Map<number, number>();

  constructor(program: Program, net: NetLike) {
    this.#program = program;
    this.#net = net;
    this.#host = HAS_IPV6 && program.seed % 3 === 2 ? '::1' : '127.0.0.1';
    this.#hooks = program.hooks.map((hook) => ({ ...hook, done: false }));
    this.#server = net.createServer({ ...program.server, noDelay: true });
  }

  async start(): Promise<void> {
    const { net: net_, program } = { net: this.#net, program: this.#program };
    await listen(this.#server, this.#host);
    this.#port = (this.#server.address() as AddressInfo).port;
    const other = net_.createServer();
    await listen(other, this.#host);
    this.#closedPort = (other.address() as AddressInfo).port;
    await new Promise((resolve) => other.close(resolve));
    this.#server.on('connection', (socket) => this.#accept(socket));
    this.#server.on('close', () => this.#note('server', 'close'));
    for (let i = 0; i < program.connections; i++) {
      const client = new net_.Socket({ ...program.client, noDelay: true } as object);
      this.#clients.push(client);
      this.#watch({ connection: i, side: 'client' }, client);
    }
  }

  async step(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      // A kernel's loopback answers within the call: what is written to a peer who is gone shows it
      // to the next call at once. Elsewhere the answer takes its time.
      if (this.#isPeerGone(action.party)) await this.#quiet();
      // A reset right behind data: libuv reads both in one go and reports an end.
      if (action.operation.kind === 'resetAndDestroy') await this.#quiet();
      this.#perform(action);
    }
    await this.#quiet();
    await this.#idle();
    this.#conclude();
  }

  async stop(): Promise<void> {
    this.#server.close((error) => this.#note('server', `closed ${error && describe(error)}`));
    await this.#quiet();
    this.#conclude();
    for (const sockets of [this.#clients, this.#accepted]) {
      for (const socket of sockets) socket?.destroy();
      await this.#quiet();
      this.#conclude();
    }
  }

  #isPeerGone({ side, connection }: Party): boolean {
    const peers = side === 'client' ? this.#accepted : this.#clients;
    return peers[connection]?.destroyed === true;
  }

  /** Accepted sockets are told apart by who connected them. */
  #accept(socket: Socket): void {
    const port = socket.remotePort!;
    let connection = this.#clients.findIndex((client) => client.localPort === port);
    if (connection < 0) connection = this.#accepted.length;
    const known = this.#accepted[connection] !== undefined;
    this.#note('server', `connection ${known ? 'again' : connection}`);
    this.#byPort.set(port, connection);
    if (!known) this.#accepted[connection] = socket;
    this.#watch({ connection, side: 'accepted' }, socket);
  }

  #watch(party: Party, socket: Socket): void {
    const name = `${party.side} ${party.connection}`;
    const heard = (event: string, text = ''): void => {
      this.#note(name, text === '' ? event : `${event} ${text}`);
      for (const hook of this.#hooks) this.#fire(hook, event, party);
    };
    for (const event of ['connect', 'ready', 'end', 'finish', 'drain', 'timeout', 'lookup']) {
      socket.on(event, () => heard(event));
    }
    socket.on('connectionAttempt', (ip, _port, family) => heard('attempt', `${ip} ${family}`));
    socket.on('connectionAttemptFailed', (ip, _port, family, error) => {
      heard('attempt failed', `${ip} ${family} ${describe(error)}`);
    });
    socket.on('error', (error) => heard('error', describe(error)));
    socket.on('close', (hadError) => heard('close', String(hadError)));
    if (this.#program.listens) this.#listenForData(party, socket, heard);
  }

  #listenForData(party: Party, socket: Socket, heard: (event: string, text: string) => void): void {
    const name = `${party.side} ${party.connection}`;
    socket.on('data', (chunk: Buffer) => {
      const pieces = this.#data.get(name);
      if (pieces === undefined) {
        this.#data.set(name, [chunk]);
        heard('data', '');
      } else {
        pieces.push(chunk);
      }
      this.#news++;
    });
  }

  #fire(hook: Action & { event: string; done: boolean }, event: string, party: Party): void {
    const { side, connection } = hook.party;
    if (hook.done || event !== hook.event) return;
    if (side !== party.side || connection !== party.connection) return;
    hook.done = true;
    this.#perform(hook);
  }

  #perform({ party, operation }: Action): void {
    const name = `${party.side} ${party.connection}`;
    const own = party.side === 'client' ? this.#clients : this.#accepted;
    const socket = own[party.connection];
    if (socket === undefined) return;
    try {
      const result = this.#operate(name, party, socket, operation);
      this.#note(name, `${operation.kind} -> ${result === socket ? 'this' : String(result)}`);
    } catch (error) {
      this.#note(name, `${operation.kind} threw ${describe(error)}`);
    }
  }

  #operate(name: string, party: Party, socket: Socket, operation: Operation): unknown {
    const say = (what: string) => (error?: Error | null) =>
      this.#note(name, `${what} called ${error ? describe(error) : error}`);
    switch (operation.kind) {
      case 'connect':
        if (party.side === 'accepted') return 'not he';
        if (!socket.destroyed && !socket.pending) return 'connected';
        // Who is faster then, the first connect or the error of the second, is a race.
        if (socket.connecting) return 'connecting';
        return socket.connect({
          port: operation.refused ? this.#closedPort : this.#port,
          host: this.#host,
        });
      case 'write': {
        const callback = operation.callback ? say('write') : undefined;
        const bytes = this.#bytes(operation.bytes);
        if (operation.encoding === null) return socket.write(bytes, callback);
        return socket.write(bytes.toString(operation.encoding), operation.encoding, callback);
      }
      case 'end': {
        const callback = operation.callback ? say('end') : undefined;
        if (operation.bytes === 0) return socket.end(callback);
        return socket.end(this.#bytes(operation.bytes), callback);
      }
      case 'read': {
        const piece = operation.size === 0 ? socket.read() : socket.read(operation.size);
        return piece === null ? 'nothing' : `piece ${digest([piece])}`;
      }
      case 'timeout':
        return socket.setTimeout(operation.delayMs, say('timeout'));
      case 'destroy':
        return socket.destroy(operation.error ? new Error('on purpose') : undefined);
      case 'noDelay':
        return socket.setNoDelay(false).setNoDelay();
      case 'keepAlive':
        return socket.setKeepAlive(true, 5000);
      case 'ref':
        return socket.unref().ref();
      case 'address':
        // A kernel forgets the peer when both have ended, even while the socket is held.
        return socket.readyState === 'open' ? addressesOf(socket) : 'not open';
      case 'late listener':
        return socket.on('readable', () => this.#note(name, 'readable')) === socket;
      default:
        return (socket as unknown as Record<string, () => unknown>)[operation.kind]();
    }
  }

  /** The same bytes in each run, and never the same twice; printable, so that encodings agree. */
  #bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let i = 0; i < count; i++) bytes[i] = 0x20 + ((this.#written + i) % 95);
    this.#written += count;
    return bytes;
  }

  #note(party: string, what: string): void {
    this.#news++;
    const list = this.#current.get(party) ?? [];
    this.#current.set(party, list);
    list.push(what);
  }

  async #quiet(): Promise<void> {
    let quiet = 0;
    let seen = '';
    while (quiet < QUIET_TURNS) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = `${this.#news} ${this.#progress()}`;
      quiet = now === seen ? quiet + 1 : 0;
      seen = now;
    }
  }

  /** What has an idle timeout must have had the time for it. */
  async #idle(): Promise<void> {
    const sockets = [...this.#clients, ...this.#accepted];
    const armed = sockets.map((one) =>
      one === undefined || one.destroyed ? 0 : (one.timeout ?? 0),
    );
    const longest = Math.max(...armed);
    if (longest === 0) return;
    await new Promise((resolve) => setTimeout(resolve, longest + TIMEOUT_WAIT_MS));
    await this.#quiet();
  }

  #progress(): string {
    const sockets = [...this.#clients, ...this.#accepted];
    return sockets.map((one) => one && `${one.bytesRead},${one.writableLength}`).join();
  }

  #conclude(): void {
    const step: Record<string, string[]> = {};
    for (const [name, list] of [...this.#current].sort()) step[name] = list;
    for (const [name, pieces] of this.#data) step[name].push(`all data ${digest(pieces)}`);
    for (const [i, client] of this.#clients.entries()) {
      step[`client ${i} stands`] = [standing(client)];
      const accepted = this.#accepted[i];
      if (accepted !== undefined) step[`accepted ${i} stands`] = [standing(accepted)];
    }
    this.trace.push(step);
    this.#current.clear();
    this.#data.clear();
  }
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve) => server.listen(0, host, () => resolve()));
}

function digest(pieces: readonly Buffer[]): string {
  const all = Buffer.concat(pieces);
  return `${all.length} ${createHash('md5').update(all).digest('hex').slice(0, 8)}`;
}

function addressesOf(socket: Socket): string {
  const { localAddress, localFamily, remoteAddress, remoteFamily } = socket;
  const own = (socket.address() as nodeNet.AddressInfo).address;
  return [own, localAddress, localFamily, remoteAddress, remoteFamily].join();
}

function standing(socket: Socket): string {
  const { readyState, destroyed, pending, connecting, bytesRead, bytesWritten } = socket;
  const { writableLength, readableLength, readableFlowing, writableEnded } = socket;
  const { writableFinished, readableEnded, closed, errored, timeout, bufferSize } = socket;
  const numbers = [bytesRead, bytesWritten, writableLength, readableLength, bufferSize].join();
  const flags = { destroyed, pending, connecting, writableEnded, writableFinished, closed };
  const more = { readableEnded, readableFlowing, paused: socket.isPaused(), timeout };
  const set = Object.entries({ ...flags, ...more }).filter(([, value]) => value !== false);
  const failure = errored && describe(errored);
  return `${readyState} ${numbers} ${set.map(([name, value]) => `${name}=${value}`)} ${failure}`;
}
