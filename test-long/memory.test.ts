/**
 * More text at once than packet memory holds: every connection of one process has its share, and
 * what carries the text away is never out of room for good.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import { createNet, Stack } from '../lib/index';
import { packetMemory } from '../lib/support/memory';

const CONNECTIONS = 6000;
/** As much as a socket takes at once: together 3 GB, where there are 2. */
const BYTES = 524_288;

t.test('6,000 connections send half a mebibyte each at once', { timeout: 120_000 }, async (t) => {
  const stack = new Stack({});
  const net = createNet(stack) as unknown as typeof import('node:net');
  let received = 0;
  const server = net.createServer((socket: Socket) => {
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.on('end', () => socket.end());
  });
  await once(server.listen(0, '127.0.0.1', CONNECTIONS), 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    sockets.push(socket);
  }
  const chunk = Buffer.alloc(BYTES, 0x61);
  let most = 0;
  for (const socket of sockets) {
    socket.end(chunk);
    most = Math.max(most, packetMemory.textBytes);
  }
  t.ok(most > 2 ** 29, `${most} bytes waited at once`);
  await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  t.equal(received, CONNECTIONS * BYTES);
  server.close();
  stack.close();
});
