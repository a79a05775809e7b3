/** Windows: scaling, the avoidance of silly ones at both ends, Nagle, and a right edge that stays. */
import t from 'tap';
import { sendableLength, shiftFor } from '../../lib/tcp/window';
import { Bench, eachWrap } from './bench';

/** [bytes, shift, name] */
const SHIFTS: readonly (readonly [number, number, string])[] = [
  [0, 0, 'nothing'],
  [1, 0, 'one byte'],
  [65_535, 0, 'what 16 bits say'],
  [65_536, 1, 'one more'],
  [131_070, 1, 'twice that'],
  [131_071, 2, 'one more'],
  [1_048_576, 5, 'the default buffer'],
  [65_535 * 2 ** 13, 13, 'the most of 13'],
  [65_535 * 2 ** 13 + 1, 14, 'one more'],
  [65_535 * 2 ** 14, 14, 'the largest window there is'],
  [2 ** 40, 14, '[A-08] never more than 14'],
];

t.test('the shift is the smallest that lets the buffer be offered', (t) => {
  for (const [bytes, shift, name] of SHIFTS) t.equal(shiftFor(bytes), shift, name);
  t.end();
});

interface Sending {
  unsent: number;
  usable: number;
  idle: boolean;
  noDelay?: boolean;
  fin?: boolean;
  urgent?: boolean;
  maxWnd?: number;
  buffer?: number;
}

/** [what there is, bytes sent now, name]; the MSS is 1000 and MAX.SND.WND 10,000 */
const SENDABLE: readonly (readonly [Sending, number, string])[] = [
  [{ unsent: 0, usable: 5000, idle: true }, 0, 'nothing to send'],
  [{ unsent: 5000, usable: 0, idle: true }, 0, 'no window'],
  [{ unsent: 5000, usable: -3000, idle: true }, 0, '[MUST-34] a window that has shrunk'],
  [{ unsent: 5000, usable: 5000, idle: true }, 1000, '[SHLD-28] (1) a full segment'],
  [{ unsent: 5000, usable: 5000, idle: false }, 1000, '(1) a full segment, also behind others'],
  [{ unsent: 1000, usable: 1000, idle: false }, 1000, '(1) exactly one'],
  [{ unsent: 10, usable: 5000, idle: true }, 10, '(2) all there is, idle'],
  [{ unsent: 10, usable: 10, idle: true }, 10, '(2) all there is, the window just large enough'],
  [{ unsent: 10, usable: 5000, idle: false }, 0, '[SHLD-7] Nagle waits'],
  [{ unsent: 999, usable: 5000, idle: false }, 0, '[SHLD-7] Nagle waits for one byte more'],
  [{ unsent: 10, usable: 5000, idle: false, noDelay: true }, 10, '[MUST-17] Nagle is off'],
  [{ unsent: 10, usable: 5000, idle: false, fin: true }, 10, 'a FIN follows: nothing will join it'],
  [{ unsent: 10, usable: 5000, idle: false, urgent: true }, 10, 'urgent data does not wait'],
  [{ unsent: 5000, usable: 999, idle: true }, 0, '[MUST-38] a silly window'],
  [{ unsent: 5000, usable: 1, idle: true }, 0, '[MUST-38] a window of one byte'],
  [{ unsent: 5000, usable: 999, idle: true, noDelay: true }, 0, '[MUST-38] Nagle or not'],
  [{ unsent: 5000, usable: 500, idle: true, maxWnd: 1000 }, 500, '(3) half the largest window'],
  [{ unsent: 5000, usable: 499, idle: true, maxWnd: 1000 }, 0, '(3) less than half'],
  [{ unsent: 5000, usable: 1, idle: true, maxWnd: 2 }, 1, '(3) of a very small one'],
  [{ unsent: 5000, usable: 600, idle: false, maxWnd: 1000 }, 0, '(3) Nagle waits here, too'],
  [{ unsent: 5000, usable: 600, idle: false, maxWnd: 1000, noDelay: true }, 600, '(3) no Nagle'],
  [{ unsent: 1600, usable: 5000, idle: true, buffer: 1600 }, 800, 'half of a small buffer'],
  [{ unsent: 800, usable: 5000, idle: false, buffer: 1600 }, 800, 'and behind it the other half'],
  [{ unsent: 799, usable: 5000, idle: false, buffer: 1600 }, 0, 'but not less'],
  [{ unsent: 900, usable: 5000, idle: true, buffer: 900 }, 536, 'half, but nothing silly'],
  [{ unsent: 5000, usable: 5000, idle: true, buffer: 2000 }, 1000, 'two segments fit'],
];

