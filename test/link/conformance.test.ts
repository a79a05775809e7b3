/** What every link promises (types/link.ts), asked of each in the same words. */
import t, { type Test as Tap } from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import {
  closeEnds,
  type Ends,
  LINK_CASES,
  type LinkCase,
  offer,
  offerAll,
  openDescriptors,
  openEnds,
  packetOf,
} from './link-cases';
import { needs } from './privileges';
import { turns } from './recording-host';

/** Around every size at which a link or the kernel might change its ways. */
const SIZES = [
  20, 21, 23, 24, 25, 39, 40, 41, 63, 64, 65, 255, 256, 257, 575, 576, 1499, 1500, 1501, 4095, 4096,
  4097, 16_383, 16_384, 16_385, 32_767, 32_768, 65_533, 65_534, 65_535,
];

for (const kind of LINK_CASES) {
  t.test(`the ${kind.name} link`, needs(kind.available), async (t) => {
    const run = (name: string, body: (t: Tap, ends: Ends) => Promise<void>) =>
      t.test(name, async (t) => {
        const memory = packetMemory.allocated;
        const ends = openEnds(kind);
        t.teardown(() => closeEnds(ends));
        await body(t, ends);
        t.same(ends.farHost.failures, []);
        closeEnds(ends);
        t.equal(packetMemory.allocated, memory, 'packet memory is given back');
      });
    await run('carries packets of every size unchanged', (t, ends) => carriesSizes(t, kind, ends));
    await run('keeps the order of a burst', (t, ends) => keepsOrder(t, kind, ends));
    await run('ends a batch after its packets', (t, ends) => endsBatches(t, kind, ends));
    await run('loses nothing when it is full', (t, ends) => losesNothing(t, kind, ends));
    if (!kind.fills) await run('takes in what has arrived', (t, ends) => takesIn(t, kind, ends));
    await run('goes on at the writable signal', (t, ends) => goesOn(t, kind, ends));
    await run('leaves a packet alone while it is received', (t, ends) => isStable(t, kind, ends));
    await run('works on when packet memory grows', (t, ends) => survivesGrowth(t, kind, ends));
    await run('delivers nothing after close', (t, ends) => isSilentAfterClose(t, kind, ends));
    await run('may be closed from inside receive', (t, ends) => closesInside(t, kind, ends));
    await run('refuses what it cannot carry', (t, ends) => refuses(t, kind, ends));
    await run('survives a listener that throws', (t, ends) => survivesThrow(t, kind, ends));
    await run('delivers while unreferenced', (t, ends) => deliversUnreferenced(t, kind, ends));
    await t.test('gives everything back', async (t) => givesBack(t, kind));
  });
}

async function carriesSizes(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { farHost } = ends;
  for (const size of SIZES) {
    if (size < kind.minBytes || size > ends.near.mtu) continue;
    const packet = packetOf(kind, ends.port, size, size);
    farHost.packets.length = 0;
    await offerAll(ends, [packet]);
    await farHost.until(`${size} bytes arrive`, () => farHost.packets.length > 0);
    t.ok(farHost.packets[0].equals(packet), `${size} bytes, unchanged`);
  }
  t.same([...farHost.notes], [kind.note], 'with the right word on checksums');
}

async function keepsOrder(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const seed = Number(process.env.SEED ?? 7);
  const random = new SeededRandom(seed);
  const packets: Buffer[] = [];
  for (let i = 0; i < 400; i++) {
    const length = random.chance(0.05)
      ? 16_000 + random.below(20_000)
      : kind.minBytes + random.below(1_500);
    packets.push(packetOf(kind, ends.port, i, length));
  }
  await offerAll(ends, packets);
  await arrive(ends, packets.length);
  sameInOrder(t, ends, packets, `SEED=${seed}`);
}

async function endsBatches(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { farHost } = ends;
  for (const count of [1, 2, 50]) {
    farHost.packets.length = farHost.batches.length = 0;
    for (let i = 0; i < count; i++) offer(ends.near, packetOf(kind, ends.port, i, 100));
    t.equal(farHost.packets.length, 0, 'nothing arrives from inside commit');
    ends.near.flush();
    if (kind.fills) t.equal(farHost.packets.length, 0, 'nor from inside flush');
    await arrive(ends, count);
    t.equal(farHost.open, 0, 'no packet came after the last batch ended');
    t.notOk(farHost.batches.includes(0), 'no batch was empty');
    if (kind.fills) t.same(farHost.batches, [count], 'one flush, one batch');
  }
}

