/**
 * A process with the kernel's TCP to measure against: prints the ports of a sink, which reads all
 * it gets, of a source, which sends as fast as it can, of an echo, and of one that sends back the
 * first it gets and closes. Ends with its standard input. Its first
 * argument is the address to listen on, 127.0.0.1 unless given.
 */
import { createServer, type Socket } from 'node:net';
import { listening } from './bulk-transfer';

async function main(host = '127.0.0.1'): Promise<void> {
  const sink = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
  const source = createServer(pour);
  const echo = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  const once = createServer((socket) => {
    socket.on('data', (chunk) => socket.end(chunk));
    socket.on('error', () => socket.destroy());
  });
  const ports = {
    sink: await listening(sink, host),
    source: await listening(source, host),
    echo: await listening(echo, host),
    once: await listening(once, host),
  };
  process.stdout.write(`${JSON.stringify(ports)}\n`);
  process.stdin.on('end', () => process.exit()).resume();
}

function pour(socket: Socket): void {
  const chunk = Buffer.alloc(65_536, 0x61);
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  socket.on('error', () => socket.destroy());
  write();
}

main(process.argv[2]);