t.test('[MUST-38] what is sent now (RFC 9293 §3.8.6.2.1)', (t) => {
  for (const [sending, want, name] of SENDABLE) {
    const b = new Bench().establish();
    b.tcb.snd.maxWnd = sending.maxWnd ?? 10_000;
    b.tcb.noDelay = sending.noDelay ?? false;
    b.tcb.finQueued = sending.fin ?? false;
    if (sending.buffer !== undefined) b.tcb.sendBuffer.limit = sending.buffer;
    if (sending.urgent) b.tcb.snd.up = b.tcb.snd.nxt + sending.unsent;
    t.equal(sendableLength(b.tcb, sending.unsent, sending.usable, sending.idle), want, name);
  }
  t.end();
});

eachWrap(t, '[SHLD-7] Nagle: one small segment at a time', (t, make) => {
  const b = make().establish();
  b.send(10);
  t.same(b.sent(), ['P. 1:11(10) ack 1']);
  b.send(10);
  b.send(10);
  t.same(b.sent(), [], 'others gather behind it');
  b.send(985);
  t.same(b.sent(), ['. 11:1011(1000) ack 1'], 'until there is a full segment');
  b.inject('. 1:1(0) ack 11 win 65535');
  t.same(b.sent(), []);
  b.inject('. 1:1(0) ack 1011 win 65535');
  t.same(b.sent(), ['P. 1011:1016(5) ack 1'], 'or all is acknowledged');
});

eachWrap(t, '[MUST-17] without Nagle every write leaves at once', (t, make) => {
  const b = make({ config: { noDelay: true } }).establish();
  b.send(10);
  b.sent();
  b.send(5);
  t.same(b.sent(), ['P. 11:16(5) ack 1']);
  b.connection.setNoDelay(false);
  b.send(5);
  t.same(b.sent(), []);
  b.connection.setNoDelay(true);
  t.same(b.sent(), ['P. 16:21(5) ack 1'], 'switching it off lets go what waits');
});

eachWrap(t, '[SHLD-14] the window shrinks by what arrives, its edge stays', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 10_000 } }).establish();
  const wins: string[] = [];
  for (let seq = 1; seq < 10_001; seq += 2000) {
    b.inject(`. ${seq}:${seq + 2000}(2000) ack 1 win 65535`);
    wins.push(...b.sent({ win: true }));
  }
  t.same(wins, [
    '. 1:1(0) ack 2001 win 8000',
    '. 1:1(0) ack 4001 win 6000',
    '. 1:1(0) ack 6001 win 4000',
    '. 1:1(0) ack 8001 win 2000',
    '. 1:1(0) ack 10001 win 0',
  ]);
  t.equal(b.receive(), 10_000);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 10001 win 10000'], 'reading opens it');
});

eachWrap(t, '[MUST-39] the window opens by a full segment at least', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 10_000 } }).establish();
  b.inject('P. 1:10001(10000) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 10001 win 0']);
  b.receive(999);
  t.same(b.sent(), []);
  b.inject('. 10001:10002(1) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 10001 win 0'], 'not even in an answer');
  b.receive(1);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 10001 win 1000']);
  b.receive(500);
  t.same(b.sent(), []);
  b.receive(500);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 10001 win 2000'], 'it has doubled');
  b.receive(1500);
  t.same(b.sent(), [], 'it has not: the next ACK will say it');
  b.inject('P. 10001:10101(100) ack 1 win 65535');
  t.same(b.advance(100, { win: true }), ['40 . 1:1(0) ack 10101 win 3400']);
});

eachWrap(t, '[MUST-39] or by half of a small buffer', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 1000 } }).establish();
  b.inject('P. 1:1001(1000) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1001 win 0']);
  b.receive(499);
  t.same(b.sent(), []);
  b.receive(1);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1001 win 500']);
});

