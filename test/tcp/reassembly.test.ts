/** Text ahead of its turn: ranges merge, stay sorted and few, and come out as the peer sent them. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { NetworkError } from '../../lib/support/network-error';
import { SeededRandom } from '../../lib/support/random';
import { Reassembly } from '../../lib/tcp/reassembly';
import { ReceiveBuffer } from '../../lib/tcp/receive-buffer';
import { seqAdd, seqDiff } from '../../lib/tcp/seq';
import { fillPattern, findForeignByte } from '../support/pattern';
import { Bench } from './bench';

const scratch = packetMemory.allocate(131_072);
const BASES = [0, -50, 0x7fff_ffff - 50]; // in the middle, before 2^32, before 2^31

/** One with a stream of its own, in numbers counted from `base`. */
class Model {
  readonly reassembly: Reassembly;
  readonly #base: number;

  constructor(limit: number, base: number) {
    this.reassembly = new Reassembly(limit);
    this.#base = base;
  }

  insert(next: number, start: number, end: number): boolean {
    const text = packetMemory.bytes.subarray(scratch, scratch + end - start);
    fillPattern(text, start);
    const base = this.#base;
    return this.reassembly.insert(seqAdd(base, next), seqAdd(base, start), scratch, end - start);
  }

  /** @returns where the text that is in order now ends; throws when a byte is wrong */
  drain(next: number): number {
    const buffer = new ReceiveBuffer(1_000_000);
    const moved = this.reassembly.drainInto(buffer, seqAdd(this.#base, next));
    if (buffer.length !== moved) throw new Error('not all of it came out');
    let at = next;
    for (let piece = buffer.take(); piece !== null; piece = buffer.take()) {
      if (findForeignByte(piece, at) !== -1) throw new Error(`wrong byte behind ${at}`);
      at += piece.length;
    }
    return at;
  }

  get ranges(): string {
    const { count, starts, ends } = this.reassembly.ranges;
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      parts.push(`${seqDiff(starts[i], this.#base)}-${seqDiff(ends[i], this.#base)}`);
    }
    return parts.join(' ');
  }
}

/** [ranges inserted in this order, what is held then, name]; RCV.NXT is 0 */
const MERGES: readonly (readonly [string, string, string])[] = [
  ['10-20', '10-20', 'one'],
  ['10-11', '10-11', 'one byte'],
  ['10-20 30-40', '10-20 30-40', 'apart'],
  ['30-40 10-20', '10-20 30-40', 'apart, the later one first'],
  ['10-20 50-60 30-40', '10-20 30-40 50-60', 'between two'],
  ['10-20 20-30', '10-30', 'touching behind'],
  ['20-30 10-20', '10-30', 'touching before'],
  ['10-20 30-40 20-30', '10-40', 'filling a hole exactly'],
  ['10-20 30-40 15-35', '10-40', 'overlapping both sides'],
  ['10-20 10-20', '10-20', 'the same again'],
  ['10-40 20-30', '10-40', 'inside'],
  ['20-30 10-40', '10-40', 'around'],
  ['10-20 5-15', '5-20', 'overlapping before'],
  ['10-20 15-25', '10-25', 'overlapping behind'],
  ['10-12 14-16 18-20 22-24 11-23', '10-24', 'across many'],
  ['10-12 14-16 18-20 22-24 12-14', '10-16 18-20 22-24', 'joining two of many'],
  ['10-12 14-16 18-20 5-30', '5-30', 'swallowing many'],
  ['10-12 14-16 18-20 14-18', '10-12 14-20', 'touching the last'],
  [
    '1-2 3-4 5-6 7-8 9-10 11-12 13-14 15-16 17-18',
    '1-2 3-4 5-6 7-8 9-10 11-12 13-14 15-16 17-18',
    'more than the first table holds',
  ],
];

t.test('[SHLD-31] ranges are kept sorted and apart', (t) => {
  for (const base of BASES) {
    for (const [inserts, want, name] of MERGES) {
      const model = new Model(256, base);
      for (const range of inserts.split(' ')) {
        const [start, end] = range.split('-').map(Number);
        model.insert(0, start, end);
      }
      t.equal(model.ranges, want, `${name}, base ${base}`);
      model.reassembly.clear();
    }
  }
  t.end();
});

/** [ranges held, in order up to, drained up to, left, name] */
const DRAINS: readonly (readonly [string, number, number, string, string])[] = [
  ['10-20', 5, 5, '10-20', 'still a hole'],
  ['10-20', 10, 20, '', 'exactly there'],
  ['10-20', 15, 20, '', 'overtaken in part'],
  ['10-20', 20, 20, '', 'overtaken just so'],
  ['10-20', 50, 50, '', 'overtaken by far'],
  ['10-20 30-40', 10, 20, '30-40', 'up to the next hole'],
  ['10-20 30-40', 25, 25, '30-40', 'into the next hole'],
  ['10-20 30-40', 35, 40, '', 'beyond a range, into another'],
  ['10-20 30-40 50-60', 45, 45, '50-60', 'beyond two'],
];

t.test('what follows without a hole comes out, what was overtaken is dropped', (t) => {
  for (const base of BASES) {
    for (const [inserts, next, end, left, name] of DRAINS) {
      const before = packetMemory.allocated;
      const model = new Model(256, base);
      for (const range of inserts.split(' ')) {
        const [start, stop] = range.split('-').map(Number);
        model.insert(0, start, stop);
      }
      t.equal(model.drain(next), end, `${name}, base ${base}`);
      t.equal(model.ranges, left, name);
      if (left === '') t.equal(packetMemory.allocated, before, `${name}: the ring is given back`);
      model.reassembly.clear();
      t.equal(packetMemory.allocated, before);
    }
  }
  t.end();
});

t.test('at the limit of ranges one more is refused, but what joins others is not', (t) => {
  const model = new Model(3, -10);
  t.equal(model.insert(0, 10, 11), true);
  t.equal(model.insert(0, 20, 21), true);
  t.equal(model.insert(0, 30, 31), true);
  t.equal(model.insert(0, 40, 41), false);
  t.equal(model.insert(0, 5, 6), false);
  t.equal(model.ranges, '10-11 20-21 30-31');
  t.equal(model.insert(0, 11, 12), true);
  t.equal(model.insert(0, 15, 30), true);
  t.equal(model.ranges, '10-12 15-31');
  t.equal(model.insert(0, 40, 41), true);
  t.equal(model.drain(10), 12);
  model.reassembly.clear();
  t.end();
});

t.test('without memory it refuses, and keeps what it has', (t) => {
  const model = new Model(8, 0);
  model.insert(0, 10, 20);
  const { allocateText } = packetMemory;
  packetMemory.allocateText = () => {
    throw new NetworkError('ENOBUFS', 'used up');
  };
  t.teardown(() => {
    packetMemory.allocateText = allocateText;
  });
  t.equal(model.insert(0, 50_000, 50_010), false, 'needs a larger ring');
  t.equal(model.insert(0, 30, 40), true, 'fits the one that is there');
  packetMemory.allocateText = allocateText;
  t.equal(model.ranges, '10-20 30-40');
  t.equal(model.drain(10), 20);
  model.reassembly.clear();
  t.end();
});

t.test('a random order of random overlaps gives the stream back', (t) => {
  const before = packetMemory.allocated;
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed);
    const model = new Model(1 + random.below(20), random.next32() | 0);
    const length = 1 + random.below(40_000);
    let next = 0;
    for (let step = 0; next < length; step++) {
      const start = Math.max(0, next + random.below(12_000) - 2000);
      const end = Math.min(length, start + 1 + random.below(3000));
      if (start > next && start < end) model.insert(next, start, end);
      else if (end > next) next = model.drain(end);
      if (step > 100_000) throw new Error(`seed ${seed} does not come to an end`);
    }
    if (model.ranges !== '') t.fail(`seed ${seed}: ${model.ranges} is left`);
  }
  t.equal(packetMemory.allocated, before);
  t.end();
});

