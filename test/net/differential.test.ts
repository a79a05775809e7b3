/**
 * The same random programs on `node:net` and on ours: both leave the same trace.
 *
 * Here a hundred of them; `npm run test:differential` runs a thousand. `USERNET_SEED=n` runs that one
 * alone.
 */
import type { Server, ServerOpts, Socket } from 'node:net';
import t from 'tap';
import { compareSeed } from './differential/compare';
import type { NetLike } from './scenarios';

const FEW = 100;
const MOST_SHOWN = 3;

const asked = process.env.USERNET_SEED;
const count = Number(process.env.USERNET_PROGRAMS ?? FEW);
const seeds = asked === undefined ? Array.from({ length: count }, (_, i) => i) : [Number(asked)];

t.test(`${seeds.length} random programs leave the same trace`, { timeout: 600_000 }, async (t) => {
  let parted = 0;
  for (const seed of seeds) {
    const difference = await compareSeed(seed);
    if (difference === null) continue;
    t.comment(difference);
    t.fail(`repeat it: USERNET_SEED=${seed} npm run test:differential`);
    if (++parted === MOST_SHOWN) break;
  }
  t.equal(parted, 0);
});

/** Modules that are wrong in one thing each, and how many programs it takes to notice. */
const WRONG: readonly (readonly [string, (net: NetLike) => NetLike])[] = [
  [
    'half-open where it is not asked for',
    (net) => ({
      ...net,
      createServer: ((options?: ServerOpts): Server =>
        net.createServer({ ...options, allowHalfOpen: !options?.allowHalfOpen })) as never,
    }),
  ],
  ['a method that returns nothing', (net) => withSockets(net, (socket) => swallow(socket, 'end'))],
  ['an event that does not come', (net) => withSockets(net, (socket) => mute(socket, 'finish'))],
  ['an event that comes twice', (net) => withSockets(net, (socket) => repeat(socket, 'ready'))],
];

for (const [name, spoil] of WRONG) {
  t.test(`${name} is noticed`, async (t) => {
    let noticed = 0;
    for (let seed = 0; seed < 15; seed++) {
      if ((await compareSeed(seed, spoil)) !== null) noticed++;
    }
    t.ok(noticed > 0, `by ${noticed} programs of 15`);
  });
}

function withSockets(net: NetLike, spoil: (socket: Socket) => void): NetLike {
  class Spoiled extends net.Socket {
    constructor(options?: object) {
      super(options);
      spoil(this);
    }
  }
  return { ...net, Socket: Spoiled };
}

function swallow(socket: Socket, method: 'end'): void {
  const original = socket[method].bind(socket) as (...args: unknown[]) => unknown;
  socket[method] = ((...args: unknown[]) => {
    original(...args);
  }) as never;
}

function mute(socket: Socket, name: string): void {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...args: unknown[]) =>
    event === name ? false : emit(event as string, ...args);
}

function repeat(socket: Socket, name: string): void {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event === name) emit(event as string, ...args);
    return emit(event as string, ...args);
  };
}
