/** Hosts, routers and links: what goes which way, and what routers say when it cannot. */
import t from 'tap';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { simulate } from '../../lib/sim/network';
import { packetMemory } from '../../lib/support/memory';
import '../support/invariant-check';

const BYTES = 300_000;

function dumbbell() {
  return simulate({
    seed: 3,
    hosts: { alice: {}, bob: {}, carol: { address: ['10.1.1.1', 'fd00::1'] } },
    routers: ['west', 'east', 'north'],
    paths: [
      ['alice', { delayMs: 1 }, 'west', { delayMs: 10, rate: 1e7 }, 'east', { delayMs: 1 }, 'bob'],
      ['carol', { delayMs: 5 }, 'west', { delayMs: 30 }, 'north', { delayMs: 30 }, 'east'],
    ],
  });
}

t.test('packets go the way with the fewest links, and back', async (t) => {
  const before = packetMemory.allocated;
  const network = dumbbell();
  const { hosts, clock } = network;
  t.same(
    Object.values(hosts).map(({ addresses }) => addresses[0].text),
    ['10.0.0.1', '10.0.0.2', '10.1.1.1'],
  );
  const flows = [
    new BulkFlow({ from: hosts.alice, to: hosts.bob, bytes: BYTES }),
    new BulkFlow({ from: hosts.carol, to: hosts.bob, bytes: BYTES, port: 5002 }),
  ];
  t.ok(clock.run(() => flows.every(({ isOver }) => isOver)));
  t.same(
    flows.map(({ received, error }) => [received, error]),
    [
      [BYTES, null],
      [BYTES, null],
    ],
  );
  t.equal(network.path('west', 'north').counters.sent, 0);
  t.ok(network.path('west', 'east').counters.sent > (2 * BYTES) / 1460);
  t.ok(network.routers.east.counters.forwarded > 0);
  network.close();
  t.equal(packetMemory.allocated, before);
});

t.test('routes change while a transfer runs', async (t) => {
  const network = dumbbell();
  const { hosts, clock } = network;
  const flow = new BulkFlow({ from: hosts.alice, to: hosts.bob, bytes: 2 * BYTES });
  network.at(100, () => network.reroute('west', 'bob', 'north'));
  t.ok(clock.run(() => flow.isOver));
  t.ok(network.path('north', 'east').counters.sent > 50, 'the rest went round');
  t.equal(flow.error, null);
  t.throws(() => network.reroute('west', 'bob', 'bob'), /not joined/);
  network.close();
});

t.test('links change and fail when they are told to', async (t) => {
  const network = simulate({
    seed: 1,
    hosts: { a: {}, b: {} },
    paths: [
      ['a', { delayMs: 5, outages: [[50, 90]], changesThere: [{ atMs: 70, delayMs: 20 }] }, 'b'],
    ],
  });
  const { clock } = network;
  const at = (ms: number) => {
    clock.advanceTo(ms);
    const { down, delayMs } = network.path('a', 'b').impairments;
    const back = network.path('b', 'a').impairments;
    return [down, delayMs, back.down, back.delayMs];
  };
  t.same(at(49), [false, 5, false, 5]);
  t.same(at(51), [true, 5, true, 5]);
  t.same(at(71), [true, 20, true, 5]);
  t.same(at(91), [false, 20, false, 5]);
  network.close();
});

t.test(
  'what its own link carries a host says in its MSS, so that routers need not complain',
  async (t) => {
    const network = simulate({
      seed: 2,
      hosts: { a: {}, b: {} },
      routers: ['r'],
      paths: [['a', { delayMs: 5 }, 'r', { delayMs: 5, mtu: 900 }, 'b']],
    });
    const flow = new BulkFlow({ from: network.hosts.b, to: network.hosts.a, bytes: BYTES });
    const large = new BulkFlow({ from: network.hosts.a, to: network.hosts.b, bytes: BYTES });
    t.ok(network.clock.run(() => flow.isOver && large.isOver));
    t.equal(large.received, BYTES);
    t.equal(network.routers.r.counters.tooBig, 0, 'no packet was too large');
    network.close();
  },
);

t.test('routers on a path with a narrow middle say so by ICMP', async (t) => {
  const network = simulate({
    seed: 2,
    hosts: { a: {}, b: {} },
    routers: ['r', 's'],
    paths: [['a', { delayMs: 5 }, 'r', { delayMs: 5, mtu: 900 }, 's', { delayMs: 5 }, 'b']],
  });
  const flow = new BulkFlow({ from: network.hosts.a, to: network.hosts.b, bytes: BYTES });
  t.ok(network.clock.run(() => flow.isOver));
  t.equal(flow.received, BYTES);
  t.ok(network.routers.r.counters.tooBig > 0);
  t.equal(flow.sender.info().snd_mss, 900 - 40 - 12);
  network.close();
});

t.test('time to live ends at a router, and the connection hears of it', async (t) => {
  const network = simulate({
    seed: 2,
    hosts: { a: {}, b: {} },
    routers: ['r', 's'],
    paths: [['a', {}, 'r', {}, 's', {}, 'b']],
  });
  const { a, b } = network.hosts;
  const flow = new BulkFlow({ from: a, to: b, bytes: 10, connection: { hopLimit: 2 } });
  network.clock.advanceTo(100);
  t.equal(network.routers.s.counters.expired, 1);
  t.equal(network.routers.r.counters.expired, 0);
  t.equal(flow.error, 'EHOSTUNREACH');
  network.close();
});

t.test('a description that makes no sense is refused', async (t) => {
  const hosts = { a: {}, b: {} };
  const bad = (paths: unknown) => () => simulate({ seed: 1, hosts, paths: paths as never });
  t.throws(bad([['a', 'b']]), /alternat|a path is a node/);
  t.throws(bad([['a', {}, 'c']]), /no host is called c/);
  t.throws(bad([['a', { rate: 0 }, 'b']]), /rate/);
  const bare = { seed: 1, hosts: { a: { address: 'x' } } };
  t.throws(() => simulate(bare), /a has an address that is none/);
  const network = simulate({ seed: 1, hosts, paths: [['a', {}, 'b']] });
  t.throws(() => network.path('a', 'a'), /not joined/);
  network.close();
});
