/** Corners of loss recovery that a fault can hide in: RFC 2018, 2883, 4821, 6675, 6937, 8985. */
import t from 'tap';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Cubic } from '../../lib/tcp/congestion/cubic';
import { PathSample } from '../../lib/tcp/congestion/path-sample';
import { relaxReorderWindow, reorderWindow, widenReorderWindow } from '../../lib/tcp/rack';
import { isDuplicateReport } from '../../lib/tcp/sack';
import { SynCookies } from '../../lib/tcp/syn-cookies';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import { eachWrap, withSack } from '../tcp/bench';

eachWrap(t, 'RFC 6937: with Reno every second arrival lets one segment leave', (t, make) => {
  const b = withSack(make, { initialWindowSegments: 20 });
  b.send(40_000);
  t.equal(b.sent().length, 20);
  b.now += 100;
  const sentBy: number[] = [];
  for (let arrived = 1; arrived <= 19; arrived++) {
    b.inject(`. 1:1(0) ack 1 win 65535 <sack 1001:${1001 + 1000 * arrived}>`);
    sentBy.push(b.sent().length);
  }
  t.equal(b.tcb.cc.ssthresh, 10_000, 'half of what was on its way');
  t.same(sentBy.slice(0, 3), [1, 1, 1], 'limited transmit twice, then the repair');
  const later = sentBy.slice(3);
  t.equal(sum(later), 7, 'ten for twenty: the repair, two by limited transmit, seven more');
  t.ok(Math.max(...later) <= 1, 'one at a time');
});

eachWrap(t, 'what limited transmit adds is not counted as on its way', (t, make) => {
  const b = withSack(make);
  b.send(20_000);
  t.equal(b.sent().length, 10);
  b.now += 100;
  for (let arrived = 1; arrived <= 3; arrived++) {
    b.inject(`. 1:1(0) ack 1 win 65535 <sack 1001:${1001 + 1000 * arrived}>`);
    b.sent();
  }
  t.equal(b.connection.info(b.now).snd_ssthresh, 5000);
});

eachWrap(
  t,
  'RFC 8985 §7: one tail loss probe, with new text where there is some, then the timeout',
  (t, make) => {
    const b = withSack(make, { initialWindowSegments: 2 });
    b.send(3000);
    t.equal(b.sent().length, 2);
    t.same(b.advance(900), ['202 P. 2001:3001(1000) ack 1', '502 . 1:1001(1000) ack 1']);
  },
);

eachWrap(t, 'no tail loss probe into a closed window', (t, make) => {
  const b = withSack(make);
  b.send(1000);
  b.sent();
  b.inject('. 1:1(0) ack 1 win 0');
  t.same(b.advance(299), []);
});

eachWrap(t, 'a suspected black hole is forgiven after a while, not before', (t, make) => {
  const b = make({ mss: 1200, config: { blackHoleTimeouts: 1 } }).establish({
    options: 'mss 1200',
  });
  b.send(1200);
  b.sent();
  t.same(b.advance(200), ['200 . 1:601(600) ack 1'], 'nothing of that size has ever arrived');
  b.inject('. 1:1(0) ack 601 win 65535').sent();
  b.inject('. 1:1(0) ack 1201 win 65535');
  t.equal(b.tcb.snd.mss, 600);
  b.advance(9999);
  b.send(600);
  b.sent();
  b.inject('. 1:1(0) ack 1801 win 65535');
  t.equal(b.tcb.snd.mss, 600, 'a millisecond too early');
  b.advance(1);
  b.send(600);
  b.sent();
  b.inject('. 1:1(0) ack 2401 win 65535');
  t.equal(b.tcb.snd.mss, 1200, 'ten seconds after the suspicion');
  t.equal(b.tcb.pathMss, 1200);
});

eachWrap(
  t,
  'RACK: the window grows by a quarter for each round of duplicates, up to twenty',
  (t, make) => {
    const b = withSack(make);
    const { tcb } = b;
    b.send(1000);
    b.sent();
    tcb.scoreboard.reordered = true;
    tcb.rtt.srtt = 10_000;
    t.equal(reorderWindow(tcb), 25, 'a quarter of the shortest round trip');
    for (let quarters = 2; quarters <= 25; quarters++) {
      tcb.rack.inRound = false;
      widenReorderWindow(tcb);
      widenReorderWindow(tcb); // the same round
      t.equal(reorderWindow(tcb), 25 * Math.min(quarters, 20));
    }
    for (let i = 0; i < 15; i++) relaxReorderWindow(tcb);
    t.equal(reorderWindow(tcb), 500, 'for sixteen recoveries');
    relaxReorderWindow(tcb);
    t.equal(reorderWindow(tcb), 25);
  },
);

