/** Explicit congestion notification (RFC 3168). */
import t from 'tap';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import type { TcpConfig } from '../../types/tcp';
import { type Bench, eachWrap, type MakeBench } from './bench';

const ECT_0 = 2;
const CE = 3;
const REQUEST = { config: { ecn: 'request' as const } };

/** Both ends have agreed. */
function agreed(make: MakeBench): Bench {
  const b = make(REQUEST).open();
  b.sent();
  b.inject('S.E 0:0(0) ack 1 win 65535 <mss 1000>').sent();
  b.events();
  return b;
}

/** A segment of the peer that a router has marked. */
function injectMarked(b: Bench, line: string): Bench {
  const seg = new Segment();
  parseSegmentText(line, seg, { seqBase: b.irs, ackBase: b.iss });
  seg.trafficClass = CE;
  b.connection.handleSegment(seg, b.now);
  return b;
}

/** [ours, SYN-ACK of the peer, agreed] */
const ACTIVE: readonly (readonly [TcpConfig['ecn'], string, boolean])[] = [
  ['request', 'S.E', true],
  ['request', 'S.', false],
  ['request', 'S.EW', false], // reflected bits of a peer that knows nothing of it
  ['request', 'S.W', false],
  ['accept', 'S.E', false],
  ['off', 'S.E', false],
];

eachWrap(t, '[SHLD-8] our SYN asks, his SYN-ACK agrees', (t, make) => {
  for (const [ecn, flags, on] of ACTIVE) {
    const b = make({ config: { ecn } }).open();
    t.same(b.sent(), [ecn === 'request' ? 'SEW 0:0(0)' : 'S 0:0(0)']);
    b.inject(`${flags} 0:0(0) ack 1 win 65535 <mss 1000>`);
    t.equal(b.connection.info(b.now).ecn, on, `${ecn}, ${flags}`);
    t.same(b.sent(), ['. 1:1(0) ack 1']);
  }
});

/** [ours, SYN of the peer, our SYN-ACK] */
const PASSIVE: readonly (readonly [TcpConfig['ecn'], string, string])[] = [
  ['accept', 'SEW', 'S.E'],
  ['request', 'SEW', 'S.E'],
  ['off', 'SEW', 'S.'],
  ['accept', 'S', 'S.'],
  ['accept', 'SE', 'S.'],
  ['accept', 'SW', 'S.'],
];

eachWrap(t, '[SHLD-8] his SYN asks, our SYN-ACK agrees', (t, make) => {
  for (const [ecn, syn, answer] of PASSIVE) {
    const b = make({ config: { ecn } }).openPassive(`${syn} 0:0(0) win 65535 <mss 1000>`);
    t.same(b.sent(), [`${answer} 0:0(0) ack 1`], `${ecn}, ${syn}`);
    t.same(b.advance(1000), [`1000 ${answer} 0:0(0) ack 1`], 'and so does its repetition');
    t.equal(b.tcb.ecn.on, answer === 'S.E');
  }
});

eachWrap(
  t,
  'a SYN that must be repeated does not ask, and then it is not used (§6.1.1)',
  (t, make) => {
    const b = make(REQUEST).open();
    t.same(b.sent(), ['SEW 0:0(0)']);
    t.same(b.advance(1000), ['1000 S 0:0(0)']);
    b.inject('S.E 0:0(0) ack 1 win 65535 <mss 1000>');
    t.equal(b.tcb.ecn.on, false, 'a host that has sent one SYN without must not');
  },
);

eachWrap(t, 'in a simultaneous open both SYNs must have asked', (t, make) => {
  for (const ecn of ['request', 'accept', 'off'] as const) {
    const b = make({ config: { ecn } }).open();
    b.sent();
    b.inject('SEW 0:0(0) win 65535 <mss 1000>');
    t.equal(b.tcb.ecn.on, ecn === 'request', ecn);
    t.same(b.sent(), [ecn === 'request' ? 'S.E 0:0(0) ack 1' : 'S. 0:0(0) ack 1']);
    b.inject('S.E 0:0(0) ack 1 win 65535 <mss 1000>');
    t.equal(b.state, 'ESTABLISHED');
    t.equal(b.tcb.ecn.echoesTaken, 0, 'the ECE of a SYN-ACK is no echo');
    t.equal(b.tcb.cc.cwnd, 10_000);
  }
});

eachWrap(
  t,
  'new text may be marked; repetitions, probes, ACKs and FINs may not (§6.1.4, §6.1.5)',
  (t, make) => {
    const b = agreed(make);
    b.send(1000);
    b.sent();
    t.equal(b.last.trafficClass, ECT_0);
    b.advance(200);
    t.equal(b.last.trafficClass, 0, 'a repetition');
    b.inject('P. 1:2001(2000) ack 1001 win 65535').sent();
    t.equal(b.last.trafficClass, 0, 'an ACK');
    b.inject('. 2001:2001(0) ack 1001 win 0').sent();
    b.send(10);
    b.advance(1000);
    t.equal(b.last.textLength, 1);
    t.equal(b.last.trafficClass, 0, 'a probe');
    b.inject('. 2001:2001(0) ack 1002 win 65535').sent();
    b.inject('. 2001:2001(0) ack 1011 win 65535');
    b.shutdown().sent();
    t.equal(b.last.trafficClass, 0, 'a FIN');
  },
);