/** CPU time, which a busy machine does not make longer. */
function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

t.test('[A-06] a flood of one-byte segments out of order stays small, and quick', (t) => {
  const before = packetMemory.allocated;
  const b = new Bench({ irs: -30_000, config: { windowScaling: true } });
  b.establish({ options: 'mss 1000,wscale 7' });
  const receive = b.tcb.rcv;
  const window = receive.wnd;
  const flood = process.cpuUsage();
  let segments = 0;
  for (let seq = 3; seq < window; seq += 2) {
    b.inject(`. ${seq}:${seq + 1}(1) ack 1 win 65535`);
    if (++segments % 1000 === 0) b.sent();
    if (segments === 5000) break;
  }
  const cost = microseconds(flood) / segments;
  t.equal(b.tcb.reassembly.count, b.tcb.config.reassemblyRanges, 'no more ranges than the limit');
  const { ringBytes } = b.tcb.reassembly;
  t.ok(ringBytes <= 4 * b.tcb.config.reassemblyRanges, 'no more memory than what is kept needs');
  t.ok(packetMemory.allocated - before <= ringBytes);
  // What is there already is the least work; nearly all of either is the check of invariants.
  const repetition = process.cpuUsage();
  for (let i = 0; i < 1000; i++) b.inject('. 3:4(1) ack 1 win 65535');
  const least = microseconds(repetition) / 1000;
  t.ok(cost < 4 * least, `${cost} µs a segment, ${least} µs one that is there`);
  b.sent();
  b.inject('P. 1:1001(1000) ack 1 win 65535');
  t.equal(b.receive(), 1001, 'and the connection works on, with the byte behind it');
  b.connection.dispose();
  t.end();
});