async function losesNothing(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const packets: Buffer[] = [];
  // Enough to fill a link's queues, and half of what the kernel's buffer is sure to hold.
  const limit = kind.fills ? 10_000 : 1_000;
  while (packets.length < limit) {
    const packet = packetOf(kind, ends.port, packets.length, 1_000);
    if (!offer(ends.near, packet)) break;
    packets.push(packet);
  }
  t.equal(packets.length < limit, kind.fills, `${packets.length} packets were taken`);
  ends.near.flush();
  await arrive(ends, packets.length);
  if (kind.fills) await ends.nearHost.until('writable', () => ends.nearHost.writables > 0);
  await turns();
  sameInOrder(t, ends, packets, 'all of them, once each');
  t.equal(ends.nearHost.writables, kind.fills ? 1 : 0, 'room is announced once, if it was missed');
}

/** Without a turn of the event loop: so that no timeout is believed while the answer is there. */
async function takesIn(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const packets = Array.from({ length: 1_000 }, (_, i) => packetOf(kind, ends.port, i, 100));
  for (const packet of packets) offer(ends.near, packet);
  ends.near.flush();
  ends.far.receiveNow!();
  sameInOrder(t, ends, packets, 'all of them, at once');
}

async function goesOn(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { nearHost, farHost } = ends;
  const total = 6_000;
  let sent = 0;
  let wrong = 0;
  let received = 0;
  const pump = () => {
    // A kernel's buffer has an end that nobody announces: there the window is ours to keep.
    while (sent < total && (kind.fills || sent - received < 500)) {
      const size = sent % 50 === 0 ? 40_000 : 600;
      if (!offer(ends.near, packetOf(kind, ends.port, sent, size))) break;
      sent++;
    }
    ends.near.flush();
  };
  farHost.onReceive = (offset, length) => {
    const size = received % 50 === 0 ? 40_000 : 600;
    const packet = packetOf(kind, ends.port, received++, size);
    const bytes = packetMemory.bytes.subarray(offset, offset + length);
    if (Buffer.compare(bytes, packet) !== 0) wrong++;
    farHost.packets.length = 0;
  };
  nearHost.onWritable = pump;
  if (!kind.fills) farHost.onBatch = pump;
  pump();
  await farHost.until('all have arrived', () => received === total);
  t.equal(wrong, 0, 'each is the next one');
  t.equal(nearHost.writables > 0, kind.fills);
}

async function isStable(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { far, farHost } = ends;
  const packets = [0, 1, 2].map((i) => packetOf(kind, ends.port, i, 2_000));
  let changed = 0;
  let answered = 0;
  farHost.onReceive = (offset, length) => {
    const before = packetMemory.bytes.slice(offset, offset + length);
    if (farHost.packets.length >= packets.length) return;
    // More than fits into any queue, and then what fits into the place of this very packet.
    for (const size of [50_000, 1_900]) {
      for (let i = 0; i < 40; i++) if (offer(far, answerOf(kind, ends, i, size))) answered++;
    }
    const after = packetMemory.bytes.subarray(offset, offset + length);
    if (Buffer.compare(before, after) !== 0) changed++;
  };
  farHost.onBatch = () => far.flush();
  await offerAll(ends, packets);
  await farHost.until('three have arrived', () => farHost.packets.length >= 3);
  t.equal(changed, 0);
  t.ok(answered > 0, `${answered} packets were sent from inside receive`);
  for (const [i, packet] of packets.entries()) t.ok(farHost.packets[i].equals(packet));
}

/** A packet from the far end to nowhere in particular. */
function answerOf(kind: LinkCase, ends: Ends, index: number, size: number): Buffer {
  const packet = packetOf(kind, ends.port, 1_000 + index, size);
  packet.writeUInt16BE(1, 22);
  return packet;
}

async function survivesGrowth(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const before = packetMemory.bytes;
  const packet = packetOf(kind, ends.port, 1, 3_000);
  await offerAll(ends, [packet]);
  await arrive(ends, 1);
  const large = before.length / 2 + 1;
  const block = packetMemory.allocate(large);
  packetMemory.release(block, large);
  t.not(packetMemory.bytes, before, 'the memory has grown');
  for (const size of [100, 20_000]) {
    const next = [1, 2, 3].map((index) => packetOf(kind, ends.port, index, size));
    ends.farHost.packets.length = 0;
    await offerAll(ends, next);
    await arrive(ends, next.length);
    sameInOrder(t, ends, next, `${size} bytes after growth`);
  }
}

