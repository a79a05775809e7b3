/** Reno's window (RFC 5681, RFC 3465, RFC 6928), by itself. */
import t from 'tap';
import { Reno } from '../../../lib/tcp/congestion/reno';

const MSS = 1000;

function reno(cwnd?: number, ssthresh?: number): Reno {
  const cc = new Reno();
  cc.initialize(MSS, 10);
  if (cwnd !== undefined) cc.cwnd = cwnd;
  if (ssthresh !== undefined) cc.ssthresh = ssthresh;
  return cc;
}

/** [MSS, initial window, name] (RFC 6928 §2: min(10 MSS, max(2 MSS, 14,600))) */
const INITIAL: readonly (readonly [number, number, string])[] = [
  [88, 880, 'small'],
  [536, 5360, 'default'],
  [1448, 14_480, 'beside timestamps'],
  [1460, 14_600, 'Ethernet'],
  [1461, 14_600, 'one more'],
  [4312, 14_600, 'larger'],
  [7300, 14_600, 'two of them are just as much'],
  [8960, 17_920, 'jumbo: two segments'],
  [65_483, 130_966, 'loopback: two segments'],
];

t.test('[MUST-19] the initial window', (t) => {
  for (const [mss, cwnd, name] of INITIAL) {
    const cc = new Reno();
    cc.initialize(mss, 10);
    t.equal(cc.cwnd, cwnd, name);
  }
  const few = new Reno();
  few.initialize(1460, 3);
  t.equal(few.cwnd, 4380, 'three segments (RFC 3390)');
  t.end();
});

t.test('[MUST-19] slow start: the window grows by what is acknowledged', (t) => {
  const cc = reno();
  t.ok(cc.cwnd < cc.ssthresh, 'the threshold is arbitrarily high at first');
  for (let i = 0; i < 10; i++) cc.handleAck(MSS, true, false);
  t.equal(cc.cwnd, 20_000, 'doubled in a round trip');
  cc.handleAck(20_000, true, false);
  t.equal(cc.cwnd, 40_000, 'however few ACKs say it');
  t.end();
});

t.test('[MUST-19] congestion avoidance: one segment for each window acknowledged', (t) => {
  const cc = reno(10_000, 10_000);
  for (let i = 0; i < 9; i++) cc.handleAck(MSS, true, false);
  t.equal(cc.cwnd, 10_000);
  cc.handleAck(MSS, true, false);
  t.equal(cc.cwnd, 11_000);
  for (let i = 0; i < 10; i++) cc.handleAck(MSS, true, false);
  t.equal(cc.cwnd, 11_000);
  cc.handleAck(MSS, true, false);
  t.equal(cc.cwnd, 12_000);
  t.end();
});

t.test('[A-20] dividing an ACK changes nothing', (t) => {
  for (const ssthresh of [10_000, 1_000_000]) {
    const whole = reno(10_000, ssthresh);
    const divided = reno(10_000, ssthresh);
    for (let i = 0; i < 40; i++) {
      whole.handleAck(MSS, true, false);
      for (let part = 0; part < 1000; part++) divided.handleAck(1, true, false);
    }
    t.equal(divided.cwnd, whole.cwnd, `ssthresh ${ssthresh}`);
  }
  t.end();
});

t.test('after a timeout one ACK opens it by one segment at most (RFC 3465 §2.3)', (t) => {
  const cc = reno(1000, 50_000);
  cc.handleAck(5000, true, true);
  t.equal(cc.cwnd, 2000);
  cc.handleAck(300, true, true);
  t.equal(cc.cwnd, 2300);
  t.end();
});

t.test('a window that was not used does not grow', (t) => {
  for (const ssthresh of [10_000, 1_000_000]) {
    const cc = reno(10_000, ssthresh);
    for (let i = 0; i < 100; i++) cc.handleAck(MSS, false, false);
    t.equal(cc.cwnd, 10_000);
  }
  t.end();
});

/** [bytes on their way, ssthresh then, name] */
const FLIGHTS: readonly (readonly [number, number, string])[] = [
  [10_000, 5000, 'half of what was on its way'],
  [10_001, 5000, 'rounded down'],
  [4000, 2000, 'just two segments'],
  [3999, 2000, 'two segments at least'],
  [0, 2000, 'two segments at least, of nothing'],
];

t.test('[MUST-19] a loss sets the threshold (RFC 5681 equation 4)', (t) => {
  for (const [flight, ssthresh, name] of FLIGHTS) {
    const loss = reno(20_000);
    loss.handleLoss(flight);
    t.equal(loss.ssthresh, ssthresh, name);
    t.equal(loss.cwnd, ssthresh, name);
    const timeout = reno(20_000);
    timeout.handleTimeout(flight, true);
    t.equal(timeout.ssthresh, ssthresh, `${name}, timeout`);
    t.equal(timeout.cwnd, MSS, 'the loss window is one segment');
  }
  t.end();
});

t.test('the same timeout again leaves the threshold', (t) => {
  const cc = reno(20_000);
  cc.handleTimeout(16_000, true);
  cc.handleTimeout(1000, false);
  t.equal(cc.ssthresh, 8000);
  t.equal(cc.cwnd, MSS);
  t.end();
});

t.test('what was counted towards growth is forgotten at a loss', (t) => {
  for (const event of ['handleLoss', 'handleTimeout', 'handleIdle'] as const) {
    const cc = reno(10_000, 10_000);
    for (let i = 0; i < 9; i++) cc.handleAck(MSS, true, false);
    if (event === 'handleIdle') cc.handleIdle();
    else cc[event](10_000, true);
    cc.cwnd = 10_000;
    cc.ssthresh = 10_000;
    cc.handleAck(MSS, true, false);
    t.equal(cc.cwnd, 10_000, event);
  }
  t.end();
});

t.test('idleness brings a large window back to the initial one, a small one stays', (t) => {
  const large = reno(50_000);
  large.handleIdle();
  t.equal(large.cwnd, 10_000);
  const small = reno(3000);
  small.handleIdle();
  t.equal(small.cwnd, 3000);
  t.end();
});

t.test('smaller segments: the window stays in bytes', (t) => {
  const cc = reno(10_000, 10_000);
  cc.handleMssChange(500);
  t.equal(cc.cwnd, 10_000);
  cc.handleAck(10_000, true, false);
  t.equal(cc.cwnd, 10_500, 'and grows by the new size');
  const tiny = reno(1000);
  tiny.handleMssChange(1500);
  t.equal(tiny.cwnd, 1500, 'it holds one segment at least');
  t.end();
});

t.test('the window stays an int32', (t) => {
  const cc = reno();
  for (let i = 0; i < 100; i++) cc.handleAck(0x3fff_ffff, true, false);
  t.ok(cc.cwnd <= 0x3fff_ffff);
  cc.ssthresh = 1;
  for (let i = 0; i < 100; i++) cc.handleAck(0x3fff_ffff, true, false);
  t.ok(cc.cwnd <= 0x3fff_ffff);
  t.end();
});
