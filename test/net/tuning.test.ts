/** The TCP beneath a socket, tuned: options before there is a connection, methods when there is one. */
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { PacketLink } from '../../lib/link/packet-link';
import type { Net, NetConnectOptions, ServerOptions, Socket, TcpOptions } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { IpAddress } from '../../lib/wire/ip-address';
import type { ConnectionHandler, ConnectRequest } from '../../types/stack';
import { buildIcmpError } from '../support/icmp-packet';
import { type FakeConnection, FakeStack } from './fake-stack';
import { event, stop } from './scenarios';

type Loose = Record<string, (...args: unknown[]) => unknown>;

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const NO_NUMBERS: readonly [unknown, string][] = [
  ['1', TYPE],
  [null, TYPE],
  [{}, TYPE],
  [1n, TYPE],
  [Number.NaN, RANGE],
  [-1, RANGE],
];

/** [option, method, what goes wrong with which value] */
const NONSENSE: readonly [keyof TcpOptions, string, readonly [unknown, string][]][] = [
  ['userTimeout', 'setUserTimeout', [...NO_NUMBERS, [1.5, RANGE], [2 ** 31, RANGE]]],
  [
    'linger',
    'setLinger',
    [...NO_NUMBERS, [true, VALUE], [65_536, RANGE], [Number.POSITIVE_INFINITY, RANGE]],
  ],
  ['typeOfService', 'setTypeOfService', [...NO_NUMBERS, [256, RANGE], [0.5, RANGE], [true, TYPE]]],
  ['typeOfService', 'setTrafficClass', [...NO_NUMBERS, [256, RANGE], [undefined, TYPE]]],
  ['hopLimit', 'setHopLimit', [...NO_NUMBERS, [0, RANGE], [256, RANGE], [64.5, RANGE]]],
  [
    'quickAck',
    'setQuickAck',
    [
      [1, TYPE],
      ['yes', TYPE],
      [null, TYPE],
    ],
  ],
  ['keepAliveInterval', '', [...NO_NUMBERS, [0, RANGE], [0.5, RANGE], [2 ** 31, RANGE]]],
  ['keepAliveCount', '', [...NO_NUMBERS, [0, RANGE], [128, RANGE]]],
  ['sendBufferSize', '', [...NO_NUMBERS, [2047, RANGE], [2 ** 30 + 1, RANGE], [4096.5, RANGE]]],
  ['receiveBufferSize', '', [...NO_NUMBERS, [2047, RANGE], [2 ** 30 + 1, RANGE]]],
  [
    'congestionControl',
    'setCongestionControl',
    [
      [1, TYPE],
      [null, TYPE],
      ['vegas', VALUE],
      ['', VALUE],
    ],
  ],
  [
    'pacing',
    'setPacing',
    [
      [1, TYPE],
      ['yes', TYPE],
    ],
  ],
  [
    'ecn',
    '',
    [
      [true, TYPE],
      ['on', VALUE],
      [null, TYPE],
      ['', VALUE],
    ],
  ],
];

const stack = new FakeStack();
const net = createNet(stack);

for (const [option, method, values] of NONSENSE) {
  t.test(`nonsense as ${option}${method && ` and for ${method}`} is refused`, async (t) => {
    for (const [value, code] of values) {
      const shown = String(value);
      const options = { port: 1, host: '127.0.0.1', [option]: value } as NetConnectOptions &
        ServerOptions;
      const named = new RegExp(`"options\\.${option}"|'options\\.${option}'`);
      if (value !== undefined) {
        t.throws(() => new net.Socket(options), { code, message: named }, `Socket: ${shown}`);
        t.throws(() => net.connect(options), { code, message: named }, `connect: ${shown}`);
        t.throws(() => net.createServer(options), { code, message: named }, `Server: ${shown}`);
        const socket = new net.Socket();
        t.throws(() => socket.connect(options), { code }, `socket.connect: ${shown}`);
        t.notOk(socket.connecting, 'nothing was begun');
      }
      if (method === '') continue;
      const socket = new net.Socket() as unknown as Loose;
      t.throws(() => socket[method](value), { code }, `${method}: ${shown}`);
    }
  });
}

