/** Corners of acknowledgments and timers that a fault can hide in. */
import t from 'tap';
import { TIMER_PERSIST, TIMER_RETRANSMIT, TIMER_TAIL_PROBE } from '../../lib/tcp/timers';
import { type Bench, eachWrap, type MakeBench, withSack } from '../tcp/bench';

/** The same with timestamps; `echo` is the option of an ACK that answers what leaves now. */
function withTimestamps(make: MakeBench, config: object = {}): { b: Bench; echo: () => string } {
  const b = make({ config: { timestamps: true, ...config } });
  b.establish({ options: 'mss 1000,sackOK,TS val 1 ecr 0' });
  return { b, echo: () => `TS val 2 ecr ${b.tcb.ts.value(b.now)}` };
}

eachWrap(t, 'the tail probe waits from the last ACK on', (t, make) => {
  const b = withSack(make);
  b.send(3000);
  b.sent();
  const sentAt = b.now;
  t.equal(b.tcb.timers.at[TIMER_TAIL_PROBE], sentAt + 202);
  b.now += 60;
  b.inject('. 1:1(0) ack 1001 win 65535');
  const { srtt } = b.tcb.rtt;
  t.equal(b.tcb.timers.at[TIMER_TAIL_PROBE], b.now + 2 * srtt + 2);
  b.inject('. 1:1(0) ack 1 win 65535');
  t.equal(b.tcb.timers.at[TIMER_TAIL_PROBE], b.now + 2 * srtt + 2, 'an old one changes nothing');
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
});

eachWrap(t, 'a probe with new text is no repair: its ACK costs nothing', (t, make) => {
  const b = withSack(make, { initialWindowSegments: 2 });
  b.send(3000);
  b.sent();
  t.same(b.advance(202), ['202 P. 2001:3001(1000) ack 1']);
  const { cwnd } = b.tcb.cc;
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.ok(b.tcb.cc.cwnd >= cwnd);
  t.notOk(b.tcb.tailProbe.pending);
});

eachWrap(t, 'a probe that repeats may have repaired a loss: that costs half', (t, make) => {
  const b = withSack(make);
  b.send(3000);
  b.sent();
  t.same(b.advance(202), ['202 P. 2001:3001(1000) ack 1']);
  b.inject('. 1:1(0) ack 2001 win 65535');
  t.ok(b.tcb.tailProbe.pending, 'not what it waits for');
  const { cwnd } = b.tcb.cc;
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.notOk(b.tcb.tailProbe.pending);
  t.ok(b.tcb.cc.cwnd < cwnd);
});

eachWrap(t, 'both copies have arrived: the probe was for nothing, and costs nothing', (t, make) => {
  const b = withSack(make);
  b.send(3000);
  b.sent();
  b.advance(202);
  const { cwnd } = b.tcb.cc;
  b.inject('. 1:1(0) ack 3001 win 65535 <sack 2001:3001>');
  t.notOk(b.tcb.tailProbe.pending);
  t.ok(b.tcb.cc.cwnd >= cwnd);
});

eachWrap(
  t,
  'RFC 8961 §4: the backoff ends when something arrives that was sent once',
  (t, make) => {
    const b = withSack(make, { minRtoMs: 200, forwardRto: false });
    b.send(2000);
    b.sent();
    b.advance(600);
    t.ok(b.tcb.rtt.backoff >= 1);
    const { backoff } = b.tcb.rtt;
    b.inject('. 1:1(0) ack 1001 win 65535');
    t.equal(b.tcb.rtt.backoff, backoff, 'a copy, or the first: who knows');
    b.sent();
    b.tcb.cc.cwnd = 10_000;
    b.send(3000);
    b.sent();
    const end = b.sendPosition;
    b.inject(`. 1:1(0) ack 1001 win 65535 <sack ${end - 1000}:${end}>`);
    t.equal(b.tcb.rtt.backoff, 0);
  },
);

eachWrap(t, 'an echo in the same millisecond is a sample of nought', (t, make) => {
  const { b, echo } = withTimestamps(make);
  b.send(988);
  b.sent();
  b.tcb.rtt.timing = false;
  b.tcb.rtt.srtt = 80;
  b.inject(`. 1:1(0) ack 989 win 65535 <${echo()}>`);
  t.equal(b.tcb.rtt.srtt, 70);
  t.equal(b.tcb.rtt.min, 0);
});

