/** Ranges of sequence numbers: sorted, apart, bounded, the same as a set of numbers would say. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { SequenceRanges } from '../../lib/tcp/ranges';
import { seqAdd, seqDiff } from '../../lib/tcp/seq';

const BASES = [0, 0x7fff_ffff - 60, -60]; // in the middle, before 2^31, before 2^32

function listOf(ranges: SequenceRanges, base: number): string {
  const parts: string[] = [];
  for (let i = 0; i < ranges.count; i++) {
    parts.push(`${seqDiff(ranges.starts[i], base)}-${seqDiff(ranges.ends[i], base)}`);
  }
  return parts.join(' ');
}

/** The same from a set of numbers. */
function listOfSet(set: ReadonlySet<number>): string {
  const parts: string[] = [];
  for (let i = 0; i < 200; i++) {
    if (!set.has(i) || set.has(i - 1)) continue;
    let end = i;
    while (set.has(end)) end++;
    parts.push(`${i}-${end}`);
  }
  return parts.join(' ');
}

t.test('random additions and removals leave what a set of numbers holds', (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed);
    const base = BASES[seed % BASES.length];
    const ranges = new SequenceRanges(1000);
    const set = new Set<number>();
    for (let step = 0; step < 60; step++) {
      const start = random.below(150);
      const end = start + 1 + random.below(12);
      if (random.chance(0.1)) {
        ranges.dropBefore(seqAdd(base, start));
        for (const i of set) if (i < start) set.delete(i);
      } else {
        ranges.add(seqAdd(base, start), seqAdd(base, end));
        for (let i = start; i < end; i++) set.add(i);
      }
      let held = true;
      for (let i = start; i < end; i++) held &&= set.has(i);
      const isRight =
        listOf(ranges, base) === listOfSet(set) &&
        ranges.length === set.size &&
        ranges.holds(seqAdd(base, start), seqAdd(base, end)) === held;
      if (!isRight) {
        t.equal(listOf(ranges, base), listOfSet(set), `seed ${seed}, step ${step}`);
        t.equal(ranges.length, set.size);
        t.equal(ranges.holds(seqAdd(base, start), seqAdd(base, end)), held);
        t.end();
        return;
      }
    }
  }
  t.pass('200 seeds');
  t.end();
});

t.test('at its limit it refuses one more, and takes what joins others', (t) => {
  const ranges = new SequenceRanges(2);
  t.equal(ranges.add(10, 20), true);
  t.equal(ranges.add(30, 40), true);
  t.equal(ranges.isRefused(50, 60), true);
  t.equal(ranges.add(50, 60), false);
  t.equal(ranges.isRefused(20, 30), false);
  t.equal(ranges.add(20, 30), true);
  t.equal(listOf(ranges, 0), '10-40');
  ranges.clear();
  t.equal(ranges.count, 0);
  t.end();
});
