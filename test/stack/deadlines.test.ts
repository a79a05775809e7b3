import t from 'tap';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Deadlines } from '../../lib/stack/deadlines';
import type { Endpoint } from '../../lib/stack/endpoint';

function setUp() {
  const clock = new VirtualClock();
  const expired: string[] = [];
  const deadlines = new Deadlines(clock, () => {
    for (let due = deadlines.pollDue(clock.now()); due; due = deadlines.pollDue(clock.now())) {
      const one = due as unknown as ReturnType<typeof item>;
      expired.push(`${one.name}@${clock.now()}`);
      one.engine.deadline = Number.POSITIVE_INFINITY;
      deadlines.note(due);
    }
    deadlines.settle();
  });
  const item = (name: string) => ({
    name,
    engine: { deadline: Number.POSITIVE_INFINITY },
    heapIndex: -1,
  });
  const note = (one: ReturnType<typeof item>, at: number) => {
    one.engine.deadline = at;
    deadlines.note(one as unknown as Endpoint);
    deadlines.settle();
  };
  return { clock, expired, deadlines, item, note };
}

t.test('each is due at its own time, with one timer for all', async (t) => {
  const { clock, expired, note, item } = setUp();
  note(item('late'), 50);
  note(item('early'), 10);
  note(item('never'), Number.POSITIVE_INFINITY);
  t.equal(clock.pending, 1);
  clock.run();
  t.same(expired, ['early@10', 'late@50']);
  t.equal(clock.pending, 0);
});

t.test(
  'a deadline that moves back is looked at once too early, and not reported then',
  async (t) => {
    const { clock, expired, note, item, deadlines } = setUp();
    const one = item('one');
    for (let at = 10; at <= 30; at++) note(one, at);
    t.equal(deadlines.size, 1);
    clock.run();
    t.same(expired, ['one@30']);
  },
);

t.test('a deadline that moves forward counts at once', async (t) => {
  const { clock, expired, note, item } = setUp();
  const one = item('one');
  note(one, 30);
  note(one, 5);
  clock.run();
  t.same(expired, ['one@5']);
});

t.test('what is removed, or has no deadline any more, is never due', async (t) => {
  const { clock, expired, note, item, deadlines } = setUp();
  const removed = item('removed');
  note(removed, 10);
  deadlines.remove(removed as unknown as Endpoint);
  const freed = item('freed');
  note(freed, 20);
  note(freed, Number.POSITIVE_INFINITY);
  clock.run();
  t.same(expired, []);
  t.equal(deadlines.size, 0);
});

t.test('the timer is referenced only when asked', async (t) => {
  const { clock, note, item, deadlines } = setUp();
  note(item('one'), 10);
  t.equal(clock.referenced, 0);
  deadlines.ref();
  t.equal(clock.referenced, 1);
  deadlines.unref();
  t.equal(clock.referenced, 0);
  deadlines.close();
  t.equal(clock.pending, 0);
  deadlines.settle();
  t.equal(clock.pending, 0, 'and stays off');
});
