/** Tables of segment records: their sizes, the pool, and rings that own none while empty. */
import t from 'tap';
import { SegmentRing } from '../../lib/tcp/segment-ring';
import { giveBackTables, NO_TABLES, STRIDE, takeTables } from '../../lib/tcp/segment-tables';

t.test('tables have room for a power of two, at least eight', async (t) => {
  for (const [sizeClass, records] of [
    [0, 8],
    [3, 8],
    [4, 16],
    [12, 4096],
    [21, 2 ** 21],
  ]) {
    const tables = takeTables(sizeClass);
    t.equal(tables.mask, records - 1);
    t.equal(tables.records.length, records * STRIDE);
    for (const column of [
      tables.sentAt,
      tables.isLinked,
      tables.deliveredAtSend,
      tables.deliveryTimeAtSend,
      tables.firstSentAtSend,
    ]) {
      t.equal(column.length, records);
    }
  }
});

t.test('what is given back is lent again, once', async (t) => {
  const first = takeTables(5);
  giveBackTables(first);
  t.equal(takeTables(5), first);
  t.not(takeTables(5), first);
});

t.test('the pool keeps a bounded number of each size', async (t) => {
  const small = Array.from({ length: 300 }, () => takeTables(3));
  const large = Array.from({ length: 10 }, () => takeTables(10));
  for (const tables of [...small, ...large]) giveBackTables(tables);
  const reusedSmall = Array.from({ length: 300 }, () => takeTables(3));
  const reusedLarge = Array.from({ length: 10 }, () => takeTables(10));
  t.equal(reusedSmall.filter((tables) => small.includes(tables)).length, 256);
  t.equal(reusedLarge.filter((tables) => large.includes(tables)).length, 4);
});

t.test('the empty tables are nobody’s to give', async (t) => {
  giveBackTables(NO_TABLES);
  t.not(takeTables(0), NO_TABLES);
});

t.test('a ring owns tables only while it holds a record, and as many as last time', async (t) => {
  const ring = new SegmentRing();
  t.equal(ring.tables, NO_TABLES);
  for (let i = 0; i < 20; i++) ring.push(i, i + 1);
  t.equal(ring.tables.mask, 31);
  for (let i = 0; i < 20; i++) ring.shift();
  t.equal(ring.tables, NO_TABLES);
  ring.push(7, 9);
  t.equal(ring.tables.mask, 31, 'the next burst will be like the last');
  t.equal(ring.startOf(ring.slotAt(0)), 7);
  ring.clear();
  t.equal(ring.tables, NO_TABLES);
});