async function isSilentAfterClose(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { near, far, farHost, nearHost } = ends;
  for (let i = 0; i < 10; i++) offer(near, packetOf(kind, ends.port, i, 500));
  near.flush();
  // Where the far end has them already this is a race that close must win all the same.
  far.close();
  await turns();
  t.equal(farHost.packets.length, 0);
  t.equal(farHost.batches.length, 0);
  near.close();
  t.equal(near.reserve(100), -1, 'a closed link has no room');
  near.flush();
  await turns();
  t.equal(nearHost.writables, 0);
  far.close();
  near.close();
}

async function closesInside(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { near, far, farHost } = ends;
  const packet = packetOf(kind, ends.port, 0, 5_000);
  farHost.onReceive = (offset, length) => {
    far.close();
    const bytes = packetMemory.bytes.subarray(offset, offset + length);
    t.equal(Buffer.compare(bytes, packet), 0, 'the packet stays whole until receive returns');
  };
  for (let i = 0; i < 5; i++) offer(near, packet);
  near.flush();
  // A closed link ends no batch, so nothing but turns tells; the kernel has delivered within one.
  for (let i = 0; i < 1_000 && farHost.packets.length === 0; i++) await turns(1);
  await turns();
  t.equal(farHost.packets.length, 1, 'and is the last');
  t.equal(farHost.batches.length, 0);
}

async function refuses(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { near } = ends;
  t.equal(near.reserve(near.maxSegmentBytes + 1), -1, 'one byte more than the largest');
  t.ok(near.reserve(near.maxSegmentBytes) > 0, 'the largest');
  t.ok(near.mtu <= near.maxSegmentBytes);
  t.equal(near.sharesHost, near.claimPort !== undefined, 'a shared host has ports to claim');
  const route = near.route(kind.destination);
  t.ok(route !== null && near.isLocal(route.source), 'its own source address is local');
  t.ok(route !== null && route.mtu > 0 && route.mtu <= near.mtu);
  near.close();
  if (near.claimPort === undefined) return;
  t.throws(() => near.claimPort!(kind.destination, 0), { code: 'ENETDOWN' });
}

async function survivesThrow(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  const { farHost } = ends;
  const seen = new Promise<Error>((resolve) => {
    // tap listens too; for the length of this test only the test does.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other);
      resolve(error);
    });
  });
  farHost.onBatch = () => {
    farHost.onBatch = () => {};
    throw new Error('thrown by a listener');
  };
  await offerAll(ends, [packetOf(kind, ends.port, 0, 100)]);
  t.equal((await seen).message, 'thrown by a listener', 'it is reported as uncaught');
  await offerAll(ends, [packetOf(kind, ends.port, 1, 100)]);
  await arrive(ends, 2);
}

async function deliversUnreferenced(t: Tap, kind: LinkCase, ends: Ends): Promise<void> {
  for (const change of ['unref', 'ref', 'unref', 'unref'] as const) {
    ends.near[change]();
    ends.far[change]();
    ends.farHost.packets.length = 0;
    await offerAll(ends, [packetOf(kind, ends.port, 1, 100)]);
    await arrive(ends, 1);
    t.equal(ends.farHost.packets.length, 1, change);
  }
}

async function givesBack(t: Tap, kind: LinkCase): Promise<void> {
  // Whatever is loaded on first use is loaded by now; libuv's own descriptors are there as well.
  closeEnds(openEnds(kind));
  const memory = packetMemory.allocated;
  const descriptors = openDescriptors();
  for (let round = 0; round < 3; round++) {
    const ends = openEnds(kind);
    ends.far.claimPort?.(kind.source, 0);
    const packets = [100, 20_000, 50_000].map((size) => packetOf(kind, ends.port, size, size));
    await offerAll(ends, packets);
    await arrive(ends, packets.length);
    if (round > 0) for (const packet of packets) offer(ends.near, packet);
    if (round > 1) ends.near.flush();
    closeEnds(ends);
    t.equal(packetMemory.allocated, memory, 'packet memory');
    t.equal(openDescriptors(), descriptors, 'descriptors');
    closeEnds(ends);
    t.equal(packetMemory.allocated, memory, 'closing again gives nothing back twice');
  }
}

async function arrive(ends: Ends, count: number): Promise<void> {
  const { farHost } = ends;
  const all = () => farHost.packets.length >= count && farHost.open === 0;
  await farHost.until(`${count} packets have arrived`, all);
}

function sameInOrder(t: Tap, ends: Ends, packets: Buffer[], name: string): void {
  const { packets: got } = ends.farHost;
  t.equal(got.length, packets.length, `${name}: number`);
  const wrong = packets.findIndex((packet, i) => !got[i]?.equals(packet));
  t.equal(wrong, -1, `${name}: first that differs`);
}
