/** Captures of whole stacks: what drops are called, when packets were, what tshark thinks of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CaptureFile } from '../../lib/link/capture-file';
import { createCaptureLink } from '../../lib/link/capture-link';
import { PacketLink } from '../../lib/link/packet-link';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { simulate } from '../../lib/sim/network';
import { capturePath } from '../../lib/stack/capture';
import { Counters, INBOUND_FATES } from '../../lib/stack/counters';
import { DropReasons } from '../../lib/stack/drop-reasons';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { Segment, SYN } from '../../lib/wire/segment';
import { readPcapng } from '../support/pcapng-reader';
import { buildPacket } from '../support/test-packet';
import { readWithTshark, tsharkAvailable } from '../support/tshark';
import type { FakeLink } from './support/fake-link';
import { NotingHandler } from './support/handler';
import { address, setUp } from './support/setup';

const read = (path: string) => readPcapng(readFileSync(path));
const RST = 4;

t.test('each fate of a packet has its words', async (t) => {
  const counters = new Counters();
  const reasons = new DropReasons(counters);
  reasons.begin();
  t.equal(reasons.end(), null, 'none at all');
  const words = new Map<string, string | null>();
  for (const fate of INBOUND_FATES) {
    reasons.begin();
    counters.packetsIn++;
    counters[fate]++;
    words.set(fate, reasons.end());
  }
  t.equal(words.get('tcpToConnection'), null);
  t.equal(words.get('tcpBadChecksum'), 'dropped: bad checksum (tcp)');
  t.equal(words.get('ipUnknownProtocol'), 'dropped: unknown protocol (ip)');
  t.equal(words.get('tcpRefused'), 'refused with a reset: no such port');
  const dropped = [...words.values()].filter((one) => one !== null);
  t.equal(new Set(dropped).size, dropped.length, 'no two say the same');
});

t.test('a refused SYN before the reset that answers it, and a broken packet', async (t) => {
  const path = join(t.testdir(), 'a.pcapng');
  const { link, stack, clock } = setUp({}, { capture: path });
  const segment = new Segment();
  Object.assign(segment, { sourcePort: 1024, destinationPort: 80, seq: 7, flags: SYN });
  const parts = { source: address('10.0.0.9'), destination: link.address, segment };
  for (const badChecksum of [false, true]) {
    clock.advanceTo(clock.now() + 0.001);
    deliver(link, buildPacket({ ...parts, badChecksum }));
  }
  deliver(link, Buffer.alloc(19));
  stack.close();
  t.same(
    read(path).packets.map(({ direction, comment, timeNs }) => [direction, comment, timeNs]),
    [
      ['in', 'refused with a reset: no such port', 1000n],
      ['out', undefined, 1000n],
      ['in', 'dropped: bad checksum (tcp)', 2000n],
      ['in', 'dropped: short (ip)', 2000n],
    ],
  );
});

function deliver(link: FakeLink, packet: Buffer): void {
  const place = packetMemory.allocate(packet.length);
  packetMemory.bytes.set(packet, place);
  link.host!.receive(place, packet.length, 0);
  link.host!.receivedBatch();
  packetMemory.release(place, packet.length);
}

t.test('a simulated network at each of its hosts, in virtual time', async (t) => {
  const folder = t.testdir();
  const [alice, bob] = ['alice', 'bob'].map((name) => join(folder, `${name}.pcapng`));
  const network = simulate({
    seed: 7,
    hosts: {
      alice: { address: '10.0.0.1', capture: alice },
      bob: { address: '10.0.0.2', capture: bob },
    },
    links: [{ between: ['alice', 'bob'], delayMs: 20, loss: 0.02, corrupt: 0.02 }],
  });
  const flow = new BulkFlow({ from: network.hosts.alice, to: network.hosts.bob, bytes: 200_000 });
  network.clock.run(() => flow.isOver);
  const stats = network.hosts.bob.stack.stats();
  network.close();
  t.equal(flow.error, null);

  const [atAlice, atBob] = [read(alice), read(bob)];
  t.same(
    atAlice.interfaces.map(({ name }) => name),
    ['alice-bob'],
  );
  t.same(
    atBob.interfaces.map(({ name }) => name),
    ['bob-alice'],
  );
  const [{ timeNs: sentAt, direction }] = atAlice.packets;
  t.same([direction, atBob.packets[0].direction], ['out', 'in']);
  t.equal(atBob.packets[0].timeNs - sentAt, 20_000_000n, 'twenty milliseconds later');
  t.same(atBob.packets[0].bytes, atAlice.packets[0].bytes);
  const broken = atBob.packets.filter(({ comment }) => comment !== undefined);
  t.ok(broken.length > 0);
  t.ok(broken.every(({ comment }) => /^dropped: bad (?:checksum|header|version)/.test(comment!)));
  t.equal(stats.tcpBadChecksum + stats.tcpBadHeader + stats.ipBadChecksum, broken.length);
  const atThat = { skip: skipped() };
  t.test('tshark finds wrong what is said to be wrong, and nothing else', atThat, async (t) => {
    const packets = readWithTshark(bob);
    t.equal(packets.length, atBob.packets.length);
    const complained = packets.filter(
      ({ malformed, complaints }) => malformed || complaints.length,
    );
    t.ok(
      complained.every(({ comment }) => comment !== ''),
      'only of those that were dropped',
    );
    const stray = packets.filter(({ flags, comment }) => (flags & RST) !== 0 && comment === '');
    t.ok(stray.length <= 1, 'at most the reset of the end');
  });
});

t.test('two stacks and a link may share a file, which outlives them', async (t) => {
  const before = packetMemory.allocated;
  const file = new CaptureFile(join(t.testdir(), 'a.pcapng'));
  const options = { addresses: '10.0.0.1', send: () => {} };
  const link = createCaptureLink(new PacketLink(options), { file, name: 'a tunnel' });
  const stacks = [new Stack({ capture: file }), new Stack({ capture: file, links: [link] })];
  for (const stack of stacks) converse(stack);
  const request = { remoteAddress: address('10.0.0.7'), remotePort: 9 };
  stacks[1].connect(request, new NotingHandler());
  await new Promise((resolve) => setImmediate(resolve));
  for (const stack of stacks) stack.close();
  file.close();
  const { interfaces, packets } = read(file.path);
  const names = interfaces.map(({ name }) => name).sort();
  t.same(names, ['a tunnel', 'loopback', 'loopback 2', 'packet']);
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  const ages = packets.map(({ timeNs }) => now - timeNs);
  t.ok(
    ages.every((age) => age > -1_000_000n && age < 60_000_000_000n),
    'the time is today',
  );
  t.equal(packetMemory.allocated, before);
});

/** Begins a connection inside the stack. */
function converse(stack: Stack): void {
  const where = { address: address('127.0.0.1'), port: 0, backlog: 1 };
  const { port } = stack.listen(where, (one) => {
    one.handler = new NotingHandler();
  });
  const request = { remoteAddress: where.address, remotePort: port };
  stack.connect(request, new NotingHandler());
}