t.test('nonsense as buffer sizes and keep-alive is refused', async (t) => {
  const socket = new net.Socket() as unknown as Loose;
  const sizes: [unknown, string][] = [
    [undefined, TYPE],
    [null, TYPE],
    [4096, TYPE],
    [{ send: '4096' }, TYPE],
    [{ receive: 1 }, RANGE],
    [{ send: 2 ** 31 }, RANGE],
  ];
  for (const [value, code] of sizes) t.throws(() => socket.setBufferSizes(value), { code });
  for (const [value, code] of [...NO_NUMBERS, [0, RANGE]] as const) {
    if (value === null) continue; // nothing said, as in Node
    t.throws(() => socket.setKeepAlive(true, 1000, value), { code }, `interval ${String(value)}`);
    t.throws(
      () => socket.setKeepAlive(true, 1000, 1000, value),
      { code },
      `count ${String(value)}`,
    );
  }
});

t.test('each returns the socket, and is remembered until there is a connection', async (t) => {
  const taken: ConnectRequest[] = [];
  const one = new FakeStack();
  const connect = one.connect.bind(one);
  one.connect = (request: ConnectRequest, handler: ConnectionHandler) => {
    taken.push(request);
    return connect(request, handler);
  };
  const { Socket } = createNet(one);
  const socket = new Socket({ ecn: 'request', sendBufferSize: 4096 });
  t.equal(socket.getTypeOfService(), 0);
  const chained = socket
    .setUserTimeout(5000)
    .setLinger(2)
    .setTypeOfService(0xbb)
    .setHopLimit(9)
    .setQuickAck(true)
    .setBufferSizes({ receive: 8192 })
    .setCongestionControl('bbr')
    .setPacing(true)
    .setKeepAlive({ enable: true, initialDelay: 3000, interval: 500, count: 4 });
  t.equal(chained, socket);
  t.equal(socket.getTypeOfService(), 0xb8, 'the bits of ECN are not the program’s');
  socket.on('error', () => {});
  socket.connect({ port: 1, host: '127.0.0.1', keepAliveCount: 5 });
  await event(socket, 'close');
  t.strictSame(taken[0].tuning, {
    sendBufferBytes: 4096,
    sendBufferMaxBytes: 4096,
    userTimeoutMs: 5000,
    lingerMs: 2000,
    trafficClass: 0xb8,
    quickAckSegments: 2 ** 31 - 1,
    receiveBufferBytes: 8192,
    receiveBufferMaxBytes: 8192,
    congestionControl: 'bbr',
    pacing: true,
    keepAliveIntervalMs: 500,
    keepAliveProbes: 5,
  });
  t.equal(taken[0].ecn, 'request');
  t.equal(taken[0].hopLimit, 9);
});

t.test(
  '[MUST-24] [MUST-27] keep-alive is switched and timed while a connection lives',
  async (t) => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await event(server, 'listening');
    const options = { host: '127.0.0.1', keepAlive: true, keepAliveInitialDelay: 2000 };
    const socket = net.connect({ port: (server.address() as AddressInfo).port, ...options });
    const accepted = (await event(server, 'connection')) as Socket;
    const connection = connectionOf(socket);
    if (socket.connecting) await event(socket, 'connect');
    t.same(connection.keepAlive, [true, 2000]);
    socket.setKeepAlive(false);
    t.same(connection.keepAlive, [false, 0]);
    socket.setKeepAlive(true, 7999);
    t.same(connection.keepAlive, [true, 7000], 'whole seconds count');
    t.match(
      connection.tunings,
      { keepAliveIntervalMs: 1000, keepAliveProbes: 10 },
      'as libuv does',
    );
    socket.setKeepAlive(true, 7000, 250, 3);
    t.match(connection.tunings, { keepAliveIntervalMs: 250, keepAliveProbes: 3 });
    socket.destroy();
    accepted.destroy();
    await stop(server);
  },
);

function connectionOf(socket: Socket): FakeConnection {
  return (socket as unknown as { _handle: { connection: FakeConnection } })._handle.connection;
}

