/**
 * A stack with as many connections in TIME-WAIT as asked: each was opened, carried a byte there and
 * back, and was closed by the server.
 */
import type { Server } from 'node:net';
import { createNet, Stack } from '../../lib/index';
import { listening, type NetLike } from './bulk-transfer';
import { ProcessCost } from './process-cost';

const AT_ONCE = 50;
/** Half of the ephemeral ports, so that the search for a free one stays short. */
const PER_ADDRESS = 8192;
/** Longer than the benchmark takes. */
const MSL_MS = 3_600_000;
const ROOM = 1_200_000;

export class Crowd {
  readonly #stack = new Stack({ tcp: { mslMs: MSL_MS }, limits: { connections: ROOM } });
  readonly #net = createNet(this.#stack) as NetLike;
  readonly #server: Server;
  #port = 0;
  #opened = 0;

  constructor() {
    this.#server = this.#net.createServer((socket) => {
      socket.on('data', (chunk: Buffer) => socket.end(chunk));
      socket.on('error', () => socket.destroy());
    });
  }

  /** Opens and closes until as many wait. */
  async growTo(waiting: number): Promise<void> {
    if (this.#port === 0) this.#port = await listening(this.#server, '0.0.0.0');
    await this.#openAndClose(waiting - this.#opened);
  }

  /** CPU time of opening and closing, both ends, in microseconds a connection. */
  async microsecondsEach(connections: number): Promise<number> {
    const cost = new ProcessCost();
    await this.#openAndClose(connections);
    return cost.cpuMicroseconds / connections;
  }

  get megabytes(): number {
    return process.memoryUsage().rss / 1e6;
  }

  close(): void {
    this.#server.close();
    this.#stack.close();
  }

  #openAndClose(connections: number): Promise<void> {
    if (connections <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let begun = 0;
      let over = 0;
      const next = (): void => {
        if (begun === connections) return;
        begun++;
        const socket = this.#net.connect(this.#port, addressOf(this.#opened++));
        socket.write('x');
        socket.resume();
        socket.once('error', reject);
        socket.once('close', () => {
          if (++over === connections) resolve();
          else next();
        });
      };
      for (let i = 0; i < AT_ONCE; i++) next();
    });
  }
}

/** Each address of 127.0.0.0/8 has ports enough for some thousand. */
function addressOf(connection: number): string {
  const which = Math.floor(connection / PER_ADDRESS);
  return `127.0.${which >> 7}.${1 + (which & 127)}`;
}