eachWrap(t, '[MUST-39] reading byte by byte makes few updates', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 16_000 } }).establish();
  b.inject('. 1:16001(16000) ack 1 win 65535').sent();
  let updates = 0;
  for (let i = 0; i < 16_000; i++) {
    b.receive(1);
    updates += b.sent().length;
  }
  t.equal(updates, 9, 'at 1, 2, 4, 6, … 16 KB: a doubling, or an eighth of two segments');
});

eachWrap(
  t,
  'an ACK that left before the user could read does not hold the peer back',
  (t, make) => {
    const b = make({ config: { receiveBufferBytes: 32_000 } }).establish();
    b.inject('. 1:4001(4000) ack 1 win 65535');
    t.same(b.sent({ win: true }), ['. 1:1(0) ack 4001 win 28000']);
    b.receive(3999);
    t.same(b.sent(), [], 'less than an eighth of the buffer');
    b.receive(1);
    t.same(b.sent({ win: true }), ['. 1:1(0) ack 4001 win 32000']);
  },
);

eachWrap(t, '[MUST-39] a full segment is what options leave of it', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 8000, timestamps: true } });
  b.establish({ options: 'mss 1000,TS val 1 ecr 0' });
  const ts = '<TS val 2 ecr 0>';
  b.inject(`. 1:989(988) ack 1 win 65535 ${ts}`).sent();
  b.receive(988);
  b.inject(`. 989:1977(988) ack 1 win 65535 ${ts}`);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1977 win 7012'], 'the room that was read');
});

eachWrap(t, 'with a scale the window says no less than there is', (t, make) => {
  const b = make({ config: { windowScaling: true, receiveBufferBytes: 200_000 } });
  b.establish({ options: 'mss 1000,wscale 0' });
  t.equal(b.tcb.rcv.shift, 2);
  b.inject('. 1:2001(2000) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 2001 win 49500'], '(200,000 - 2000) / 4');
  b.inject('. 2001:4002(2001) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 4002 win 49000'], '195,999 is rounded up');
  t.equal(b.tcb.rcv.wnd, 196_000);
});

eachWrap(
  t,
  'rounding up never offers a buffer twice: it fills, whatever the size of pieces',
  (t, make) => {
    const b = make({ config: { windowScaling: true, receiveBufferBytes: 100_000 } });
    b.establish({ options: 'mss 1000,wscale 0' });
    const scale = 1 << b.tcb.rcv.shift;
    // A peer who always sends one byte, acknowledged each time, to a user who never reads.
    let end = 1;
    for (let i = 0; i < 99_000; i += 1000) {
      b.inject(`. ${end}:${end + 1000}(1000) ack 1 win 65535`).sent();
      end += 1000;
    }
    for (let i = 0; i < 3000; i++) {
      b.inject(`. ${end}:${end + 1}(1) ack 1 win 65535`);
      b.advance(40);
      end = (b.tcb.rcv.nxt - b.irs) | 0;
    }
    const held = b.tcb.receiveBuffer.length;
    t.ok(held >= 100_000 && held < 100_000 + scale, `${held} bytes are held`);
    b.inject(`. ${end}:${end + 1}(1) ack 1 win 65535`);
    t.same(b.sent({ win: true }), [`. 1:1(0) ack ${end} win 0`]);
  },
);

eachWrap(t, 'scaling up to 14: 2^30 bytes less 16,384 may be on their way', (t, make) => {
  const b = make({ config: { windowScaling: true, receiveBufferBytes: 2 ** 30 } });
  b.establish({ options: 'mss 1000,wscale 14' });
  b.inject('P. 1:2001(2000) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 2001 win 65535']);
  t.equal(b.tcb.rcv.wnd, 65_535 * 16_384);
  t.equal(b.tcb.snd.wnd, 65_535 * 16_384);
  b.inject('. 1072693248:1072693249(1) ack 1 win 1');
  t.equal(b.tcb.reassembly.count, 1, 'text far ahead is in the window');
  b.inject('. 1073744000:1073744001(1) ack 1 win 1');
  t.equal(b.tcb.reassembly.count, 1, 'beyond it is not');
});