eachWrap(t, 'an echo says which copy has arrived', (t, make) => {
  for (const isFirst of [true, false]) {
    const { b, echo } = withTimestamps(make, { sack: true, minRtoMs: 1000 });
    b.send(4 * 988);
    b.sent();
    const first = echo();
    b.now += 100;
    b.inject(`. 1:1(0) ack 1 win 65535 <sack 989:3953,${first}>`);
    t.match(b.sent(), [/^\. 1:989/]);
    const repeatedAt = b.now;
    b.now += 100;
    b.inject(`. 1:1(0) ack 989 win 65535 <sack 1977:3953,${isFirst ? first : echo()}>`);
    t.equal(b.tcb.scoreboard.newestSentAt === repeatedAt, !isFirst);
  }
});

eachWrap(t, 'RFC 9293 table 6: a reset right behind the window is dropped', (t, make) => {
  for (const [line, answer] of [
    ['R 65536:65536(0)', []],
    ['R 65535:65535(0)', ['. 1:1(0) ack 1']],
    ['. 65536:65536(0) ack 1 win 65535', []],
    ['R 1000000:1000000(0)', []],
  ] as const) {
    const b = make({ config: { receiveBufferBytes: 65_535 } }).establish();
    t.equal(b.tcb.rcv.wnd, 65_535);
    b.inject(line);
    t.same(b.sent(), answer, line);
    t.equal(b.state, 'ESTABLISHED');
  }
});

eachWrap(t, 'probes of a closed window begin anew with each answer', (t, make) => {
  const b = make({ config: { dataTimeoutMs: 5000 } }).establish({ win: 1000 });
  b.send(2000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 0').sent();
  const begun = b.now;
  b.advance(1000);
  t.ok(b.tcb.probes > 0);
  b.inject('. 1:1(0) ack 1002 win 0');
  t.equal(b.tcb.probes, 0, 'the byte of a probe was taken');
  b.advance(4999);
  t.equal(b.connection.error, null);
  t.ok(b.now - begun > 5000);
});

eachWrap(t, 'who gives up does so at the time, not later', (t, make) => {
  const lost = make({ config: { userTimeoutMs: 1500 } }).establish();
  lost.send(100);
  lost.advance(1499);
  t.equal(lost.connection.error, null);
  lost.advance(1);
  t.equal(lost.connection.error, 'ETIMEDOUT');
  const shut = make({ config: { userTimeoutMs: 1500 } }).establish({ win: 100 });
  shut.send(200);
  shut.sent();
  shut.inject('. 1:1(0) ack 101 win 0');
  shut.sent();
  const since = shut.tcb.snd.stalledSince;
  shut.advance(since + 1499 - shut.now);
  t.equal(shut.connection.error, null);
  shut.advance(1);
  t.equal(shut.connection.error, 'ETIMEDOUT');
});

eachWrap(t, 'what leaves into a closed window is the persist timer’s', (t, make) => {
  const b = make().establish({ win: 1000 });
  b.send(1500);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 0').sent();
  t.ok(b.tcb.timers.isArmed(TIMER_PERSIST));
  const at = b.tcb.timers.at[TIMER_PERSIST];
  b.advance(at - b.now);
  t.ok(b.tcb.timers.isArmed(TIMER_PERSIST), 'the next probe');
  t.ok(b.tcb.timers.at[TIMER_PERSIST] > at);
  t.notOk(b.tcb.timers.isArmed(TIMER_RETRANSMIT));
});

eachWrap(
  t,
  'lower limits of timestamps: an undo needs an older echo of what was repeated',
  (t, make) => {
    for (const [ack, isOld, isUndone] of [
      [4941, true, true],
      [4941, false, false],
      [1, true, false],
    ] as const) {
      const { b, echo } = withTimestamps(make, { sack: true });
      b.send(5 * 988);
      b.sent();
      const first = echo();
      b.now += 100;
      b.inject(`. 1:1(0) ack 1 win 65535 <sack 989:4941,${first}>`).sent();
      t.equal(b.tcb.recovery.mode, 'fast');
      b.now += 10;
      b.inject(`. 1:1(0) ack ${ack} win 65535 <${isOld ? first : echo()}>`);
      t.equal(b.tcb.undo.count, isUndone ? 1 : 0, `${ack} ${isOld}`);
    }
  },
);
