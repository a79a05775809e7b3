/**
 * A whole program on usernet in a place of its own: asks the kernel's server at HOST for words, by
 * the default stack, and says what it heard. Its server is the kernel's, in the same process.
 *
 * Arguments: HOST, and what to do then: `end`, or `exit` in the middle of the connection.
 */
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import * as net from '../../../lib/index';

const WORDS = Buffer.alloc(1_000_000, 'what a kernel says ');
const [host, manner] = process.argv.slice(2);

const server = nodeNet.createServer((socket) => {
  socket.on('error', (error) => process.stdout.write(`the kernel heard ${error.message}\n`));
  if (manner === 'end') socket.end(WORDS);
});

try {
  net.defaultStack();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stdout.write(`${code}: ${message}\n`);
  process.exit();
}
server.listen(0, host, () => {
  const { port } = server.address() as AddressInfo;
  const socket = net.connect({ port, host });
  let heard = 0;
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.length;
  });
  socket.on('error', (error) => process.stdout.write(`${error.message}\n`));
  socket.on('close', () => {
    process.stdout.write(`heard ${heard} of ${WORDS.length} bytes\n`);
    server.close();
  });
  socket.on('connect', () => {
    if (manner === 'exit') process.emit('exit', 0);
  });
});
