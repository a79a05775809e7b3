/** The table of deadlines. */
import t from 'tap';
import {
  TIMER_COUNT,
  TIMER_DELAYED_ACK,
  TIMER_KEEP_ALIVE,
  TIMER_LINGER,
  TIMER_MEMORY,
  TIMER_PACE,
  TIMER_PERSIST,
  TIMER_REORDER,
  TIMER_RETRANSMIT,
  TIMER_TAIL_PROBE,
  type TimerKind,
  Timers,
} from '../../lib/tcp/timers';

const KINDS: readonly TimerKind[] = [
  TIMER_RETRANSMIT,
  TIMER_PERSIST,
  TIMER_DELAYED_ACK,
  TIMER_KEEP_ALIVE,
  TIMER_LINGER,
  TIMER_REORDER,
  TIMER_TAIL_PROBE,
  TIMER_PACE,
  TIMER_MEMORY,
];

t.test('every kind has a place of its own', (t) => {
  t.same(
    [...KINDS].sort((a, b) => a - b),
    Array.from({ length: TIMER_COUNT }, (_, kind) => kind),
  );
  for (const kind of KINDS) {
    const timers = new Timers();
    timers.arm(kind, 5);
    for (const other of KINDS) t.equal(timers.isArmed(other), other === kind);
  }
  t.end();
});

t.test('nothing is due at first', (t) => {
  const timers = new Timers();
  t.equal(timers.earliest(), Number.POSITIVE_INFINITY);
  for (const kind of KINDS) t.notOk(timers.isArmed(kind));
  t.end();
});

t.test('names the earliest, whichever kind it is', (t) => {
  for (const kind of KINDS) {
    const timers = new Timers();
    for (const other of KINDS) timers.arm(other, 100.5);
    timers.arm(kind, 100.25);
    t.equal(timers.earliest(), 100.25);
    timers.disarm(kind);
    t.equal(timers.earliest(), 100.5);
  }
  t.end();
});

t.test('arming again moves a deadline, both ways', (t) => {
  const timers = new Timers();
  timers.arm(TIMER_PERSIST, 10);
  timers.arm(TIMER_PERSIST, 20);
  t.equal(timers.earliest(), 20);
  timers.arm(TIMER_PERSIST, 0);
  t.equal(timers.earliest(), 0);
  t.ok(timers.isArmed(TIMER_PERSIST), 'time 0 is a deadline like any other');
  t.end();
});

t.test('disarms all at once', (t) => {
  const timers = new Timers();
  for (const kind of KINDS) timers.arm(kind, kind);
  timers.disarmAll();
  t.equal(timers.earliest(), Number.POSITIVE_INFINITY);
  for (const kind of KINDS) t.notOk(timers.isArmed(kind));
  timers.disarm(TIMER_LINGER);
  t.notOk(timers.isArmed(TIMER_LINGER), 'disarming what is not armed does nothing');
  t.end();
});
