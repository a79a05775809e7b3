/**
 * A process with the kernel's TCP to measure against: prints the ports of a sink, which reads all
 * it gets, and of a source, which sends as fast as it can. Ends with its standard input. Its first
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
  const ports = { sink: await listening(sink, host), source: await listening(source, host) };
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
