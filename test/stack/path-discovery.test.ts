/**
 * Path MTU discovery (RFC 1191) as far as one stack shows it: what is believed, sent, remembered.
 */
import t from 'tap';
import type { StackOptions } from '../../types/stack';
import { buildIcmpError } from '../support/icmp-packet';
import { describePacket, packet } from './support/packet';
import { type Reached, reach } from './support/reach';
import { address, setUp } from './support/setup';

const ROUTER = address('10.9.9.9');
const TEN_MINUTES = 600_000;

/**
 * A connection with 20,000 bytes to send, whose first window has just left; and the first packet of
 * it.
 */
function sending(options: StackOptions = {}): Reached & { first: Uint8Array } {
  const r = reach('ESTABLISHED', options);
  r.reply(`. 101:101(0) ack ${r.iss + 11} win 60000`);
  r.user!.connection!.send(Buffer.alloc(20_000));
  r.turn();
  const [first] = r.link.take();
  return Object.assign(r, { first });
}

/** A router says that `cause` did not fit. */
function tooBig(r: Reached, cause: Uint8Array, mtu: number): void {
  r.link.deliver([buildIcmpError({ source: ROUTER, type: 3, code: 4, mtu, cause })]);
  r.turn();
}

function longest(packets: Uint8Array[]): number {
  return Math.max(...packets.map(({ length }) => length));
}

function mayFragment(bytes: Uint8Array): boolean {
  return (bytes[6] & 0x40) === 0;
}

t.test('whatever leaves the stack forbids fragmentation', async (t) => {
  const { link, connect, listen, turn } = setUp();
  connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  turn();
  listen({ address: address('0.0.0.0'), port: 80 });
  link.deliver([
    packet('10.0.0.2:1', '10.0.0.1:80', 'S 1:1(0) win 1000'),
    packet('10.0.0.2:1', '10.0.0.1:81', 'S 1:1(0) win 1000'),
  ]);
  const sent = link.take();
  t.same(
    sent.map((one) => describePacket(one).text.split(' ')[0]),
    ['S', 'R.', 'S.'],
  );
  t.notOk(sent.some(mayFragment));
});

t.test('what did not fit goes again at once, in packets that fit', async (t) => {
  const r = sending();
  t.equal(r.first.length, 1500);
  tooBig(r, r.first, 1000);
  const again = r.link.take();
  t.equal(longest(again), 1000);
  t.equal(describePacket(again[0]).text.split(' ')[1], `${r.iss + 11}:${r.iss + 971}(960)`);
  t.equal(r.user!.connection!.info().snd_mss, 960);
  t.same(r.user!.heard, [], 'which concerns nobody else');
  t.equal(r.stack.stats().icmpToConnection, 1);
  t.equal(r.stack.stats().pathMtuReductions, 1);
});

t.test('smaller and smaller, but never larger again', async (t) => {
  const r = sending();
  for (const [mtu, fate] of [
    [1400, 'icmpToConnection'],
    [1400, 'icmpPathMtuKnown'],
    [1450, 'icmpPathMtuKnown'],
    [65_535, 'icmpPathMtuKnown'],
    [1000, 'icmpToConnection'],
  ] as const) {
    const before = r.stack.stats();
    tooBig(r, r.first, mtu);
    t.equal(r.stack.stats()[fate] - before[fate], 1, `${mtu}: ${fate}`);
  }
  t.equal(r.user!.connection!.info().snd_mss, 960);
});

t.test('a router that names no MTU leaves the next plateau to try [RFC 1191 §7]', async (t) => {
  const r = sending();
  tooBig(r, r.first, 0);
  t.equal(r.user!.connection!.info().snd_mss, 1492 - 40);
  const [again] = r.link.take();
  tooBig(r, again, 0);
  t.equal(r.user!.connection!.info().snd_mss, 1006 - 40);
  for (const length of [0, 65_535]) {
    const lying = sending();
    const cause = Buffer.from(lying.first);
    cause.writeUInt16BE(length, 2);
    tooBig(lying, cause, 0);
    t.equal(lying.user!.connection!.info().snd_mss, 1452, `quoted as ${length} bytes long`);
  }
});

