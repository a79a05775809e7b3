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

eachWrap(
  t,
  'asked for, any controller is paced: its window spread over a round trip',
  (t, make) => {
    for (const [ssthresh, share] of [
      [0x3fff_ffff, 2],
      [20_000, 1.2],
    ] as const) {
      const b = make({ config: { pacing: true } }).open();
      b.sent();
      b.advance(100);
      b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>').sent();
      b.tcb.cc.cwnd = 20_000;
      b.tcb.cc.ssthresh = ssthresh;
      b.send(60_000);
      t.equal(b.sent().length, 10, 'an initial window is a burst');
      const times = b.advance(100).map((line) => Number(line.split(' ')[0]));
      t.equal(times.length, 10);
      const gap = (times[9] - times[0]) / 9;
      const expected = 1000 / ((share * 20_000) / 100);
      t.ok(Math.abs(gap - expected) < 0.2, `${gap} ms apart, not ${expected}`);
      t.ok(Math.abs(times[0] - (10 * expected - 1)) < 0.5, 'when the burst is paid for');
    }
  },
);

eachWrap(t, 'it can be switched while the connection lives', (t, make) => {
  const b = make().establish();
  b.inject('. 1:1(0) ack 1 win 65535');
  b.tcb.rtt.measure(100, 1);
  b.tcb.cc.cwnd = 20_000;
  b.connection.tune({ pacing: true });
  b.send(60_000);
  t.equal(b.sent().length, 10);
  b.connection.tune({ pacing: false });
  t.equal(b.sent().length, 10);
});

eachWrap(t, 'a timer that is late costs nothing, up to 8 ms', (t, make) => {
  for (const [late, atOnce] of [
    [7, 2],
    [100, 3],
  ] as const) {
    const b = make().establish();
    b.tcb.cc.cwnd = 60_000;
    (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 250;
    b.send(40_000);
    t.equal(b.sent().length, 10);
    b.now = b.connection.deadline + late;
    b.connection.handleTimeout(b.now);
    t.equal(b.sent().length, atOnce, `late by ${late} ms, a segment takes 4`);
  }
});

eachWrap(t, 'what a busy process misses is made up for, up to half a round trip', (t, make) => {
  for (const [late, atOnce, byAck] of [
    [40, 11, false],
    [100, 13, false],
    [40, 11, true], // an ACK was read before the timer ran
  ] as const) {
    const b = make().establish();
    b.tcb.rtt.srtt = 100;
    b.tcb.cc.cwnd = 60_000;
    (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 250;
    b.send(60_000);
    t.equal(b.sent().length, 10);
    b.now = b.connection.deadline + late;
    if (byAck) b.inject('. 1:1(0) ack 1001 win 65535');
    else b.connection.handleTimeout(b.now);
    t.equal(b.sent().length, atOnce, `late by ${late} ms, a segment takes 4`);
  }
});

eachWrap(t, 'a burst begins where nothing is on its way, and is paid for', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 60_000;
  (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 100;
  b.send(40_000);
  b.sent();
  b.now += 50;
  b.inject('. 1:1(0) ack 10001 win 65535');
  t.same(b.sent(), [], 'all has arrived, but half of the last burst is still to be paid for');
  t.equal(b.advance(50).length, 1, 'then one after the other');
});

eachWrap(t, 'a flow that answers each ACK does not owe more and more', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 8000;
  const cc = b.tcb.cc as Cubic & { pacingRate: number };
  cc.pacingRate = 50;
  b.send(400_000);
  b.sent();
  let sent = 8000;
  // Each ACK lets a segment leave at once or soon: what left must not have been borrowed.
  for (let acked = 1000; acked < 100_000; acked += 1000) {
    sent += 1000 * b.advance(20).length;
    if (acked >= sent) continue;
    b.tcb.cc.cwnd = 8000;
    b.inject(`. 1:1(0) ack ${acked + 1} win 65535`);
    sent += 1000 * b.sent().length;
    t.ok(b.tcb.snd.paceAt - b.now <= 10 * 20, `${b.tcb.snd.paceAt - b.now} ms`);
  }
  cc.pacingRate = 1000;
  t.ok(b.advance(400).length > 0);
});

eachWrap(t, 'a segment a round trip leaves, whatever the rate', (t, make) => {
  const b = make().establish();
  b.tcb.rtt.srtt = 100;
  b.tcb.cc.cwnd = 60_000;
  (b.tcb.cc as Cubic & { pacingRate: number }).pacingRate = 1e-6;
  b.send(20_000);
  t.equal(b.sent().length, 10);
  t.equal(b.tcb.snd.paceAt - b.now, 1000, 'ten were a burst');
});
