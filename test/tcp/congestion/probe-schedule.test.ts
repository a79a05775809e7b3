/** When BBR looks for more: by time, by round trips, a little at random. */
import t from 'tap';
import { ProbeSchedule } from '../../../lib/tcp/congestion/probe-schedule';

/** ms, to the tenth, until it is due by time. */
function wait(seed: number): number {
  const schedule = new ProbeSchedule(seed);
  schedule.begin(100, 0);
  let ms = 0;
  while (!schedule.isDue(100 + ms, 0, 1000)) ms += 0.1;
  return ms;
}

t.test('after two to three seconds, never the same', (t) => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8].map(wait);
  for (const ms of waits) t.ok(ms >= 2000 && ms <= 3001, `${ms}`);
  t.ok(Math.max(...waits) - Math.min(...waits) > 300);
  t.equal(wait(7), waits[6], 'but the same for the same seed');
  t.end();
});

/** [segments that the path holds, round trips] */
for (const [segments, rounds] of [
  [4, 4],
  [20, 20],
  [63, 63],
  [1000, 63],
] as const) {
  t.test(`after ${rounds} round trips where the path holds ${segments} segments`, (t) => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const schedule = new ProbeSchedule(seed);
      schedule.begin(0, 50);
      let round = 50;
      while (!schedule.isDue(1, round, segments)) round++;
      seen.add(round - 50);
    }
    t.same([...seen].sort(), [rounds - 1, rounds], 'or one less');
    t.end();
  });
}
