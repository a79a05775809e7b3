/** What a connection needs from its first text on, and that it has it no sooner. */
import t from 'tap';
import { Sending } from '../../lib/tcp/sending';
import { Bench } from './bench';

t.test('a connection that has sent nothing does without', (t) => {
  const b = new Bench().establish();
  t.equal(b.tcb.sending, null, 'opened');
  b.inject('P. 1:11(10) ack 1 win 65535');
  b.advance(100);
  t.equal(b.tcb.sending, null, 'it has received and acknowledged');
  t.equal(b.connection.info(b.now).snd_cwnd, 10 * b.tcb.snd.mss);
  t.equal(b.tcb.sending, null, 'it has been looked at');
  b.send(1);
  b.sent();
  t.not(b.tcb.sending, null, 'it has sent');
  t.end();
});

t.test('made late it is as if it had been there from the beginning', (t) => {
  const early = new Bench();
  t.equal(early.tcb.cc.cwnd, 0, 'made before the SYNs have said how large segments are');
  early.establish();
  const late = new Bench().establish();
  for (const { tcb } of [early, late]) {
    t.equal(tcb.cc.cwnd, 10 * tcb.snd.mss);
    t.equal(tcb.scoreboard.furthest, tcb.snd.nxt);
    t.equal(tcb.sending?.roundEnd, tcb.iss);
    t.equal(tcb.scoreboard.segmentBytes, Infinity);
  }
  t.end();
});

t.test('a path that shrinks before the first text keeps the window that the SYNs allowed', (t) => {
  const b = new Bench({ mss: 1460 }).establish({ options: 'mss 1460' });
  const { mss } = b.tcb.snd;
  t.equal(b.connection.handlePathMtu(1000, b.tcb.snd.una), true);
  t.ok(b.tcb.snd.mss < mss);
  t.equal(b.tcb.cc.cwnd, 10 * mss);
  t.end();
});

t.test('records count by segments where the link cuts what is sent', (t) => {
  const b = new Bench({ linkText: 64_000 }).establish();
  t.equal(new Sending(b.tcb).scoreboard.segmentBytes, b.tcb.snd.mss);
  t.end();
});
