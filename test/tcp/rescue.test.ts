/** Repairs without RACK go on where RFC 6675 knows of nothing lost: NextSeg, rules 3 and 4. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** `count` segments of 1,000 bytes are on their way, and there is nothing more to send. */
function sending(make: MakeBench, count = 10): Bench {
  const b = make({ config: { sack: true, rack: false } });
  b.establish({ options: 'mss 1000,sackOK' });
  b.tcb.cc.cwnd = 20_000;
  b.send(1000 * count);
  t.equal(b.sent().length, count);
  return b;
}

eachWrap(t, 'a lost tail is asked for, and repaired without a timeout', (t, make) => {
  const b = sending(make);
  // The third, the ninth and the tenth are lost.
  b.inject('. 1:1(0) ack 2001 win 65535');
  b.inject('. 1:1(0) ack 2001 win 65535 <sack 3001:4001>').sent();
  b.inject('. 1:1(0) ack 2001 win 65535 <sack 3001:5001>').sent();
  b.inject('. 1:1(0) ack 2001 win 65535 <sack 3001:6001>');
  t.match(b.sent(), [/ 2001:3001/]);
  b.inject('. 1:1(0) ack 2001 win 65535 <sack 3001:7001>');
  const rescue = b.sent();
  b.inject('. 1:1(0) ack 2001 win 65535 <sack 3001:8001>');
  rescue.push(...b.sent());
  t.match(rescue, [/ 9001:10001/], 'the last one, and once');
  b.advance(50);
  b.inject('. 1:1(0) ack 8001 win 65535').sent();
  t.equal(b.tcb.recovery.mode, 'fast');
  b.inject('. 1:1(0) ack 8001 win 65535 <sack 9001:10001>');
  t.match(b.sent(), [/ 8001:9001/], 'it has told of the one before');
  b.inject('. 1:1(0) ack 10001 win 65535').sent();
  t.equal(b.tcb.recovery.mode, 'none');
  t.equal(b.tcb.rtt.backoff, 0);
});

eachWrap(t, 'the FIN is the last where there is one', (t, make) => {
  const b = sending(make, 9);
  b.connection.shutdown();
  t.match(b.sent(), [/F/]);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:4001>');
  t.match(b.sent(), [/ 1:1001/, /F.* 9001:9001/]);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:6001>');
  t.same(b.sent(), [], 'once');
});

eachWrap(t, 'what is lost, and what is new, comes first', (t, make) => {
  const b = sending(make);
  b.tcb.cc.cwnd = 10_000;
  b.send(20_000);
  b.sent();
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:5001>').sent();
  for (let end = 6001; end <= 10_001; end += 1000) {
    b.inject(`. 1:1(0) ack 1 win 65535 <sack 1001:${end}>`);
    for (const line of b.sent()) t.match(line, / 1\d001:/, 'new text');
  }
  t.equal(b.tcb.recovery.hasRescued, false);
});

eachWrap(t, 'with RACK, or without a repair, nothing is asked for', (t, make) => {
  const b = make({ config: { sack: true } });
  b.establish({ options: 'mss 1000,sackOK' });
  b.tcb.cc.cwnd = 20_000;
  b.send(10_000);
  b.sent();
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:5001>').sent();
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:7001>');
  t.same(b.sent(), []);
  const quiet = sending(make);
  quiet.inject('. 1:1(0) ack 1 win 65535 <sack 1001:2001>');
  t.same(quiet.sent(), []);
});
