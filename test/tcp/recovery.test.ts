/** Loss: fast retransmit, NewReno, limited transmit, and going back after a timeout. */
import t from 'tap';
import { flightSize } from '../../lib/tcp/recovery';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';

/** `segments` of 1000 bytes have left; more text waits if `more` is given. */
function burst(make: MakeBench, segments: number, more = 0, options: BenchOptions = {}): Bench {
  const b = make(options).establish();
  b.tcb.cc.cwnd = Math.max(b.tcb.cc.cwnd, segments * 1000);
  if (more > 0) b.tcb.cc.cwnd = segments * 1000;
  b.send(segments * 1000 + more);
  b.sent();
  b.events();
  return b;
}

/** Duplicate ACKs of `ack`. */
function duplicates(b: Bench, ack: number, count: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(...b.inject(`. 1:1(0) ack ${ack} win 65535`).sent());
  return lines;
}

eachWrap(t, 'three duplicates repeat the segment that is missing, two do not', (t, make) => {
  const b = burst(make, 8);
  t.same(duplicates(b, 1, 2), []);
  t.same(duplicates(b, 1, 1), ['. 1:1001(1000) ack 1']);
  t.equal(b.tcb.cc.ssthresh, 4000, 'half of what was on its way');
  t.equal(b.tcb.cc.cwnd, 4000);
  t.equal(flightSize(b.tcb), 5000, 'of eight, three have left the network');
  t.same(duplicates(b, 1, 3), [], 'once');
  t.equal(flightSize(b.tcb), 2000, 'one more for each duplicate');
  b.inject('. 1:1(0) ack 8001 win 65535');
  t.equal(b.tcb.cc.cwnd, 2000, 'then what is on its way and one segment, at most the threshold');
});

/** [ACK, name]: no duplicates in the sense of RFC 5681 §2 */
const NO_DUPLICATES: readonly (readonly [string, string])[] = [
  ['P. 1:11(10) ack 1 win 65535', 'with text'],
  ['. 1:1(0) ack 1 win 65534', 'with another window'],
  ['F. 5:5(0) ack 1 win 65535', 'with FIN'],
  ['. 1:1(0) ack 0 win 65535', 'older'],
];

eachWrap(t, 'what is no duplicate ACK', (t, make) => {
  for (const [line, name] of NO_DUPLICATES) {
    const b = burst(make, 8);
    duplicates(b, 1, 2);
    b.inject(line).sent();
    t.equal(b.tcb.recovery.duplicates, 2, name);
    b.connection.dispose();
  }
  const idle = make().establish();
  duplicates(idle, 1, 10);
  t.equal(idle.tcb.recovery.duplicates, 0, 'when nothing is on its way');
  const shut = make().establish({ win: 2000 });
  shut.send(2000);
  shut.sent();
  shut.inject('. 1:1(0) ack 1 win 0');
  for (let i = 0; i < 5; i++) shut.inject('. 1:1(0) ack 1 win 0');
  t.equal(shut.tcb.recovery.duplicates, 0, 'with a closed window');
  t.same(shut.sent(), []);
});

eachWrap(t, 'duplicates must come in a row', (t, make) => {
  const b = burst(make, 8);
  duplicates(b, 1, 2);
  t.same(duplicates(b, 1001, 3), [], 'the first of these was new');
  t.same(duplicates(b, 1001, 1), ['. 1001:2001(1000) ack 1']);
});

eachWrap(t, 'RFC 3042: the first two duplicates let one new segment each pass', (t, make) => {
  const b = burst(make, 10, 5000);
  t.same(duplicates(b, 1, 1), ['. 10001:11001(1000) ack 1']);
  t.same(duplicates(b, 1, 1), ['. 11001:12001(1000) ack 1']);
  t.same(duplicates(b, 1, 1), ['. 1:1001(1000) ack 1']);
  t.equal(b.tcb.cc.ssthresh, 5000, 'RFC 5681 §3.2: these two do not count as on their way');
  t.equal(b.tcb.cc.cwnd, 5000);
});

eachWrap(t, "RFC 3042: but not beyond the peer's window", (t, make) => {
  const b = make().establish({ win: 10_500 });
  b.tcb.cc.cwnd = 10_000;
  b.send(15_000);
  t.equal(b.sent().length, 10);
  const lines: string[] = [];
  for (let i = 0; i < 2; i++) lines.push(...b.inject('. 1:1(0) ack 1 win 10500').sent());
  t.same(lines, []);
});

