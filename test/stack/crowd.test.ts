/** Many connections within the process that always have something to write. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { Net, Socket } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';

const WRITERS = 50;
const CHUNK = Buffer.alloc(16_384, 0x61);
/** What one connection may hold by default. */
const SEND_BUFFER_BYTES = 524_288;

interface Crowd {
  readonly stack: Stack;
  readonly net: Net;
  readonly port: number;
  readonly writers: Socket[];
  /** Read by the far ends, in all. */
  readonly total: () => number;
  /** Read of each, by its port. */
  readonly read: Map<number, number>;
}

/** All of them write whenever they may. The far ends echo what is no chunk's byte. */
async function crowd(t: Test): Promise<Crowd> {
  const stack = new Stack({ links: [] });
  const net = createNet(stack);
  const read = new Map<number, number>();
  let total = 0;
  const server = net.createServer((socket: Socket) => {
    const port = socket.remotePort!;
    socket.on('data', (chunk: Buffer) => {
      total += chunk.length;
      read.set(port, (read.get(port) ?? 0) + chunk.length);
      if (chunk[0] !== CHUNK[0]) socket.write(chunk);
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1', 512);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(() => stack.close());
  const writers: Socket[] = [];
  for (let i = 0; i < WRITERS; i++) writers.push(await connected(net, port));
  for (const writer of writers) pour(writer);
  return { stack, net, port, writers, read, total: () => total };
}

async function connected(net: Net, port: number): Promise<Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  return socket;
}

function pour(socket: Socket): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on('drain', write);
  write();
}

/** The event loop turns until so much has been read. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

function waiting(stack: Stack): number {
  return stack.connections().reduce((sum, { sendQueue }) => sum + sendQueue, 0);
}

t.test('each has its turn, and text waits only where it soon can leave', async (t) => {
  const { stack, read, total } = await crowd(t);
  await until(() => total() > 2 * WRITERS * SEND_BUFFER_BYTES);
  const before = new Map(read);
  const start = total();
  let most = 0;
  await until(() => {
    most = Math.max(most, waiting(stack));
    return total() > start + 8 * WRITERS * SEND_BUFFER_BYTES;
  });
  const gains = [...read].map(([port, bytes]) => bytes - (before.get(port) ?? 0));
  t.equal(gains.length, WRITERS);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / WRITERS;
  t.ok(Math.min(...gains) > mean / 2, `the least of ${mean} each was ${Math.min(...gains)}`);
  t.ok(Math.max(...gains) < mean * 2, `the most was ${Math.max(...gains)}`);
  const all = WRITERS * SEND_BUFFER_BYTES;
  t.ok(most < all / 4, `${most} bytes waited at most, of ${all} that there is room for`);
});

t.test('a message from outside the crowd is not kept waiting', async (t) => {
  const { net, port, total } = await crowd(t);
  const guest = await connected(net, port);
  await until(() => total() > 2 * WRITERS * SEND_BUFFER_BYTES);
  for (let i = 0; i < 10; i++) {
    const before = total();
    guest.write('hello');
    const [answer] = (await once(guest, 'data')) as [Buffer];
    t.equal(answer.toString(), 'hello');
    const meanwhile = total() - before;
    t.ok(meanwhile < 2 * WRITERS * SEND_BUFFER_BYTES, `${meanwhile} bytes were read meanwhile`);
  }
});

t.test('who asks for nothing more lets the others go on', async (t) => {
  const { writers, read, total } = await crowd(t);
  await until(() => total() > 2 * WRITERS * SEND_BUFFER_BYTES);
  const [last, ...others] = writers;
  for (const socket of others) socket.removeAllListeners('drain');
  const readOf = (socket: Socket): number => read.get(socket.localPort!)!;
  await until(() => others.every((socket) => readOf(socket) === socket.bytesWritten));
  const start = total();
  const before = readOf(last);
  await until(() => readOf(last) > before + 20 * SEND_BUFFER_BYTES);
  t.equal(total() - start, readOf(last) - before, 'the others have nothing left to send');
});
