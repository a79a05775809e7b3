import t from 'tap';
import { type Impairments, PERFECT } from '../../lib/link/path/impairments';
import { SimulatedLink } from '../../lib/sim/simulated-link';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { packetMemory } from '../../lib/support/memory';
import { IpAddress } from '../../lib/wire/ip-address';
import type { LinkHost } from '../../types/link';

const ALICE = IpAddress.parse('10.0.0.1')!;
const BOB = IpAddress.parse('10.0.0.2')!;

interface Arrival {
  at: number;
  bytes: Buffer;
}

/** Notes what arrives; 'batch' after each batch. */
class Ear implements LinkHost {
  readonly arrivals: Arrival[] = [];
  batches = 0;
  constructor(readonly clock: VirtualClock) {}
  receive(offset: number, length: number): void {
    const bytes = Buffer.from(packetMemory.bytes.subarray(offset, offset + length));
    this.arrivals.push({ at: this.clock.now(), bytes });
  }
  receivedBatch(): void {
    this.batches++;
  }
  writable(): void {}
  failed(): void {}
  defer(fn: () => void): void {
    this.clock.defer(fn, false);
  }
  random(): void {}
}

function wire(there: Partial<Impairments>, seed = 1) {
  const clock = new VirtualClock();
  const ends = [
    { name: 'a', addresses: [ALICE] },
    { name: 'b', addresses: [BOB] },
  ] as const;
  const [a, b] = SimulatedLink.pair({ clock, seed, ends, there, mtu: 1500 });
  const ear = new Ear(clock);
  a.open(new Ear(clock));
  b.open(ear);
  return { clock, a, b, ear };
}

/** Commits a packet of `length` bytes that bears a number in its first four. */
function send(link: SimulatedLink, number: number, length = 100): void {
  const offset = link.reserve(length);
  packetMemory.bytes.fill(0xaa, offset, offset + length);
  packetMemory.view.setUint32(offset, number);
  link.commit(length);
}

function numbers(ear: Ear): number[] {
  return ear.arrivals.map(({ bytes }) => bytes.readUInt32BE(0));
}

t.test('carries packets whole, copied at commit, to the other end only', async (t) => {
  const before = packetMemory.allocated;
  const { clock, a, b, ear } = wire({ delayMs: 10 });
  send(a, 1, 60);
  send(a, 2, 1500);
  t.equal(clock.pending, 1);
  t.equal(ear.arrivals.length, 0);
  clock.run();
  t.same(numbers(ear), [1, 2]);
  t.same(
    ear.arrivals.map(({ at, bytes }) => [at, bytes.length]),
    [
      [10, 60],
      [10, 1500],
    ],
  );
  t.equal(ear.arrivals[1].bytes[1499], 0xaa);
  t.equal(ear.batches, 1, 'what arrives at one instant is one batch');
  a.close();
  b.close();
  b.close();
  t.equal(packetMemory.allocated, before);
});

t.test('knows its addresses and no others', async (t) => {
  const { a, b } = wire({});
  t.equal(a.isLocal(ALICE), true);
  t.equal(a.isLocal(BOB), false);
  t.same([a.route(BOB)?.source.text, a.route(BOB)?.mtu], ['10.0.0.1', 1500]);
  t.equal(a.route(ALICE), null);
  t.equal(a.route(IpAddress.parse('10.0.0.3')!), null);
  t.equal(a.route(IpAddress.parse('::1')!), null);
  t.equal(a.reserve(1501), -1);
  a.close();
  b.close();
  t.equal(a.reserve(100), -1);
});

t.test('a rate spaces packets, and its queue has an end', async (t) => {
  // 1000 bytes take 8 ms at 1 Mbit/s.
  const { clock, a, ear } = wire({ rate: 1e6, delayMs: 5, queueBytes: 3500 });
  for (let i = 0; i < 5; i++) send(a, i, 1000);
  clock.run();
  t.same(numbers(ear), [0, 1, 2]);
  t.same(
    ear.arrivals.map(({ at }) => at),
    [13, 21, 29],
  );
  t.equal(a.outgoing.counters.overflowed, 2);
  send(a, 9, 1000);
  clock.run();
  t.equal(ear.arrivals[3].at, 29 + 8 + 5, 'an idle path sends at once');
});

t.test('jitter spreads arrivals and keeps their order', async (t) => {
  const { clock, a, ear } = wire({ delayMs: 10, jitterMs: 4 });
  for (let i = 0; i < 200; i++) {
    send(a, i);
    clock.advanceTo(clock.now() + 1);
  }
  clock.run();
  t.same(
    numbers(ear),
    Array.from({ length: 200 }, (_, i) => i),
  );
  const delays = ear.arrivals.map(({ at }, i) => at - i);
  t.ok(Math.min(...delays) >= 10 && Math.max(...delays) <= 14);
  t.ok(Math.max(...delays) - Math.min(...delays) > 3);
});

