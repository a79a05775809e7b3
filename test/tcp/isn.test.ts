/** Initial sequence numbers (RFC 6528): they follow the clock, and nobody outside can tell the next. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { IsnGenerator } from '../../lib/tcp/isn';
import { seqDiff } from '../../lib/tcp/seq';
import { IpAddress } from '../../lib/wire/ip-address';

const LOCAL = IpAddress.parse('10.0.0.1')!;
const REMOTE = IpAddress.parse('10.0.0.2')!;
const LOCAL6 = IpAddress.parse('2001:db8::1')!;
const REMOTE6 = IpAddress.parse('2001:db8::2')!;
const TUPLES = 100_000;

function secret(seed: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}

/** The generator's numbers for 100,000 tuples at one time. */
function numbersAt(generator: IsnGenerator, now: number): Int32Array {
  const numbers = new Int32Array(TUPLES);
  for (let i = 0; i < TUPLES; i++) {
    numbers[i] = generator.next(LOCAL, 1 + (i % 50_000), REMOTE, 80 + Math.floor(i / 50_000), now);
  }
  return numbers;
}

t.test('[MUST-8] [A-03] 100,000 tuples: each advances by 250 in a millisecond', (t) => {
  const generator = new IsnGenerator(secret(1));
  const first = numbersAt(generator, 1000);
  const later = numbersAt(generator, 1001);
  const muchLater = numbersAt(generator, 61_000.5);
  let wrong = 0;
  for (let i = 0; i < TUPLES; i++) {
    if (seqDiff(later[i], first[i]) !== 250) wrong++;
    if (seqDiff(muchLater[i], first[i]) !== 60_000.5 * 250) wrong++;
  }
  t.equal(wrong, 0);
  t.end();
});

t.test('[SHLD-1] [A-03] 100,000 tuples: their numbers have nothing to do with each other', (t) => {
  const numbers = numbersAt(new IsnGenerator(secret(1)), 1000);
  const distinct = new Set(numbers).size;
  // Of 100,000 random 32-bit numbers about 1.2 collide; ten times that would be another matter.
  t.ok(distinct > TUPLES - 12, `${distinct} distinct`);
  const distances = new Set<number>();
  for (let i = 1; i < TUPLES; i++) distances.add(seqDiff(numbers[i], numbers[i - 1]));
  t.ok(distances.size > TUPLES - 13, 'no step from one port to the next is repeated');
  const ones = new Array<number>(32).fill(0);
  for (const number of numbers) {
    for (let bit = 0; bit < 32; bit++) ones[bit] += (number >>> bit) & 1;
  }
  // Half of all, and eight standard deviations (sqrt(100,000) / 2 = 158) about it.
  for (let bit = 0; bit < 32; bit++) {
    if (Math.abs(ones[bit] - TUPLES / 2) > 8 * 158) t.fail(`bit ${bit}: ${ones[bit]} ones`);
  }
  t.end();
});

t.test('[MUST-9] [A-03] another secret, other numbers', (t) => {
  const a = numbersAt(new IsnGenerator(secret(1)), 1000);
  const b = numbersAt(new IsnGenerator(secret(2)), 1000);
  const differences = new Set<number>();
  let same = 0;
  for (let i = 0; i < TUPLES; i++) {
    if (a[i] === b[i]) same++;
    differences.add(seqDiff(a[i], b[i]));
  }
  t.ok(same < 5, `${same} tuples have the same number`);
  t.ok(differences.size > TUPLES - 12, 'nor are they the same but for an offset');
  t.end();
});

t.test('every part of the tuple counts', (t) => {
  const generator = new IsnGenerator(secret(1));
  const numbers = [
    generator.tupleHash(LOCAL, 1, REMOTE, 2),
    generator.tupleHash(LOCAL, 2, REMOTE, 1),
    generator.tupleHash(REMOTE, 1, LOCAL, 2),
    generator.tupleHash(LOCAL, 1, REMOTE, 3),
    generator.tupleHash(LOCAL, 3, REMOTE, 2),
    generator.tupleHash(LOCAL, 1, LOCAL, 2),
    generator.tupleHash(LOCAL6, 1, REMOTE6, 2),
    generator.tupleHash(REMOTE6, 1, LOCAL6, 2),
    generator.tupleHash(LOCAL6, 1, REMOTE6, 65_535),
    generator.tupleHash(LOCAL6, 65_535, REMOTE6, 2),
  ];
  t.equal(new Set(numbers).size, numbers.length);
  t.equal(generator.tupleHash(LOCAL, 1, REMOTE, 2), numbers[0], 'and the same gives the same');
  t.end();
});

t.test('the timestamp clock begins where nothing of the sequence number tells', (t) => {
  const generator = new IsnGenerator(secret(1));
  const ends = [
    [LOCAL, REMOTE],
    [REMOTE, LOCAL],
    [LOCAL6, REMOTE6],
  ] as const;
  const seen = new Set<number>();
  for (const [local, remote] of ends) {
    const offset = generator.timestampOffset(local, 1, remote, 2);
    const hash = generator.tupleHash(local, 1, remote, 2);
    seen.add(offset).add(hash);
    t.equal(generator.timestampOffset(local, 1, remote, 2), offset, 'the same gives the same');
    t.equal(new IsnGenerator(secret(1)).tupleHash(local, 1, remote, 2), hash, 'in any order');
  }
  t.equal(seen.size, 2 * ends.length);
  t.end();
});

t.test('the clock counts in steps of 4 µs and wraps after 4.77 hours', (t) => {
  const generator = new IsnGenerator(secret(1));
  const at = (now: number): number => generator.next(LOCAL, 1, REMOTE, 2, now);
  const start = at(0);
  const wrapMs = 2 ** 32 / 250;
  /** [ms, ticks since 0, name] */
  const cases: readonly (readonly [number, number, string])[] = [
    [0, 0, 'zero'],
    [0.003, 0, 'within a tick'],
    [0.004, 1, 'one tick'],
    [0.0079, 1, 'nearly two'],
    [wrapMs / 2 - 1, 2 ** 31 - 250, 'just before 2^31'],
    [wrapMs - 1, -250, 'just before 2^32'],
    [wrapMs, 0, 'at the wrap'],
    [wrapMs + 1, 250, 'just behind it'],
    [wrapMs * 1000 + 1, 250, 'after half a year'],
  ];
  for (const [now, ticks, name] of cases) {
    const number = at(now);
    t.equal(seqDiff(number, start), ticks, name);
    t.equal(number, number | 0, `${name}: an int32`);
  }
  t.end();
});
