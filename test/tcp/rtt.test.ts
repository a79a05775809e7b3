/** RFC 6298, to the number. */
import t from 'tap';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { RttEstimator } from '../../lib/tcp/rtt';
import type { TcpConfig } from '../../types/tcp';
import { eachWrap } from './bench';

function estimator(config: Partial<TcpConfig> = {}): RttEstimator {
  return new RttEstimator({ ...DEFAULT_TCP_CONFIG, ...config });
}

t.test('[MUST-18] begins with 1 s (2.1)', (t) => {
  const rtt = estimator();
  t.equal(rtt.rto, 1000);
  t.ok(Number.isNaN(rtt.srtt));
  t.ok(Number.isNaN(rtt.rttvar));
  t.end();
});

/** [samples, SRTT, RTTVAR, RTO, name]; bounds 1 ms to 60 s */
const SAMPLES: readonly (readonly [number[], number, number, number, string])[] = [
  [[100], 100, 50, 300, 'the first (2.2)'],
  [[100, 100], 100, 37.5, 250, 'the same again (2.3)'],
  [[100, 200], 112.5, 62.5, 362.5, 'a longer one'],
  [[200, 100], 187.5, 100, 587.5, 'a shorter one'],
  [[0], 0, 0, 1, 'none at all: the granularity counts'],
  [[0.25], 0.25, 0.125, 1.25, 'a fraction'],
  [[1_000_000], 1_000_000, 500_000, 60_000, 'beyond the upper bound (2.5)'],
];

t.test('[MUST-18] SRTT, RTTVAR and RTO follow the formulas', (t) => {
  for (const [samples, srtt, rttvar, rto, name] of SAMPLES) {
    const rtt = estimator({ minRtoMs: 1, maxRtoMs: 60_000 });
    for (const sample of samples) rtt.measure(sample, 1);
    t.equal(rtt.srtt, srtt, name);
    t.equal(rtt.rttvar, rttvar, name);
    t.equal(rtt.rto, rto, name);
  }
  t.end();
});

t.test('the lower bound holds (2.4, with the 200 ms of Linux)', (t) => {
  const rtt = estimator();
  for (let i = 0; i < 100; i++) rtt.measure(1, 1);
  t.equal(rtt.rto, 200);
  t.end();
});

t.test('many samples a round trip weigh less each (RFC 7323 appendix G)', (t) => {
  const rtt = estimator({ minRtoMs: 1 });
  rtt.measure(100, 1);
  rtt.measure(200, 10);
  t.equal(rtt.srtt, 100 + 100 / 80);
  t.equal(rtt.rttvar, 50 + 50 / 40);
  t.end();
});

t.test('[MUST-19] each timeout doubles (5.5), up to the bound', (t) => {
  const rtt = estimator();
  rtt.measure(100, 1);
  const timeouts: number[] = [];
  for (let i = 0; i < 12; i++) {
    rtt.backOff();
    timeouts.push(rtt.rto);
  }
  t.same(timeouts.slice(0, 4), [600, 1200, 2400, 4800]);
  t.equal(timeouts[11], 120_000);
  for (let i = 0; i < 10_000; i++) rtt.backOff();
  t.equal(rtt.rto, 120_000, 'and stays a number');
  rtt.measure(100, 1);
  t.equal(rtt.rto, 250, 'a new sample ends it');
  t.end();
});

t.test('a SYN that had to be repeated makes it 3 s (5.7), unless something was measured', (t) => {
  const lost = estimator();
  lost.backOff();
  lost.backOff();
  lost.settleAfterHandshake();
  t.equal(lost.rto, 3000);
  const clean = estimator();
  clean.settleAfterHandshake();
  t.equal(clean.rto, 1000);
  const measured = estimator();
  measured.backOff();
  measured.measure(100, 1);
  measured.settleAfterHandshake();
  t.equal(measured.rto, 300);
  const slow = estimator({ initialRtoMs: 5000 });
  slow.backOff();
  slow.settleAfterHandshake();
  t.equal(slow.rto, 5000, 'never less than it began with');
  t.end();
});

t.test('one segment is timed at a time, none after a timeout (Karn)', (t) => {
  const rtt = estimator();
  rtt.startTiming(100, 5);
  rtt.startTiming(200, 6);
  t.same([rtt.timedSeq, rtt.timedAt, rtt.timing], [100, 5, true]);
  rtt.backOff();
  t.equal(rtt.timing, false);
  rtt.startTiming(200, 7);
  t.same([rtt.timedSeq, rtt.timedAt, rtt.timing], [200, 7, true]);
  t.end();
});

eachWrap(t, '[MUST-18] the SYN is the first sample', (t, make) => {
  const b = make();
  b.open().sent();
  b.now += 30;
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>');
  t.equal(b.tcb.rtt.srtt, 30);
  t.equal(b.connection.info(b.now).rtt, 30);
});

