/** Tail loss probes: what is lost last comes back after two round trips (RFC 8985 §7). */
import t from 'tap';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { simulate } from '../../lib/sim/network';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** Established, and a round trip of `rtt` ms was measured. */
function measured(make: MakeBench, rtt: number, minRtoMs = 1000): Bench {
  const b = make({ config: { sack: true, minRtoMs } }).open();
  b.sent();
  b.advance(rtt);
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
  b.send(1000);
  b.sent();
  b.advance(rtt);
  b.inject('. 1:1(0) ack 1001 win 65535');
  return b;
}

eachWrap(t, 'the last of several segments goes again after two round trips', (t, make) => {
  const b = measured(make, 300);
  b.send(3000);
  b.sent();
  t.same(b.advance(601), []);
  t.match(b.advance(2), [/3001:4001/], 'long before the timeout');
  t.ok(b.tcb.rtt.rto > 800);
});

eachWrap(t, 'the probe of one segment allows for a delayed ACK', (t, make) => {
  const b = measured(make, 300);
  b.send(1000);
  b.sent();
  t.same(b.advance(801), []);
  t.match(b.advance(2), [/1001:2001/]);
});

eachWrap(t, 'new text is a better probe', (t, make) => {
  const b = measured(make, 300);
  b.tcb.cc.cwnd = 2000;
  b.send(5000);
  t.equal(b.sent().length, 2);
  t.match(b.advance(603), [/3001:4001/]);
});

eachWrap(t, 'where the timeout would come first, a probe takes its place', (t, make) => {
  const b = measured(make, 100, 200);
  for (let end = 2001; b.tcb.rtt.rto > 230; end += 1000) {
    b.send(1000);
    b.sent();
    b.advance(100);
    b.inject(`. 1:1(0) ack ${end} win 65535`);
  }
  const { rto } = b.tcb.rtt;
  const { cwnd } = b.tcb.cc;
  b.send(1000);
  b.sent();
  t.equal(b.advance(rto).length, 1);
  t.equal(b.tcb.rtt.backoff, 0, 'it is no timeout');
  t.equal(b.tcb.cc.cwnd, cwnd);
  t.same(b.advance(rto - 1), []);
  t.equal(b.advance(2).length, 1, 'the timeout follows');
  t.equal(b.tcb.rtt.backoff, 1);
  t.equal(b.tcb.cc.cwnd, 1000);
});

eachWrap(t, 'the ACK of a probe tells whether it has repaired a loss', (t, make) => {
  const rows = [
    ['', 7000, 'a loss: the window is reduced once'],
    [' <sack 3001:4001>', 14_000, 'both copies have arrived: nothing was lost'],
  ] as const;
  for (const [block, cwnd, name] of rows) {
    const b = measured(make, 300);
    b.tcb.cc.cwnd = 14_000;
    b.tcb.cc.ssthresh = 14_000;
    b.send(3000);
    b.sent();
    t.match(b.advance(603), [/3001:4001/]);
    b.advance(200);
    b.inject(`. 1:1(0) ack 4001 win 65535${block}`);
    t.equal(b.tcb.tailProbe.pending, false);
    t.equal(b.tcb.cc.cwnd < 14_000, cwnd < 14_000, name);
  }
});

eachWrap(t, 'without SACK, or with the window closed, there is no probe', (t, make) => {
  const plain = make({ config: { minRtoMs: 1000 } }).establish();
  plain.send(1000);
  plain.sent();
  plain.advance(300);
  plain.inject('. 1:1(0) ack 1001 win 65535');
  plain.send(3000);
  plain.sent();
  t.same(plain.advance(700), []);
  const closed = measured(make, 300);
  closed.send(3000);
  closed.sent();
  closed.inject('. 1:1(0) ack 1001 win 0');
  t.ok(closed.advance(890).every((line) => !line.includes('3001:4001')));
});

/** How the last segment of a transfer is brought back that was lost; a round trip is 100 ms. */
function loseTail(rack: boolean, minRtoMs: number): { afterMs: number; timeouts: number } {
  const tcp = { rack, minRtoMs };
  const { clock, hosts, links, close } = simulate({
    seed: 3,
    hosts: { a: { address: '10.0.0.1', tcp }, b: { address: '10.0.0.2', tcp } },
    links: [{ between: ['a', 'b'], delayMs: 50 }],
  });
  const flow = new BulkFlow({ from: hosts.a, to: hosts.b, bytes: 20 * 1448 });
  const [first] = links[0];
  let lostAt = Number.NaN;
  let timeouts = 0;
  first.outgoing.observer = (fate) => {
    const { data_segs_out, snd_cwnd, snd_mss } = flow.sender.info();
    if (lostAt >= 0 && fate === 'sent' && snd_cwnd === snd_mss) timeouts++;
    if (fate !== 'sent' || lostAt >= 0 || data_segs_out !== 20) return;
    lostAt = clock.now();
    first.outgoing.impair({ loss: 1 });
  };
  clock.run(() => {
    if (clock.now() > lostAt) first.outgoing.impair({ loss: 0 });
    return flow.isOver;
  });
  close();
  return { afterMs: clock.now() - lostAt, timeouts };
}

t.test('RFC 8985: a lost tail is back in about two round trips, without a timeout', (t) => {
  const [probed, waited] = [loseTail(true, 200), loseTail(false, 200)];
  t.comment(`${probed.afterMs} ms, and ${probed.timeouts} timeouts`);
  t.ok(probed.afterMs < 270, 'two of them, and the way there');
  t.equal(probed.timeouts, 0);
  t.ok(waited.timeouts > 0, 'without a probe it takes one');
  t.end();
});

t.test('RFC 8985: where a timeout takes a second at least, the probe saves half of it', (t) => {
  const [probed, waited] = [loseTail(true, 1000), loseTail(false, 1000)];
  t.comment(`${probed.afterMs} ms, and ${waited.afterMs} ms without a probe`);
  t.ok(probed.afterMs < 560, 'it allows for a delayed ACK of 200 ms');
  t.ok(waited.afterMs > 1000);
  t.end();
});
