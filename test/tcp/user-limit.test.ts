/** Rates that only say how slowly the user writes are known as such. */
import t from 'tap';
import { path } from '../../lib/tcp/acknowledgment';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** All of 3,000 bytes is on its way, and more might be. */
function ranOut(make: MakeBench, sendBufferBytes = 524_288): Bench {
  const b = make({ config: { congestionControl: 'bbr', sendBufferBytes } }).establish();
  b.send(3000);
  b.sent();
  return b;
}

/** Is what is sent now, and acknowledged, taken for a measure of the path? */
function isLimited(b: Bench): boolean {
  b.send(1000);
  b.sent();
  b.now += 100;
  b.inject(`. 1:1(0) ack ${b.sendPosition} win 65535`);
  return path.isLimited;
}

eachWrap(t, 'a user who pauses is the limit, one who writes on at once is not', (t, make) => {
  for (const [pauseMs, expected] of [
    [0, false],
    [1, false],
    [1.5, true],
    [1000, true],
  ] as const) {
    const b = ranOut(make);
    b.now += pauseMs;
    t.equal(isLimited(b), expected, `${pauseMs} ms`);
  }
});

eachWrap(t, 'so is a buffer that holds less than the congestion window', (t, make) => {
  t.equal(isLimited(ranOut(make, 10_000)), true);
  t.equal(isLimited(ranOut(make, 10_001)), false);
});

eachWrap(t, 'a window that is full, or a loss, is no pause of the user', (t, make) => {
  const full = ranOut(make);
  full.tcb.cc.cwnd = 3000;
  full.tcb.snd.ranOutAt = Number.NaN;
  full.sent();
  t.ok(Number.isNaN(full.tcb.snd.ranOutAt));
  const lossy = ranOut(make);
  lossy.tcb.snd.ranOutAt = Number.NaN;
  lossy.tcb.scoreboard.loseAll();
  lossy.tcb.cc.cwnd = 1000;
  lossy.sent();
  t.ok(Number.isNaN(lossy.tcb.snd.ranOutAt));
});

eachWrap(t, 'controllers that measure nothing pay nothing', (t, make) => {
  const b = make({ config: { congestionControl: 'reno' } }).establish();
  b.send(3000);
  b.sent();
  t.ok(Number.isNaN(b.tcb.snd.ranOutAt));
});

eachWrap(
  t,
  'a user who waits is woken as a paced segment leaves, long after the ACK',
  (t, make) => {
    const b = make({ config: { sendBufferBytes: 20_000 } }).establish();
    b.tcb.cc.cwnd = 25_000;
    b.tcb.cc.ssthresh = 1;
    (b.tcb.cc as { pacingRate?: number }).pacingRate = 100;
    b.send(20_000);
    b.sent();
    b.tcb.sendBlocked = true;
    b.inject('. 1:1(0) ack 3001 win 65535');
    t.notMatch(b.events(), /writable/, 'there is enough to send');
    b.advance(250);
    t.match(b.events(), /writable/);
  },
);
