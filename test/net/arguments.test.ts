/** Wrong calls throw what `node:net` throws for the same call: name, code and message. */
import * as nodeNet from 'node:net';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { FakeStack } from './fake-stack';

// The calls are wrong on purpose, so nothing of them is typed.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Net = any;

const VALUES: unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  65_536,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 40,
  '',
  ' ',
  '0x10',
  '80',
  "it's",
  'a string that is longer than twenty-eight characters',
  Symbol('s'),
  10n,
  [],
  {},
  Object.create(null),
  new Date(0),
  function named() {},
  () => {},
];

const OPTIONS = [
  'port',
  'localAddress',
  'localPort',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'signal',
  'keepAliveInitialDelay',
  'objectMode',
  'readableObjectMode',
  'writableObjectMode',
];

/** Calls with one wrong value each. What they make is destroyed, whatever they throw. */
const CALLS: [string, (net: Net, value: unknown) => unknown][] = [
  ...OPTIONS.map((name): [string, (net: Net, value: unknown) => unknown] => [
    `connect({ ${name} })`,
    (net, value) => net.connect({ host: '127.0.0.1', port: 1, [name]: value }),
  ]),
  ['connect(port)', (net, value) => connectUnlessPath(net, value)],
  [
    'connect({ lookup })',
    (net, value) => {
      if (value === undefined || value === null || typeof value === 'function') return null;
      return net.connect({ host: 'name.test', port: 1, family: 4, lookup: value || 1 });
    },
  ],
  ['new Socket().connect(port)', (net, value) => connectUnlessPath(new net.Socket(), value)],
  [
    'new Socket({ keepAliveInitialDelay })',
    (net, value) => new net.Socket({ keepAliveInitialDelay: value }),
  ],
  ['setTimeout(value)', (net, value) => new net.Socket().setTimeout(value)],
  ['setTimeout(0, value)', (net, value) => new net.Socket().setTimeout(0, value)],
  ['setTimeout(9, value)', (net, value) => destroyed(new net.Socket(), 'setTimeout', 9, value)],
  ['write(value)', (net, value) => destroyed(swallow(new net.Socket()), 'write', value)],
  ['write(text, value)', (net, value) => destroyed(swallow(new net.Socket()), 'write', 'x', value)],
  ['createServer(value)', (net, value) => net.createServer(value)],
  ...['keepAliveInitialDelay', 'highWaterMark'].map(
    (name): [string, (net: Net, value: unknown) => unknown] => [
      `createServer({ ${name} })`,
      (net, value) => net.createServer({ [name]: value }),
    ],
  ),
  ['listen(value)', (net, value) => listenUnlessPath(net, value)],
  ['listen({ port })', (net, value) => listen(net, { port: value, host: '127.0.0.1' })],
  ['listen({ path })', (net, value) => listenUnlessPath(net, { path: value })],
  ['listen({ signal })', (net, value) => listen(net, { port: 0, signal: value })],
  ['setDefaultAutoSelectFamily', (net, value) => restoreAfter(net, 'AutoSelectFamily', value)],
  [
    'setDefaultAutoSelectFamilyAttemptTimeout',
    (net, value) => restoreAfter(net, 'AutoSelectFamilyAttemptTimeout', value),
  ],
];

function connectUnlessPath(target: Net, value: unknown): unknown {
  const isPath = typeof value === 'string' && !(Number(value) >= 0);
  return isPath ? null : target.connect(value, '127.0.0.1');
}

function listenUnlessPath(net: Net, value: unknown): unknown {
  const path = (value as { path?: unknown } | null | undefined)?.path ?? value;
  const isPath = typeof path === 'string' && !(Number(path) >= 0);
  return isPath ? null : listen(net, value);
}

function listen(net: Net, value: unknown): unknown {
  const server = net.createServer();
  server.on('error', () => {});
  try {
    server.listen(value);
  } finally {
    server.close();
  }
  return null;
}

function swallow(socket: Net): Net {
  return socket.on('error', () => {});
}

function destroyed(socket: Net, method: string, ...args: unknown[]): unknown {
  try {
    return socket[method](...args);
  } finally {
    socket.destroy();
  }
}

function restoreAfter(net: Net, name: string, value: unknown): unknown {
  const before = net[`getDefault${name}`]();
  net[`setDefault${name}`](value);
  const after = net[`getDefault${name}`]();
  net[`setDefault${name}`](before);
  return after;
}

/** What a call throws, or what it gives if that is no object. */
function outcome(call: (net: Net, value: unknown) => unknown, net: Net, value: unknown): unknown {
  let result: unknown;
  try {
    result = call(net, value);
  } catch (error) {
    const { name, code, message, host, port } = error as Error & Record<string, unknown>;
    return { name, code, message, host, port, text: String(error) };
  }
  if (typeof result !== 'object' || result === null) return result;
  const socket = result as nodeNet.Socket;
  if (typeof socket.destroy === 'function') socket.on('error', () => {}).destroy();
  return 'an object';
}

const ours = createNet(new FakeStack());
process.removeAllListeners('warning'); // both modules warn of timeouts that are too long

for (const [name, call] of CALLS) {
  t.test(name, async (t) => {
    for (const value of VALUES) {
      const expected = outcome(call, nodeNet, value);
      t.strictSame(outcome(call, ours, value), expected, shown(value));
    }
  });
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? typeof value : String(value);
}

t.test('calls without arguments, and calls at the wrong time', async (t) => {
  const calls: ((net: Net) => unknown)[] = [
    (net) => net.connect(),
    (net) => net.connect({}),
    (net) => net.connect({ host: '127.0.0.1' }),
    (net) => net.connect(() => {}),
    (net) => new net.Socket().connect({}),
    (net) => new net.Socket().connect(undefined, '127.0.0.1'),
    (net) => net.createServer().listen({}),
    (net) => net.createServer().listen({ host: '127.0.0.1' }),
    (net) => {
      const server = net.createServer().listen(0);
      try {
        server.listen(0);
      } finally {
        server.close();
      }
    },
    (net) => net.Socket.call({}),
    (net) => net.Server.call({}),
  ];
  for (const call of calls) {
    const expected = outcome(call, nodeNet, undefined);
    t.strictSame(outcome(call, ours, undefined), expected, String(call));
  }
});