eachWrap(t, 'without agreement nothing may be marked, and marks mean nothing', (t, make) => {
  const b = make().establish();
  b.send(1000);
  b.sent();
  t.equal(b.last.trafficClass, 0);
  injectMarked(b, '. 1:1(0) ack 1 win 65535');
  b.inject('.E 1:1(0) ack 1 win 65535');
  t.same(b.sent(), []);
  t.equal(b.connection.info(b.now).delivered_ce, 0);
  t.equal(b.tcb.cc.cwnd, 10_000);
});

eachWrap(t, 'a mark is echoed on every ACK until the peer says CWR (§6.1.3)', (t, make) => {
  const b = agreed(make);
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.same(b.advance(40), ['40 . 1:1(0) ack 11']);
  injectMarked(b, 'P. 11:21(10) ack 1 win 65535');
  t.same(b.sent(), ['.E 1:1(0) ack 21'], 'at once');
  b.inject('P. 21:31(10) ack 1 win 65535');
  t.same(b.advance(40), ['40 .E 1:1(0) ack 31']);
  b.send(10);
  t.same(b.sent(), ['P.E 1:11(10) ack 31'], 'on text, too');
  b.inject('P.W 31:41(10) ack 11 win 65535');
  t.same(b.advance(40), ['40 . 11:11(0) ack 41']);
  t.equal(b.connection.info(b.now).delivered_ce, 1);
});

eachWrap(t, 'a segment that says CWR and is marked itself is echoed', (t, make) => {
  const b = agreed(make);
  injectMarked(b, 'P.W 1:11(10) ack 1 win 65535');
  t.same(b.sent(), ['.E 1:1(0) ack 11']);
});

eachWrap(
  t,
  'an echo halves the window once a round trip, and the next new text says CWR',
  (t, make) => {
    const b = agreed(make);
    b.send(20_000);
    t.equal(b.sent().length, 10);
    b.inject('.E 1:1(0) ack 1001 win 65535');
    t.equal(b.tcb.cc.ssthresh, 4500, 'half of what is on its way');
    b.inject('.E 1:1(0) ack 2001 win 65535');
    t.equal(b.tcb.cc.ssthresh, 4500);
    b.inject('.E 1:1(0) ack 10001 win 65535');
    t.equal(b.tcb.cc.ssthresh, 4500, 'up to what was on its way then');
    t.match(b.sent()[0], '.W 10001:11001(1000)');
    t.equal(b.connection.info(b.now).ecn_seen, 1);
    b.inject('.E 1:1(0) ack 11001 win 65535');
    t.equal(b.connection.info(b.now).ecn_seen, 2, 'behind it a new one counts');
  },
);

eachWrap(t, 'an echo counts however much was sent since the last', (t, make) => {
  const b = agreed(make);
  b.send(5000);
  b.sent();
  b.inject('.E 1:1(0) ack 5001 win 65535');
  t.equal(b.tcb.ecn.echoesTaken, 1);
  b.send(1000);
  b.sent();
  b.inject('. 1:1(0) ack 6001 win 65535');
  // 2^31 bytes later the place of the last reduction would seem to lie ahead.
  for (let i = 0; i < 5; i++) {
    const { snd } = b.tcb;
    const step = 0x1fff_ffff;
    snd.una = (snd.una + step) | 0;
    snd.nxt = snd.una;
    snd.up = snd.una;
    b.sendPosition += step;
    b.send(1000);
    b.sent();
    b.inject(`.E 1:1(0) ack ${(snd.nxt - b.iss) >>> 0} win 65535`);
    t.equal(b.tcb.ecn.echoesTaken, 2 + i);
    b.send(1000);
    b.sent();
    b.inject(`. 1:1(0) ack ${(snd.nxt - b.iss) >>> 0} win 65535`);
  }
});

eachWrap(t, 'in the recovery from a loss an echo changes nothing', (t, make) => {
  const b = agreed(make);
  b.send(10_000);
  b.sent();
  for (let i = 0; i < 3; i++) b.inject('. 1:1(0) ack 1 win 65535');
  const { cwnd, ssthresh } = b.tcb.cc;
  b.inject('.E 1:1(0) ack 1 win 65535');
  t.same([b.tcb.cc.cwnd, b.tcb.cc.ssthresh], [cwnd, ssthresh]);
});

eachWrap(t, 'a controller that asks for marks is told of them instead of a loss', (t, make) => {
  const b = agreed(make);
  const told: string[] = [];
  const cc = b.tcb.cc as typeof b.tcb.cc & { handleMark?: () => void };
  cc.handleMark = () => told.push('mark');
  cc.handleLoss = () => told.push('loss');
  b.send(3000);
  b.sent();
  b.inject('.E 1:1(0) ack 1001 win 65535');
  b.inject('.E 1:1(0) ack 2001 win 65535');
  t.same(told, ['mark'], 'once a round trip');
});
