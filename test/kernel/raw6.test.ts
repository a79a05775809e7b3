/** IPv6 over the raw link and the kernel's TCP on ::1: both families of one listener, mishaps. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import * as nodeNet from 'node:net';
import type { Test } from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import type { NetLike } from '../net/scenarios';
import { Program, run } from './support/program';
import { kernelTest } from './support/requirements';
import { listSockets } from './support/rig';
import { until, within } from './support/within';

const MIB = 1024 * 1024;
const BOUND_MS = 20_000;
const kernel = nodeNet as unknown as NetLike;

/** A stack on the raw link; afterwards nothing of it is left. */
async function onRaw(t: Test, body: (net: NetLike, stack: Stack) => Promise<void>): Promise<void> {
  const before = listSockets();
  const memory = packetMemory.allocated;
  const link = new RawLink();
  const stack = new Stack({ links: [link], tcp: { mslMs: 5 } });
  try {
    await body(createNet(stack) as unknown as NetLike, stack);
    await until(BOUND_MS, 'end of all', () => stack.stats().heldPorts === 0);
    const { tcpBadChecksum, ipBadHeader, ipBadExtension, tcpBadHeader } = stack.stats();
    t.same([tcpBadChecksum, ipBadHeader, ipBadExtension, tcpBadHeader], [0, 0, 0, 0]);
    t.equal(link.counters.droppedRefused, 0);
  } finally {
    stack.close();
  }
  const findNew = (): string[] => listSockets().filter((one) => !before.includes(one));
  await until(BOUND_MS, 'descriptors', () => findNew().length === 0).catch(() => {});
  t.same(findNew(), [], 'the descriptors are back to before');
  t.equal(packetMemory.allocated, memory, 'no packet memory is held');
}

