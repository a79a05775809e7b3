/**
 * `usernet demo`: the echo server on our TCP meets a real client, and the exchange is printed as it
 * happens.
 *
 * With CAP_NET_RAW the client is the Linux kernel's TCP, then usernet itself; without, both ends
 * are in this process, and it says so.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import { RawLink } from '../link/raw-link';
import { createNet } from '../net/create-net';
import { Stack } from '../stack/stack';
import { ExchangePrinter } from './exchange-printer';
import { kernelState } from './kernel-state';

const HOST = '127.0.0.1';
const PORT = 7007;

type ClientNet = Pick<typeof nodeNet, 'connect'>;

/** @param serve keep the echo server running afterwards, for the user to try */
export async function demo(print: (line: string) => void, serve: boolean): Promise<void> {
  const raw = RawLink.available();
  const stack = new Stack({ links: raw === true ? [new RawLink()] : [] });
  const net = createNet(stack);
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  const port = await listen(server, raw === true ? PORT : 0);
  print(`echo server on ${HOST}:${port}, on usernet: a TCP in this process, written in TypeScript`);
  if (raw === true) {
    print('\nThe client is the Linux kernel: node:net, over raw sockets on loopback.\n');
    await exchange(stack, nodeNet, port, 'hello from the kernel', print, kernelState);
    print('\nThe client is usernet too: the same server, inside this process.\n');
  } else {
    print(`\nWithout the right to raw sockets (${raw}) both ends are in this process.\n`);
  }
  await exchange(stack, net as ClientNet, port, 'hello from usernet', print);
  if (raw === true && serve) {
    print(`\nIt goes on serving. Try: nc ${HOST} ${port}   (Ctrl-C here ends it)`);
    return;
  }
  server.close();
  await once(server, 'close');
  stack.close();
  print('');
  if (raw === true) {
    print(`To try it yourself: node examples/echo-server.js ${PORT}, then nc ${HOST} ${PORT}`);
  } else {
    print('As root (or with CAP_NET_RAW) it would meet the kernel, and you could try it with nc:');
    print(`sudo node examples/echo-server.js ${PORT}, then nc ${HOST} ${PORT}`);
  }
}

/** The usual port, or any when somebody has that. */
async function listen(server: nodeNet.Server, port: number): Promise<number> {
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    server.listen(0, HOST);
    await once(server, 'listening');
  }
  return (server.address() as AddressInfo).port;
}

async function exchange(
  stack: Stack,
  net: ClientNet,
  port: number,
  text: string,
  print: (line: string) => void,
  stateOf?: typeof kernelState,
): Promise<void> {
  const state = stateOf && ((clientPort: number) => stateOf(clientPort, port));
  const printer = new ExchangePrinter({ serverPort: port, clientState: state, print });
  const listener = printer.handleSegment.bind(printer);
  stack.on('segment', listener);
  printer.heading();
  const socket = net.connect(port, HOST);
  socket.setEncoding('utf8');
  let echoed = '';
  socket.on('data', (chunk: string) => {
    echoed += chunk;
    if (echoed === text) socket.end();
  });
  socket.write(text);
  await once(socket, 'close');
  stack.off('segment', listener);
  if (echoed !== text) throw new Error(`sent '${text}', and '${echoed}' came back`);
  print(`the client read: ${echoed}`);
}