eachWrap(t, '[MUST-18] without timestamps one segment a round trip is timed', (t, make) => {
  const b = make().establish();
  b.tcb.rtt.srtt = Number.NaN;
  b.send(3000);
  b.sent();
  b.now += 100;
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(b.tcb.rtt.srtt, 100, 'the first segment of the burst was timed');
  b.now += 500;
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.equal(b.tcb.rtt.srtt, 100, 'the others were not');
});

eachWrap(t, '[MUST-18] an ACK that does not reach the timed segment is no sample', (t, make) => {
  const b = make().establish();
  b.tcb.rtt.srtt = Number.NaN;
  b.send(1000);
  b.sent();
  b.now += 100;
  b.inject('. 1:1(0) ack 501 win 65535');
  t.ok(Number.isNaN(b.tcb.rtt.srtt));
  b.now += 20;
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(b.tcb.rtt.srtt, 120);
});

eachWrap(t, '[MUST-18] a repeated segment is never timed (Karn)', (t, make) => {
  const b = make().establish();
  b.tcb.rtt.measure(100, 1);
  const { srtt } = b.tcb.rtt;
  b.send(1000);
  t.same(b.sent(), ['P. 1:1001(1000) ack 1']);
  const rto = b.tcb.rtt.rto;
  t.equal(b.advance(rto).length, 1);
  b.now += 5;
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(b.tcb.rtt.srtt, srtt);
  t.equal(b.tcb.rtt.backoff, 1, 'and the doubled timeout stands until a clean sample');
  b.send(1000);
  b.sent();
  b.now += 60;
  b.inject('. 1:1(0) ack 2001 win 65535');
  t.equal(b.tcb.rtt.backoff, 0);
  t.equal(b.tcb.rtt.srtt, srtt + (60 - srtt) / 8);
});

const TS = 'mss 1000,TS val 1 ecr 0';

eachWrap(t, 'timestamps give a sample where nothing was timed, even of a repetition', (t, make) => {
  const b = make({ config: { timestamps: true }, timestampOffset: -1 });
  b.establish({ options: TS });
  b.tcb.rtt.srtt = Number.NaN;
  b.send(900);
  b.sent();
  b.advance(b.tcb.rtt.rto);
  const repeatedAt = b.tcb.ts.value(b.now);
  b.now += 70;
  b.inject(`. 1:1(0) ack 901 win 65535 <TS val 2 ecr ${repeatedAt >>> 0}>`);
  t.equal(b.tcb.rtt.srtt, 70, 'the echo says which copy it answers');
  t.equal(b.tcb.rtt.backoff, 0);
});

eachWrap(t, 'an echo of a time before the repetition is no sample (Karn)', (t, make) => {
  const b = make({ config: { timestamps: true } }).establish({ options: TS });
  b.tcb.rtt.srtt = Number.NaN;
  b.send(900);
  b.sent();
  const firstAt = b.tcb.ts.value(b.now);
  b.advance(b.tcb.rtt.rto);
  b.inject(`. 1:1(0) ack 901 win 65535 <TS val 2 ecr ${firstAt}>`);
  t.ok(Number.isNaN(b.tcb.rtt.srtt));
  t.equal(b.tcb.rtt.backoff, 1);
});

eachWrap(t, 'an echo of what was never sent is no sample', (t, make) => {
  for (const ecr of [0, 999_999, 0xffff_ffff]) {
    const b = make({ config: { timestamps: true } }).establish({ options: TS });
    b.tcb.rtt.srtt = Number.NaN;
    b.send(900);
    b.sent();
    b.tcb.rtt.timing = false;
    b.inject(`. 1:1(0) ack 901 win 65535 <TS val 2 ecr ${ecr}>`);
    t.notOk(b.tcb.rtt.srtt < 0, `${ecr}`);
    t.ok(b.tcb.rtt.rto <= b.tcb.config.maxRtoMs);
  }
});

t.test('the timeout is longer than the longest of the latest samples, and forgets it', (t) => {
  const rtt = estimator();
  const measure = (count: number, sample: (i: number) => number): void => {
    for (let i = 0; i < count; i++) rtt.measure(sample(i), 100);
  };
  measure(4000, () => 400);
  t.ok(rtt.rto < 505, `${rtt.rto}`);
  measure(100, (i) => 400 + 4 * i); // a queue fills within a round trip
  t.ok(rtt.srtt < 450, 'the mean has hardly moved');
  t.ok(rtt.rto >= 1.25 * 796, `${rtt.rto}`);
  measure(4000, () => 400);
  t.ok(rtt.rto < 510, `${rtt.rto}`);
  t.end();
});
