/**
 * A whole program on usernet: one connection, and then nothing that keeps it alive. It never calls
 * `process.exit`, except where that is what it is to show.
 *
 * Arguments: `serve` HOST, or `call` HOST PORT; then what to do: `first` ends as soon as it can,
 * `last` when the other has, `exit` leaves the process in the middle.
 */
import type { AddressInfo } from 'node:net';
import * as net from '../../../lib/index';

export const WORDS = Buffer.alloc(300_000, 'what a program says ');

function converse(socket: net.Socket, manner: string): void {
  let heard = 0;
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.length;
    if (manner === 'exit') process.exit(0);
  });
  socket.on('end', () => {
    if (manner === 'last') socket.end(WORDS);
    process.stdout.write(`heard ${heard} bytes\n`);
  });
  if (manner === 'first') socket.end(WORDS);
}

const [role, host, ...rest] = process.argv.slice(2);
const manner = rest[rest.length - 1];
if (role === 'serve') {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    converse(socket as net.Socket, manner);
  });
  server.listen(0, host, () => {
    process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
  });
} else if (role === 'call') {
  converse(net.connect({ host, port: Number(rest[0]), allowHalfOpen: true }), manner);
}
