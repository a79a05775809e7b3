import t from 'tap';
import { ConnectionTable, type TableEntry } from '../../lib/stack/connection-table';
import { FourTuple } from '../../lib/stack/four-tuple';
import { TupleHash } from '../../lib/stack/tuple-hash';
import { SeededRandom } from '../../lib/support/random';
import { IpAddress } from '../../lib/wire/ip-address';

const LOCAL = IpAddress.parse('10.0.0.1')!;
const REMOTE = IpAddress.parse('10.0.0.2')!;

class Entry implements TableEntry {
  readonly tuple: FourTuple;

  constructor(tuple: FourTuple) {
    this.tuple = tuple;
  }
}

function entry(localPort: number, remotePort: number, inside = false): Entry {
  return new Entry(FourTuple.of(inside, LOCAL, localPort, REMOTE, remotePort));
}

t.test('an in-process connection never meets an outside one with the same numbers', async (t) => {
  const table = new ConnectionTable<Entry>(new TupleHash(1, 2));
  const outside = entry(80, 5000);
  const inside = entry(80, 5000, true);
  table.add(outside);
  table.add(inside);
  t.equal(table.find(outside.tuple.clone()), outside);
  t.equal(table.find(inside.tuple.clone()), inside);
  table.remove(outside);
  t.equal(table.find(outside.tuple), null);
  t.equal(table.find(inside.tuple), inside);
});

t.test('the same four-tuple twice is a broken invariant', async (t) => {
  const table = new ConnectionTable<Entry>(new TupleHash(1, 2));
  table.add(entry(80, 5000));
  t.throws(() => table.add(entry(80, 5000)), { name: 'AssertionError' });
});

t.test('the entry found last is forgotten with its removal', async (t) => {
  const table = new ConnectionTable<Entry>(new TupleHash(1, 2));
  const one = entry(80, 5000);
  table.add(one);
  t.equal(table.find(one.tuple), one);
  table.remove(one);
  t.equal(table.find(one.tuple), null);
  table.remove(one);
  t.equal(table.size, 0);
});

t.test('holds what a Map would hold, even where all are in one chain', async (t) => {
  const random = new SeededRandom(5);
  const clash = new TupleHash(0, 0);
  clash.hash = () => 7;
  for (const hash of [new TupleHash(3, 4), clash]) {
    const table = new ConnectionTable<Entry>(hash);
    const model = new Map<number, Entry>();
    for (let i = 0; i < 4000; i++) {
      const port = random.below(300);
      const known = model.get(port) ?? null;
      const found = table.find(FourTuple.of(false, LOCAL, 80, REMOTE, port));
      if (found !== known) return t.fail(`step ${i}: port ${port}`);
      if (known !== null && random.chance(0.5)) {
        table.remove(known);
        model.delete(port);
      } else if (known === null) {
        const added = entry(80, port);
        table.add(added);
        model.set(port, added);
      }
    }
    t.equal(table.size, model.size);
    t.same(new Set(table.list()), new Set(model.values()));
  }
});

t.test('each entry is at one of the places', async (t) => {
  const table = new ConnectionTable<Entry>(new TupleHash(1, 2));
  const entries = Array.from({ length: 200 }, (_, i) => entry(80, 5000 + i));
  for (const one of entries) table.add(one);
  const found = new Set<Entry>();
  for (let place = 0; place < table.places; place++) {
    const one = table.at(place);
    if (one !== null) found.add(one);
  }
  t.same([...found].sort(byPort), entries);
  t.equal(table.size, 200);
});

function byPort(a: Entry, b: Entry): number {
  return a.tuple.remotePort - b.tuple.remotePort;
}
