/** Records in a ring, and their list by time, against two plain arrays. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { NO_SLOT, SegmentRing } from '../../lib/tcp/segment-ring';

interface Model {
  start: number;
  end: number;
  flags: number;
  sentAt: number | null;
}

/** All that the ring says, from both ends of both orders. */
function tell(ring: SegmentRing): string {
  const records: string[] = [];
  for (let i = 0; i < ring.count; i++) {
    const slot = ring.slotAt(i);
    if (ring.indexOf(slot) !== i) records.push('wrong index');
    if (ring.lengthOf(slot) !== ring.endOf(slot) - ring.startOf(slot)) records.push('wrong length');
    records.push(`${ring.startOf(slot)}-${ring.endOf(slot)}/${ring.flagsOf(slot)}`);
  }
  return records.join(' ');
}

/** Takes all out of the list by time: the starts of the records, oldest first. */
function drainByTime(ring: SegmentRing): string {
  const starts: string[] = [];
  while (ring.oldest !== NO_SLOT) {
    starts.push(`${ring.startOf(ring.oldest)}@${ring.sentAt(ring.oldest)}`);
    ring.unlink(ring.oldest);
  }
  if (ring.latest !== NO_SLOT) starts.push('the end stays');
  return starts.join(' ');
}

class Pair {
  readonly ring = new SegmentRing();
  readonly records: Model[] = [];
  readonly byTime: Model[] = [];
  now = 1.5;
  #next = 0;

  push(length: number): void {
    const end = this.#next + length;
    const slot = this.ring.push(this.#next, end);
    const record = { start: this.#next, end, flags: 0, sentAt: null };
    this.records.push(record);
    this.#next = end;
    this.link(record, slot);
  }

  link(record: Model, slot: number): void {
    this.ring.link(slot, this.now);
    record.sentAt = this.now++;
    this.byTime.push(record);
  }

  unlink(record: Model, slot: number): void {
    this.ring.unlink(slot);
    record.sentAt = null;
    this.byTime.splice(this.byTime.indexOf(record), 1);
  }

  shift(): void {
    if (this.records[0].sentAt !== null) this.unlink(this.records[0], this.ring.slotAt(0));
    this.ring.shift();
    this.records.shift();
  }

  split(index: number, at: number): void {
    const record = this.records[index];
    const first = { ...record, end: at };
    this.ring.split(this.ring.slotAt(index), at);
    record.start = at;
    this.records.splice(index, 0, first);
    if (record.sentAt !== null) this.byTime.splice(this.byTime.indexOf(record), 0, first);
  }

  /** What is joined is cut apart again, at another place. */
  join(index: number, at: number): void {
    for (const i of [index, index + 1]) {
      if (this.records[i].sentAt !== null) this.unlink(this.records[i], this.ring.slotAt(i));
    }
    this.ring.join(index, index + 1);
    const [first, second] = this.records.slice(index, index + 2);
    first.end = second.end;
    this.records.splice(index + 1, 1);
    if (index + 1 === this.records.length) return;
    if (this.ring.emptyCount !== 1) throw new Error('one of them is empty');
    this.split(index, at);
  }

  get expected(): string {
    return this.records.map((r) => `${r.start}-${r.end}/${r.flags}`).join(' ');
  }
}

function step(pair: Pair, random: SeededRandom): void {
  const { ring, records } = pair;
  const index = records.length === 0 ? 0 : random.below(records.length);
  const record = records[index];
  const choice = random.below(10);
  if (records.length === 0 || choice < 4) pair.push(1 + random.below(10));
  else if (choice === 4) pair.shift();
  else if (choice === 5 && record.end - record.start > 1) pair.split(index, record.start + 1);
  else if (choice === 6 && index + 1 < records.length) pair.join(index, record.start + 1);
  else if (choice === 7 && record.sentAt !== null) pair.unlink(record, ring.slotAt(index));
  else if (choice === 8 && record.sentAt === null) pair.link(record, ring.slotAt(index));
  else {
    record.flags = random.below(8);
    ring.setFlags(ring.slotAt(index), record.flags);
  }
}

t.test('random pushes, shifts, splits and links say what the arrays say', (t) => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = new SeededRandom(seed);
    const pair = new Pair();
    for (let i = 0; i < 120; i++) {
      step(pair, random);
      if (tell(pair.ring) !== pair.expected) {
        t.equal(tell(pair.ring), pair.expected, `seed ${seed}, step ${i}`);
        t.end();
        return;
      }
    }
    for (const [i, record] of pair.records.entries()) {
      if (pair.ring.find(record.start) !== i) t.fail(`seed ${seed}: finds another than ${i}`);
      if (pair.ring.find(record.end - 1) !== i) t.fail(`seed ${seed}: finds another than ${i}`);
    }
    const byTime = pair.byTime.map((record) => `${record.start}@${record.sentAt}`).join(' ');
    if (drainByTime(pair.ring) !== byTime) t.fail(`seed ${seed}: the order by time is wrong`);
  }
  t.pass('150 seeds');
  t.end();
});

t.test('an edge can be moved, and clearing leaves nothing', (t) => {
  const ring = new SegmentRing();
  const slot = ring.push(10, 20);
  ring.link(slot, 1);
  ring.setStart(slot, 12);
  ring.setEnd(slot, 30);
  t.equal(ring.lengthOf(slot), 18);
  ring.clear();
  t.equal(ring.count, 0);
  t.equal(ring.oldest, NO_SLOT);
  t.equal(ring.find(0), 0);
  t.end();
});
