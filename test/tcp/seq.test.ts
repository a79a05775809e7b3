/** Sequence numbers modulo 2^32: equal, near, across both wraps, and at the edge of what is defined. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt, seqMax, seqMin } from '../../lib/tcp/seq';

const MIN = -0x8000_0000; // 2^31 as int32
const MAX = 0x7fff_ffff; // 2^31 - 1

/** [a, b, how far a lies after b, name] */
const DISTANCES: readonly (readonly [number, number, number, string])[] = [
  [0, 0, 0, 'equal, zero'],
  [MIN, MIN, 0, 'equal, 2^31'],
  [-1, -1, 0, 'equal, 2^32 - 1'],
  [1, 0, 1, 'one after zero'],
  [0, 1, -1, 'one before one'],
  [0, -1, 1, 'zero comes after 2^32 - 1'],
  [-1, 0, -1, '2^32 - 1 comes before zero'],
  [MIN, MAX, 1, '2^31 comes after 2^31 - 1'],
  [MAX, MIN, -1, '2^31 - 1 comes before 2^31'],
  [100, -100, 200, 'across 2^32'],
  [-100, 100, -200, 'across 2^32, backwards'],
  [MIN + 50, MAX - 49, 100, 'across 2^31'],
  [0x4000_0000, 0, 0x4000_0000, 'the largest window apart (2^30)'],
  [0x2000_0000, -0x2000_0000, 0x4000_0000, 'the largest window apart, across 2^32'],
  [MAX, 0, MAX, 'as far as is defined'],
  [MAX - 1, -1, MAX, 'as far as is defined, across 2^32'],
  [0, MAX, -MAX, 'as far before as is defined'],
];

t.test('compares by the sign of the difference', (t) => {
  for (const [a, b, distance, name] of DISTANCES) {
    t.equal(seqDiff(a, b), distance, `seqDiff: ${name}`);
    t.equal(seqLt(a, b), distance < 0, `seqLt: ${name}`);
    t.equal(seqLeq(a, b), distance <= 0, `seqLeq: ${name}`);
    t.equal(seqGt(a, b), distance > 0, `seqGt: ${name}`);
    t.equal(seqGeq(a, b), distance >= 0, `seqGeq: ${name}`);
    t.equal(seqMax(a, b), distance >= 0 ? a : b, `seqMax: ${name}`);
    t.equal(seqMin(a, b), distance <= 0 ? a : b, `seqMin: ${name}`);
    t.equal(seqAdd(b, distance), a, `seqAdd: ${name}`);
  }
  t.end();
});

t.test('numbers 2^31 apart are each before the other', (t) => {
  // Undefined by RFC 9293 §3.4; what matters is that the answer is one of the two and no exception.
  t.equal(seqDiff(MIN, 0), MIN);
  t.equal(seqDiff(0, MIN), MIN);
  t.equal(seqLt(0, MIN), true);
  t.equal(seqLt(MIN, 0), true);
  t.end();
});

t.test('results are int32, also of uint32 arguments', (t) => {
  t.equal(seqAdd(0xffff_ffff, 1), 0);
  t.equal(seqAdd(0xffff_ffff, 0), -1);
  t.equal(seqAdd(0x7fff_ffff, 1), MIN);
  t.equal(seqAdd(MIN, -1), MAX);
  t.equal(seqDiff(0xffff_ffff, -1), 0);
  t.end();
});

t.test('agrees with arithmetic on integers of any size', (t) => {
  const random = new SeededRandom(1);
  const wrong: string[] = [];
  for (let i = 0; i < 10_000; i++) {
    const base = random.next32();
    const distance = random.below(0x8000_0000) - 0x4000_0000;
    const other = Number(BigInt.asIntN(32, BigInt(base) + BigInt(distance)));
    if (seqAdd(base | 0, distance) !== other || seqDiff(other, base | 0) !== distance) {
      wrong.push(`seed ${random.seed}, step ${i}: ${base} + ${distance}`);
    }
  }
  t.same(wrong, []);
  t.end();
});
