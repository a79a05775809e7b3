/** SYN-SENT (RFC 9293 §3.10.7.3): the active open, the simultaneous one, and what else may arrive. */
import t from 'tap';
import { eachWrap } from './bench';

const SYN_ACK = 'S. 0:0(0) ack 1 win 65535 <mss 1000>';

eachWrap(t, 'the three-way handshake', (t, make) => {
  const b = make().open();
  t.equal(b.state, 'SYN-SENT');
  t.same(b.sent(), ['S 0:0(0)']);
  b.inject(SYN_ACK);
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.events(), 'connected');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
  t.equal(b.connection.deadline, Number.POSITIVE_INFINITY, 'nothing is waited for');
});

eachWrap(t, '[U-3] the third segment carries what the user has sent meanwhile', (t, make) => {
  const b = make().open();
  b.sent();
  t.equal(b.send(300), 300);
  t.same(b.sent(), [], 'nothing leaves before');
  b.inject(SYN_ACK);
  t.same(b.sent(), ['P. 1:301(300) ack 1']);
});

eachWrap(t, 'the FIN of a CLOSE that came too early follows the data', (t, make) => {
  const b = make().open();
  b.sent();
  b.send(300);
  b.shutdown();
  t.equal(b.state, 'SYN-SENT');
  b.inject(SYN_ACK);
  t.equal(b.state, 'FIN-WAIT-1');
  t.equal(b.events(), 'connected');
  t.same(b.sent(), ['FP. 1:301(300) ack 1']);
});

eachWrap(t, '[MUST-22] a lost SYN is repeated, ever more slowly', (t, make) => {
  const b = make().open();
  b.sent();
  t.same(b.advance(40_000), [
    '1000 S 0:0(0)',
    '3000 S 0:0(0)',
    '7000 S 0:0(0)',
    '15000 S 0:0(0)',
    '31000 S 0:0(0)',
  ]);
  b.inject(SYN_ACK);
  t.equal(b.state, 'ESTABLISHED');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
});

eachWrap(t, 'RFC 6298 (5.7): after a lost SYN the timeout begins with 3 s', (t, make) => {
  const b = make().open();
  b.sent();
  b.advance(1000);
  b.inject(SYN_ACK).sent();
  b.send(10);
  b.sent();
  t.same(b.advance(3000), ['3000 P. 1:11(10) ack 1']);
});

eachWrap(t, 'RFC 6928 §2: one repeated SYN may have been impatience, two are a loss', (t, make) => {
  for (const [repetitions, segments] of [
    [0, 10],
    [1, 10],
    [2, 1],
    [3, 1],
  ]) {
    for (const timestamps of [false, true]) {
      const b = make({ config: { timestamps } }).open();
      b.sent();
      for (let i = 0; i < repetitions; i++) b.advance(1000 * 2 ** i);
      const ts = timestamps ? `,TS val 1 ecr ${b.now}` : '';
      b.inject(`S. 0:0(0) ack 1 win 65535 <mss 1000${ts}>`).sent();
      b.send(20_000);
      t.equal(b.sent().length, segments, `${repetitions} repeated, timestamps ${timestamps}`);
    }
  }
});

eachWrap(t, '[U-18] an ACK of anything but our SYN is answered with a reset', (t, make) => {
  for (const [ack, name] of [
    [0, 'of nothing'],
    [-1, 'of what came before'],
    [2, 'of what was never sent'],
    [1000, 'of another connection'],
    [0x7fff_ffff, 'half the space away'],
  ] as const) {
    const b = make().open();
    b.sent();
    b.inject(`S. 0:0(0) ack ${ack} win 65535 <mss 1000>`);
    const number = ack >>> 0;
    t.same(b.sent(), [`R ${number}:${number}(0)`], name);
    b.inject(`. 0:0(0) ack ${ack} win 65535`);
    t.same(b.sent(), [`R ${number}:${number}(0)`], `${name}, without SYN`);
    b.inject(`R. 0:0(0) ack ${ack}`);
    t.same(b.sent(), [], `${name}: a reset is not answered`);
    t.equal(b.state, 'SYN-SENT', 'nor does it end the attempt');
    b.inject(SYN_ACK);
    t.equal(b.state, 'ESTABLISHED');
  }
});

eachWrap(t, '[U-18] a reset counts only with an ACK of our SYN', (t, make) => {
  const b = make().open();
  b.sent();
  for (const line of ['R 0:0(0)', 'R 1:1(0)', 'R 77:77(0)', 'R. 0:0(0) ack 0', 'R. 0:0(0) ack 2']) {
    b.inject(line);
    t.equal(b.state, 'SYN-SENT', line);
  }
  b.inject('R. 0:0(0) ack 1');
  t.equal(b.state, 'CLOSED');
  t.equal(b.connection.error, 'ECONNREFUSED');
  t.equal(b.events(), 'error closed');
  t.same(b.sent(), []);
  t.ok(b.connection.finished);
});

eachWrap(t, '[U-2] whatever its sequence number', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('R. 123456:123456(0) ack 1');
  t.equal(b.connection.error, 'ECONNREFUSED');
});

eachWrap(t, 'a reset that is a SYN, too, is a reset', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('SR 0:0(0) win 65535 <mss 1000>');
  t.equal(b.state, 'SYN-SENT', 'without ACK it is dropped');
  t.same(b.sent(), []);
  b.inject('SR. 0:0(0) ack 1 win 65535 <mss 1000>');
  t.equal(b.state, 'CLOSED');
  t.equal(b.connection.error, 'ECONNREFUSED');
  t.equal(b.events(), 'error closed');
  t.same(b.sent(), []);
});

