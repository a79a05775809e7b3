/** ICMP errors: each type in each state, forged ones, and what becomes of every message. */
import t from 'tap';
import { INBOUND_FATES } from '../../lib/stack/counters';
import type { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import type { TcpState } from '../../types/tcp';
import { buildIcmpError, buildIpv4 } from '../support/icmp-packet';
import { packet } from './support/packet';
import { PEER, type Reached, reach, SYNCHRONIZED } from './support/reach';
import { address, setUp } from './support/setup';

const ROUTER = address('10.9.9.9');

/** [type, code, what the user hears, hard, name]: RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1 */
const ERRORS: readonly (readonly [number, number, string, boolean, string])[] = [
  [3, 0, 'ENETUNREACH', false, 'network unreachable'],
  [3, 1, 'EHOSTUNREACH', false, 'host unreachable'],
  [3, 2, 'ENOPROTOOPT', true, 'protocol unreachable'],
  [3, 3, 'ECONNREFUSED', true, 'port unreachable'],
  [3, 5, 'EHOSTUNREACH', false, 'source route failed'],
  [3, 6, 'ENETUNREACH', false, 'network unknown'],
  [3, 7, 'EHOSTUNREACH', false, 'host unknown'],
  [3, 8, 'EHOSTUNREACH', false, 'source host isolated'],
  [3, 9, 'ENETUNREACH', false, 'network prohibited'],
  [3, 10, 'EHOSTUNREACH', false, 'host prohibited'],
  [3, 11, 'ENETUNREACH', false, 'network unreachable for TOS'],
  [3, 12, 'EHOSTUNREACH', false, 'host unreachable for TOS'],
  [3, 13, 'EHOSTUNREACH', false, 'communication prohibited'],
  [3, 14, 'EHOSTUNREACH', false, 'host precedence violation'],
  [3, 15, 'EHOSTUNREACH', false, 'precedence cutoff'],
  [11, 0, 'EHOSTUNREACH', false, 'time to live exceeded'],
  [11, 1, 'EHOSTUNREACH', false, 'reassembly time exceeded'],
  [12, 0, 'EPROTO', false, 'parameter problem'],
];

/** States in which a connection has something that an error can be about. */
const ALIVE = SYNCHRONIZED.filter((state) => state !== 'TIME-WAIT');

function deliver(r: Reached, type: number, code: number, cause = r.last, mtu = 0): void {
  r.link.deliver([buildIcmpError({ source: ROUTER, type, code, mtu, cause })]);
  r.turn();
}

function stateOf(r: Reached): TcpState {
  const found = r.stack.connections().find(({ remotePort }) => remotePort === 80);
  return found?.state ?? 'CLOSED';
}

t.test('[MUST-54] [SHLD-26] an open that fails says why, as on Linux', async (t) => {
  for (const [type, code, error, , name] of ERRORS) {
    const r = reach('SYN-SENT');
    deliver(r, type, code);
    t.same(r.user!.heard, [error, 'close'], name);
    t.equal(stateOf(r), 'CLOSED');
    t.equal(r.stack.stats().icmpToConnection, 1);
  }
});

t.test('[MUST-56] soft errors leave an open alone where they may not end it', async (t) => {
  for (const [type, code, error, hard, name] of ERRORS) {
    const r = reach('SYN-SENT', { tcp: { softErrorsEndOpening: false } });
    deliver(r, type, code);
    t.same(r.user!.heard, hard ? [error, 'close'] : [`trouble ${error}`], name);
    t.equal(stateOf(r), hard ? 'CLOSED' : 'SYN-SENT');
    t.equal(r.user!.connection!.softError, hard ? null : error);
  }
});

t.test('[MUST-54] a passive open that fails is forgotten without a word', async (t) => {
  for (const softErrorsEndOpening of [true, false]) {
    for (const [type, code, , hard, name] of ERRORS) {
      const r = reach('SYN-RECEIVED', { tcp: { softErrorsEndOpening } });
      deliver(r, type, code);
      const dies = hard || softErrorsEndOpening;
      t.equal(stateOf(r), dies ? 'CLOSED' : 'SYN-RECEIVED', name);
      t.equal(r.stack.stats().abandoned, dies ? 1 : 0);
      t.equal(r.stack.stats().accepted, 0);
      t.same(r.link.take(), [], 'nothing is sent');
    }
  }
});

t.test('[MUST-47] [MUST-56] [SHLD-25] [A-15] errors are told of once synchronised', async (t) => {
  for (const state of ALIVE) {
    for (const [type, code, error, , name] of ERRORS) {
      const r = reach(state);
      deliver(r, type, code);
      t.same(r.user!.heard, [`trouble ${error}`], `${name} in ${state}`);
      t.equal(stateOf(r), state);
      t.equal(r.user!.connection!.softError, error);
    }
  }
});

t.test('[U-1] what was soft at first is why the connection ends', async (t) => {
  const r = reach('ESTABLISHED', { tcp: { userTimeoutMs: 3000 } });
  deliver(r, 3, 1);
  r.clock.advanceTo(60_000);
  t.same(r.user!.heard.at(0), 'trouble EHOSTUNREACH');
  t.same(r.user!.heard.slice(-2), ['EHOSTUNREACH', 'close']);
});

t.test('trouble is told before what can be read', async (t) => {
  const r = reach('ESTABLISHED');
  r.link.deliver([
    packet(PEER, r.local, `P. 101:111(10) ack ${r.iss + 1} win 1000`),
    buildIcmpError({ source: ROUTER, type: 3, code: 1, cause: r.last }),
  ]);
  r.turn();
  t.same(r.user!.heard, ['trouble EHOSTUNREACH', 'readable']);
});

t.test('[SHLD-20] a user who does not want to hear of trouble does not', async (t) => {
  const r = reach('ESTABLISHED');
  r.user!.handleTrouble = undefined as never;
  deliver(r, 3, 1);
  t.same(r.user!.heard, []);
  t.equal(r.user!.connection!.softError, 'EHOSTUNREACH', 'and can still ask');
});

t.test('a user who is gone hears nothing', async (t) => {
  const r = reach('ESTABLISHED');
  r.user!.connection!.release();
  r.turn();
  deliver(r, 3, 1, r.link.take().at(-1));
  t.same(r.user!.heard, []);
  t.equal(r.stack.stats().icmpToConnection, 1);
});

t.test('[A-15] [MUST-56] what is forged changes nothing in any state', async (t) => {
  for (const state of ['SYN-SENT', 'SYN-RECEIVED', ...SYNCHRONIZED] as const) {
    for (const [name, fate, twist] of FORGERIES) {
      const r = reach(state);
      const before = r.stack.stats();
      r.link.deliver([twist(r)]);
      r.turn();
      t.equal(stateOf(r), state, `${name} in ${state}`);
      t.same(moved(r.stack, before), { [fate]: 1 }, `${name} in ${state}: ${fate}`);
      if (r.user !== null) t.same(r.user.heard, []);
      t.same(r.link.take(), []);
    }
  }
});

/** [name, counter, the message]: a port unreachable that is not about what is outstanding. */
const FORGERIES: readonly (readonly [string, string, (r: Reached) => Buffer])[] = [
  ['sequence number before SND.UNA', 'icmpNotPlausible', (r) => unreachable(at(r, -1))],
  ['sequence number far before', 'icmpNotPlausible', (r) => unreachable(at(r, -100_000))],
  ['sequence number beyond SND.NXT', 'icmpNotPlausible', (r) => unreachable(at(r, 50))],
  ['sequence number far beyond', 'icmpNotPlausible', (r) => unreachable(at(r, 1 << 30))],
  ['another local port', 'icmpNoConnection', (r) => unreachable(put16(r.last, 20, 9))],
  ['another remote port', 'icmpNoConnection', (r) => unreachable(put16(r.last, 22, 81))],
  ['another remote address', 'icmpNoConnection', (r) => unreachable(put16(r.last, 18, 3))],
  ['another local address', 'icmpNotPlausible', (r) => misdirected(r)],
  ['from a multicast address', 'icmpNotPlausible', (r) => fromNobody(r)],
  ['about UDP', 'icmpIgnored', (r) => unreachable(put8(r.last, 9, 17))],
  ['source quench [MUST-55]', 'icmpSourceQuench', (r) => errorOf(r.last, 4, 0)],
  ['redirect', 'icmpIgnored', (r) => errorOf(r.last, 5, 1)],
  ['code 16 of unreachable', 'icmpIgnored', (r) => errorOf(r.last, 3, 16)],
  ['code 255 of unreachable', 'icmpIgnored', (r) => errorOf(r.last, 3, 255)],
];

t.test('nothing of a port unreachable counts in TIME-WAIT', async (t) => {
  const r = reach('TIME-WAIT');
  deliver(r, 3, 3);
  t.same(r.user!.heard, []);
  t.equal(stateOf(r), 'TIME-WAIT');
  t.equal(r.stack.stats().icmpNotPlausible, 1);
});

t.test('where there is no connection there is nothing to tell, listener or not', async (t) => {
  for (const listening of [false, true]) {
    const { link, stack, listen } = setUp();
    if (listening) listen({ address: address('0.0.0.0'), port: 80 });
    const cause = packet('10.0.0.1:80', '10.0.0.2:1234', 'S 1:1(0) win 1');
    link.deliver([buildIcmpError({ source: ROUTER, type: 3, code: 3, cause })]);
    t.equal(stack.stats().icmpNoConnection, 1);
    t.same(link.take(), []);
  }
});

t.test('100,000 random ICMP messages: no throw, each counted once, nothing dies', async (t) => {
  const seed = Number(process.env.SEED ?? 792);
  t.comment(`SEED=${seed} npx tap run test/stack/icmp-input.test.ts`);
  const random = new SeededRandom(seed);
  const r = reach('ESTABLISHED');
  const before = r.stack.stats();
  const total = 100_000;
  for (let i = 0; i < total; i++) {
    const cause = r.last.slice();
    for (let twists = random.below(3); twists > 0; twists--) {
      cause[random.below(28)] = random.below(256);
    }
    const [type, code] = [random.below(16), random.below(20)];
    const cut = random.chance(0.2) ? random.below(28) : 28;
    const message = buildIcmpError({
      source: ROUTER,
      destination: address('10.0.0.1'),
      type,
      code,
      mtu: random.chance(0.5) ? random.below(65_536) : 0,
      cause: cause.subarray(0, cut || 1),
    });
    if (random.chance(0.1)) message[20 + random.below(message.length - 20)] ^= 1;
    r.link.deliver([message]);
    r.link.sent.length = 0;
  }
  const fates = moved(r.stack, before);
  t.comment(fates);
  t.equal(
    Object.values(fates).reduce((sum, count) => sum + count, 0),
    total,
  );
  for (const fate of ['icmpToConnection', 'icmpNotPlausible', 'icmpNoConnection', 'icmpBad']) {
    t.ok(fates[fate] > 100, fate);
  }
  t.equal(stateOf(r), 'ESTABLISHED');
});

function errorOf(cause: Uint8Array, type: number, code: number): Buffer {
  return buildIcmpError({ source: ROUTER, type, code, cause });
}

function unreachable(cause: Uint8Array): Buffer {
  return errorOf(cause, 3, 3);
}

/** It has come to us, and quotes what we never sent. */
function misdirected(r: Reached): Buffer {
  const cause = put16(r.last, 14, 7);
  const parts = { source: ROUTER, destination: address('10.0.0.1'), type: 3, code: 3, cause };
  return buildIcmpError(parts);
}

function fromNobody(r: Reached): Buffer {
  const message = unreachable(r.last).subarray(20);
  return buildIpv4(address('224.0.0.1').w3, address('10.0.0.1').w3, 1, message);
}

/** The packet with a sequence number that lies so far from the outstanding one. */
function at(r: Reached, distance: number): Uint8Array {
  const cause = Buffer.from(r.last);
  cause.writeInt32BE((cause.readInt32BE(24) + distance) | 0, 24);
  return cause;
}

function put8(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(value, at);
  return changed;
}

function put16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed.writeUInt16BE(value, at);
  return changed;
}

function moved(stack: Stack, before: ReturnType<Stack['stats']>): Record<string, number> {
  const now = stack.stats();
  const changes: Record<string, number> = {};
  for (const name of INBOUND_FATES) {
    if (now[name] !== before[name]) changes[name] = now[name] - before[name];
  }
  return changes;
}
