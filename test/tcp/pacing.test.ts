/** Pacing: segments leave at the controller's rate, beyond an initial window. */
import t from 'tap';
import type { Cubic } from '../../lib/tcp/congestion/cubic';
import { eachWrap } from './bench';

eachWrap(t, 'beyond an initial window segments leave at the rate', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 60_000;
  (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 100;
  b.send(20_000);
  const burst = b.sent().length;
  t.equal(burst, 10);
  const times = b.advance(195).map((line) => Number(line.split(' ')[0]));
  t.equal(times.length, 10);
  // A segment of 1,000 bytes takes 10 ms, the burst before them 100.
  times.forEach((at, i) => {
    t.ok(Math.abs(at - (99 + 10 * i)) <= 1, `${at}`);
    if (i > 0) t.equal(at - times[i - 1] > 4, true, 'one after the other');
  });
});

eachWrap(t, 'without a rate nothing waits', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 60_000;
  b.send(20_000);
  t.equal(b.sent().length, 20);
});

eachWrap(
  t,
  'nothing waits where the buffer or the peer allows much less than the path',
  (t, make) => {
    for (const [sendBufferBytes, win, leaving] of [
      [524_288, 65_535, 10],
      [40_000, 65_535, 40],
      [524_288, 40_000, 40],
    ] as const) {
      const b = make({ config: { sendBufferBytes } }).establish({ win });
      b.tcb.cc.cwnd = 60_000;
      (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 100;
      b.send(60_000);
      t.equal(b.sent().length, leaving);
    }
  },
);
