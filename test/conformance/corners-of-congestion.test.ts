/** Corners of CUBIC and HyStart++ that a fault can hide in (RFC 9438, RFC 9406). */
import t from 'tap';
import { Cubic } from '../../lib/tcp/congestion/cubic';
import { HyStart } from '../../lib/tcp/congestion/hystart';
import { PathSample } from '../../lib/tcp/congestion/path-sample';

const MSS = 1000;

/** A controller on a path with one round-trip time, whose ACKs come evenly. */
class Flow {
  readonly cc = new Cubic();
  readonly path = new PathSample();

  constructor(rttMs = 100) {
    this.cc.initialize(MSS, 10);
    this.path.now = 1000.5;
    this.path.srtt = rttMs;
    this.path.rtt = rttMs;
  }

  /** A window's worth of ACKs in a round trip, for so many round trips. */
  rounds(count: number, rttMs = this.path.srtt): this {
    for (let i = 0; i < count; i++) {
      this.path.rounds++;
      this.path.rtt = rttMs;
      const segments = Math.floor(this.cc.cwnd / MSS);
      for (let j = 0; j < segments; j++) {
        this.path.now += this.path.srtt / segments;
        this.cc.handleAck(MSS, true, false, this.path);
      }
    }
    return this;
  }
}

/** What a reduction does, as the engine tells it. */
const REDUCTIONS: readonly (readonly [string, (cc: Cubic) => void])[] = [
  ['a loss', (cc) => cc.handleLoss(cc.cwnd)],
  ['a timeout', (cc) => cc.handleTimeout(cc.cwnd, true)],
];

/** [what the flow has gone through, name] */
const PASTS: readonly (readonly [(flow: Flow) => void, string])[] = [
  [() => {}, 'in its first slow start'],
  [(flow) => flow.rounds(2), 'with a window of 40 segments'],
  [(flow) => flow.cc.handleLoss(0), 'right after a loss'],
  [
    (flow) => {
      flow.cc.handleLoss(0);
      flow.rounds(5);
    },
    'on its way back',
  ],
  [
    (flow) => {
      flow.rounds(3).cc.handleLoss(0);
      flow.rounds(2).cc.handleLoss(0);
      flow.rounds(7);
    },
    'after two losses',
  ],
  [
    (flow) => {
      flow.rounds(3).cc.handleTimeout(60_000, true);
      flow.rounds(9);
    },
    'after a timeout',
  ],
];

t.test('a reduction that is taken back leaves no trace', async (t) => {
  for (const [past, name] of PASTS) {
    for (const [what, reduce] of REDUCTIONS) {
      const plain = new Flow();
      const undone = new Flow();
      past(plain);
      past(undone);
      const { cwnd, ssthresh } = undone.cc;
      undone.cc.remember();
      reduce(undone.cc);
      undone.cc.cwnd = cwnd;
      undone.cc.ssthresh = ssthresh;
      undone.cc.handleUndo();
      for (let i = 0; i < 12; i++) {
        plain.rounds(1, i < 2 ? 100 : 200);
        undone.rounds(1, i < 2 ? 100 : 200);
        const off = Math.abs(undone.cc.cwnd - plain.cc.cwnd);
        t.ok(off <= 2, `${what} ${name}, round ${i}: ${undone.cc.cwnd}, not ${plain.cc.cwnd}`);
      }
      undone.cc.handleLoss(0);
      plain.cc.handleLoss(0);
      undone.rounds(20);
      plain.rounds(20);
      t.ok(Math.abs(undone.cc.cwnd - plain.cc.cwnd) <= 2, `${what} ${name}, and the next loss`);
    }
  }
});

t.test('RFC 9438 §4.3: as Reno below the window of before, faster above it', async (t) => {
  const flow = new Flow(10); // so short that Reno is faster than the cubic
  flow.cc.handleTimeout(40_000, true);
  t.equal(flow.cc.ssthresh, 28_000);
  flow.cc.cwnd = 28_000;
  const growth: number[] = [];
  for (let i = 0; i < 40; i++) {
    const before = flow.cc.cwnd;
    flow.rounds(1);
    growth.push(flow.cc.cwnd - before);
  }
  const slow = growth.filter((bytes) => bytes < 700).length;
  t.ok(slow >= 20 && slow <= 24, `half a segment a round trip until 40 segments: ${slow} times`);
  t.ok(
    growth.slice(slow + 1).every((bytes) => bytes > 900),
    'then a whole one',
  );
});