// What follows runs on the real stack.

t.test('options of a server hold for what it accepts', async (t) => {
  const real = new Stack();
  t.teardown(() => real.close());
  const { createServer, connect } = createNet(real);
  const options = { sendBufferSize: 8192, receiveBufferSize: 4096, typeOfService: 32 };
  const server = createServer(options).listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepting = event(server, 'connection');
  const client = connect({ port, host: '127.0.0.1', sendBufferSize: 16_384 });
  const accepted = (await accepting) as Socket;
  t.match(accepted.tcpInfo(), { sndbuf: 8192, rcvbuf: 4096 });
  t.equal(accepted.getTypeOfService(), 32);
  t.equal(client.tcpInfo()?.sndbuf, 16_384);
  client.setBufferSizes({ send: 4096, receive: 5000 });
  t.match(client.tcpInfo(), { sndbuf: 4096, rcvbuf: 5000 });
  client.destroy();
  await event(accepted.resume(), 'close');
  await stop(server);
});

/** `net` over a link of which the test sees each packet; nobody answers. */
function watched(t: { teardown(fn: () => void): void }): {
  net: Net;
  link: PacketLink;
  sent: Buffer[];
} {
  const sent: Buffer[] = [];
  const send = (packet: Uint8Array): number => sent.push(Buffer.from(packet));
  const link = new PacketLink({ addresses: '10.0.0.1', send });
  const own = new Stack({ links: [link], tcp: { initialRtoMs: 20, minRtoMs: 20 } });
  t.teardown(() => own.close());
  return { net: createNet(own), link, sent };
}

const TTL = 8;
const TOS = 1;

async function firstPacket(sent: Buffer[]): Promise<Buffer> {
  while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return sent[0];
}

async function nextPacket(sent: Buffer[]): Promise<Buffer> {
  sent.length = 0;
  return firstPacket(sent);
}

t.test('[MUST-48] [MUST-49] [SHLD-21] a program chooses TTL and DSCP, also later', async (t) => {
  const { net, sent } = watched(t);
  const usual = net.connect(80, '10.0.0.2');
  const first = await firstPacket(sent);
  t.equal(first[TTL], 64);
  t.equal(first[TOS], 0);
  usual.destroy();
  sent.length = 0;
  const client = net.connect({ port: 80, host: '10.0.0.2', hopLimit: 5, typeOfService: 0x28 });
  const chosen = await firstPacket(sent);
  t.equal(chosen[TTL], 5);
  t.equal(chosen[TOS], 0x28);
  client.setHopLimit(200).setTypeOfService(0xb8);
  const later = await nextPacket(sent);
  t.equal(later[TTL], 200, 'on the SYN repeated');
  t.equal(later[TOS], 0xb8);
  t.equal(client.getTypeOfService(), 0xb8);
  client.destroy();
});

t.test('[MUST-21] the user timeout ends an opening that nobody answers', async (t) => {
  const { net } = watched(t);
  const client = net.connect({ port: 80, host: '10.0.0.2', userTimeout: 30 });
  t.match(await event(client, 'error'), { code: 'ETIMEDOUT', syscall: 'connect', port: 80 });
  const patient = net.connect({ port: 80, host: '10.0.0.2', userTimeout: 30 });
  patient.setUserTimeout(Number.POSITIVE_INFINITY);
  let ended = false;
  patient.on('close', () => {
    ended = true;
  });
  const other = net.connect({ port: 80, host: '10.0.0.2', userTimeout: 120 });
  await event(other, 'error');
  t.notOk(ended, 'with an infinite one it goes on');
  patient.destroy();
});

const HOST_UNREACHABLE = 1;
const UNREACHABLE = 3;

