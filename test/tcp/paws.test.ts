/** Timestamps against old duplicates (RFC 7323 §5), and what a stranger can do with them. */
import t from 'tap';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';

const DAY_MS = 86_400_000;

/** An established connection whose peer's clock stands at `tsval`. */
function withClock(make: MakeBench, tsval: number, options: BenchOptions = {}): Bench {
  const b = make({ ...options, config: { timestamps: true, ...options.config } }).open();
  b.sent();
  b.inject(`S. 0:0(0) ack 1 win 65535 <mss 1000,TS val ${tsval} ecr ${b.now}>`).sent();
  b.events();
  return b;
}

function recent(b: Bench): number {
  return b.tcb.ts.recent >>> 0;
}

/** [TS.Recent, TSval of a segment in its turn, taken, name] */
const AGES: readonly (readonly [number, number, boolean, string])[] = [
  [1000, 1001, true, 'later'],
  [1000, 1000, true, 'the same'],
  [1000, 999, false, 'older'],
  [1000, 0, false, 'much older'],
  [0, 0xffff_ffff, false, 'older, across 2^32'],
  [0xffff_ffff, 0, true, 'later, across 2^32'],
  [0x7fff_ffff, 0x8000_0000, true, 'later, across 2^31'],
  [0x8000_0000, 0x7fff_ffff, false, 'older, across 2^31'],
  [1000, 1000 + 0x7fff_ffff, true, 'as much later as there is'],
];

eachWrap(t, 'a segment older than TS.Recent is dropped, and answered', (t, make) => {
  for (const [clock, tsval, taken, name] of AGES) {
    const b = withClock(make, clock);
    b.inject(`P. 1:11(10) ack 1 win 65535 <TS val ${tsval} ecr 1000>`);
    t.equal(b.receive(), taken ? 10 : 0, name);
    if (!taken) t.same(b.sent(), ['. 1:1(0) ack 1'], name);
    t.equal(recent(b), taken ? tsval : clock, `${name}: TS.Recent`);
  }
});

eachWrap(t, 'what belongs into a gap may be as late as a moment ago', (t, make) => {
  /** [TSval of what fills the second gap, how long ago TS.Recent was its, taken, name] */
  const rows: readonly (readonly [number, number, boolean, string])[] = [
    [1050, 100, true, 'late'],
    [1000, 100, true, 'as old as what came before the gap'],
    [999, 100, false, 'older than that'],
    [1050, 1200, false, 'late by too much'],
  ];
  for (const [tsval, elapsed, taken, name] of rows) {
    const b = withClock(make, 1000);
    b.inject('P. 101:201(100) ack 1 win 65535 <TS val 1060 ecr 1000>');
    b.inject('P. 301:401(100) ack 1 win 65535 <TS val 1070 ecr 1000>');
    for (let i = 0; i < 4; i++) {
      b.advance(elapsed / 4);
      const [start, end] = [1 + 25 * i, 26 + 25 * i];
      b.inject(`P. ${start}:${end}(25) ack 1 win 65535 <TS val ${1200 + i} ecr 1000>`);
    }
    t.equal(b.receive(), 200);
    b.inject(`P. 201:301(100) ack 1 win 65535 <TS val ${tsval} ecr 1000>`);
    t.equal(b.receive(), taken ? 200 : 0, name);
    t.equal(recent(b), 1203, 'TS.Recent does not turn back');
  }
});

eachWrap(t, 'an old ACK does nothing', (t, make) => {
  const b = withClock(make, 1000);
  b.send(100);
  b.sent();
  b.inject('. 1:1(0) ack 101 win 5 <TS val 999 ecr 1000>');
  t.equal(b.connection.sendQueueBytes, 100);
  t.equal(b.tcb.snd.wnd, 65_535);
});

eachWrap(t, 'a reset is not subject to it', (t, make) => {
  const b = withClock(make, 1000);
  b.inject('R 1:1(0) <TS val 1 ecr 0>');
  t.equal(b.connection.error, 'ECONNRESET');
});

eachWrap(t, 'after 24 days of silence TS.Recent says nothing (§5.5)', (t, make) => {
  const b = withClock(make, 1000);
  b.now += 24 * DAY_MS - 1;
  b.inject('P. 1:11(10) ack 1 win 65535 <TS val 5 ecr 1000>');
  t.equal(b.receive(), 0, 'it still does just before');
  b.now += 1;
  b.inject('P. 1:11(10) ack 1 win 65535 <TS val 5 ecr 1000>');
  t.equal(b.receive(), 10);
  t.equal(recent(b), 5, 'and is taken anew');
});

