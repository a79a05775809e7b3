/**
 * Does cost grow with work only? Throughput by number of connections and by window. Both ends in
 * one process; every ratio is to the first row.
 */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createNet, Stack } from '../lib/index';
import type { NetLike } from './support/bulk-transfer';
import { ProcessCost } from './support/process-cost';
import { printHeading, printRow, type Spread, samplesOf, spreadOf } from './support/report';

const SAMPLES = samplesOf(5);
const DURATION_MS = 400;
const CHUNK = Buffer.alloc(65_536, 0x61);
const CONNECTIONS = [1, 10, 100, 1000, 10_000];
const WINDOWS = [64, 256, 1024, 4096, 16_384, 65_536];

async function throughput(stack: Stack, connections: number): Promise<number> {
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
  await new Promise((resolve) => setTimeout(resolve, DURATION_MS / 2));
  const before = bytes;
  const cost = new ProcessCost();
  await new Promise((resolve) => setTimeout(resolve, DURATION_MS));
  const gbits = ((bytes - before) * 8) / cost.seconds / 1e9;
  for (const client of clients) client.destroy();
  server.close();
  return gbits;
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

async function sampled(run: () => Promise<number>): Promise<Spread> {
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) samples.push(await run());
  return spreadOf(samples);
}

async function byConnections(): Promise<void> {
  let first: Spread | null = null;
  for (const connections of CONNECTIONS) {
    const spread = await sampled(async () => {
      const stack = new Stack({});
      try {
        return await throughput(stack, connections);
      } finally {
        stack.close();
      }
    });
    first ??= spread;
    printRow(`${connections} connections`, spread, `Gbit/s  ${ratio(spread, first)}`);
  }
}

async function byWindow(): Promise<void> {
  let first: Spread | null = null;
  for (const kibibytes of WINDOWS) {
    const bytes = kibibytes * 1024;
    const spread = await sampled(async () => {
      const tcp = {
        sendBufferBytes: bytes,
        sendBufferMaxBytes: bytes,
        receiveBufferBytes: bytes,
        receiveBufferMaxBytes: bytes,
      };
      const stack = new Stack({ tcp });
      try {
        return await throughput(stack, 1);
      } finally {
        stack.close();
      }
    });
    first ??= spread;
    printRow(`buffers of ${kibibytes} KiB`, spread, `Gbit/s  ${ratio(spread, first)}`);
  }
}

function ratio(spread: Spread, first: Spread): string {
  return `${(spread.median / first.median).toFixed(2)}×`;
}

async function main(): Promise<void> {
  printHeading('scaling: throughput by connections and by window, both ends in one process');
  await byConnections();
  await byWindow();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