t.test('[MUST-47] [SHLD-25] soft errors are reported to who listens', async (t) => {
  const sent: Buffer[] = [];
  const send = (packet: Uint8Array): number => sent.push(Buffer.from(packet));
  const link = new PacketLink({ addresses: '10.0.0.1', send });
  const own = new Stack({ links: [link], tcp: { softErrorsEndOpening: false } });
  t.teardown(() => own.close());
  const source = IpAddress.parse('10.0.0.254')!;
  const report = (cause: Buffer): void => {
    link.receive(buildIcmpError({ source, type: UNREACHABLE, code: HOST_UNREACHABLE, cause }));
  };
  const client = createNet(own).connect(80, '10.0.0.2');
  const failure = new Promise((resolve) => client.once('softError', resolve));
  report(await firstPacket(sent));
  t.match(await failure, {
    code: 'EHOSTUNREACH',
    syscall: 'connect',
    address: '10.0.0.2',
    port: 80,
    message: 'connect EHOSTUNREACH 10.0.0.2:80',
  });
  t.ok(client.connecting, 'and nothing ends by them');
  client.destroy();
});

t.test('[SHLD-20] [SHLD-9] without a listener there are no reports of trouble', async (t) => {
  const { net } = watched(t);
  const loud = net.connect({ port: 80, host: '10.0.0.2' });
  const quiet = net.connect({ port: 80, host: '10.0.0.2' });
  const listener = (): void => {
    t.fail('taken back');
  };
  quiet.on('softError', listener).off('softError', listener);
  const names: unknown[] = [];
  const emit = quiet.emit.bind(quiet);
  quiet.emit = ((name: string, ...args: unknown[]) => {
    names.push(name);
    return emit(name, ...args);
  }) as typeof quiet.emit;
  const error = await new Promise((resolve) => loud.once('softError', resolve));
  t.match(error, { code: 'ETIMEDOUT', message: 'connect ETIMEDOUT 10.0.0.2:80' });
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(names.includes('softError'));
  loud.destroy();
  quiet.destroy();
});

t.test(
  '[MUST-32] [MUST-33] urgent data is announced before it is read, and how far it goes',
  async (t) => {
    const real = new Stack();
    t.teardown(() => real.close());
    const { createServer, connect } = createNet(real);
    const server = createServer().listen(0, '127.0.0.1');
    await event(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const accepted = (await event(server, 'connection')) as Socket;
    t.equal(accepted.urgentBytes, 0);
    const heard: string[] = [];
    accepted.on('urgent', () => heard.push(`urgent ${accepted.urgentBytes}`));
    accepted.on('data', (chunk) => heard.push(`data ${chunk} ${accepted.urgentBytes}`));
    client.sendUrgent('help');
    await event(accepted, 'data');
    t.strictSame(heard, ['urgent 4', 'data help 0']);
    client.destroy();
    await event(accepted, 'close');
    t.equal(accepted.urgentBytes, 0);
    await stop(server);
  },
);

t.test('linger 0 makes destroy a reset', async (t) => {
  const real = new Stack();
  t.teardown(() => real.close());
  const { createServer, connect } = createNet(real);
  const server = createServer().listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const linger of [0, false] as const) {
    const accepting = event(server, 'connection');
    const client = connect({ port, host: '127.0.0.1', linger });
    const accepted = ((await accepting) as Socket).resume();
    let failure: unknown = null;
    accepted.on('error', (error) => {
      failure = (error as NodeJS.ErrnoException).code;
    });
    if (client.connecting) await event(client, 'connect');
    client.destroy();
    await event(accepted, 'close');
    t.equal(failure, linger === 0 ? 'ECONNRESET' : null);
  }
  await stop(server);
});

t.test('inside the process a send buffer grows only where that was asked for', async (t) => {
  const MIB = 1024 * 1024;
  for (const [tcp, most] of [
    [{}, 524_288],
    [{ sendBufferMaxBytes: 2 * MIB }, 2 * MIB],
  ] as const) {
    const stack = new Stack({ tcp });
    t.teardown(() => stack.close());
    const inside = createNet(stack) as Net;
    const server = inside.createServer((socket: Socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await event(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = inside.connect(port, '127.0.0.1');
    const chunk = Buffer.alloc(65_536);
    for (let sent = 0; sent < 64 * MIB; sent += chunk.length) {
      if (!client.write(chunk)) await event(client, 'drain');
    }
    t.equal(client.tcpInfo()?.sndbuf, most);
    client.end();
    await event(client, 'close');
  }
});
