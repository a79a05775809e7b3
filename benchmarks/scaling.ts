/**
 * Does cost grow with work only? Throughput and CPU by number of connections and by window; opening
 * and closing beside as many connections in TIME-WAIT. Both ends in one process; every ratio is to
 * the first row of its kind. `scaling.js connections`, `windows` or `time-waits` runs one kind.
 */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createNet, Stack } from '../lib/index';
import type { TcpConfig } from '../types/tcp';
import type { NetLike } from './support/bulk-transfer';
import { ProcessCost } from './support/process-cost';
import { printHeading, printRow, type Spread, samplesOf, spreadOf } from './support/report';
import { Crowd } from './support/time-wait-crowd';

const SAMPLES = samplesOf(5);
const WARM_UP_MS = 200;
const DURATION_MS = 400;
/** A turn of all takes longer the more there are; at first they fill their buffers. */
const WARM_UP_EACH_MS = 0.1;
const DURATION_EACH_MS = 0.05;
const CHUNK = Buffer.alloc(65_536, 0x61);
const CONNECTIONS = [1, 10, 100, 1000, 10_000];
const WINDOWS = [64, 256, 1024, 4096, 16_384, 65_536];
const TIME_WAITS = [1, 1000, 10_000, 100_000, 1_000_000];
/** Connections opened and closed a sample. */
const TIMED = 2000;

interface Transfer {
  gbits: number;
  /** CPU seconds a 10^9 bytes. */
  cpu: number;
}

async function throughput(stack: Stack, connections: number): Promise<Transfer> {
  const net = createNet(stack) as NetLike;
  let bytes = 0;
  const server = net.createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 16_384, resolve));
  const clients: Socket[] = [];
  for (let i = 0; i < connections; i++) clients.push(await connected(net, server));
  for (const client of clients) pour(client, connections);
  await wait(WARM_UP_MS + connections * WARM_UP_EACH_MS);
  const before = bytes;
  const cost = new ProcessCost();
  await wait(DURATION_MS + connections * DURATION_EACH_MS);
  const moved = (bytes - before) / 1e9;
  const result = { gbits: (moved * 8) / cost.seconds, cpu: cost.cpuMicroseconds / 1e6 / moved };
  for (const client of clients) client.destroy();
  server.close();
  return result;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Many connections write little at a time, so that what is measured is not the buffers' size. */
function pour(socket: Socket, connections: number): void {
  const chunk = connections > 100 ? CHUNK.subarray(0, 16_384) : CHUNK;
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  socket.on('error', () => socket.destroy());
  write();
}

async function connected(net: NetLike, server: Server): Promise<Socket> {
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** A row a figure, over samples that each have a stack of their own. */
async function printTransfers(
  name: string,
  connections: number,
  tcp: Partial<TcpConfig>,
  first: Spread | null,
): Promise<Spread> {
  const samples: Transfer[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const stack = new Stack({ tcp });
    try {
      samples.push(await throughput(stack, connections));
    } finally {
      stack.close();
    }
  }
  const spread = spreadOf(samples.map(({ gbits }) => gbits));
  printRow(name, spread, `Gbit/s  ${ratio(spread, first ?? spread)}`);
  const cpu = spreadOf(samples.map((sample) => sample.cpu));
  printRow(`${name}, CPU`, cpu, 'CPU-s/GB', 3);
  return first ?? spread;
}

async function byConnections(): Promise<void> {
  let first: Spread | null = null;
  for (const connections of CONNECTIONS) {
    first = await printTransfers(`${connections} connections`, connections, {}, first);
  }
}

async function byWindow(): Promise<void> {
  let first: Spread | null = null;
  for (const kibibytes of WINDOWS) {
    const bytes = kibibytes * 1024;
    const tcp = {
      sendBufferBytes: bytes,
      sendBufferMaxBytes: bytes,
      receiveBufferBytes: bytes,
      receiveBufferMaxBytes: bytes,
    };
    first = await printTransfers(`buffers of ${kibibytes} KiB`, 1, tcp, first);
  }
}

/** The same stack all along: the connections that were measured are the next row's TIME-WAITs. */
async function byTimeWaits(): Promise<void> {
  const crowd = new Crowd();
  let first: Spread | null = null;
  for (const waiting of TIME_WAITS) {
    await crowd.growTo(waiting);
    const samples: number[] = [];
    for (let i = 0; i < SAMPLES; i++) samples.push(await crowd.microsecondsEach(TIMED));
    const spread = spreadOf(samples);
    first ??= spread;
    const name = `beside ${waiting} in TIME-WAIT`;
    printRow(name, spread, `µs of CPU a connection  ${ratio(spread, first)}`, 1);
  }
  console.log(`resident memory, TIME-WAITs and all: ${crowd.megabytes.toFixed(0)} MB`);
  crowd.close();
}

function ratio(spread: Spread, first: Spread): string {
  return `${(spread.median / first.median).toFixed(2)}×`;
}

const KINDS: Readonly<Record<string, () => Promise<void>>> = {
  connections: byConnections,
  windows: byWindow,
  'time-waits': byTimeWaits,
};

async function main(kinds: readonly string[]): Promise<void> {
  printHeading('scaling: throughput by connections and by window, setup beside TIME-WAITs');
  for (const kind of kinds.length > 0 ? kinds : Object.keys(KINDS)) {
    const run = KINDS[kind];
    if (run === undefined) {
      throw new RangeError(`no kind ${kind}; there are: ${Object.keys(KINDS).join(', ')}`);
    }
    await run();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
