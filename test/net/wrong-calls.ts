/** Calls with arguments that are wrong, or odd, or right: made from a seed, for any `net`. */
import { inspect } from 'node:util';
import type { SeededRandom } from '../../lib/support/random';

type Net = Record<string, unknown>;
type Method = (...args: unknown[]) => unknown;

export interface Call {
  member: string;
  args: unknown[];
  /** What the member is called on. */
  make(): unknown;
  run(target: unknown): unknown;
  /** Undoes what outlives the call. */
  after(): void;
}

const named = function named(): void {};

const VALUES: readonly unknown[] = [
  ...[undefined, null, true, false, 0, -0, -1, 1, 1.5, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 53],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -Number.POSITIVE_INFINITY, 10n],
  ...['', ' ', '0', '0x10', '80', '-1', '1.5', "it's", 'utf8', 'hex', 'no-such-encoding'],
  'a string that is longer than twenty-eight characters',
  ...[Symbol('s'), [], [1], {}, Object.create(null), new Date(0), /x/, new Map()],
  ...[named, () => {}, Buffer.from('bytes'), new Uint8Array(3), new ArrayBuffer(2)],
];

/** Options of each function that takes some, apart from `host`, `path`, `fd` and `handle`. */
const SOCKET = ['allowHalfOpen', 'readable', 'writable', 'onread', 'noDelay', 'keepAlive'].concat([
  ...['keepAliveInitialDelay', 'objectMode', 'readableObjectMode', 'highWaterMark'],
]);
const CONNECT = ['port', 'localPort', 'family', 'hints', 'lookup', 'timeout'].concat([
  ...['autoSelectFamily', 'autoSelectFamilyAttemptTimeout', 'localAddress'],
]);
const LISTEN = ['port', 'backlog', 'exclusive', 'signal', 'readableAll', 'writableAll'];
const SERVER = ['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive'].concat([
  ...['keepAliveInitialDelay', 'highWaterMark'],
]);

type Kind = 'net' | 'socket' | 'connecting' | 'destroyed' | 'server' | 'listening';
type Arguments = (random: SeededRandom, kind?: Kind) => unknown[];

const any = (random: SeededRandom): unknown => VALUES[random.below(VALUES.length)];
const some =
  (most: number): Arguments =>
  (random) =>
    Array.from({ length: random.below(most + 1) }, () => any(random));

/** A few options, most of them wrong. */
function options(names: readonly string[], fixed: object): (random: SeededRandom) => object {
  return (random) => {
    const made: Record<string, unknown> = { ...fixed };
    const count = 1 + random.below(3);
    for (let i = 0; i < count; i++) made[names[random.below(names.length)]] = any(random);
    return made;
  };
}

/** A name would be looked up, a path connected to: nothing that could be one. */
function safe(values: unknown[]): unknown[] {
  const isName = (value: unknown): boolean => typeof value === 'string' && !(Number(value) >= 0);
  return values.map((value) => (isName(value) ? '0' : value));
}

const connectArguments: Arguments = (random, kind) => {
  // A kernel's socket that connects already may still be bound once more, ours may not.
  const names = CONNECT.filter((name) => kind !== 'connecting' || !name.startsWith('local'));
  const made = options([...names, ...SOCKET], { host: '127.0.0.1', port: 1 });
  if (random.chance(0.6)) return [made(random), ...some(1)(random)];
  const [port, ...rest] = safe(some(3)(random));
  return random.chance(0.5) ? [port, '127.0.0.1', ...rest] : [portOnly(port), '127.0.0.1'];
};
const portOnly = (value: unknown): unknown => (typeof value === 'object' ? 1 : value);

const listenArguments: Arguments = (random) => {
  const made = options(LISTEN, { host: '127.0.0.1', port: 0 })(random) as { backlog?: unknown };
  // Node stumbles over some others when it has looked up the host, and nobody can catch it.
  if (typeof made.backlog !== 'number') made.backlog = 1;
  if (random.chance(0.6)) return [made, ...safe(some(1)(random))];
  return [random.chance(0.5) ? any(random) : made, '127.0.0.1'].map((value) => safe([value])[0]);
};

