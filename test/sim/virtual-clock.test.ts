import t from 'tap';
import { VirtualClock } from '../../lib/sim/virtual-clock';

t.test('timers run by time, those of one instant by the order of arming', async (t) => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.schedule(5, note('c'));
  clock.schedule(1.25, note('a'));
  clock.schedule(5, note('d'));
  clock.schedule(2, note('b'));
  t.equal(clock.pending, 4);
  t.equal(clock.next, 1.25);
  t.equal(clock.run(), true);
  t.same(ran, ['a@1.25', 'b@2', 'c@5', 'd@5']);
  t.equal(clock.pending, 0);
  t.equal(clock.idle, true);
  t.equal(clock.next, Infinity);
});

t.test('a timer may be cancelled, moved, and armed again after it has run', async (t) => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const cancelled = clock.schedule(1, () => ran.push('cancelled'));
  const moved = clock.schedule(1, () => ran.push(`moved@${clock.now()}`));
  const again = clock.schedule(1, () => {
    ran.push(`again@${clock.now()}`);
    if (clock.now() < 3) again.reschedule(clock.now() + 1);
  });
  cancelled.cancel();
  cancelled.cancel();
  moved.reschedule(2);
  clock.run();
  t.same(ran, ['again@1', 'moved@2', 'again@2', 'again@3']);
  t.throws(() => again.reschedule(Number.NaN), RangeError);
  again.reschedule(Infinity);
  t.equal(clock.pending, 0, 'never is not armed');
});

t.test('a timer in the past runs now; time does not go back', async (t) => {
  const clock = new VirtualClock(100);
  let at = 0;
  clock.schedule(50, () => {
    at = clock.now();
  });
  clock.run();
  t.equal(at, 100);
  t.throws(() => clock.advanceTo(99), RangeError);
});

t.test('deferrals run at the same instant, urgent ones first, before any timer', async (t) => {
  const clock = new VirtualClock(7);
  const ran: string[] = [];
  clock.schedule(7, () => ran.push('timer'));
  clock.defer(() => {
    ran.push('deferred 1');
    clock.defer(() => ran.push('urgent 3'), true);
  }, false);
  clock.defer(() => ran.push('deferred 2'), false);
  clock.defer(() => ran.push('urgent 1'), true);
  clock.defer(() => ran.push('urgent 2'), true);
  t.equal(clock.next, 7);
  clock.advanceTo(7);
  t.same(ran, ['urgent 1', 'urgent 2', 'deferred 1', 'urgent 3', 'deferred 2', 'timer']);
});

t.test(
  'advanceTo runs what is due until then, that instant included, and stops there',
  async (t) => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const at of [10, 20, 20.5]) clock.schedule(at, () => ran.push(clock.now()));
    clock.advanceTo(20);
    t.same(ran, [10, 20]);
    t.equal(clock.now(), 20);
    t.equal(clock.pending, 1);
    clock.advanceTo(20.25);
    t.equal(clock.now(), 20.25);
    t.equal(clock.pending, 1);
  },
);

t.test('run stops where its condition holds, and says when it never does', async (t) => {
  const clock = new VirtualClock();
  let count = 0;
  for (let at = 1; at <= 5; at++) clock.schedule(at, () => count++);
  t.equal(
    clock.run(() => count === 3),
    true,
  );
  t.equal(clock.now(), 3);
  t.equal(
    clock.run(() => count === 9),
    false,
  );
  t.equal(clock.now(), 5);
});

t.test('a loop without end is an error, not a hang', async (t) => {
  const clock = new VirtualClock();
  const again = (): void => clock.defer(again, true);
  again();
  t.throws(() => clock.run(undefined, 1000), /1000 events/);
  t.throws(() => clock.advanceTo(1, 1000), /1000 events/);
});

t.test('referenced counts the armed timers that keep a process alive', async (t) => {
  const clock = new VirtualClock();
  const kept = clock.schedule(1, () => {});
  const loose = clock.schedule(2, () => {});
  loose.unref();
  t.equal(clock.referenced, 1);
  loose.ref();
  t.equal(clock.referenced, 2);
  kept.cancel();
  t.equal(clock.referenced, 1);
});

t.test('ten thousand timers, moved and cancelled at random, still run in order', async (t) => {
  const seed = 20_260_101;
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
  const clock = new VirtualClock();
  let last = -1;
  let ran = 0;
  const timers = Array.from({ length: 10_000 }, () =>
    clock.schedule(random(1000), () => {
      ran++;
      if (clock.now() < last) t.fail(`seed ${seed}: ${clock.now()} after ${last}`);
      last = clock.now();
    }),
  );
  const dead = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const which = random(timers.length);
    if (dead.has(which)) continue;
    if (random(4) === 0) {
      dead.add(which);
      timers[which].cancel();
    } else timers[which].reschedule(random(1000));
  }
  t.equal(clock.pending, timers.length - dead.size);
  clock.run();
  t.equal(ran, timers.length - dead.size, `seed ${seed}`);
});
