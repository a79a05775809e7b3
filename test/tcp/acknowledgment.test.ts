/** The ACK field: which ACKs count, what they set free, and what window they bring. */
import t from 'tap';
import { Bench, eachWrap, type MakeBench } from './bench';

/** 4000 bytes are on their way in four segments; the peer has offered 10,000 bytes. */
function sending(make: MakeBench): Bench {
  const b = make().establish({ win: 10_000 });
  b.send(4000);
  b.sent();
  return b;
}

/** [ACK, bytes still held, answered, name] */
const ACKS: readonly (readonly [number, number, boolean, string])[] = [
  [1, 4000, false, 'SND.UNA: nothing new'],
  [2, 3999, false, 'one byte'],
  [1001, 3000, false, 'a segment'],
  [4001, 0, false, 'SND.NXT: all of it'],
  [4002, 4000, true, '[A-19] what was never sent'],
  [100_000, 4000, true, '[A-19] far beyond'],
  [0x7fff_ffff, 4000, true, '[A-19] half the space ahead'],
  [0, 4000, false, 'an old one'],
  [-9999, 4000, false, '[U-9] as old as MAX.SND.WND'],
  [-10_000, 4000, true, '[U-10] older'],
  [-0x7fff_0000, 4000, true, '[U-10] half the space ago'],
];

eachWrap(t, '[MAY-12] [A-15] ACKs below, at and above what is outstanding', (t, make) => {
  for (const [ack, held, answered, name] of ACKS) {
    const b = sending(make);
    b.inject(`. 1:1(0) ack ${ack} win 10000`);
    t.equal(b.connection.sendQueueBytes, held, name);
    t.same(b.sent(), answered ? ['. 4001:4001(0) ack 1'] : [], name);
    b.connection.dispose();
  }
});

eachWrap(t, '[U-10] text with such an ACK is dropped', (t, make) => {
  for (const [ack, , refused, name] of ACKS) {
    const b = sending(make);
    b.inject(`P. 1:11(10) ack ${ack} win 10000`);
    t.equal(b.receive(), refused ? 0 : 10, name);
    b.connection.dispose();
  }
});

eachWrap(t, 'an ACK in the middle of a segment sets free what it covers', (t, make) => {
  const b = sending(make);
  b.inject('. 1:1(0) ack 1501 win 10000');
  t.equal(b.connection.sendQueueBytes, 2500);
  t.same(b.advance(200), ['200 . 1501:2001(500) ack 1'], 'a repetition begins right there');
});

eachWrap(t, '[A-19] an ACK of what was never sent is worth nothing', (t, make) => {
  const b = sending(make);
  const { cwnd } = b.tcb.cc;
  for (let i = 0; i < 100; i++) b.inject(`. 1:1(0) ack ${4002 + i * 1000} win 10000`);
  t.equal(b.tcb.cc.cwnd, cwnd);
  t.equal(b.tcb.recovery.duplicates, 0);
  t.ok(b.sent().length <= 1);
});

/** [SEG.SEQ, SEG.ACK, window taken, name]; before: WL1 = 1, WL2 = 2001, window 10,000 */
const UPDATES: readonly (readonly [number, number, boolean, string])[] = [
  [1, 2001, true, 'the same segment again with another window'],
  [1, 3001, true, 'a newer ACK'],
  [1, 1001, false, 'an older ACK'],
  [2, 2001, true, 'a newer segment'],
];

eachWrap(t, 'a window counts if it is the newest (WL1, WL2)', (t, make) => {
  for (const [seq, ack, taken, name] of UPDATES) {
    const b = sending(make);
    b.inject('. 1:1(0) ack 2001 win 10000');
    b.inject(`. ${seq}:${seq}(0) ack ${ack} win 7777`);
    t.equal(b.tcb.snd.wnd, taken ? 7777 : 10_000, name);
    b.connection.dispose();
  }
});

eachWrap(t, 'the window of old text does not count', (t, make) => {
  const b = sending(make);
  b.inject('P. 1:11(10) ack 1 win 9000');
  b.inject('P. 11:21(10) ack 1 win 8000');
  b.inject('P. 1:12(11) ack 1 win 5');
  t.equal(b.tcb.snd.wnd, 8000);
});

eachWrap(t, '[MUST-34] [SHLD-15] a window that shrinks over what is outstanding', (t, make) => {
  const b = make().establish({ win: 5000 });
  b.send(8000);
  t.equal(b.sent().length, 5);
  b.inject('. 1:1(0) ack 1001 win 1000');
  t.same(b.sent(), [], 'nothing new leaves: the usable window is negative');
  b.inject('. 1:1(0) ack 2001 win 2500');
  t.same(b.sent(), [], 'still negative');
  b.inject('. 1:1(0) ack 5001 win 3000');
  t.same(b.sent(), [
    '. 5001:6001(1000) ack 1',
    '. 6001:7001(1000) ack 1',
    'P. 7001:8001(1000) ack 1',
  ]);
});

