/** The eleven states: what each allows, and the ways through the close (RFC 9293 §3.3.2 and §3.6). */
import t from 'tap';
import {
  enter,
  isSynchronized,
  mayReceiveText,
  maySend,
  mayTransmitText,
} from '../../lib/tcp/state';
import type { TcpState } from '../../types/tcp';
import { Bench, eachWrap } from './bench';
import { REACHABLE, reach } from './reach';

/** [state, synchronized, peer may send text, user may SEND, text or FIN is sent] */
const ALLOWED: readonly (readonly [TcpState, boolean, boolean, boolean, boolean])[] = [
  ['CLOSED', false, false, false, false],
  ['LISTEN', false, false, false, false],
  ['SYN-SENT', false, false, true, false],
  ['SYN-RECEIVED', false, false, true, false],
  ['ESTABLISHED', true, true, true, true],
  ['FIN-WAIT-1', true, true, false, true],
  ['FIN-WAIT-2', true, true, false, false],
  ['CLOSE-WAIT', true, false, true, true],
  ['CLOSING', true, false, false, true],
  ['LAST-ACK', true, false, false, true],
  ['TIME-WAIT', true, false, false, false],
];

t.test('what each state allows', (t) => {
  for (const [state, synchronized, receive, send, transmit] of ALLOWED) {
    t.equal(isSynchronized(state), synchronized, `${state}: synchronized`);
    t.equal(mayReceiveText(state), receive, `${state}: text may come`);
    t.equal(maySend(state), send, `${state}: the user may send`);
    t.equal(mayTransmitText(state), transmit, `${state}: text or FIN leaves`);
  }
  t.end();
});

t.test('every state but LISTEN is reached', (t) => {
  for (const state of REACHABLE) {
    const b = reach(new Bench(), state);
    t.equal(b.connection.info(b.now).state, state);
    b.connection.dispose();
  }
  t.equal(REACHABLE.length, ALLOWED.length - 1);
  t.end();
});

t.test('entering a state does nothing else', (t) => {
  const b = new Bench().establish();
  enter(b.tcb, 'CLOSE-WAIT');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.events(), '');
  t.same(b.sent(), []);
  t.end();
});

eachWrap(t, 'four segments close, we first', (t, make) => {
  const b = make().establish();
  b.shutdown();
  t.same(b.sent(), ['F. 1:1(0) ack 1']);
  t.equal(b.state, 'FIN-WAIT-1');
  t.ok(b.connection.unfinished);
  b.inject('. 1:1(0) ack 2 win 65535');
  t.equal(b.state, 'FIN-WAIT-2');
  t.notOk(b.connection.unfinished, 'the process need not stay for it');
  t.same(b.sent(), []);
  b.inject('F. 1:1(0) ack 2 win 65535');
  t.equal(b.state, 'TIME-WAIT');
  t.same(b.sent(), ['. 2:2(0) ack 2']);
  t.equal(b.events(), 'readable closed');
});