eachWrap(
  t,
  'in recovery each further duplicate lets a new segment pass when the window allows',
  (t, make) => {
    const b = burst(make, 10, 20_000);
    duplicates(b, 1, 3); // 12 on their way, window 8
    t.same(duplicates(b, 1, 4), [], 'up to 12');
    t.same(duplicates(b, 1, 2), ['. 12001:13001(1000) ack 1', '. 13001:14001(1000) ack 1']);
  },
);

eachWrap(t, 'NewReno: a partial ACK names the next hole', (t, make) => {
  const b = burst(make, 10);
  t.same(duplicates(b, 1, 9), ['. 1:1001(1000) ack 1']);
  b.advance(100);
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.same(b.sent(), ['. 3001:4001(1000) ack 1'], 'without waiting for duplicates');
  t.equal(b.connection.deadline, b.now + b.tcb.rtt.rto, 'and the timeout is put off');
  t.equal(b.tcb.recovery.mode, 'fast');
  b.inject('. 1:1(0) ack 6001 win 65535');
  t.same(b.sent(), ['. 6001:7001(1000) ack 1']);
  b.inject('. 1:1(0) ack 10001 win 65535');
  t.equal(b.tcb.recovery.mode, 'none');
  t.equal(b.tcb.cc.cwnd, 2000);
  t.same(b.sent(), []);
  t.equal(b.connection.info(b.now).total_retrans, 3);
});

eachWrap(
  t,
  'NewReno: a partial ACK deflates by what it acknowledges, less one segment',
  (t, make) => {
    const b = burst(make, 10);
    duplicates(b, 1, 9);
    t.equal(b.tcb.recovery.duplicates, 9);
    b.inject('. 1:1(0) ack 3001 win 65535');
    t.equal(b.tcb.recovery.duplicates, 7);
    b.inject('. 1:1(0) ack 3501 win 65535');
    t.equal(b.tcb.recovery.duplicates, 7, 'a small one gives no segment back');
  },
);

eachWrap(t, 'NewReno: duplicates from before the repair start no other', (t, make) => {
  const b = burst(make, 10);
  duplicates(b, 1, 9);
  b.inject('. 1:1(0) ack 10001 win 65535');
  b.sent();
  b.send(2000);
  b.sent();
  const { ssthresh } = b.tcb.cc;
  t.same(duplicates(b, 10_001, 3), [], 'they may belong to what was repeated (RFC 6582 §3.2)');
  t.equal(b.tcb.cc.ssthresh, ssthresh);
});

eachWrap(t, 'NewReno: a loss behind the repaired one is repaired by itself', (t, make) => {
  const b = burst(make, 10);
  duplicates(b, 1, 9);
  b.inject('. 1:1(0) ack 10001 win 65535').sent();
  b.tcb.cc.cwnd = 10_000;
  b.send(6000);
  b.sent();
  b.inject('. 1:1(0) ack 11001 win 65535');
  t.same(duplicates(b, 11_001, 3), ['. 11001:12001(1000) ack 1']);
});

eachWrap(t, 'a repetition that is lost waits for the timeout', (t, make) => {
  const b = burst(make, 5);
  duplicates(b, 1, 4);
  t.same(b.advance(200), ['200 . 1:1001(1000) ack 1']);
  t.equal(b.tcb.recovery.mode, 'timeout');
  t.equal(b.tcb.cc.cwnd, 1000);
});

eachWrap(t, 'a lost FIN is repaired like text', (t, make) => {
  const b = burst(make, 5);
  b.shutdown().sent();
  b.inject('. 1:1(0) ack 4001 win 65535').sent();
  t.same(b.advance(200), ['200 FP. 4001:5001(1000) ack 1'], 'together with the last text');
  const alone = burst(make, 5);
  alone.shutdown().sent();
  alone.inject('. 1:1(0) ack 5001 win 65535').sent();
  t.same(alone.advance(200), ['200 F. 5001:5001(0) ack 1']);
});

eachWrap(t, 'small segments are repeated as one', (t, make) => {
  const b = make({ config: { noDelay: true } }).establish();
  for (let i = 0; i < 5; i++) {
    b.send(100);
    b.sent();
  }
  t.same(b.advance(200), ['200 P. 1:501(500) ack 1']);
});

