/**
 * One end of a flow over the kernel's TCP, in a process of its own that can stand in a namespace.
 *
 *     kernel-flow.js sink ADDRESS             prints its port, and at each line it reads, how many
 *                                             bytes have come
 *     kernel-flow.js send ADDRESS PORT NAME   sends as fast as it can under that congestion control
 *
 * Ends with its standard input.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { loadLibc } from '../../lib/link/libc';

const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;
const CHUNK = Buffer.alloc(65_536, 0x61);

function sink(address: string): void {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, address, () => console.log((server.address() as AddressInfo).port));
  process.stdin.on('data', () => console.log(bytes));
}

function send(address: string, port: number, control: string): void {
  const socket = connect(port, address, () => {
    choose(socket, control);
    const write = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('drain', write);
    write();
  });
  socket.on('error', () => socket.destroy());
}

/** Only the initial namespace may make every controller its default; a socket may have any. */
function choose(socket: Socket, control: string): void {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const name = Buffer.from(control);
  if (loadLibc().setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length) < 0) {
    console.error(`the kernel has no congestion control ${control}`);
    process.exit(1);
  }
}

const [role, address, port, control] = process.argv.slice(2);
process.stdin.on('end', () => process.exit()).resume();
if (role === 'sink') sink(address);
else send(address, Number(port), control);