t.test('a capture whose file cannot be made leaves nothing behind', async (t) => {
  const before = packetMemory.allocated;
  const capture = join(t.testdir(), 'none', 'a.pcapng');
  t.throws(() => new Stack({ capture }), { code: 'ENOENT', message: /ENOENT/ });
  const link = new PacketLink({ addresses: '10.0.0.1', send: () => {} });
  t.throws(() => createCaptureLink(link, { file: capture }), { code: 'ENOENT' });
  t.equal(packetMemory.allocated, before);
});

t.test('a link that was given a path closes the file with itself', async (t) => {
  const path = join(t.testdir(), 'a.pcapng');
  const link = createCaptureLink(new PacketLink({ addresses: '10.0.0.1', send: () => {} }), {
    file: path,
  });
  const stack = new Stack({ links: [link] });
  stack.connect({ remoteAddress: address('10.0.0.7'), remotePort: 9 }, new NotingHandler());
  await new Promise((resolve) => setImmediate(resolve));
  stack.close();
  t.same(read(path).packets.map(({ direction }) => direction)[0], 'out');
});

t.test('a child of a capturing process writes a file of its own', async (t) => {
  const env: NodeJS.ProcessEnv = {};
  t.equal(capturePath(env), undefined);
  env.USERNET_CAPTURE = '/x.y/a.pcapng';
  t.equal(capturePath(env), '/x.y/a.pcapng');
  t.equal(capturePath({ ...env }), `/x.y/a-${process.pid}.pcapng`);
  t.equal(capturePath({ ...env, USERNET_CAPTURE: '/x.y/b' }), '/x.y/b', 'another file is free');
  const second = { USERNET_CAPTURE: '/x.y/b', USERNET_CAPTURE_TAKEN: '/x.y/b' };
  t.equal(capturePath(second), `/x.y/b-${process.pid}`);
});

/** In continuous integration nothing may be skipped. */
function skipped(): string | false {
  if (tsharkAvailable === true) return false;
  if (process.env.CI) throw new Error(tsharkAvailable);
  return tsharkAvailable;
}