/** [ACK with SACK blocks, does the first report a duplicate, name] */
const REPORTS: ReadonlyArray<readonly [string, boolean, string]> = [
  ['. 0:0(0) ack 1000 win 1', false, 'none'],
  ['. 0:0(0) ack 1000 win 1 <sack 500:1000>', true, 'up to the ACK'],
  ['. 0:0(0) ack 1000 win 1 <sack 500:1001>', false, 'beyond it'],
  ['. 0:0(0) ack 1000 win 1 <sack 2000:3000>', false, 'a plain block'],
  ['. 0:0(0) ack 1000 win 1 <sack 2000:3000 2000:3000>', true, 'the second itself'],
  ['. 0:0(0) ack 1000 win 1 <sack 2100:2900 2000:3000>', true, 'within the second'],
  ['. 0:0(0) ack 1000 win 1 <sack 1999:2900 2000:3000>', false, 'beginning before it'],
  ['. 0:0(0) ack 1000 win 1 <sack 2100:3001 2000:3000>', false, 'ending behind it'],
  ['. 0:0(0) ack 1000 win 1 <sack 5000:6000 2000:3000>', false, 'beside it'],
];

t.test('RFC 2883 §4: which first block reports a duplicate', async (t) => {
  for (const [line, is, name] of REPORTS) {
    const segment = new Segment();
    parseSegmentText(line, segment);
    t.equal(isDuplicateReport(segment), is, name);
  }
});

eachWrap(t, 'a block goes along where there is just room for it', (t, make) => {
  for (const [room, has] of [
    [11, false],
    [12, true],
    [13, true],
  ] as const) {
    const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
    b.inject('P. 1:101(100) ack 1 win 65535').advance(40);
    b.receive();
    b.inject('P. 1:101(100) ack 1 win 65535');
    b.send(1000 - room);
    t.equal(b.sent({ options: true })[0].includes('sack'), has, `${room} bytes are free`);
  }
});

eachWrap(t, 'a connection that died owing an ACK is finished', (t, make) => {
  const b = make().establish();
  b.inject('. 1001:2001(1000) ack 1 win 65535');
  b.inject('R 1:1(0)');
  t.equal(b.state, 'CLOSED');
  t.ok(b.connection.finished);
});

/** CUBIC's rules beside its curve. */
t.test('CUBIC: a threshold of two segments at least, also for a timeout', async (t) => {
  const cc = new Cubic();
  cc.initialize(1000, 10);
  cc.handleTimeout(1000, true);
  t.equal(cc.ssthresh, 2000);
  t.equal(cc.cwnd, 1000);
  cc.handleLoss(1000);
  t.equal(cc.ssthresh, 2000);
});

t.test('CUBIC: slow start ends where HyStart++ says so, once', async (t) => {
  const cc = new Cubic();
  cc.initialize(1000, 10);
  const path = new PathSample();
  path.srtt = 100;
  const round = (rtt: number): void => {
    path.rounds++;
    for (let i = 0; i < 8; i++) {
      path.now += 1;
      path.rtt = rtt;
      cc.handleAck(1000, true, false, path);
    }
  };
  path.now = 1000;
  round(100);
  t.equal(cc.cwnd, 18_000, 'slow start');
  round(200);
  t.equal(cc.cwnd, 25_250, 'the eighth sample of a slower round');
  round(200);
  t.equal(cc.cwnd, 27_250, 'a quarter as fast');
  for (let i = 0; i < 5; i++) round(200);
  t.ok(cc.ssthresh <= cc.cwnd, 'the threshold is set after five rounds');
  const { ssthresh } = cc;
  t.equal(ssthresh, 33_250, 'the round in which it began is one of them');
  cc.handleTimeout(cc.cwnd, true);
  const threshold = cc.ssthresh;
  for (let i = 0; i < 20 && cc.cwnd < threshold; i++) round(i < 1 ? 100 : 400);
  t.equal(cc.ssthresh, threshold, 'later ones are not watched');
});

t.test('a cookie lives through the minute it was made in and the next', async (t) => {
  const cookies = new SynCookies(new Uint8Array(16).fill(3));
  const redeem = (issuedAt: number, at: number): boolean => {
    const syn = new Segment();
    syn.seq = 99;
    const ack = new Segment();
    ack.seq = 100;
    ack.ack = (cookies.issue(5, syn, issuedAt) + 1) | 0;
    return cookies.redeem(5, ack, at, new Segment());
  };
  t.ok(redeem(0, 119_999.9));
  t.notOk(redeem(0, 120_000));
  t.ok(redeem(59_999.9, 119_999.9));
  t.notOk(redeem(59_999.9, 120_000));
  t.ok(redeem(600_000, 719_999));
  t.notOk(redeem(600_000, 720_000));
});

t.test(
  'the SYN-ACK of a cookie keeps nothing of the segment before, and a scale of 0 is one',
  async (t) => {
    const cookies = new SynCookies(new Uint8Array(16).fill(3));
    const syn = new Segment();
    parseSegmentText('S 99:99(0) win 1 <mss 1460,sackOK,TS val 7 ecr 0,wscale 0>', syn);
    const out = new Segment();
    parseSegmentText('PU. 5:15(10) ack 4 win 3 urg 9 <sack 1:2>', out);
    const config = { ...DEFAULT_TCP_CONFIG };
    cookies.answer(5, syn, { mss: 1400, timestamp: 1000, config }, 0, out);
    t.equal(out.textLength, 0);
    t.equal(out.sackCount, 0);
    t.equal(out.urgentPointer, 0);
    t.ok(out.windowScale >= 0, 'offered to a peer whose own is 0');
  },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