eachWrap(t, '[MUST-19] a timeout begins with one segment, and slow start', (t, make) => {
  const b = burst(make, 10);
  t.same(b.advance(200), ['200 . 1:1001(1000) ack 1']);
  t.equal(b.tcb.cc.ssthresh, 5000);
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1', '. 2001:3001(1000) ack 1']);
  b.inject('. 1:1(0) ack 2001 win 65535');
  t.same(b.sent(), ['. 3001:4001(1000) ack 1', '. 4001:5001(1000) ack 1']);
  b.inject('. 1:1(0) ack 3001 win 65535');
  b.inject('. 1:1(0) ack 4001 win 65535');
  b.inject('. 1:1(0) ack 5001 win 65535');
  t.equal(b.tcb.cc.cwnd, 5000, 'up to the threshold, from there more slowly');
});

eachWrap(
  t,
  'what arrived before the timeout is not repeated once it is acknowledged',
  (t, make) => {
    const b = burst(make, 10);
    b.advance(200);
    b.inject('. 1:1(0) ack 9001 win 65535');
    t.same(b.sent(), ['P. 9001:10001(1000) ack 1'], 'only the first and the last were lost');
    b.inject('. 1:1(0) ack 10001 win 65535');
    t.same(b.sent(), []);
    t.equal(b.tcb.recovery.mode, 'none');
  },
);

eachWrap(t, 'all of it had arrived: the timeout was late', (t, make) => {
  const b = burst(make, 10, 3000);
  b.advance(200);
  b.inject('. 1:1(0) ack 10001 win 65535');
  t.equal(b.tcb.recovery.mode, 'none');
  t.equal(b.sent()[0], '. 10001:11001(1000) ack 1', 'new text follows at once');
});

eachWrap(t, 'after a timeout new text waits until the old has gone again', (t, make) => {
  const b = burst(make, 3, 3000, { config: { forwardRto: false } });
  b.advance(200);
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1', '. 2001:3001(1000) ack 1']);
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.same(b.sent(), [
    '. 3001:4001(1000) ack 1',
    '. 4001:5001(1000) ack 1',
    'P. 5001:6001(1000) ack 1',
  ]);
});

eachWrap(t, 'after a timeout duplicates start nothing (RFC 6582 §3.2 step 6)', (t, make) => {
  const b = burst(make, 10);
  b.advance(200);
  t.same(duplicates(b, 1, 9), []);
  t.equal(b.tcb.cc.cwnd, 1000);
  b.inject('. 1:1(0) ack 2001 win 65535').sent();
  t.same(duplicates(b, 2001, 5), []);
});

eachWrap(t, 'repeated timeouts repeat the first segment, ever more slowly', (t, make) => {
  const b = burst(make, 10);
  t.same(b.advance(3000), [
    '200 . 1:1001(1000) ack 1',
    '600 . 1:1001(1000) ack 1',
    '1400 . 1:1001(1000) ack 1',
    '3000 . 1:1001(1000) ack 1',
  ]);
  t.equal(b.tcb.cc.ssthresh, 5000, 'RFC 5681 §3.1: the threshold stays');
});

eachWrap(t, 'a timeout in fast recovery ends it', (t, make) => {
  const b = burst(make, 10);
  duplicates(b, 1, 5);
  b.advance(200);
  t.equal(b.tcb.recovery.mode, 'timeout');
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.same(b.sent(), ['. 3001:4001(1000) ack 1', '. 4001:5001(1000) ack 1']);
});

eachWrap(t, 'repairing does not send beyond the window of the peer', (t, make) => {
  const b = make().establish({ win: 5000 });
  b.send(5000);
  b.sent();
  for (let i = 0; i < 3; i++) b.inject('. 1:1(0) ack 1 win 5000');
  b.inject('. 1:1(0) ack 1 win 600');
  t.same(b.sent(), ['. 1:601(600) ack 1']);
});

eachWrap(t, 'a threshold from a time of smaller segments leaves a window of one', (t, make) => {
  for (const sack of [false, true]) {
    const b = make({ config: { sack } });
    b.establish({ options: sack ? 'mss 1000,sackOK' : 'mss 1000' });
    b.send(8000);
    b.sent();
    const block = sack ? ' <sack 1001:5001>' : '';
    for (let i = 0; i < 3; i++) b.inject(`. 1:1(0) ack 1 win 65535${block}`).sent();
    t.equal(b.tcb.recovery.mode, 'fast');
    b.tcb.cc.ssthresh = 500;
    b.inject('. 1:1(0) ack 8001 win 65535');
    t.equal(b.tcb.recovery.mode, 'none');
    t.equal(b.tcb.cc.cwnd, 1000);
  }
});