eachWrap(
  t,
  '[SHLD-16] after it has shrunk, what lies inside is repeated, what lies beyond waits',
  (t, make) => {
    const b = make().establish({ win: 5000 });
    b.send(5000);
    b.sent();
    b.inject('. 1:1(0) ack 1001 win 2000');
    t.same(b.advance(200), ['200 . 1001:2001(1000) ack 1']);
    b.inject('. 1:1(0) ack 2001 win 1000');
    t.same(b.sent(), ['. 2001:3001(1000) ack 1'], 'one by one as it says');
    b.inject('. 1:1(0) ack 3001 win 1000');
    t.same(b.sent(), ['. 3001:4001(1000) ack 1']);
  },
);

eachWrap(
  t,
  '[SHLD-17] data beyond a window that has shrunk does not end the connection',
  (t, make) => {
    const b = make({ config: { dataTimeoutMs: 5000 } }).establish({ win: 3000 });
    b.send(3000);
    b.sent();
    b.inject('. 1:1(0) ack 1001 win 0');
    for (let i = 0; i < 50; i++) {
      b.advance(4000);
      b.inject('. 1:1(0) ack 1001 win 0');
    }
    t.equal(b.state, 'ESTABLISHED');
    b.inject('. 1:1(0) ack 1001 win 3000');
    t.same(b.sent(), ['. 1001:2001(1000) ack 1', 'P. 2001:3001(1000) ack 1']);
  },
);

eachWrap(t, 'an ACK of text and FIN together', (t, make) => {
  const b = make().establish();
  b.send(100);
  b.shutdown().sent();
  b.inject('. 1:1(0) ack 101 win 65535');
  t.equal(b.state, 'FIN-WAIT-1', 'the text, not the FIN');
  t.equal(b.connection.sendQueueBytes, 0);
  b.inject('. 1:1(0) ack 102 win 65535');
  t.equal(b.state, 'FIN-WAIT-2');
});

eachWrap(t, 'when all is acknowledged no timer is left', (t, make) => {
  const b = sending(make);
  t.not(b.connection.deadline, Number.POSITIVE_INFINITY);
  b.inject('. 1:1(0) ack 4001 win 10000');
  t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
});

eachWrap(t, 'each ACK of something new puts the timeout off (RFC 6298 5.3)', (t, make) => {
  const b = sending(make);
  b.send(9000);
  b.sent();
  b.advance(150);
  b.inject('. 1:1(0) ack 1001 win 10000');
  t.equal(b.connection.deadline, b.now + b.tcb.rtt.rto);
  b.advance(50);
  b.inject('. 1:1(0) ack 1001 win 10000');
  t.not(b.connection.deadline, b.now + b.tcb.rtt.rto, 'one of nothing new does not');
});

eachWrap(t, 'RFC 7765: with less than four segments it counts from when they left', (t, make) => {
  for (const [segments, isRestarted] of [
    [4, true],
    [5, false],
  ] as const) {
    const b = make().establish();
    b.send(segments * 1000);
    b.sent();
    const sentAt = b.now;
    b.advance(150);
    b.inject('. 1:1(0) ack 1001 win 65535');
    const since = isRestarted ? sentAt : b.now;
    t.equal(b.connection.deadline, since + b.tcb.rtt.rto, `of ${segments} one has arrived`);
  }
});

eachWrap(
  t,
  'RFC 7765: text that waits counts, and what is overdue is not due at once',
  (t, make) => {
    const b = make().establish();
    b.tcb.cc.cwnd = 2000;
    b.send(5000);
    b.sent();
    b.advance(150);
    b.tcb.cc.ssthresh = 2000;
    b.inject('. 1:1(0) ack 1001 win 65535');
    t.equal(b.connection.deadline, b.now + b.tcb.rtt.rto);
    const late = make().establish();
    late.send(2000);
    late.sent();
    const { rto } = late.tcb.rtt;
    late.now += 10 * rto;
    late.tcb.rtt.timing = false;
    late.inject('. 1:1(0) ack 1001 win 65535');
    t.equal(late.connection.deadline, late.now + 1);
  },
);

t.test('MAX.SND.WND is the largest window there ever was', (t) => {
  const b = new Bench().establish({ win: 5000 });
  for (const win of [9000, 100, 0, 8999]) b.inject(`. 1:1(0) ack 1 win ${win}`);
  t.equal(b.tcb.snd.maxWnd, 9000);
  t.end();
});

eachWrap(
  t,
  'a user who waits is woken when his text runs out, though a loss holds back all',
  (t, make) => {
    const b = make({ config: { sack: true, sendBufferBytes: 20_000 } });
    b.establish({ options: 'mss 1000,sackOK' });
    b.tcb.cc.cwnd = 40_000;
    b.tcb.cc.ssthresh = 40_000;
    b.send(20_000);
    b.sent();
    b.connection.tune({ sendBufferBytes: 30_000 });
    b.tcb.sendBlocked = true;
    b.events();
    b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:2001>');
    t.match(b.events(), /writable/);
  },
);