eachWrap(t, '[A-17] TS.Recent follows segments at the left edge only', (t, make) => {
  const b = withClock(make, 1000);
  b.inject('P. 101:201(100) ack 1 win 65535 <TS val 2000 ecr 1000>');
  t.equal(recent(b), 1000, 'not one ahead of its turn');
  b.inject('P. 1:101(100) ack 1 win 65535 <TS val 1500 ecr 1000>');
  t.equal(recent(b), 1500);
  b.inject('P. 201:301(100) ack 1 win 65535 <TS val 1600 ecr 1000>');
  t.equal(
    recent(b),
    1500,
    'not one behind the last ACK sent: the first that waits for its ACK counts',
  );
  b.advance(40);
  b.inject('P. 301:401(100) ack 1 win 65535 <TS val 1700 ecr 1000>');
  t.equal(recent(b), 1700);
});

/** Segments with a clock far ahead that a stranger may send who knows nothing but the four-tuple. */
const FORGED: readonly (readonly [string, string])[] = [
  ['. 70000:70000(0) ack 1 win 1', 'outside the window'],
  ['P. 70000:70010(10) ack 1 win 1', 'text outside the window'],
  ['P. -9:1(10) ack 1 win 1', 'old text'],
  ['. 1:1(0) ack 900000 win 1', 'an ACK of what was never sent'],
  ['P. -9:11(20) ack 900000 win 1', 'text, with an ACK of what was never sent'],
  ['P. -9:11(20) ack -900000 win 1', 'text, with an ACK of long ago'],
  ['P -9:11(20) win 1', 'text without ACK'],
  ['S 1:1(0) win 1', 'a SYN'],
  ['S. 1:1(0) ack 1 win 1', 'a SYN-ACK'],
  ['R. -9:11(20) ack 1', 'a reset that is challenged'],
];

eachWrap(
  t,
  '[A-17] a forged clock is believed only in a segment that is acceptable altogether',
  (t, make) => {
    for (const [line, name] of FORGED) {
      for (const clock of [900_000_000, 0]) {
        const b = withClock(make, 1000);
        b.inject(`${line} <TS val ${clock} ecr 0>`, 9);
        t.equal(recent(b), 1000, `${name}, ${clock}`);
        b.sent();
        b.inject('P. 1:11(10) ack 1 win 65535 <TS val 1001 ecr 1000>');
        t.equal(b.receive(), 10, `${name}: the peer is heard as before`);
      }
    }
  },
);

eachWrap(t, '[A-17] nor before the handshake is over', (t, make) => {
  const b = make({ config: { timestamps: true } });
  b.openPassive('S 0:0(0) win 65535 <mss 1000,TS val 1000 ecr 0>').sent();
  b.inject('. 1:1(0) ack 900000 win 1 <TS val 900000000 ecr 0>').sent();
  t.equal(recent(b), 1000);
  b.inject('. 1:1(0) ack 1 win 65535 <TS val 1001 ecr 1000>');
  t.equal(b.state, 'ESTABLISHED');
});

eachWrap(t, 'a segment without timestamps is taken, as on Linux', (t, make) => {
  const b = withClock(make, 1000);
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.equal(b.receive(), 10);
  t.equal(recent(b), 1000);
});

eachWrap(t, 'where timestamps were not agreed on they mean nothing', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:11(10) ack 1 win 65535 <TS val 1000 ecr 1>');
  b.inject('P. 11:21(10) ack 1 win 65535 <TS val 1 ecr 1>');
  t.equal(b.receive(), 20);
});

eachWrap(t, 'in TIME-WAIT an old FIN is answered', (t, make) => {
  const b = withClock(make, 1000);
  b.shutdown().sent();
  b.inject('F. 1:1(0) ack 2 win 65535 <TS val 1005 ecr 1000>').sent();
  t.equal(b.state, 'TIME-WAIT');
  b.inject('F. 1:1(0) ack 2 win 65535 <TS val 1001 ecr 1000>');
  t.same(b.sent(), ['. 2:2(0) ack 2']);
});
