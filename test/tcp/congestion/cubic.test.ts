/** CUBIC against the equations of RFC 9438. */
import t from 'tap';
import { Cubic } from '../../../lib/tcp/congestion/cubic';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';

const MSS = 1000;
const RTT_MS = 100;

/** A controller whose windows are set, and its path. */
function cubic(cwnd: number, ssthresh = 1): { cc: Cubic; path: PathSample } {
  const cc = new Cubic();
  cc.initialize(MSS, 10);
  cc.cwnd = cwnd;
  cc.ssthresh = ssthresh;
  const path = new PathSample();
  path.now = 1000.5;
  path.srtt = RTT_MS;
  return { cc, path };
}

/** Full windows acknowledged by pairs of segments, for `ms`. */
function pass(cc: Cubic, path: PathSample, ms: number): void {
  const end = path.now + ms;
  while (path.now < end) {
    cc.handleAck(2 * MSS, true, false, path);
    path.now += (RTT_MS * 2 * MSS) / cc.cwnd;
  }
}

/** W_cubic in segments, `seconds` after a loss at `max` segments (equations 1 and 2). */
function equation(max: number, seconds: number): number {
  const k = Math.cbrt((max * 0.3) / 0.4);
  return 0.4 * (seconds - k) ** 3 + max;
}

/** [W_max in segments, seconds since the loss] */
const CURVE: readonly (readonly [number, number])[] = [
  [1000, 1],
  [1000, 5],
  [1000, 9],
  [1000, 12],
  [1000, 15],
  [400, 3],
  [400, 8],
  [5000, 10],
  [5000, 20],
];

t.test('[MAY-18] the window follows the cubic (equation 1)', (t) => {
  for (const [max, seconds] of CURVE) {
    const { cc, path } = cubic(max * MSS);
    cc.handleLoss(max * MSS);
    t.equal(cc.cwnd, max * 700, 'a loss leaves 0.7 of the window');
    t.equal(cc.ssthresh, cc.cwnd);
    pass(cc, path, seconds * 1000);
    const expected = equation(max, seconds);
    const error = Math.abs(cc.cwnd / MSS - expected) / expected;
    t.ok(error < 0.02, `W_max ${max}, ${seconds} s: ${cc.cwnd / MSS}, not ${expected.toFixed(1)}`);
  }
  t.end();
});

t.test('where Reno would be faster, it is as fast (equation 4)', (t) => {
  const { cc, path } = cubic(20 * MSS);
  cc.handleLoss(20 * MSS);
  pass(cc, path, 1000); // ten round trips, each 9/17 of a segment
  t.ok(Math.abs(cc.cwnd / MSS - (14 + (10 * 9) / 17)) < 0.5, `${cc.cwnd}`);
  pass(cc, path, 1200);
  const before = cc.cwnd;
  pass(cc, path, 500); // beyond the old window a whole segment a round trip
  t.ok(Math.abs(cc.cwnd - before - 5 * MSS) < MSS, `${cc.cwnd - before}`);
  t.end();
});

t.test('a second loss below the old window makes room (§4.7)', (t) => {
  const { cc, path } = cubic(1000 * MSS);
  cc.handleLoss(0);
  cc.handleLoss(0);
  t.ok(Math.abs(cc.cwnd - 490 * MSS) <= 1);
  const k = Math.cbrt((700 * 0.85 - 490) / 0.4);
  pass(cc, path, k * 1000);
  t.ok(Math.abs(cc.cwnd / MSS - 595) < 10, `W_max is 0.85 of the window: ${cc.cwnd / MSS}`);
  t.end();
});

t.test('the window grows by half in a round trip at most', (t) => {
  const { cc, path } = cubic(100 * MSS);
  cc.handleLoss(0);
  cc.handleAck(MSS, true, false, path);
  path.now += 60_000;
  const before = cc.cwnd;
  cc.handleAck(before, true, false, path);
  t.ok(cc.cwnd <= before * 1.5 + 1);
  t.ok(cc.cwnd > before * 1.4);
  t.end();
});

t.test('time in which the window was not used does not count (§4.2)', (t) => {
  const [idle, busy] = [cubic(1000 * MSS), cubic(1000 * MSS)];
  for (const { cc, path } of [idle, busy]) {
    cc.handleLoss(0);
    pass(cc, path, 3000);
  }
  for (let i = 0; i < 100; i++) {
    idle.path.now += RTT_MS;
    idle.cc.handleAck(MSS, false, false, idle.path);
  }
  t.ok(Math.abs(idle.cc.cwnd - busy.cc.cwnd) <= MSS);
  pass(idle.cc, idle.path, 1000);
  pass(busy.cc, busy.path, 1000);
  t.ok(Math.abs(idle.cc.cwnd - busy.cc.cwnd) < 5 * MSS, `${idle.cc.cwnd} ${busy.cc.cwnd}`);
  t.end();
});

t.test('a timeout leaves one segment, and 0.7 of the flight as the threshold (§4.8)', (t) => {
  const { cc, path } = cubic(100 * MSS);
  cc.handleTimeout(80 * MSS, true);
  t.equal(cc.cwnd, MSS);
  t.equal(cc.ssthresh, 56 * MSS);
  cc.handleTimeout(MSS, false);
  t.equal(cc.ssthresh, 56 * MSS, 'the same timeout again');
  cc.handleAck(10 * MSS, true, true, path);
  t.equal(cc.cwnd, 2 * MSS, 'one segment an ACK');
  t.end();
});

t.test('an undo brings the curve back', (t) => {
  const [undone, plain] = [cubic(1000 * MSS), cubic(1000 * MSS)];
  for (const { cc, path } of [undone, plain]) {
    cc.handleLoss(0);
    pass(cc, path, 3000);
  }
  const { cwnd, ssthresh } = undone.cc;
  undone.cc.remember();
  undone.cc.handleTimeout(cwnd, true);
  undone.cc.cwnd = cwnd;
  undone.cc.ssthresh = ssthresh;
  undone.cc.handleUndo();
  pass(undone.cc, undone.path, 2000);
  pass(plain.cc, plain.path, 2000);
  t.ok(Math.abs(undone.cc.cwnd - plain.cc.cwnd) <= 2, `${undone.cc.cwnd} ${plain.cc.cwnd}`);
  t.end();
});

t.test('slow start by what is acknowledged, idleness, another segment size', (t) => {
  const { cc, path } = cubic(10 * MSS, 0x3fff_ffff);
  cc.handleAck(10 * MSS, true, false, path);
  t.equal(cc.cwnd, 20 * MSS);
  cc.handleAck(10 * MSS, false, false, path);
  t.equal(cc.cwnd, 20 * MSS, 'not where it is not used');
  cc.handleIdle();
  t.equal(cc.cwnd, 10 * MSS);
  cc.handleMssChange(20 * MSS);
  t.equal(cc.cwnd, 20 * MSS, 'one segment at least');
  cc.handleLoss(0);
  t.equal(cc.ssthresh, 40 * MSS, 'two segments at least');
  t.end();
});