t.test('[A-15] nobody can make us send tiny packets; routers may cut them instead', async (t) => {
  for (const mtu of [1, 67, 68, 296, 551]) {
    const r = sending();
    tooBig(r, r.first, mtu);
    const again = r.link.take();
    t.equal(longest(again), 552, `${mtu}`);
    t.ok(again.every(mayFragment));
  }
  const exactly = sending();
  tooBig(exactly, exactly.first, 552);
  t.notOk(exactly.link.take().some(mayFragment), 'the floor itself fits');
});

t.test('a path that proves narrower than the floor later is cut for then', async (t) => {
  const r = sending();
  tooBig(r, r.first, 552);
  const [again] = r.link.take();
  t.notOk(mayFragment(again));
  tooBig(r, again, 300);
  t.same(r.user!.heard, ['trouble EMSGSIZE']);
  r.clock.advanceTo(2000);
  const later = r.link.take();
  t.ok(later.length > 0 && later.every(mayFragment), 'the next repetition may be cut');
  tooBig(r, again, 300);
  t.equal(r.stack.stats().icmpPathMtuKnown, 1);
});

t.test('the floor can be chosen', async (t) => {
  const r = sending({ tcp: { minPathMtu: 1280 } });
  tooBig(r, r.first, 600);
  t.equal(longest(r.link.take()), 1280);
});

t.test('[A-15] what is not about an outstanding segment changes nothing', async (t) => {
  for (const distance of [-1, 30_000, -100_000, 1 << 30]) {
    const r = sending();
    const cause = Buffer.from(r.first);
    cause.writeInt32BE((cause.readInt32BE(24) + distance) | 0, 24);
    tooBig(r, cause, 600);
    t.equal(r.stack.stats().icmpNotPlausible, 1, `${distance}`);
    t.equal(r.user!.connection!.info().snd_mss, 1460);
    t.same(r.link.take(), []);
    const other = r.connect({ remoteAddress: address('10.0.0.2'), remotePort: 81 });
    r.turn();
    t.match(describePacket(r.link.take()[0]).text, /<mss 1460/, 'nor is it remembered');
    other.connection!.abort();
  }
});

t.test('no SYN is too large for a path', async (t) => {
  for (const state of ['SYN-SENT', 'SYN-RECEIVED'] as const) {
    for (const mtu of [0, 40, 300, 600]) {
      const r = reach(state, { tcp: { minPathMtu: 1500 } });
      tooBig(r, r.last, mtu);
      t.equal(r.stack.stats().icmpNotPlausible, 1, `${state} ${mtu}`);
      t.equal(r.stack.stats().connections, 1);
    }
  }
});

t.test('the next connection to the same place knows, for ten minutes', async (t) => {
  const r = sending();
  tooBig(r, r.first, 1000);
  r.user!.connection!.abort();
  r.turn();
  r.link.take();
  const learnt = r.clock.now();
  const mssTo = (remote: string): number => {
    const user = r.connect({ remoteAddress: address(remote), remotePort: 80 });
    r.turn();
    user.connection!.abort();
    return Number(/<mss (\d+)/.exec(describePacket(r.link.take()[0]).text)![1]);
  };
  t.equal(mssTo('10.0.0.2'), 960);
  t.equal(mssTo('10.0.0.3'), 1460, 'another place');
  r.listen({ address: address('0.0.0.0'), port: 81 });
  r.link.deliver([packet('10.0.0.2:1', '10.0.0.1:81', 'S 1:1(0) win 1000')]);
  t.match(describePacket(r.link.take()[0]).text, /^S\. .*<mss 960/, 'whoever calls');
  r.clock.advanceTo(learnt + TEN_MINUTES - 1);
  r.link.take();
  t.equal(mssTo('10.0.0.2'), 960);
  r.clock.advanceTo(learnt + TEN_MINUTES);
  r.link.take();
  t.equal(mssTo('10.0.0.2'), 1460);
});

/** All that has been sent is acknowledged, and `bytes` more go out. @returns the longest packet */
function sendMore(r: Reached, bytes: number): number {
  const connection = r.user!.connection!;
  while (connection.sendQueueBytes > 0) {
    const { bytes_acked, unacked } = connection.info();
    r.reply(`. 101:101(0) ack ${r.iss + 1 + bytes_acked + unacked} win 60000`);
  }
  r.link.take();
  connection.send(Buffer.alloc(bytes));
  r.turn();
  return longest(r.link.take());
}

