/** Reductions for nothing are taken back; those for a loss are not. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

const TS = 'mss 1000,sackOK,TS val 1 ecr 0';

/** Established, timestamps on, a round trip of 100 ms measured, `bytes` outstanding. */
function sending(make: MakeBench, bytes: number): Bench {
  const b = make({ config: { sack: true, timestamps: true } }).establish({ options: TS });
  b.send(988);
  const at = stamp(b);
  b.sent();
  b.advance(100);
  b.inject(`. 1:1(0) ack 989 win 65535 <TS val 2 ecr ${at}>`);
  b.send(bytes);
  b.sent();
  return b;
}

function stamp(b: Bench): number {
  return b.tcb.ts.value(b.now);
}

eachWrap(t, 'a timeout from a delay spike is undone by the timestamp (RFC 4015)', (t, make) => {
  const b = sending(make, 4 * 988);
  const sentAt = stamp(b);
  const { cwnd, ssthresh } = b.tcb.cc;
  b.advance(1200);
  t.equal(b.tcb.recovery.mode, 'timeout');
  t.equal(b.tcb.cc.cwnd, b.tcb.snd.mss);
  b.inject(`. 1:1(0) ack 1977 win 65535 <TS val 3 ecr ${sentAt}>`);
  t.equal(b.tcb.recovery.mode, 'none');
  t.ok(b.tcb.cc.cwnd >= cwnd);
  t.equal(b.tcb.cc.ssthresh, ssthresh);
  t.equal(b.connection.info(b.now).undo_count, 1);
  t.same(b.sent(), [], 'what else counted as lost is on its way');
});

eachWrap(t, 'a timeout that was right is not', (t, make) => {
  const b = sending(make, 4 * 988);
  b.advance(1200);
  const repeatedAt = stamp(b);
  b.inject(`. 1:1(0) ack 1977 win 65535 <TS val 3 ecr ${repeatedAt}>`);
  t.equal(b.connection.info(b.now).undo_count, 0);
  t.equal(b.tcb.recovery.mode, 'timeout');
});

eachWrap(t, 'a repair is undone when every repetition is reported a duplicate', (t, make) => {
  const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  b.send(8000);
  b.sent();
  const { cwnd } = b.tcb.cc;
  b.advance(100);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:8001>');
  t.equal(b.tcb.recovery.mode, 'fast');
  t.equal(b.sent().filter((line) => line.includes('1:1001')).length, 1);
  t.ok(b.tcb.cc.cwnd < cwnd);
  b.inject('. 1:1(0) ack 8001 win 65535 <sack 1:1001>');
  t.equal(b.tcb.recovery.mode, 'none');
  t.ok(b.tcb.cc.cwnd >= cwnd);
  t.equal(b.tcb.undo.count, 1);
});

eachWrap(t, 'a needless timeout within a repair does not undo the repair', (t, make) => {
  const b = sending(make, 8 * 988);
  b.advance(100);
  const { cwnd } = b.tcb.cc;
  b.inject(`. 1:1(0) ack 989 win 65535 <TS val 3 ecr ${stamp(b)},sack 1977:5929>`);
  b.sent();
  const repairedAt = stamp(b);
  t.equal(b.tcb.recovery.mode, 'fast');
  b.advance(b.tcb.rtt.rto + 1);
  t.equal(b.tcb.recovery.mode, 'timeout');
  b.inject(`. 1:1(0) ack 1977 win 65535 <TS val 4 ecr ${repairedAt}>`);
  t.equal(b.connection.info(b.now).undo_count, 0, 'the loss was one');
  t.ok(b.tcb.cc.cwnd < cwnd);
});

eachWrap(t, 'duplicates of something else do not undo it', (t, make) => {
  const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  b.send(9000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 65535');
  b.advance(100);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:6001>');
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 1:1001 2001:6001>');
  t.equal(b.tcb.recovery.mode, 'fast');
  t.equal(b.tcb.undo.count, 0);
});

eachWrap(t, 'the late end of one repair does not undo the next', (t, make) => {
  const b = sending(make, 10 * 988);
  b.advance(100);
  // The first and the fifth segment are lost; only the first is known to be.
  b.inject(`. 1:1(0) ack 989 win 65535 <TS val 3 ecr ${stamp(b)},sack 1977:4941>`);
  t.equal(b.tcb.recovery.mode, 'fast');
  const { undo, cc, snd } = b.tcb;
  b.sent();
  const repairedAt = stamp(b);
  const reduced = cc.ssthresh;
  // As if that repair had ended and another begun, with the first repetition still on its way.
  undo.from = snd.una;
  undo.hasRepeated = false;
  b.advance(20);
  b.inject(`. 1:1(0) ack 989 win 65535 <TS val 4 ecr ${stamp(b)},sack 5929:9881>`);
  b.sent();
  t.equal(undo.hasRepeated, true, 'the second hole is repaired');
  b.advance(80);
  b.inject(`. 1:1(0) ack 4941 win 65535 <TS val 5 ecr ${repairedAt},sack 5929:9881>`);
  t.equal(undo.count, 0);
  t.equal(cc.ssthresh, reduced);
});