/** Ours takes an object of options on every Node, Node itself since 24. */
function keepAliveArguments(random: SeededRandom): unknown[] {
  return some(2)(random).map((value) => (typeof value === 'object' ? true : value));
}

/** [called on, member, its arguments] */
const MEMBERS: readonly (readonly [readonly Kind[], string, Arguments])[] = [
  [['net'], 'connect', connectArguments],
  [['net'], 'createConnection', connectArguments],
  [['net'], 'createServer', (random) => [oneOf(random, options(SERVER, {})), ...some(1)(random)]],
  [['net'], 'Socket', (random) => [oneOf(random, options(SOCKET, {}))]],
  [['net'], 'Server', (random) => [oneOf(random, options(SERVER, {})), ...some(1)(random)]],
  [['net'], 'isIP', some(1)],
  [['net'], 'isIPv4', some(1)],
  [['net'], 'isIPv6', some(1)],
  [['net'], 'setDefaultAutoSelectFamily', some(1)],
  [['net'], 'setDefaultAutoSelectFamilyAttemptTimeout', some(1)],
  [['socket', 'connecting', 'destroyed'], 'connect', connectArguments],
  [['socket', 'connecting', 'destroyed'], 'setTimeout', some(2)],
  [['socket', 'connecting', 'destroyed'], 'setKeepAlive', keepAliveArguments],
  [['socket', 'connecting', 'destroyed'], 'setNoDelay', some(1)],
  [['socket', 'connecting', 'destroyed'], 'write', some(3)],
  [['socket', 'connecting', 'destroyed'], 'end', some(3)],
  [['socket', 'connecting', 'destroyed'], 'read', some(1)],
  [['socket', 'connecting', 'destroyed'], 'setEncoding', some(1)],
  [['socket', 'connecting', 'destroyed'], 'setDefaultEncoding', some(1)],
  [['socket', 'connecting', 'destroyed'], 'address', some(1)],
  [['socket', 'connecting', 'destroyed'], 'resetAndDestroy', some(1)],
  [['socket', 'connecting', 'destroyed'], 'destroySoon', some(1)],
  [['socket', 'connecting', 'destroyed'], 'ref', some(1)],
  [['socket', 'connecting', 'destroyed'], 'unref', some(1)],
  [['server', 'listening'], 'listen', listenArguments],
  [['server', 'listening'], 'close', some(1)],
  [['server', 'listening'], 'address', some(1)],
  [['server', 'listening'], 'getConnections', (random) => [random.chance(0.5) ? named : 5]],
  [['server', 'listening'], 'ref', some(1)],
  [['server', 'listening'], 'unref', some(1)],
];

function oneOf(random: SeededRandom, make: (random: SeededRandom) => object): unknown {
  const value = any(random);
  if (random.chance(0.7)) return make(random);
  // A number would be a descriptor, and these have one.
  return typeof value === 'number' ? 'five' : value;
}

export function callFrom(random: SeededRandom, net: Net): Call {
  const [kinds, member, make] = MEMBERS[random.below(MEMBERS.length)];
  const kind = kinds[random.below(kinds.length)];
  const args = make(random, kind);
  const getter = member.replace(/^set(Default)/, 'get$1');
  const before = kind === 'net' && getter !== member ? (net[getter] as Method)() : undefined;
  return {
    member: `${kind}.${member}`,
    args,
    make: () => targetOf(kind, net),
    run: (target) => (target as Record<string, Method>)[member](...args),
    after: () => before !== undefined && (net[member] as Method)(before),
  };
}

export function describeCall({ member, args }: Call): string {
  return `${member}(${args.map((value) => inspect(value, { depth: 1 })).join(', ')})`;
}

function targetOf(kind: Kind, net: Net): unknown {
  const create = net as unknown as typeof import('node:net');
  if (kind === 'net') return net;
  if (kind === 'server') return create.createServer();
  if (kind === 'listening') return create.createServer().listen(0, '127.0.0.1');
  const socket = new create.Socket();
  if (kind === 'connecting') return socket.connect(1, '127.0.0.1');
  return kind === 'destroyed' ? socket.destroy() : socket;
}
