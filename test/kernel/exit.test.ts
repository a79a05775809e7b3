/** Programs on usernet end by themselves, and in order: no RST, no descriptor, no timer in the way. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { compiled } from '../support/compiled';
import { Capture } from './support/capture';
import { WORDS } from './support/one-shot';
import { Program } from './support/program';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';
import { within } from './support/within';

const SCRIPT = join(__dirname, 'support', 'one-shot.ts');
/** Longest from the end of the connection to the end of the process; TIME-WAIT would be 60,000 ms. */
const LEAVE_MS = 5000;
/** A program takes its time to begin, on a busy machine. */
const BOUND_MS = 25_000;

/** `first` and `last` as seen from the program on usernet. */
type Manner = 'first' | 'last';

for (const link of ['raw', 'raw-socket'] as const) {
  kernelTest(`a server over ${link} ends with its only connection`, [link], async (t) => {
    const capture = watch(t);
    await Promise.all([serveAndLeave(t, link, 'first'), serveAndLeave(t, link, 'last')]);
    t.same(capture.strangeResets(), []);
  });

  kernelTest(`a client over ${link} ends with its only connection`, [link], async (t) => {
    const capture = watch(t);
    await Promise.all([callAndLeave(t, link, 'first'), callAndLeave(t, link, 'last')]);
    t.same(capture.strangeResets(), []);
  });

  kernelTest(`a peer hears of process.exit over ${link}`, [link], async (t) => {
    const capture = watch(t);
    const program = start(t, link, 'serve', HOST, 'exit');
    const [, port] = await program.announced(/port (\d+)/);
    const socket = nodeNet.connect(Number(port), HOST);
    socket.write('leave');
    const [error] = await within(BOUND_MS, 'a reset', once(socket, 'error'));
    t.equal(error.code, 'ECONNRESET');
    t.equal((await program.finished()).status, 0);
    t.equal(capture.resets().length, 1);
  });
}

async function serveAndLeave(t: Test, link: string, manner: Manner): Promise<void> {
  const program = start(t, link, 'serve', HOST, manner);
  const [, port] = await program.announced(/port (\d+)/);
  const socket = nodeNet.connect({ port: Number(port), host: HOST, allowHalfOpen: true });
  await converse(t, socket, manner);
  await left(t, program, manner);
}

async function callAndLeave(t: Test, link: string, manner: Manner): Promise<void> {
  const server = nodeNet.createServer({ allowHalfOpen: true }).listen(0, HOST);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const program = start(t, link, 'call', HOST, String(port), manner);
  const [socket] = await within(BOUND_MS, 'connection', once(server, 'connection'));
  server.close();
  await converse(t, socket, manner);
  await left(t, program, manner);
}

/** The kernel's end of it. */
async function converse(t: Test, socket: Socket, theirs: Manner): Promise<void> {
  let heard = 0;
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.length;
  });
  if (theirs === 'last') socket.end(WORDS);
  else socket.on('end', () => socket.end(WORDS));
  const [hadError] = await within(BOUND_MS, 'close', once(socket, 'close'));
  t.equal(hadError, false, `${theirs}: a clean close`);
  t.equal(heard, WORDS.length, `${theirs}: everything was heard`);
}

async function left(t: Test, program: Program, manner: Manner): Promise<void> {
  const { status, signal, output, errors } = await within(LEAVE_MS, 'exit', program.finished());
  t.same({ status, signal, errors }, { status: 0, signal: null, errors: '' }, `${manner}: it ends`);
  t.match(String(output), `heard ${WORDS.length} bytes`);
}

function start(t: Test, link: string, ...args: string[]): Program {
  const program = new Program(process.execPath, [compiled(SCRIPT), ...args], {
    USERNET_LINK: link,
  });
  t.teardown(() => program.kill());
  return program;
}

function watch(t: Test): Capture {
  const capture = new Capture(HOST);
  t.teardown(() => capture.close());
  return capture;
}
