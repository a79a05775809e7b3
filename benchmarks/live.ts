/**
 * Ten thousand connections in one process, each echoing 64 bytes once a second: how late is an
 * answer, is one ever missing, does memory stay flat? `node dist/benchmarks/live.js 600` runs for
 * ten minutes; ten seconds unless told.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createNet, Stack } from '../lib/index';
import type { NetLike } from './support/bulk-transfer';
import { printHeading } from './support/report';

const CONNECTIONS = 10_000;
const MESSAGE_BYTES = 64;
const PERIOD_MS = 1000;
/** Messages are spread over the second in as many portions. */
const PORTIONS = 100;

class Echoes {
  sent = 0;
  received = 0;
  readonly latencies: number[] = [];
  readonly #sentAt: Float64Array;
  readonly #missing: Int32Array;

  constructor(connections: number) {
    this.#sentAt = new Float64Array(connections);
    this.#missing = new Int32Array(connections);
  }

  send(index: number, socket: Socket, message: Buffer): void {
    if (this.#missing[index] > 0) return; // the last answer is still under way: counted as late
    this.#missing[index] = MESSAGE_BYTES;
    this.#sentAt[index] = performance.now();
    this.sent++;
    socket.write(message);
  }

  receive(index: number, bytes: number): void {
    this.#missing[index] -= bytes;
    if (this.#missing[index] > 0) return;
    this.received++;
    this.latencies.push(performance.now() - this.#sentAt[index]);
  }
}

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 10);
  printHeading(`live: ${CONNECTIONS} connections, 64 bytes a second each, ${seconds} s`);
  const stack = new Stack({});
  const net = createNet(stack) as NetLike;
  const echoes = new Echoes(CONNECTIONS);
  const sockets = await openAll(net, echoes);
  const message = Buffer.alloc(MESSAGE_BYTES, 0x61);
  const heap: number[] = [];
  let portion = 0;
  const timer = setInterval(() => {
    for (let i = portion; i < sockets.length; i += PORTIONS) echoes.send(i, sockets[i], message);
    portion = (portion + 1) % PORTIONS;
    if (portion === 0) heap.push(process.memoryUsage().rss);
  }, PERIOD_MS / PORTIONS);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(timer);
  await new Promise((resolve) => setTimeout(resolve, 200));
  report(echoes, heap);
  for (const socket of sockets) socket.destroy();
  stack.close();
}

async function openAll(net: NetLike, echoes: Echoes): Promise<Socket[]> {
  const server = net.createServer((socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('data', (chunk: Buffer) => echoes.receive(i, chunk.length));
    sockets.push(socket);
  }
  return sockets;
}

function report(echoes: Echoes, rss: readonly number[]): void {
  const sorted = Float64Array.from(echoes.latencies).sort();
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(3);
  console.log(`echoes: ${echoes.sent} sent, ${echoes.sent - echoes.received} missing`);
  console.log(`latency, ms: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, max ${at(1)}`);
  const half = rss[rss.length >> 1] / 1e6;
  const last = rss[rss.length - 1] / 1e6;
  console.log(`resident memory, MB: ${half.toFixed(0)} half way, ${last.toFixed(0)} at the end`);
  if (echoes.sent !== echoes.received) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
