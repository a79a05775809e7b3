/** A link that is broken on purpose: what goes through it, what does not, what it holds. */
import t from 'tap';
import { impairOptionsFrom } from '../../lib/link/impair-environment';
import {
  createImpairLink,
  type ImpairLink,
  type ImpairLinkOptions,
} from '../../lib/link/impair-link';
import { PacketLink } from '../../lib/link/packet-link';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IpAddress } from '../../lib/wire/ip-address';

/** Two stacks joined back to back; the first one's link is impaired. */
function pair(options: ImpairLinkOptions) {
  const clock = new VirtualClock();
  const names = ['10.0.0.1', '10.0.0.2'] as const;
  const links: PacketLink[] = names.map(
    (address, i) =>
      new PacketLink({
        addresses: address,
        send: (packet) => links[1 - i].receive(packet),
        drain: () => links[1 - i].drained(),
      }),
  );
  const impaired = createImpairLink(links[0], options);
  const hosts = [impaired, links[1]].map((link, i) => {
    const random = new SeededRandom(i + 1);
    const stack = new Stack({ links: [link], clock, random: (target) => random.fill(target) });
    return { name: names[i], addresses: [IpAddress.parse(names[i])!], stack, links: [] };
  });
  return { clock, hosts, impaired };
}

const BYTES = 300_000;
const BAD: ImpairLinkOptions = {
  seed: 3,
  rate: 2e7,
  delayMs: 20,
  queueBytes: 100_000,
  loss: 0.02,
  duplicate: 0.02,
  reorder: 0.02,
  corrupt: 0.02,
};

function transfer(options: ImpairLinkOptions) {
  const { clock, hosts, impaired } = pair(options);
  const flow = new BulkFlow({ from: hosts[0], to: hosts[1], bytes: BYTES });
  t.ok(clock.run(() => flow.isOver));
  const { outgoing, incoming } = impaired;
  const story = [clock.now(), { ...outgoing.counters }, { ...incoming.counters }];
  const badChecksums = hosts.map(({ stack }) => stack.stats().tcpBadChecksum);
  for (const { stack } of hosts) stack.close();
  return { flow, ms: clock.now(), there: outgoing.counters, story, badChecksums };
}

t.test('everything arrives through it, whatever goes wrong; and the seed says what', async (t) => {
  const before = packetMemory.allocated;
  const first = transfer(BAD);
  t.equal(first.flow.received, BYTES);
  const { there } = first;
  for (const name of ['lost', 'duplicated', 'reordered', 'corrupted'] as const) {
    t.ok(there[name] > 0, `${there[name]} ${name}`);
  }
  t.ok(first.badChecksums[1] > 0, 'damage is found out');
  t.same(transfer(BAD).story, first.story, 'same seed, same story');
  t.notSame(transfer({ ...BAD, seed: 4 }).story, first.story);
  t.equal(packetMemory.allocated, before, 'it holds nothing');
});

t.test('delay and rate take their time, and nothing else does', async (t) => {
  const perfect = transfer({});
  t.equal(perfect.ms, 0, 'an unimpaired link waits for no timer');
  const { ms } = transfer({ outgoing: { rate: 1e7 } });
  const least = (BYTES * 8) / 1e4;
  t.ok(ms > least && ms < 1.1 * least, `${ms} ms`);
  t.ok(transfer({ incoming: { delayMs: 30 } }).ms >= 60);
});

t.test('it is the link that it goes around, in all else', async (t) => {
  const { hosts, impaired } = pair({});
  const [{ addresses }, { addresses: others }] = hosts;
  t.equal(impaired.name, 'packet');
  t.equal(impaired.mtu, 1500);
  t.equal(impaired.isLocal(addresses[0]), true);
  t.equal(impaired.route(others[0])?.mtu, 1500);
  t.equal(impaired.reserve(1501), -1);
  for (const { stack } of hosts) stack.close();
  t.equal(impaired.reserve(100), -1);
  impaired.close();
});

t.test('an outage can begin and end while it is open', async (t) => {
  const { clock, hosts, impaired } = pair({ delayMs: 5 });
  const flow = new BulkFlow({ from: hosts[0], to: hosts[1], bytes: 10 * BYTES });
  const both = (down: boolean) => {
    for (const path of [impaired.outgoing, impaired.incoming]) path.impair({ down });
  };
  clock.advanceTo(20);
  both(true);
  clock.advanceTo(1000);
  const { received } = flow;
  t.ok(received < 10 * BYTES);
  both(false);
  t.ok(clock.run(() => flow.isOver));
  for (const { stack } of hosts) stack.close();
});

t.test('numbers that make no sense are refused by name', async (t) => {
  const make = (options: ImpairLinkOptions): ImpairLink => pair(options).impaired;
  t.throws(() => make({ loss: 2 }), /loss is not a chance/);
  t.throws(() => make({ incoming: { rate: -1 } }), /rate is not positive/);
});

t.test('USERNET_IMPAIR is a list of names and numbers', async (t) => {
  t.equal(impairOptionsFrom({}), null);
  t.equal(impairOptionsFrom({ USERNET_IMPAIR: '' }), null);
  t.same(impairOptionsFrom({ USERNET_IMPAIR: 'loss=0.01, delayMs=40,seed=7' }), {
    loss: 0.01,
    delayMs: 40,
    seed: 7,
  });
  for (const bad of ['loss', 'loss=', 'loss=x', 'lost=1', 'loss=0.1;seed=3']) {
    t.throws(() => impairOptionsFrom({ USERNET_IMPAIR: bad }), { code: 'EINVAL' });
  }
});
