/** How long RACK waits for what may only be late (RFC 8985 §6.2), and how that adapts. */
import t from 'tap';
import { relaxReorderWindow, reorderWindow, widenReorderWindow } from '../../lib/tcp/rack';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** Established with a round trip of 100 ms, with `bytes` outstanding. */
function sending(make: MakeBench, bytes: number): Bench {
  const b = make({ config: { sack: true } }).open();
  b.sent();
  b.advance(100);
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
  b.send(1000);
  b.sent();
  b.advance(100);
  b.inject('. 1:1(0) ack 1001 win 65535');
  b.send(bytes);
  b.sent();
  return b;
}

eachWrap(t, 'the fourth segment behind a hole brings it back at once', (t, make) => {
  const b = sending(make, 6000);
  b.advance(100);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:3001>');
  t.same(b.sent(), [], 'it may only be late');
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:4001>');
  t.same(b.sent(), []);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:5001>');
  t.match(b.sent(), [/1001:2001/]);
});

eachWrap(t, 'a hole is repaired after a quarter of a round trip', (t, make) => {
  const b = sending(make, 3000);
  b.advance(100);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:3001>');
  t.same(b.advance(24), []);
  t.match(b.advance(2), [/1001:2001/]);
});

eachWrap(t, 'what is late by less is not repeated, and reordering is remembered', (t, make) => {
  const b = sending(make, 4000);
  b.advance(100);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:3001>');
  t.same(b.advance(20), []);
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.equal(b.tcb.scoreboard.reordered, true);
  t.same(b.advance(30), []);
  b.inject('. 1:1(0) ack 5001 win 65535');
  t.equal(b.connection.info(b.now).total_retrans, 0);
  t.equal(b.connection.info(b.now).reord_seen, true);
});

eachWrap(t, 'duplicates widen the window once a round trip, 16 recoveries narrow it', (t, make) => {
  const b = sending(make, 3000);
  t.equal(reorderWindow(b.tcb), b.tcb.rtt.min / 4);
  widenReorderWindow(b.tcb);
  widenReorderWindow(b.tcb);
  t.equal(reorderWindow(b.tcb), b.tcb.rtt.min / 2);
  b.advance(100);
  b.inject('. 1:1(0) ack 4001 win 65535');
  widenReorderWindow(b.tcb);
  t.equal(b.tcb.rack.multiple, 3, 'the next round trip');
  for (let i = 0; i < 15; i++) relaxReorderWindow(b.tcb);
  t.equal(b.tcb.rack.multiple, 3);
  relaxReorderWindow(b.tcb);
  t.equal(b.tcb.rack.multiple, 1);
  b.tcb.rack.multiple = 20;
  t.equal(reorderWindow(b.tcb), b.tcb.rtt.srtt, 'a smoothed round trip at most');
});