t.test('impairments happen as often as they were asked for', async (t) => {
  const asked = { loss: 0.05, duplicate: 0.02, reorder: 0.1, reorderDelayMs: 3.5, corrupt: 0.01 };
  const { clock, a, ear } = wire({ ...asked, delayMs: 1 }, 42);
  const total = 50_000;
  for (let i = 0; i < total; i++) {
    send(a, i);
    clock.advanceTo(clock.now() + 1);
  }
  clock.run();
  const { counters } = a.outgoing;
  const near = (got: number, of: number, chance: number): boolean => {
    const deviation = Math.sqrt(of * chance * (1 - chance));
    return Math.abs(got - of * chance) < 4 * deviation;
  };
  const survived = total - counters.lost;
  t.ok(near(counters.lost, total, asked.loss), `lost ${counters.lost}`);
  t.ok(near(counters.duplicated, survived, asked.duplicate), `twice ${counters.duplicated}`);
  t.ok(near(counters.reordered, survived, asked.reorder), `late ${counters.reordered}`);
  t.ok(near(counters.corrupted, survived, asked.corrupt), `corrupt ${counters.corrupted}`);
  t.equal(counters.sent, total);
  t.equal(counters.sentBytes, total * 100);
  t.equal(counters.delivered, survived + counters.duplicated);
  t.equal(ear.arrivals.length, counters.delivered);
});

t.test('a corrupt packet has exactly one wrong bit', async (t) => {
  const { clock, a, ear } = wire({ corrupt: 1 });
  const places = new Set<number>();
  for (let i = 0; i < 2000; i++) send(a, 0x1234_5678, 40);
  clock.run();
  for (const { bytes } of ear.arrivals) {
    const right = Buffer.alloc(40, 0xaa);
    right.writeUInt32BE(0x1234_5678);
    let wrong = 0;
    for (let bit = 0; bit < 320; bit++) {
      if (((bytes[bit >> 3] ^ right[bit >> 3]) >> (bit & 7)) & 1) {
        wrong++;
        places.add(bit);
      }
    }
    if (wrong !== 1) t.fail(`${wrong} bits differ`);
  }
  t.ok(places.size > 300, 'any bit of the packet may be hit');
});

t.test('a reordered packet is passed by later ones', async (t) => {
  const { clock, a, ear } = wire({ delayMs: 1, reorder: 1, reorderDelayMs: 10 });
  send(a, 1);
  a.outgoing.impair({ reorder: 0 });
  clock.advanceTo(4);
  send(a, 2);
  clock.run();
  t.same(numbers(ear), [2, 1]);
  t.same(
    ear.arrivals.map(({ at }) => at),
    [5, 11],
  );
});

t.test('same seed, same packets, same microseconds; another seed, others', async (t) => {
  const bad = { loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1, jitterMs: 3, rate: 1e7 };
  const story = (seed: number): string => {
    const { clock, a, ear } = wire(bad, seed);
    for (let i = 0; i < 500; i++) {
      send(a, i);
      clock.advanceTo(clock.now() + 0.25);
    }
    clock.run();
    return ear.arrivals.map(({ at, bytes }) => `${at} ${bytes.toString('hex')}`).join('\n');
  };
  t.equal(story(7), story(7));
  t.not(story(7), story(8));
});

t.test('each direction has its own fate', async (t) => {
  const { clock, a, b, ear } = wire({ loss: 1 });
  send(a, 1);
  send(b, 2);
  clock.run();
  t.equal(ear.arrivals.length, 0);
  t.equal(a.outgoing.counters.lost, 1);
  t.equal(a.incoming.counters.delivered, 1);
  t.equal(b.outgoing, a.incoming);
});

t.test('an end that is closed hears nothing, and what was on its way is dropped', async (t) => {
  const before = packetMemory.allocated;
  const { clock, a, b, ear } = wire({ delayMs: 10 });
  send(a, 1);
  t.equal(a.outgoing.travelling, 1);
  b.close();
  t.equal(a.outgoing.travelling, 0);
  send(a, 2);
  clock.run();
  t.equal(ear.arrivals.length, 0);
  t.equal(a.outgoing.counters.unheard, 1);
  a.close();
  t.equal(packetMemory.allocated, before);
  t.equal(clock.pending, 0);
});

t.test('the observer sees each packet and its fate', async (t) => {
  const { clock, a } = wire({ delayMs: 1 });
  const seen: string[] = [];
  a.outgoing.observer = (fate, offset) =>
    seen.push(`${clock.now()} ${fate} ${packetMemory.view.getUint32(offset)}`);
  send(a, 1);
  clock.run();
  a.outgoing.impair({ loss: 1 });
  send(a, 2);
  t.same(seen, ['0 sent 1', '1 delivered 1', '1 sent 2', '1 lost 2']);
});

t.test('numbers that make no sense are refused by name', async (t) => {
  const rows: Array<[Partial<Impairments>, RegExp]> = [
    [{ loss: -0.1 }, /loss/],
    [{ corrupt: 1.1 }, /corrupt/],
    [{ reorder: Number.NaN }, /reorder/],
    [{ delayMs: -1 }, /delayMs/],
    [{ queueBytes: Number.NaN }, /queueBytes/],
    [{ rate: 0 }, /rate/],
  ];
  for (const [bad, message] of rows) t.throws(() => wire(bad), { message, name: 'RangeError' });
  t.doesNotThrow(() => wire({ ...PERFECT, loss: 1 }));
});