t.test(
  '[RFC 1191 §6.3] a connection that lives tries full packets after ten minutes',
  async (t) => {
    for (const [mtu, sent] of [
      [1000, 1000],
      [300, 552],
    ] as const) {
      const r = sending();
      tooBig(r, r.first, mtu);
      const learnt = r.clock.now();
      t.equal(sendMore(r, 10_000), sent);
      sendMore(r, 1);
      r.clock.advanceTo(learnt + TEN_MINUTES - 1);
      t.equal(sendMore(r, 10_000), sent, 'a millisecond too early');
      sendMore(r, 1);
      r.clock.advanceTo(learnt + TEN_MINUTES);
      r.user!.connection!.send(Buffer.alloc(10_000));
      r.turn();
      const [full] = r.link.take();
      t.equal(full.length, 1500);
      t.notOk(mayFragment(full));
      tooBig(r, full, 900);
      t.equal(longest(r.link.take()), 900, 'and learns anew');
      sendMore(r, 1);
      r.clock.advanceTo(learnt + 2 * TEN_MINUTES - 1);
      t.equal(sendMore(r, 10_000), 900);
    }
  },
);

t.test('so does one that began with what another had learnt', async (t) => {
  const r = sending();
  tooBig(r, r.first, 1000);
  const learnt = r.clock.now();
  r.user!.connection!.abort();
  r.clock.advanceTo(learnt + 1000);
  r.link.take();
  const user = r.connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  r.turn();
  const syn = describePacket(r.link.take()[0]);
  const local = `10.0.0.1:${user.connection!.localPort}`;
  const iss = Number(/^S (\d+)/.exec(syn.text)![1]);
  const answer = `S. 9:9(0) ack ${(iss + 1) >>> 0} win 9000 <mss 1460>`;
  r.link.deliver([packet('10.0.0.2:80', local, answer)]);
  t.equal(user.connection!.info().snd_mss, 960);
  r.clock.advanceTo(learnt + TEN_MINUTES);
  user.connection!.send(Buffer.alloc(3000));
  r.turn();
  t.equal(longest(r.link.take()), 1500);
  const late = r.connect({ remoteAddress: address('10.0.0.2'), remotePort: 81 });
  r.turn();
  t.match(describePacket(r.link.take()[0]).text, /<mss 1460/);
  late.connection!.abort();
});

t.test('nor does the next one forbid to cut what must be cut', async (t) => {
  const r = sending();
  tooBig(r, r.first, 300);
  r.link.take();
  r.connect({ remoteAddress: address('10.0.0.2'), remotePort: 81 });
  r.turn();
  const [syn] = r.link.take();
  t.match(describePacket(syn), { to: '10.0.0.2:81', text: /<mss 512/ });
  t.ok(mayFragment(syn));
});

t.test('a link that carries less than is known of the path has the last word', async (t) => {
  const narrow = setUp({ mtu: 600 });
  narrow.connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  narrow.turn();
  t.match(describePacket(narrow.link.take()[0]).text, /<mss 560/);
});

t.test('the number of places that are remembered has an end', async (t) => {
  const r = sending({ limits: { pathMtus: 1 } });
  tooBig(r, r.first, 1000);
  const other = r.connect({ remoteAddress: address('10.0.0.3'), remotePort: 80 });
  r.turn();
  r.link.take();
  const local = `10.0.0.1:${other.connection!.localPort}`;
  r.link.deliver([packet('10.0.0.3:80', local, 'S. 9:9(0) ack 5001 win 9000 <mss 1460>')]);
  other.connection!.send(Buffer.alloc(1460));
  r.turn();
  tooBig(r, r.link.take().find((one) => one.length > 1000)!, 900);
  r.connect({ remoteAddress: address('10.0.0.2'), remotePort: 81 });
  r.connect({ remoteAddress: address('10.0.0.3'), remotePort: 81 });
  r.turn();
  const syns = r.link.take().map((one) => describePacket(one).text);
  t.match(
    syns.find((text) => text.startsWith('S ') && text.includes('mss 1460')),
    /S /,
  );
  t.match(
    syns.find((text) => text.startsWith('S ') && text.includes('mss 860')),
    /S /,
  );
});