t.test('RFC 9438 §4.8: after a timeout the cubic begins where the window is', async (t) => {
  const flow = new Flow();
  flow.cc.cwnd = 1_000_000;
  flow.cc.handleLoss(0);
  flow.cc.handleTimeout(100_000, true);
  flow.cc.cwnd = flow.cc.ssthresh;
  t.equal(flow.cc.cwnd, 70_000);
  flow.rounds(10);
  t.ok(flow.cc.cwnd < 80_000, `not to what was once: ${flow.cc.cwnd}`);
});

t.test('an ACK moves the window by its share of the way that is left', async (t) => {
  const grow = (acked: number): number => {
    const flow = new Flow();
    flow.cc.cwnd = 1_000_000;
    flow.cc.handleLoss(0);
    flow.cc.handleAck(0, true, false, flow.path);
    flow.path.now += 1000;
    flow.cc.handleAck(acked, true, false, flow.path);
    return flow.cc.cwnd - 700_000;
  };
  const one = grow(10_000);
  t.ok(one > 1000);
  t.ok(Math.abs(grow(20_000) - 2 * one) < 3, 'twice as much for twice the bytes');
  t.ok(Math.abs(grow(700_000) - grow(1_400_000)) < 3, 'a window’s worth at most');
});

t.test('a window that the engine has set is where growth begins', async (t) => {
  const flow = new Flow();
  flow.cc.handleLoss(0);
  flow.rounds(5);
  flow.cc.cwnd = 30_000;
  flow.cc.handleAck(1, true, false, flow.path);
  t.ok(flow.cc.cwnd >= 30_000 && flow.cc.cwnd < 30_100, `${flow.cc.cwnd}`);
  flow.cc.cwnd = 5000;
  flow.cc.handleAck(1, true, false, flow.path);
  t.ok(flow.cc.cwnd >= 5000 && flow.cc.cwnd < 7600, `${flow.cc.cwnd}`);
});

t.test('only the first slow start is watched', async (t) => {
  for (const [what, reduce] of REDUCTIONS) {
    const flow = new Flow();
    reduce(flow.cc);
    flow.cc.cwnd = 10_000;
    flow.cc.ssthresh = 1_000_000;
    flow.rounds(1, 100).rounds(1, 200).rounds(1, 200);
    t.equal(flow.cc.cwnd, 80_000, `it doubles behind ${what}`);
  }
});

t.test('who was idle begins small, and knows three quarters of the way back', async (t) => {
  for (const [cwnd, before, ssthresh] of [
    [80_000, 10_000, 60_000],
    [80_000, 70_000, 70_000],
    [8000, 5000, 6000],
  ]) {
    const { cc } = new Flow();
    cc.cwnd = cwnd;
    cc.ssthresh = before;
    cc.handleIdle();
    t.equal(cc.ssthresh, ssthresh);
    t.equal(cc.cwnd, Math.min(cwnd, 10_000), 'the initial window at most');
  }
});

/** Round trips of one length, `samples` in each round. */
function watch(hystart: HyStart, path: PathSample, rtts: readonly number[], samples = 8): boolean {
  let isOver = false;
  for (const rtt of rtts) {
    path.rounds++;
    path.rtt = rtt;
    for (let i = 0; i < samples; i++) isOver = hystart.handleAck(path) || isOver;
  }
  return isOver;
}

t.test('RFC 9406: five rounds of slower growth, and slow start is over', async (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  t.notOk(watch(hystart, path, [200, 200, 200]));
  t.equal(hystart.divisor, 1);
  t.notOk(watch(hystart, path, [250, 250, 250, 250, 250]), 'four rounds, and the one it began in');
  t.equal(hystart.divisor, 4);
  t.ok(watch(hystart, path, [250]), 'five');
});

t.test('RFC 9406: shorter round trips lead back, and the next delay is a new one', async (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  watch(hystart, path, [100, 150, 150, 150]);
  watch(hystart, path, [149]);
  t.equal(hystart.divisor, 1, 'it was jitter');
  watch(hystart, path, [170]);
  t.equal(hystart.divisor, 4);
  t.notOk(watch(hystart, path, [170, 170, 170, 170]), 'its rounds are counted from here');
  t.ok(watch(hystart, path, [170]));
});

t.test('RFC 9406: seven samples in a round are not enough', async (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  watch(hystart, path, [100, 300], 7);
  t.equal(hystart.divisor, 1);
});
