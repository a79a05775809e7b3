/** Challenge ACKs are rationed, for each connection by itself (RFC 5961 §7). */
import t from 'tap';
import { oweChallengeAck } from '../../lib/tcp/challenge';
import { OWE_ACK } from '../../lib/tcp/owed';
import { Bench, eachWrap } from './bench';

t.test('as many a second as the limit says, then none, then again', (t) => {
  for (const limit of [1, 10, 1000]) {
    const b = new Bench({ config: { challengeAcksPerSecond: limit } }).establish();
    const grant = (now: number): number => {
      let granted = 0;
      while (granted <= limit && oweChallengeAck(b.tcb, now)) granted++;
      return granted;
    };
    t.equal(grant(5000), limit, 'at the limit');
    t.equal(grant(5999.9), 0, 'one past it, and to the end of the second');
    t.equal(grant(6000), limit, 'a second later');
    t.equal(grant(99_000), limit, 'they do not add up');
  }
  t.end();
});

t.test('without any none is owed', (t) => {
  const b = new Bench({ config: { challengeAcksPerSecond: 0 } }).establish();
  t.equal(oweChallengeAck(b.tcb, 5000), false);
  t.equal(b.tcb.owed & OWE_ACK, 0);
  t.end();
});

/** Segments that are not acceptable and not text. */
const PROVOCATIONS: readonly (readonly [string, string])[] = [
  ['R 5:5(0)', 'a reset in the window'],
  ['S 1:1(0) win 1', 'a SYN'],
  ['S. 0:0(0) ack 1 win 1', 'a SYN-ACK'],
  ['. 1:1(0) ack 99999 win 1', 'an ACK of the future'],
  ['. 1:1(0) ack -99999 win 1', 'an ACK of the far past'],
  ['. -5:-5(0) ack 1 win 1', '[A-11] a bare ACK outside the window'],
  ['. 90000:90000(0) ack 1 win 1', '[A-11] a bare ACK far ahead'],
];

eachWrap(t, '[A-09] [A-11] a flood of any kind gets ten answers a second', (t, make) => {
  for (const [line, name] of PROVOCATIONS) {
    const b = make().establish();
    let answers = 0;
    for (let i = 0; i < 100; i++) {
      b.inject(line);
      answers += b.sent().length;
      b.advance(5);
    }
    t.equal(answers, 10, name);
    b.advance(1000);
    b.inject(line);
    t.equal(b.sent().length, 1, `${name}: a second later`);
    t.equal(b.state, 'ESTABLISHED');
  }
});

eachWrap(t, '[A-11] two ends that have lost each other do not storm', (t, make) => {
  const b = make().establish();
  // The other end answers whatever it gets with an ACK that fits here as little as ours there.
  let exchanged = 0;
  const answer = '. 1000000:1000000(0) ack 1 win 1000';
  b.inject(answer);
  for (let ms = 0; ms < 10_000; ms++) {
    for (const _ of b.sent()) {
      exchanged++;
      b.inject(answer);
    }
    b.advance(1);
  }
  t.ok(exchanged <= 110, `${exchanged} in ten seconds`);
});

eachWrap(t, '[A-10] what one connection has used up, another still has', (t, make) => {
  const a = make().establish();
  const b = make().establish();
  for (let i = 0; i < 50; i++) a.inject('S 1:1(0) win 1').sent();
  b.inject('S 1:1(0) win 1');
  t.equal(b.sent().length, 1);
});

eachWrap(t, 'text that comes again is answered without limit: ACKs were lost', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535').sent();
  let answers = 0;
  for (let i = 0; i < 50; i++) answers += b.inject('P. 1:101(100) ack 1 win 65535').sent().length;
  t.equal(answers, 50);
});
