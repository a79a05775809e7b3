/**
 * Within the process text is read from the sender's buffer. What becomes of that buffer meanwhile
 * (it grows, is given back, is another connection's by now) must not show.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { LoopbackLink } from '../../lib/link/loopback-link';
import type { Net, Socket } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { findForeignByte, patternBytes } from '../support/pattern';

/** What the far ends have read, by the seed that the first byte names. */
interface Readings {
  /** All that were accepted. */
  readonly sockets: Socket[];
  readonly bytes: number[];
  readonly foreign: string[];
}

/** A server that checks each stream against the pattern of its number, which comes first. */
async function readingServer(t: Test, net: Net): Promise<Readings & { port: number }> {
  const readings: Readings = { sockets: [], bytes: [], foreign: [] };
  const server = net.createServer((socket: Socket) => {
    let seed = -1;
    let position = 0;
    readings.sockets.push(socket);
    socket.on('data', (chunk: Buffer) => {
      if (seed < 0) seed = chunk[0];
      const text = position === 0 ? chunk.subarray(1) : chunk;
      const foreign = findForeignByte(text, Math.max(position - 1, 0), seed);
      if (foreign >= 0) readings.foreign.push(`${seed}: at ${position + foreign}`);
      position += chunk.length;
      readings.bytes[seed] = position;
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { ...readings, port: (server.address() as AddressInfo).port };
}

async function connected(net: Net, port: number): Promise<Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  return socket;
}

function message(seed: number, length: number): Buffer {
  return Buffer.concat([Buffer.of(seed), patternBytes(0, length - 1, seed)]);
}

/** Counts the packets whose text was left where it is. */
function countInPlace(t: Test): { count: number } {
  const counted = { count: 0 };
  const { commitInPlace } = LoopbackLink.prototype;
  LoopbackLink.prototype.commitInPlace = function (...packet) {
    counted.count++;
    commitInPlace.apply(this, packet);
  };
  t.teardown(() => {
    LoopbackLink.prototype.commitInPlace = commitInPlace;
  });
  return counted;
}

t.test('a reset gives the buffer back, and another connection writes there', async (t) => {
  const stack = new Stack({ links: [] });
  const net = createNet(stack);
  const counted = countInPlace(t);
  const server = await readingServer(t, net);
  const clients: Socket[] = [];
  for (let i = 0; i < 20; i++) clients.push(await connected(net, server.port));
  for (const [i, client] of clients.entries()) {
    client.write(message(i, 30_000));
    if (i % 2 === 0) client.resetAndDestroy();
  }
  for (const client of clients) if (!client.destroyed) client.end();
  await allClosed(server.sockets);
  t.same(server.foreign, []);
  for (let i = 0; i < 20; i++) t.equal(server.bytes[i], 30_000, `all of ${i} came`);
  t.ok(counted.count > 0, `${counted.count} packets in place`);
  stack.close();
});

t.test('buffers grow, drain and go at random', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 100_000);
  const random = new SeededRandom(seed);
  const stack = new Stack({ links: [] });
  const net = createNet(stack);
  const counted = countInPlace(t);
  const server = await readingServer(t, net);
  const clients = await Promise.all(Array.from({ length: 40 }, () => connected(net, server.port)));
  await Promise.all(clients.map((client, i) => play(client, i, random)));
  await allClosed(server.sockets);
  t.same(server.foreign, [], `SEED=${seed}`);
  t.ok(counted.count > 100, `${counted.count} packets in place`);
  stack.close();
  t.equal(packetMemory.textBytes, 0, 'and all memory was given back');
});

async function allClosed(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.closed || closing(socket)));
}

/** Writes pieces of its stream, with pauses, until it ends or breaks off. */
async function play(client: Socket, seed: number, random: SeededRandom): Promise<void> {
  const stream = message(seed, 300_000 + random.below(700_000));
  for (let at = 0; at < stream.length && !client.destroyed; ) {
    const length = random.chance(0.5) ? 1 + random.below(3000) : 1 + random.below(150_000);
    client.write(stream.subarray(at, at + length));
    at += length;
    if (random.chance(0.02)) client.resetAndDestroy();
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
    if (random.chance(0.1) && client.writableNeedDrain) await Promise.race(endings(client));
  }
  if (client.destroyed) return;
  client.resume();
  await closing(client.end());
}

function endings(client: Socket): Promise<unknown>[] {
  return [once(client, 'drain'), closing(client)];
}

/** Unlike `once`, content with an error before. */
function closing(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}