eachWrap(t, '[SHLD-2] a reset may bring text', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('R. 0:20(20) ack 1 win 0');
  t.equal(b.connection.error, 'ECONNREFUSED');
  t.equal(b.receive(), 0);
});

eachWrap(t, 'what has neither SYN nor RST is dropped', (t, make) => {
  const b = make().open();
  b.sent();
  for (const line of ['. 0:0(0) ack 1 win 1', 'F. 0:0(0) ack 1 win 1', 'P. 1:11(10) ack 1 win 1']) {
    b.inject(line);
    t.same(b.sent(), [], line);
  }
  for (const line of [
    '- 0:0(0) win 1',
    'F 0:0(0) win 1',
    'P 1:11(10) win 1',
    'U 1:11(10) win 1 urg 5',
  ]) {
    b.inject(line);
    t.same(b.sent(), [], line);
  }
  t.equal(b.state, 'SYN-SENT');
  t.equal(b.events(), '');
});

eachWrap(t, 'nothing is an answer before the SYN has left', (t, make) => {
  const b = make().open();
  b.inject(SYN_ACK);
  t.equal(b.state, 'SYN-SENT');
  t.same(b.sent(), ['R 1:1(0)', 'S 0:0(0)']);
});

eachWrap(t, '[MUST-10] a simultaneous open', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  t.equal(b.state, 'SYN-RECEIVED');
  t.same(b.sent(), ['S. 0:0(0) ack 1']);
  b.inject(SYN_ACK);
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.events(), 'connected');
  t.same(b.sent(), [], 'the peer knows already');
  b.send(10);
  t.same(b.sent(), ['P. 1:11(10) ack 1']);
});

eachWrap(t, '[MUST-10] a simultaneous open that a plain ACK completes', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>').sent();
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.receive(), 10);
});

eachWrap(t, '[MUST-10] in a simultaneous open segments may be lost', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  t.equal(b.sent().length, 1);
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  t.same(b.sent(), ['S. 0:0(0) ack 1'], 'his SYN again: our SYN-ACK was lost');
  t.same(b.advance(1000), ['1000 S. 0:0(0) ack 1'], 'it is repeated anyway');
  b.inject(SYN_ACK);
  t.equal(b.state, 'ESTABLISHED');
  b.inject(SYN_ACK);
  t.same(b.sent(), ['. 1:1(0) ack 1'], 'his SYN-ACK again: our ACK was lost');
});

eachWrap(t, '[MUST-11] a reset after a simultaneous open is a refusal', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>').sent();
  b.inject('R. 1:1(0) ack 1');
  t.equal(b.connection.error, 'ECONNREFUSED');
  t.equal(b.events(), 'error closed');
});

eachWrap(
  t,
  'the window of a SYN-ACK that completes a simultaneous open is not scaled',
  (t, make) => {
    const b = make({ config: { windowScaling: true } }).open();
    b.sent();
    b.inject('S 0:0(0) win 20000 <mss 1000,wscale 7>').sent();
    b.inject('S. 0:0(0) ack 1 win 20000 <mss 1000,wscale 7>');
    t.equal(b.tcb.snd.wnd, 20_000 & ~127);
  },
);

eachWrap(t, 'text and FIN on a SYN-ACK are taken', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('SFP. 0:100(100) ack 1 win 65535 <mss 1000>');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.events(), 'connected readable');
  t.same(b.sent(), ['. 1:1(0) ack 102']);
  t.equal(b.receive(), 100);
  t.ok(b.connection.readEnded);
});

eachWrap(t, 'of text on a SYN-ACK only what the window allows', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 50 } }).open();
  b.sent();
  b.inject('SFP. 0:100(100) ack 1 win 65535 <mss 1000>');
  t.equal(b.state, 'ESTABLISHED', 'the FIN lies behind it');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 51 win 0']);
  t.equal(b.receive(), 50);
});

eachWrap(t, '[A-04] an urgent pointer on a SYN-ACK counts from the SYN', (t, make) => {
  for (const [pointer, bytes] of [
    [0, 0],
    [1, 0],
    [2, 1],
    [51, 50],
    [500, 499],
    [65_535, 65_534],
  ]) {
    const b = make().open();
    b.sent();
    b.inject(`SPU. 0:100(100) ack 1 win 65535 urg ${pointer} <mss 1000>`);
    t.equal(b.events(), bytes > 0 ? 'connected urgent readable' : 'connected readable');
    t.equal((b.tcb.rcv.up - b.irs - 1) | 0, bytes, `pointer ${pointer}`);
    t.equal(b.receive(), 100);
  }
});

eachWrap(t, 'text on the SYN of a simultaneous open comes again', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:100(100) win 65535 <mss 1000>');
  t.same(b.sent(), ['S. 0:0(0) ack 1'], 'it is not acknowledged');
  b.inject('P. 1:101(100) ack 1 win 65535');
  t.equal(b.receive(), 100);
});

eachWrap(t, 'ABORT in SYN-SENT is silent', (t, make) => {
  const b = make().open();
  b.sent();
  b.send(10);
  b.abort();
  t.equal(b.state, 'CLOSED');
  t.same(b.sent(), []);
  t.ok(b.connection.finished);
  t.same(b.advance(10_000), []);
});