async function listening(server: Server, options: ListenOptions): Promise<number> {
  server.listen({ port: 0, ...options });
  await within(BOUND_MS, 'listening', once(server, 'listening'));
  return (server.address() as AddressInfo).port;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The server gets `words` and answers with them. */
async function echo(serving: NetLike, calling: NetLike, where: ListenOptions, host: string) {
  const server = serving.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const port = await listening(server, where);
  const words = randomBytes(8 * MIB);
  const socket = calling.connect({ port, host, allowHalfOpen: true } as never);
  socket.end(words);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  await within(BOUND_MS, 'end', once(socket, 'end'));
  server.close();
  await within(BOUND_MS, 'close', once(server, 'close'));
  return [digest(Buffer.concat(pieces)), digest(words)];
}

kernelTest('8 MiB there and back with equal hashes, both calling', ['raw'], (t) =>
  onRaw(t, async (net) => {
    for (const [serving, calling, name] of [
      [net, kernel, 'the kernel calls'],
      [kernel, net, 'usernet calls'],
    ] as const) {
      const [back, sent] = await echo(serving, calling, { host: '::1' }, '::1');
      t.equal(back, sent, name);
    }
  }),
);

kernelTest('a listener of both families hears the kernel in both', ['raw'], (t) =>
  onRaw(t, async (net) => {
    for (const host of ['::1', '127.0.0.1']) {
      const [back, sent] = await echo(net, kernel, {}, host);
      t.equal(back, sent, host);
    }
  }),
);

async function codeOf(emitter: Server | Socket): Promise<string> {
  const [error] = await within(BOUND_MS, 'error', once(emitter, 'error'));
  return (error as NodeJS.ErrnoException).code!;
}

/** [where ours listens, where the kernel's then wants to, what it hears] */
const CLAIMS: [ListenOptions, ListenOptions, string | null][] = [
  [{}, { host: '::' }, 'EADDRINUSE'],
  [{}, { host: '0.0.0.0' }, 'EADDRINUSE'],
  [{}, { host: '127.0.0.1' }, 'EADDRINUSE'],
  [{}, { host: '::1' }, 'EADDRINUSE'],
  [{ host: '::', ipv6Only: true }, { host: '127.0.0.1' }, null],
  [{ host: '::', ipv6Only: true }, { host: '::1' }, 'EADDRINUSE'],
  [{ host: '::1' }, { host: '::1' }, 'EADDRINUSE'],
  [{ host: '::1' }, { host: '127.0.0.1' }, null],
  [{ host: '::1' }, { host: '::' }, 'EADDRINUSE'],
  [{ host: '::1' }, { host: '0.0.0.0' }, null],
];

/** @returns what the second hears, who wants the port that the first was given; null: he has it */
async function claimBoth(
  first: NetLike,
  one: ListenOptions,
  second: NetLike,
  other: ListenOptions,
): Promise<string | null> {
  const [here, there] = [first.createServer(), second.createServer()];
  const port = await listening(here, one);
  there.listen({ ...other, port });
  const said = await new Promise<string | null>((resolve) => {
    there.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
    there.once('listening', () => resolve(null));
  });
  here.close();
  if (said === null) there.close();
  return said;
}

kernelTest('who has the port, and who must not, whoever comes first', ['raw'], (t) =>
  onRaw(t, async (net) => {
    for (const [one, other, code] of CLAIMS) {
      for (const [first, second, who] of [
        [net, kernel, 'ours first'],
        [kernel, net, 'the kernel first'],
      ] as const) {
        let said = await claimBoth(first, one, second, other);
        // The port that the first was given may be somebody else's where the second wants it.
        for (let i = 0; i < 5 && code === null && said !== null; i++) {
          said = await claimBoth(first, one, second, other);
        }
        t.equal(said, code, `${who}: ${JSON.stringify(one)}, then ${JSON.stringify(other)}`);
      }
    }
  }),
);

kernelTest('refused and reset, both calling', ['raw'], (t) =>
  onRaw(t, async (net) => {
    for (const [serving, calling] of [
      [net, kernel],
      [kernel, net],
    ] as const) {
      const server = serving.createServer();
      server.once('connection', (socket) => setImmediate(() => socket.resetAndDestroy()));
      const port = await listening(server, { host: '::1' });
      const client = calling.connect({ port, host: '::1' });
      client.resume();
      t.equal(await codeOf(client), 'ECONNRESET');
      const heard = new Promise((resolve) => {
        server.once('connection', (socket) => resolve(codeOf(socket.resume())));
      });
      const second = calling.connect({ port, host: '::1' });
      await within(BOUND_MS, 'connect', once(second, 'connect'));
      second.resetAndDestroy();
      t.equal(await heard, 'ECONNRESET');
      server.close();
      await once(server, 'close');
      t.equal(await codeOf(calling.connect({ port, host: '::1' })), 'ECONNREFUSED');
    }
  }),
);

kernelTest('nc -6 calls, and is called', ['raw', 'nc'], (t) =>
  onRaw(t, async (net) => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const port = await listening(server, {});
    const words = randomBytes(MIB);
    const called = await run('nc', ['-6', '-N', '::1', String(port)], words);
    t.equal(called.status, 0, called.errors);
    t.equal(digest(called.output), digest(words));
    server.close();
    const nc = new Program('nc', ['-6', '-lvN', '::1', '0']).feed('');
    t.teardown(() => nc.kill());
    const [, listens] = await nc.announced(/Listening on \S+ (\d+)/);
    net
      .connect({ port: Number(listens), host: '::1' })
      .resume()
      .end(words);
    const { status, output } = await nc.finished();
    t.equal(status, 0);
    t.equal(digest(output), digest(words));
  }),
);

kernelTest('curl -6 gets a page', ['raw', 'curl'], (t) =>
  onRaw(t, async (net) => {
    const page = randomBytes(MIB);
    const web = http.createServer((_request, response) => response.end(page));
    const server = net.createServer((socket) => void web.emit('connection', socket));
    const port = await listening(server, { host: '::1' });
    const got = await run('curl', ['-6', '-sSg', `http://[::1]:${port}/`]);
    t.equal(got.status, 0, got.errors);
    t.equal(digest(got.output), digest(page));
    server.close();
    web.close();
  }),
);
