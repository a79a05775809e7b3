/** One segment written: flags, text, acknowledgment, blocks, and what is remembered of it. */
import t from 'tap';
import { TIMER_DELAYED_ACK, TIMER_RETRANSMIT } from '../../lib/tcp/timers';
import { endOfText } from '../../lib/tcp/transmit';
import { type Bench, eachWrap, type MakeBench } from './bench';

function established(make: MakeBench): Bench {
  return make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
}

eachWrap(t, '[MUST-61] the last of what is buffered is pushed', (t, make) => {
  const b = established(make);
  b.send(2500);
  b.connection.setNoDelay(true);
  t.same(b.sent(), ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'P. 2001:2501(500) ack 1']);
  t.equal(endOfText(b.tcb), b.tcb.snd.nxt);
});

eachWrap(t, 'every segment pays for the ACK that was owed', (t, make) => {
  const b = established(make);
  b.inject('P. 1:501(500) ack 1 win 65535');
  t.equal(b.tcb.timers.isArmed(TIMER_DELAYED_ACK), true);
  b.send(100);
  t.same(b.sent(), ['P. 1:101(100) ack 501']);
  t.equal(b.tcb.timers.isArmed(TIMER_DELAYED_ACK), false);
  t.equal(b.tcb.rcv.unacked, 0);
  b.receive();
});

eachWrap(t, 'blocks go along with text where both fit into a segment', (t, make) => {
  const b = established(make);
  b.inject('. 1001:2001(1000) ack 1 win 65535').sent();
  b.send(500);
  t.match(b.sent({ options: true }), [/1:501\(500\).*sack 1001:2001/]);
  b.send(1000);
  b.inject('. 1:1(0) ack 501 win 65535');
  t.notMatch(b.sent({ options: true })[0], /sack/);
});

eachWrap(t, 'the first segment out starts the clock, later ones do not restart it', (t, make) => {
  const b = established(make);
  b.send(1000);
  b.sent();
  const { at } = b.tcb.timers;
  const deadline = at[TIMER_RETRANSMIT];
  t.equal(deadline, b.now + b.tcb.rtt.rto);
  b.advance(50);
  b.send(1000);
  b.sent();
  t.equal(at[TIMER_RETRANSMIT], deadline);
});

eachWrap(t, 'the first segment of a repair has its full time again', (t, make) => {
  const b = established(make);
  b.send(6000);
  b.sent();
  b.advance(50);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:6001>');
  t.match(b.sent()[0], /1:1001/);
  t.equal(b.tcb.timers.at[TIMER_RETRANSMIT], b.now + b.tcb.rtt.rto);
});

eachWrap(t, 'what is repeated is counted, and not timed', (t, make) => {
  const b = established(make);
  b.send(1000);
  b.sent();
  t.equal(b.tcb.rtt.timing, true);
  b.advance(1001);
  t.equal(b.tcb.rtt.timing, false);
  const { total_retrans, bytes_retrans, bytes_sent } = b.connection.info(b.now);
  t.ok(total_retrans >= 1);
  t.equal(bytes_retrans, total_retrans * 1000);
  t.equal(bytes_sent, 1000 + bytes_retrans);
});
