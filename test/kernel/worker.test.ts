/** Worker threads, each with a stack and raw sockets of its own; also when they are terminated. */
import { readdirSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Test } from 'tap';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';
import { within } from './support/within';

/** As a user has it: built. */
const USERNET = JSON.stringify(join(__dirname, '..', '..', 'dist', 'lib', 'index.js'));
const BOUND_MS = 20_000;

const ECHO = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require(${USERNET}).createServer((socket) => {
    socket.on('error', () => {}).pipe(socket);
  });
  server.listen(workerData.port, '${HOST}', () => parentPort.postMessage(server.address().port));
  parentPort.once('message', () => server.close(() => parentPort.close()));`;

const CLIENT = `
  const { parentPort, workerData } = require('node:worker_threads');
  const socket = require(${USERNET}).connect(workerData.port, '${HOST}');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  socket.on('close', () => parentPort.postMessage(text));
  socket.end('from thread to thread '.repeat(5000));`;

kernelTest(
  'two worker threads speak with each other, each by its own stack',
  ['raw'],
  async (t) => {
    const [server, port] = await start(t, ECHO, 0);
    const [client, text] = await start(t, CLIENT, port as number);
    t.equal((text as string).length, 'from thread to thread '.length * 5000);
    t.equal(await within(BOUND_MS, 'end of the client', ended(client)), 0);
    server.postMessage('leave');
    t.equal(await within(BOUND_MS, 'end of the server', ended(server)), 0);
  },
);

kernelTest(
  'a worker is terminated in the midst of traffic, and nothing is left',
  ['raw'],
  async (t) => {
    await (await start(t, ECHO, 0))[0].terminate(); // what is opened once is open now
    const before = descriptors();
    let port = 0;
    for (let i = 0; i < 3; i++) {
      // The same port each time: the one before must have let go of it.
      const [worker, found] = await start(t, ECHO, port);
      port = found as number;
      const sockets = Array.from({ length: 10 }, () => busySocket(port));
      await new Promise((resolve) => sockets[0].once('data', resolve));
      t.equal(await within(BOUND_MS, 'termination', worker.terminate()), 1);
      for (const socket of sockets) socket.destroy();
    }
    const server = nodeNet.createServer().listen(port, HOST);
    await within(BOUND_MS, 'the port', new Promise((resolve) => server.once('listening', resolve)));
    await new Promise((resolve) => server.close(resolve));
    t.equal(descriptors(), before, 'as many descriptors as before');
  },
);

/** @returns the worker, and the first thing that it says */
async function start(t: Test, code: string, port: number): Promise<[Worker, unknown]> {
  const worker = new Worker(code, { eval: true, workerData: { port }, execArgv: [] });
  t.teardown(() => worker.terminate());
  const said = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return [worker, await within(BOUND_MS, 'word from a worker', said)];
}

function ended(worker: Worker): Promise<number> {
  return new Promise((resolve) => worker.once('exit', resolve));
}

/** It never stops sending and reading. */
function busySocket(port: number): nodeNet.Socket {
  const socket = nodeNet.connect(port, HOST);
  socket.on('error', () => {});
  socket.on('data', () => socket.write(Buffer.alloc(20_000)));
  socket.write(Buffer.alloc(20_000));
  return socket;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
