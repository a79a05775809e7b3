/** Pieces of several segments, where the link cuts them up itself (GSO, TSO). */
import t from 'tap';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';

function established(make: MakeBench, options: BenchOptions = {}): Bench {
  const b = make({ linkText: 5500, ...options });
  const sack = options.config?.sack === true ? ',sackOK' : '';
  return b.establish({ options: `mss 1000${sack}` });
}

/** With SACK, and a round trip of 300 ms that was measured with the first 1000 bytes. */
function measured(make: MakeBench): Bench {
  const b = make({ linkText: 5500, config: { sack: true } }).open();
  b.sent();
  b.advance(300);
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
  b.send(1000);
  b.sent();
  b.advance(300);
  b.inject('. 1:1(0) ack 1001 win 65535');
  return b;
}

eachWrap(t, 'full segments leave together, as many as the link takes', (t, make) => {
  const b = established(make);
  b.send(12_500);
  t.same(b.sent(), ['. 1:5001(5000) ack 1', '. 5001:10001(5000) ack 1'], 'an initial window');
  b.inject('. 1:1(0) ack 10001 win 65535');
  t.same(b.sent(), ['. 10001:12001(2000) ack 1'], 'Nagle holds what is less than a segment');
  const { segs_out: segments, data_segs_out: full } = b.connection.info(b.now);
  t.same([segments, full], [14, 12], 'the segments on the wire are counted');
});

eachWrap(t, 'without Nagle the rest goes along', (t, make) => {
  const b = established(make, { config: { noDelay: true } });
  b.send(7500);
  t.same(b.sent(), ['. 1:5001(5000) ack 1', 'P. 5001:7501(2500) ack 1']);
});

eachWrap(t, 'the FIN goes with the last piece', (t, make) => {
  const b = established(make);
  b.send(7500);
  b.shutdown();
  t.same(b.sent(), ['. 1:5001(5000) ack 1', 'FP. 5001:7501(2500) ack 1']);
});

eachWrap(t, 'no more leaves than the windows allow, in whole segments', (t, make) => {
  const b = make({ linkText: 5500 }).establish({ win: 3700 });
  b.send(10_000);
  t.same(b.sent(), ['. 1:3001(3000) ack 1'], "the peer's");
  const c = established(make);
  c.tcb.cc.cwnd = 4800;
  c.send(10_000);
  t.same(c.sent(), ['. 1:4001(4000) ack 1'], "the network's");
});

eachWrap(t, 'urgent text leaves a segment at a time', (t, make) => {
  const b = established(make);
  b.send(2500, true);
  const lines = b.sent();
  t.match(lines[0], /1:1001\(1000\)/);
  t.equal(lines.length, 3);
});

eachWrap(t, 'what a report leaves out goes again, and only that', (t, make) => {
  const b = measured(make);
  b.send(9000);
  t.equal(b.sent().length, 2);
  b.advance(300);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 3001:4001>');
  t.same(b.sent(), [], 'it may be late');
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 3001:8001>');
  t.equal(b.tcb.scoreboard.sackedBytes, 5000, 'from the middle of a piece to that of another');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1', '. 2001:3001(1000) ack 1']);
  b.inject('. 1:1(0) ack 8001 win 65535');
  t.equal(b.tcb.scoreboard.sackedBytes, 0);
  b.inject('. 1:1(0) ack 10001 win 65535');
  t.equal(b.tcb.scoreboard.count, 0);
});

eachWrap(t, 'three reported segments of one piece are enough', (t, make) => {
  const b = measured(make);
  b.send(5000);
  b.sent();
  b.advance(300);
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:4001>');
  t.same(b.sent(), [], 'two are not');
  b.inject('. 1:1(0) ack 1001 win 65535 <sack 2001:5001>');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1']);
  t.equal(b.tcb.recovery.mode, 'fast');
});

eachWrap(t, 'without reports one segment goes again, then the next hole', (t, make) => {
  const b = established(make);
  b.send(10_000);
  b.sent();
  for (let i = 0; i < 3; i++) b.inject('. 1:1(0) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1001(1000) ack 1'], 'RFC 5681 §3.2');
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.match(b.sent()[0], /^\. 3001:4001\(1000\)/, 'RFC 6582 §3.2 step 3');
});

eachWrap(t, 'a part of a piece is acknowledged', (t, make) => {
  const b = established(make);
  b.send(5000);
  b.sent();
  b.inject('. 1:1(0) ack 2501 win 65535');
  t.equal(b.tcb.scoreboard.flyingBytes, 2500);
  b.inject('. 1:1(0) ack 5001 win 65535');
  t.equal(b.tcb.scoreboard.flyingBytes, 0);
});

eachWrap(t, 'after a timeout segments go again one by one', (t, make) => {
  const b = established(make);
  b.send(5000);
  b.sent();
  t.match(b.advance(1000), [/ \. 1:1001\(1000\)/]);
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1', '. 2001:3001(1000) ack 1']);
});

eachWrap(t, 'the last segment of a piece is its tail probe', (t, make) => {
  const b = measured(make);
  b.send(3000);
  t.same(b.sent(), ['P. 1001:4001(3000) ack 1']);
  t.same(b.advance(601), [], 'no allowance for a delayed ACK: there are three to answer');
  t.same(b.advance(2), ['1 P. 3001:4001(1000) ack 1']);
});

eachWrap(t, 'pieces follow a path that becomes narrower', (t, make) => {
  const b = established(make);
  b.send(10_000);
  b.sent();
  t.ok(b.connection.handlePathMtu(600, b.iss + 1));
  t.equal(b.tcb.snd.burst, 5400);
  t.same(b.sent()[0], '. 1:601(600) ack 1');
});

eachWrap(t, 'with pacing a piece is what leaves in a millisecond', (t, make) => {
  const b = established(make);
  Object.assign(b.tcb.cc, { pacingRate: 3500 });
  b.send(10_000);
  t.equal(b.sent()[0], '. 1:3001(3000) ack 1');
  const c = established(make);
  Object.assign(c.tcb.cc, { pacingRate: 10 });
  c.send(10_000);
  t.equal(c.sent()[0], '. 1:2001(2000) ack 1', 'but two segments at least');
});

eachWrap(t, 'a link that takes no more than a segment cuts nothing', (t, make) => {
  for (const linkText of [0, 900, 1999]) {
    const b = established(make, { linkText });
    b.send(3000);
    t.equal(b.sent().length, 3, `${linkText}`);
  }
});