eachWrap(t, 'four segments close, the peer first', (t, make) => {
  const b = make().establish();
  b.inject('F. 1:1(0) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.same(b.sent(), ['. 1:1(0) ack 2']);
  t.equal(b.events(), 'readable');
  b.shutdown();
  t.equal(b.state, 'LAST-ACK');
  t.same(b.sent(), ['F. 1:1(0) ack 2']);
  b.inject('. 2:2(0) ack 2 win 65535');
  t.equal(b.state, 'CLOSED');
  t.equal(b.events(), 'closed');
  t.ok(b.connection.finished);
});

eachWrap(t, 'three segments close, we first', (t, make) => {
  const b = make().establish();
  b.shutdown().sent();
  b.inject('F. 1:1(0) ack 2 win 65535');
  t.equal(b.state, 'TIME-WAIT');
  t.same(b.sent(), ['. 2:2(0) ack 2']);
});

eachWrap(t, 'three segments close, the peer first and our user in the same turn', (t, make) => {
  const b = make().establish();
  b.inject('F. 1:1(0) ack 1 win 65535');
  b.shutdown();
  t.same(b.sent(), ['F. 1:1(0) ack 2']);
  b.inject('. 2:2(0) ack 2 win 65535');
  t.equal(b.state, 'CLOSED');
});

eachWrap(t, 'both close at once', (t, make) => {
  const b = make().establish();
  b.shutdown().sent();
  b.inject('F. 1:1(0) ack 1 win 65535');
  t.equal(b.state, 'CLOSING');
  t.same(b.sent(), ['. 2:2(0) ack 2']);
  b.inject('. 2:2(0) ack 2 win 65535');
  t.equal(b.state, 'TIME-WAIT');
  t.equal(b.events(), 'readable closed');
});

eachWrap(t, 'both close at once, with the last data on both FINs', (t, make) => {
  const b = make().establish();
  b.send(50);
  b.shutdown();
  t.same(b.sent(), ['FP. 1:51(50) ack 1']);
  b.inject('FP. 1:31(30) ack 1 win 65535');
  t.equal(b.state, 'CLOSING');
  t.same(b.sent(), ['. 52:52(0) ack 32']);
  t.equal(b.receive(), 30);
  b.inject('. 32:32(0) ack 52 win 65535');
  t.equal(b.state, 'TIME-WAIT');
});

eachWrap(t, 'half-closed by us: the peer may send for days', (t, make) => {
  const b = make().establish();
  b.shutdown().sent();
  b.inject('. 1:1(0) ack 2 win 65535');
  for (let i = 0; i < 10; i++) {
    b.advance(86_400_000);
    const seq = 1 + 3000 * i;
    b.inject(`P. ${seq}:${seq + 3000}(3000) ack 2 win 65535`);
    t.same(b.sent(), [`. 2:2(0) ack ${seq + 3000}`]);
    t.equal(b.receive(), 3000);
    b.sent();
  }
  b.inject('F. 30001:30001(0) ack 2 win 65535');
  t.equal(b.state, 'TIME-WAIT');
});

eachWrap(t, 'half-closed by the peer: we may send for days', (t, make) => {
  const b = make().establish();
  b.inject('F. 1:1(0) ack 1 win 65535').sent();
  for (let i = 0; i < 10; i++) {
    b.advance(86_400_000);
    t.equal(b.send(900), 900);
    const seq = 1 + 900 * i;
    t.same(b.sent(), [`P. ${seq}:${seq + 900}(900) ack 2`]);
    b.inject(`. 2:2(0) ack ${seq + 900} win 65535`);
  }
  b.shutdown();
  t.same(b.sent(), ['F. 9001:9001(0) ack 2']);
});

eachWrap(t, 'a lost FIN is repeated', (t, make) => {
  const b = make().establish();
  b.shutdown().sent();
  t.same(b.advance(1000), ['200 F. 1:1(0) ack 1', '600 F. 1:1(0) ack 1']);
  const last = make().establish();
  last.inject('F. 1:1(0) ack 1 win 65535').sent();
  last.shutdown().sent();
  t.same(last.advance(200), ['200 F. 1:1(0) ack 2']);
  const closing = reach(make(), 'CLOSING');
  t.same(closing.advance(200), ['200 F. 1:1(0) ack 2']);
});

eachWrap(t, '[A-13] a FIN that is never acknowledged ends all the same', (t, make) => {
  for (const state of ['FIN-WAIT-1', 'CLOSING', 'LAST-ACK'] as const) {
    const b = reach(make(), state);
    b.release();
    b.advance(20 * 60_000);
    t.equal(b.state, 'CLOSED', state);
    t.ok(b.connection.finished);
    t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
  }
});

eachWrap(t, '[MUST-13] TIME-WAIT lasts twice the MSL, to the millisecond', (t, make) => {
  for (const mslMs of [1, 30_000, 120_000]) {
    const b = reach(make({ config: { mslMs } }), 'TIME-WAIT');
    t.notOk(b.connection.unfinished);
    t.equal(b.connection.deadline, b.now + 2 * mslMs);
    b.advance(2 * mslMs - 1);
    t.equal(b.state, 'TIME-WAIT');
    t.same(b.advance(1), []);
    t.equal(b.state, 'CLOSED');
    t.ok(b.connection.finished);
    t.equal(b.events(), '', 'the user has heard of it long ago');
  }
});

eachWrap(
  t,
  '[U-16] the last ACK was lost: the FIN comes again, is answered, and 2MSL begins anew',
  (t, make) => {
    const b = reach(make(), 'TIME-WAIT');
    for (let i = 0; i < 3; i++) {
      b.advance(50_000);
      b.inject('F. 1:1(0) ack 2 win 65535');
      t.same(b.sent(), ['. 2:2(0) ack 2']);
      t.equal(b.connection.deadline, b.now + 60_000);
    }
    b.advance(60_000);
    t.equal(b.state, 'CLOSED');
  },
);

eachWrap(t, 'in TIME-WAIT old text is answered, but does not prolong it', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:11(10) ack 1 win 65535');
  b.receive();
  b.shutdown().sent();
  b.inject('F. 11:11(0) ack 2 win 65535').sent();
  const { deadline } = b.connection;
  b.advance(1000);
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.same(b.sent(), ['. 2:2(0) ack 12']);
  b.inject('. 12:12(0) ack 2 win 65535');
  t.same(b.sent(), []);
  t.equal(b.connection.deadline, deadline);
  t.equal(b.receive(), 0);
});

eachWrap(t, '[U-20] text and URG behind the FIN are ignored', (t, make) => {
  for (const state of ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const) {
    const b = reach(make(), state);
    const ack = state === 'CLOSE-WAIT' || state === 'TIME-WAIT' ? (b.tcb.snd.nxt - b.iss) | 0 : 1;
    b.inject(`PU. 2:12(10) ack ${ack} win 65535 urg 5`);
    t.equal(b.receive(), 0, state);
    t.equal(b.events(), '', state);
    t.equal(b.state, state);
    b.inject(`F. 2:2(0) ack ${ack} win 65535`);
    t.equal(b.state, state, 'a second FIN');
    t.equal((b.tcb.rcv.nxt - b.irs) | 0, 2);
  }
});

eachWrap(
  t,
  'nothing of a connection is left when it is CLOSED, however it came there',
  (t, make) => {
    for (const state of REACHABLE) {
      if (state === 'CLOSED') continue;
      const b = reach(make(), state);
      b.inject(`. 500:600(100) ack ${(b.tcb.snd.nxt - b.iss) | 0} win 65535`);
      b.send(5000);
      b.sent();
      b.abort();
      b.sent();
      t.ok(b.connection.finished, state);
      t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
      t.equal(b.tcb.reassembly.ringBytes + b.tcb.sendBuffer.length + b.tcb.receiveBuffer.length, 0);
    }
  },
);
