/**
 * One connection, one way: as much as goes through in a time, over any module with `net`'s face.
 */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ProcessCost } from './process-cost';

/** What of `net` a benchmark needs; `node:net` and usernet both have it. */
export interface NetLike {
  createServer(listener: (socket: Socket) => void): Server;
  connect(port: number, host: string): Socket;
}

export interface BulkResult {
  /** Payload, 10^9 bits a second. */
  gbits: number;
  /** CPU time of this process, seconds a 10^9 bytes. */
  cpuSecondsPerGB: number;
}

/** Both ends in this process. */
export async function bulkInProcess(
  net: NetLike,
  writeBytes: number,
  durationMs: number,
): Promise<BulkResult> {
  const counter = { bytes: 0 };
  const server = net.createServer((socket) => countInto(socket, counter));
  const port = await listening(server);
  const client = net.connect(port, '127.0.0.1');
  await once(client, 'connect');
  const result = await measure(counter, durationMs, () => pour(client, writeBytes));
  client.destroy();
  server.close();
  await once(server, 'close');
  return result;
}

/** This process sends to a peer elsewhere that reads. */
export async function bulkOut(
  net: NetLike,
  port: number,
  writeBytes: number,
  durationMs: number,
  host = '127.0.0.1',
): Promise<BulkResult> {
  const client = net.connect(port, host);
  await once(client, 'connect');
  const counter = { bytes: 0 };
  const result = await measure(counter, durationMs, () =>
    pour(client, writeBytes, (taken) => {
      counter.bytes += taken;
    }),
  );
  client.destroy();
  await once(client, 'close');
  return result;
}

/** This process reads from a peer elsewhere that sends. */
export async function bulkIn(
  net: NetLike,
  port: number,
  durationMs: number,
  host = '127.0.0.1',
): Promise<BulkResult> {
  const client = net.connect(port, host);
  const counter = { bytes: 0 };
  countInto(client, counter);
  await once(client, 'connect');
  const result = await measure(counter, durationMs, () => undefined);
  client.destroy();
  await once(client, 'close');
  return result;
}

export function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function countInto(socket: Socket, counter: { bytes: number }): void {
  socket.on('data', (chunk: Buffer) => {
    counter.bytes += chunk.length;
  });
  socket.on('error', () => socket.destroy());
}

/**
 * Writes until told that it is enough for now, and goes on at 'drain'; for as long as the socket
 * lives.
 */
function pour(socket: Socket, writeBytes: number, onTaken?: (bytes: number) => void): void {
  const chunk = Buffer.alloc(writeBytes, 0x61);
  const taken = onTaken === undefined ? undefined : () => onTaken(writeBytes);
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk, taken));
  };
  socket.on('drain', write);
  socket.on('error', () => socket.destroy());
  write();
}

async function measure(
  counter: { bytes: number },
  durationMs: number,
  start: () => void,
): Promise<BulkResult> {
  start();
  await new Promise((resolve) => setTimeout(resolve, durationMs / 4)); // slow start, warming up
  const bytesBefore = counter.bytes;
  const cost = new ProcessCost();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const { seconds, cpuMicroseconds } = cost;
  const bytes = counter.bytes - bytesBefore;
  return {
    gbits: (bytes * 8) / seconds / 1e9,
    cpuSecondsPerGB: cpuMicroseconds / 1e6 / (bytes / 1e9),
  };
}
