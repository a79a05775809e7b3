/** Losses by what has arrived behind them: RFC 6675 where RACK is off. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** Ten segments of 1,000 bytes are on their way, more text waits. */
function sending(make: MakeBench): Bench {
  const b = make({ config: { sack: true, rack: false } });
  b.establish({ options: 'mss 1000,sackOK' });
  b.tcb.cc.cwnd = 10_000;
  b.send(30_000);
  t.equal(b.sent().length, 10);
  return b;
}

function lost(b: Bench): number {
  return b.tcb.scoreboard.lostBytes;
}

eachWrap(
  t,
  'RFC 6675: a segment is lost when more than two segments have arrived behind',
  (t, make) => {
    const b = sending(make);
    b.inject('. 1:1(0) ack 1 win 65535 <sack 2001:4001>').sent();
    t.equal(b.tcb.recovery.mode, 'none');
    b.inject('. 1:1(0) ack 1 win 65535 <sack 2001:5001>');
    t.equal(b.tcb.recovery.mode, 'fast');
    t.equal(lost(b), 2000, 'both before the block');
    t.equal(b.tcb.cc.ssthresh, 5000);
    t.match(b.sent(), [/ 1:1001/]);
  },
);

eachWrap(t, 'RFC 6675: or three separate ranges, however small', (t, make) => {
  const b = make({ config: { sack: true, rack: false, noDelay: true } });
  b.establish({ options: 'mss 1000,sackOK' });
  for (let i = 0; i < 9; i++) {
    b.send(10);
    b.sent();
  }
  b.inject('. 1:1(0) ack 1 win 65535 <sack 11:21>');
  b.inject('. 1:1(0) ack 1 win 65535 <sack 31:41 11:21>');
  t.equal(lost(b), 0);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 51:61 31:41 11:21>');
  t.equal(lost(b), 10, 'what lies before all three');
  t.match(b.sent(), [/ 1:11/, / 21:31/, / 41:51/, / 81:91/], 'what is in doubt goes with it');
  b.inject('. 1:1(0) ack 1 win 65535 <sack 71:81 51:61 31:41>');
  t.match(b.sent(), [/ 61:71/]);
});

eachWrap(t, 'RFC 6675: what was sent again waits for the timeout', (t, make) => {
  const b = sending(make);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:5001>').sent();
  t.equal(b.connection.info(b.now).total_retrans, 1);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:9001>').sent();
  t.equal(b.connection.info(b.now).total_retrans, 1);
  t.equal(b.tcb.recovery.mode, 'fast');
  t.match(b.advance(b.tcb.rtt.rto), [/ 1:1001/]);
});

eachWrap(
  t,
  'RFC 6675: the pipe holds what is not lost and not reported, and what went again',
  (t, make) => {
    const b = sending(make);
    b.inject('. 1:1(0) ack 1 win 65535 <sack 3001:6001>');
    t.equal(b.tcb.scoreboard.flyingBytes, 4000);
    b.sent();
    const { flyingBytes, lostBytes, sackedBytes } = b.tcb.scoreboard;
    t.equal(flyingBytes + lostBytes + sackedBytes, (b.tcb.snd.nxt - b.tcb.snd.una) | 0);
  },
);

eachWrap(
  t,
  'RFC 6675: no timer waits for reordering, and no probe looks for the tail',
  (t, make) => {
    const b = sending(make);
    b.inject('. 1:1(0) ack 1001 win 65535').sent();
    b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:3001>').sent();
    const { rto } = b.tcb.rtt;
    t.same(b.advance(rto - 1), []);
    t.equal(b.advance(1).length, 1);
    t.equal(b.tcb.recovery.mode, 'timeout');
  },
);

eachWrap(t, 'RFC 6675: a second loss in another window is judged anew', (t, make) => {
  const b = sending(make);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:5001>').sent();
  b.inject('. 1:1(0) ack 10001 win 65535').sent();
  const { snd } = b.tcb;
  const una = 10_001;
  t.equal((snd.una - b.iss) | 0, una);
  b.inject(`. 1:1(0) ack ${una} win 65535 <sack ${una + 1000}:${una + 4000}>`);
  t.equal(b.tcb.recovery.mode, 'fast');
  t.match(b.sent()[0], new RegExp(` ${una}:`));
});
