/** Rows of numbers: what is written is read, and nobody gets a row that another one has. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { Rows } from '../../lib/support/rows';

t.test('what is written is read, in the same order', async (t) => {
  const rows = new Rows(2, 3);
  t.equal(rows.rowBytes, 32);
  const row = rows.take();
  rows.open(row);
  rows.writeWord(-5);
  rows.writeNumber(Number.NaN);
  rows.writeWord(0x7fff_ffff);
  rows.writeNumber(0.1);
  rows.writeWord(-0x8000_0000);
  t.ok(rows.fits);
  rows.open(row);
  t.same([rows.readNumber(), rows.readNumber()], [Number.NaN, 0.1]);
  t.same([rows.readWord(), rows.readWord(), rows.readWord()], [-5, 0x7fff_ffff, -0x8000_0000]);
});

t.test('what is no whole number of 32 bits does not fit into a word', async (t) => {
  const rows = new Rows(0, 1);
  for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    rows.open(rows.take());
    t.ok(rows.fits, 'nothing has been written yet');
    rows.writeWord(value);
    t.notOk(rows.fits, String(value));
  }
});

t.test('many come and go, and each keeps what was written to it', async (t) => {
  const seed = 20_261_121;
  const random = new SeededRandom(seed);
  const rows = new Rows(1, 1);
  const held = new Map<number, number>();
  for (let i = 0; i < 30_000; i++) {
    // Waves: blocks fill up, and empty again.
    if (random.chance(i % 6000 < 3000 ? 0.9 : 0.1)) {
      const row = rows.take();
      if (held.has(row)) return t.fail(`seed ${seed}, step ${i}: row ${row} was somebody's`);
      rows.open(row);
      rows.writeNumber(i + 0.5);
      rows.writeWord(i);
      held.set(row, i);
    } else if (held.size > 0) {
      const [row, value] = [...held][random.below(held.size)];
      rows.open(row);
      const found = [rows.readNumber(), rows.readWord()];
      if (found[0] !== value + 0.5 || found[1] !== value) return t.fail(`seed ${seed}, step ${i}`);
      rows.release(row);
      held.delete(row);
    }
    if (rows.size !== held.size) return t.fail(`seed ${seed}, step ${i}: ${rows.size}`);
  }
  t.ok(Math.max(...held.keys()) < 6000, 'places are used again');
  for (const row of held.keys()) rows.release(row);
  t.equal(rows.size, 0);
});
