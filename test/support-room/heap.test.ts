import fc from 'fast-check';
import t from 'tap';
import { Heap, type HeapItem } from '../../lib/support/heap';

class Item implements HeapItem {
  heapIndex = -1;
  readonly name: string;

  constructor(name = '') {
    this.name = name;
  }
}

t.test('gives items in the order of their keys', async (t) => {
  const heap = new Heap<Item>();
  for (const key of [5, 1, 4, 1.5, Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY, 2]) {
    heap.push(new Item(), key);
  }
  t.equal(heap.size, 8);
  t.equal(heap.smallestKey, Number.NEGATIVE_INFINITY);
  const keys: number[] = [];
  while (heap.size > 0) {
    keys.push(heap.smallestKey);
    heap.pop();
  }
  t.same(keys, [Number.NEGATIVE_INFINITY, 1, 1.5, 2, 3, 4, 5, Number.POSITIVE_INFINITY]);
});

t.test('an empty heap has nothing', async (t) => {
  const heap = new Heap<Item>();
  t.equal(heap.peek(), null);
  t.equal(heap.pop(), null);
  t.equal(heap.size, 0);
  t.equal(heap.smallestKey, Number.POSITIVE_INFINITY);
});

t.test('an item moves when its key changes, and leaves from the middle', async (t) => {
  const heap = new Heap<Item>();
  const a = new Item('a');
  const b = new Item('b');
  const c = new Item('c');
  heap.push(a, 1);
  heap.push(b, 2);
  heap.update(c, 3); // adds it
  t.equal(heap.size, 3);
  heap.update(c, 0);
  t.same(
    [a, b, c].map((item) => heap.keyOf(item)),
    [1, 2, 0],
  );
  t.equal(heap.peek(), c);
  heap.update(c, 1.5);
  t.equal(heap.peek(), a);
  heap.remove(a);
  t.equal(a.heapIndex, -1);
  t.equal(heap.peek(), c);
  t.equal(heap.has(a), false);
  t.equal(heap.has(c), true);
  heap.remove(a); // once more does nothing
  t.equal(heap.size, 2);
});

t.test('misuse is an assertion', async (t) => {
  const heap = new Heap<Item>();
  const other = new Heap<Item>();
  const item = new Item();
  heap.push(item, 1);
  t.throws(() => heap.push(item, 2), /already in a heap/);
  t.throws(() => other.push(item, 2), /already in a heap/);
  t.throws(() => other.update(item, 2), /in another heap/);
  t.throws(() => other.remove(item), /in another heap/);
  t.throws(() => heap.update(item, Number.NaN), /NaN/);
  t.throws(() => heap.push(new Item(), Number.NaN), /NaN/);
  t.equal(heap.smallestKey, 1, 'and changes nothing');
});

t.test('agrees with a sorted list through any sequence of changes', async () => {
  const step = fc.record({
    which: fc.nat(30),
    key: fc.oneof(fc.nat(10), fc.double({ noNaN: true })),
    what: fc.constantFrom('update', 'update', 'remove', 'pop'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new Heap<Item>();
      const items = Array.from({ length: 31 }, () => new Item());
      const expected = new Map<Item, number>();
      for (const { which, key, what } of steps) {
        const item = items[which];
        if (what === 'update') {
          heap.update(item, key);
          expected.set(item, key);
        } else if (what === 'remove') {
          heap.remove(item);
          expected.delete(item);
        } else {
          const popped = heap.pop();
          if ((popped === null) !== (expected.size === 0)) return false;
          if (popped !== null && expected.get(popped) !== Math.min(...expected.values())) {
            return false;
          }
          if (popped !== null) expected.delete(popped);
        }
        const smallest =
          expected.size === 0 ? Number.POSITIVE_INFINITY : Math.min(...expected.values());
        if (heap.size !== expected.size || heap.smallestKey !== smallest) return false;
        if (!items.every((each) => heap.has(each) === expected.has(each))) return false;
      }
      return true;
    }),
  );
});
