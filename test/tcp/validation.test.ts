/** Congestion window validation (RFC 7661): only a window that is used grows. */
import t from 'tap';
import { WindowValidation } from '../../lib/tcp/validation';
import { type Bench, eachWrap } from './bench';

t.test('what counts is the most of this round trip and the last', (t) => {
  const validation = new WindowValidation();
  for (const [flight, round, most] of [
    [5000, 0, 5000],
    [3000, 0, 5000],
    [1000, 1, 5000],
    [2000, 1, 5000],
    [100, 2, 2000],
    [100, 4, 100],
  ] as const) {
    t.equal(validation.note(flight, round), most, `${flight} in round ${round}`);
  }
  t.end();
});

/** `rounds` round trips in each of which `length` bytes leave and are acknowledged. */
function exchange(b: Bench, rounds: number, length: number): void {
  for (let i = 0; i < rounds; i++) {
    b.send(length);
    b.sent();
    b.now += 50;
    b.inject(`. 1:1(0) ack ${b.sendPosition} win 65535`);
  }
}

eachWrap(
  t,
  '[RFC 7661 §4.2] in slow start the window grows to twice of what is used',
  (t, make) => {
    const b = make().establish();
    exchange(b, 20, 8000);
    t.equal(b.tcb.cc.cwnd, 18_000, 'it was used for the last time at 16,000, or one round before');
  },
);

eachWrap(t, '[RFC 7661 §4.2] in congestion avoidance too, and no further', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 10_000;
  b.tcb.cc.ssthresh = 10_000;
  exchange(b, 8, 8000);
  t.ok(b.tcb.cc.cwnd > 12_000, `${b.tcb.cc.cwnd}`);
  exchange(b, 40, 8000);
  t.equal(b.tcb.cc.cwnd, 17_000, 'the first above 16,000');
  exchange(b, 20, 1000);
  t.equal(b.tcb.cc.cwnd, 17_000, 'a user who writes less does not lose it');
});
