/** The user's commands in every state (RFC 9293 §3.10.1 to §3.10.5), and a user who goes away (§3.6.1). */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { NetworkError } from '../../lib/support/network-error';
import type { TcpState } from '../../types/tcp';
import { eachWrap } from './bench';
import { REACHABLE, type Reachable, reach } from './reach';

/** [state, bytes that SEND takes, what leaves then] */
const SENDS: readonly (readonly [Reachable, number, string[]])[] = [
  ['CLOSED', 0, []],
  ['SYN-SENT', 10, []],
  ['SYN-RECEIVED', 10, []],
  ['ESTABLISHED', 10, ['P. 1:11(10) ack 1']],
  ['FIN-WAIT-1', 0, []],
  ['FIN-WAIT-2', 0, []],
  ['CLOSE-WAIT', 10, ['P. 1:11(10) ack 2']],
  ['CLOSING', 0, []],
  ['LAST-ACK', 0, []],
  ['TIME-WAIT', 0, []],
];

eachWrap(t, 'SEND in every state (§3.10.2)', (t, make) => {
  t.same(
    SENDS.map(([state]) => state),
    REACHABLE,
  );
  for (const [state, taken, lines] of SENDS) {
    const b = reach(make(), state);
    t.equal(b.send(10), taken, state);
    t.same(b.sent(), lines, state);
    t.equal(b.connection.sendQueueBytes, taken, state);
    t.equal(b.tcb.sendBlocked, false, `${state}: nobody waits for what cannot come`);
  }
});

/** [state, state after CLOSE, what leaves] */
const CLOSES: readonly (readonly [Reachable, TcpState, string[]])[] = [
  ['CLOSED', 'CLOSED', []],
  ['SYN-SENT', 'SYN-SENT', []],
  ['SYN-RECEIVED', 'SYN-RECEIVED', []],
  ['ESTABLISHED', 'FIN-WAIT-1', ['F. 1:1(0) ack 1']],
  ['FIN-WAIT-1', 'FIN-WAIT-1', []],
  ['FIN-WAIT-2', 'FIN-WAIT-2', []],
  ['CLOSE-WAIT', 'LAST-ACK', ['F. 1:1(0) ack 2']],
  ['CLOSING', 'CLOSING', []],
  ['LAST-ACK', 'LAST-ACK', []],
  ['TIME-WAIT', 'TIME-WAIT', []],
];

eachWrap(t, 'CLOSE in every state (§3.10.4)', (t, make) => {
  for (const [state, after, lines] of CLOSES) {
    const b = reach(make(), state);
    b.shutdown();
    t.same(b.sent(), lines, state);
    t.equal(b.state, after, state);
    t.equal(b.send(10), 0, `${state}: nothing is taken behind it`);
    b.shutdown();
    t.same(b.sent(), [], `${state}: once is enough`);
    t.equal(b.events(), '', state);
  }
});

/** [state, what leaves on ABORT] */
const ABORTS: readonly (readonly [Reachable, string[]])[] = [
  ['CLOSED', []],
  ['SYN-SENT', []],
  ['SYN-RECEIVED', ['R 1:1(0)']],
  ['ESTABLISHED', ['R 1:1(0)']],
  ['FIN-WAIT-1', ['R 2:2(0)']],
  ['FIN-WAIT-2', ['R 2:2(0)']],
  ['CLOSE-WAIT', ['R 1:1(0)']],
  ['CLOSING', []],
  ['LAST-ACK', []],
  ['TIME-WAIT', []],
];

eachWrap(t, 'ABORT in every state (§3.10.5)', (t, make) => {
  for (const [state, lines] of ABORTS) {
    const b = reach(make(), state);
    b.abort();
    t.equal(b.state, 'CLOSED', state);
    t.same(b.sent(), lines, state);
    t.ok(b.connection.finished, state);
    t.equal(b.connection.deadline, Number.POSITIVE_INFINITY, state);
    t.equal(b.connection.error, null, `${state}: the user knows`);
    b.abort();
    t.same(b.sent(), [], `${state}: a second one does nothing`);
  }
});

eachWrap(t, 'ABORT drops what was to be sent, and what was received', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  b.inject('P. 201:301(100) ack 1 win 65535');
  b.send(5000);
  b.sent();
  b.abort();
  t.same(b.sent(), ['R 5001:5001(0)'], 'the reset stands behind all that was sent');
  t.equal(b.receive(), 0);
  t.equal(b.connection.sendQueueBytes, 0);
});

eachWrap(
  t,
  'ABORT while the FIN still waits behind data resets, whatever the state says',
  (t, make) => {
    const lastAck = make().establish();
    lastAck.inject('F. 1:1(0) ack 1 win 1000').sent();
    lastAck.send(5000);
    lastAck.sent();
    lastAck.shutdown().sent();
    t.equal(lastAck.state, 'LAST-ACK');
    lastAck.abort();
    t.same(lastAck.sent(), ['R 1001:1001(0)'], 'or the peer would wait for ever in FIN-WAIT-2');

    const closing = make().establish();
    closing.inject('. 1:1(0) ack 1 win 1000');
    closing.send(5000);
    closing.shutdown().sent();
    closing.inject('F. 1:1(0) ack 1 win 1000').sent();
    t.equal(closing.state, 'CLOSING');
    closing.abort();
    t.same(closing.sent(), ['R 1001:1001(0)']);
  },
);

/** [state, state after the user has gone, what leaves] */
const RELEASES: readonly (readonly [Reachable, TcpState, string[]])[] = [
  ['CLOSED', 'CLOSED', []],
  ['SYN-SENT', 'CLOSED', []],
  ['SYN-RECEIVED', 'SYN-RECEIVED', []],
  ['ESTABLISHED', 'FIN-WAIT-1', ['F. 1:1(0) ack 1']],
  ['FIN-WAIT-1', 'FIN-WAIT-1', []],
  ['FIN-WAIT-2', 'FIN-WAIT-2', []],
  ['CLOSE-WAIT', 'LAST-ACK', ['F. 1:1(0) ack 2']],
  ['CLOSING', 'CLOSING', []],
  ['LAST-ACK', 'LAST-ACK', []],
  ['TIME-WAIT', 'TIME-WAIT', []],
];

eachWrap(t, 'the user goes, in every state', (t, make) => {
  for (const [state, after, lines] of RELEASES) {
    const b = reach(make(), state);
    b.release();
    t.same(b.sent(), lines, state);
    t.equal(b.state, after, state);
  }
});

eachWrap(t, '[SHLD-3] a user who goes without having read resets', (t, make) => {
  const b = make().establish();
  b.send(100);
  b.inject('P. 1:11(10) ack 1 win 65535');
  b.release();
  t.equal(b.state, 'CLOSED');
  t.same(b.sent(), ['R 1:1(0)']);
});

eachWrap(t, '[SHLD-3] also when the peer has closed already', (t, make) => {
  for (const shut of [false, true]) {
    const b = make().establish();
    b.inject('FP. 1:11(10) ack 1 win 65535').sent();
    if (shut) b.shutdown().sent();
    t.equal(b.state, shut ? 'LAST-ACK' : 'CLOSE-WAIT');
    b.release();
    t.equal(b.state, 'CLOSED');
    t.same(b.sent(), [shut ? 'R 2:2(0)' : 'R 1:1(0)']);
  }
});

eachWrap(t, '[MUST-13] TIME-WAIT outlives a user who has not read', (t, make) => {
  const b = make().establish();
  b.shutdown().sent();
  b.inject('FP. 1:11(10) ack 2 win 65535').sent();
  t.equal(b.state, 'TIME-WAIT');
  b.release();
  t.equal(b.state, 'TIME-WAIT');
  t.equal(b.tcb.receiveBuffer.length, 0, 'what nobody will read is dropped');
  b.inject('FP. 1:11(10) ack 2 win 65535');
  t.same(b.sent(), ['. 2:2(0) ack 12'], 'a repeated FIN is still answered');
  b.advance(60_000);
  t.equal(b.state, 'CLOSED');
});

eachWrap(
  t,
  '[SHLD-3] text that comes for a user who has gone is answered with a reset',
  (t, make) => {
    for (const state of ['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'] as const) {
      const b = reach(make(), state);
      b.release().sent();
      b.inject('P. 1:11(10) ack 2 win 65535');
      t.same(b.sent(), ['R 2:2(0)'], state);
      t.equal(b.state, 'CLOSED');
      t.ok(b.connection.finished);
    }
  },
);

eachWrap(t, '[SHLD-3] even out of order', (t, make) => {
  const b = reach(make(), 'FIN-WAIT-2');
  b.release();
  b.inject('P. 101:111(10) ack 2 win 65535');
  t.same(b.sent(), ['R 2:2(0)']);
});

eachWrap(t, 'a FIN that comes for a user who has gone is taken', (t, make) => {
  const b = reach(make(), 'FIN-WAIT-2');
  b.release();
  b.inject('F. 1:1(0) ack 2 win 65535');
  t.same(b.sent(), ['. 2:2(0) ack 2']);
  t.equal(b.state, 'TIME-WAIT');
});

eachWrap(t, 'what was sent before the user went arrives all the same', (t, make) => {
  const b = make().establish();
  b.send(2500);
  b.release();
  t.same(b.sent(), ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'FP. 2001:2501(500) ack 1']);
  t.match(b.advance(1000)[0], '. 1:1001(1000)', 'and is repeated');
  b.inject('. 1:1(0) ack 2502 win 65535');
  t.equal(b.state, 'FIN-WAIT-2');
});

eachWrap(t, '[A-13] FIN-WAIT-2 ends when nobody is left to read', (t, make) => {
  const early = reach(make(), 'FIN-WAIT-1');
  early.release();
  early.inject('. 1:1(0) ack 2 win 65535');
  t.equal(early.state, 'FIN-WAIT-2');
  const late = reach(make(), 'FIN-WAIT-2');
  late.release();
  for (const b of [early, late]) {
    b.advance(59_999);
    t.equal(b.state, 'FIN-WAIT-2');
    b.advance(1);
    t.equal(b.state, 'CLOSED');
    t.same(b.sent(), []);
    t.ok(b.connection.finished);
  }
});

eachWrap(t, 'FIN-WAIT-2 lasts as long as there is a user', (t, make) => {
  const b = reach(make(), 'FIN-WAIT-2');
  b.advance(30 * 86_400_000);
  t.equal(b.state, 'FIN-WAIT-2');
  b.inject('P. 1:11(10) ack 2 win 65535');
  t.equal(b.receive(), 10);
});

eachWrap(t, 'a send buffer that is full says so, and when half of it is free again', (t, make) => {
  const b = make({ config: { sendBufferBytes: 4000 } }).establish({ win: 3000 });
  t.equal(b.send(5000), 4000);
  t.equal(b.send(1), 0);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 1500');
  t.equal(b.events(), '', 'some of what he wrote has still to leave');
  b.inject('. 1:1(0) ack 2001 win 65535');
  t.equal(b.events(), 'writable');
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.equal(b.events(), '', 'once');
  t.equal(b.send(3000), 3000);
  b.sent();
  b.inject('. 1:1(0) ack 7001 win 65535');
  t.equal(b.events(), '', 'nobody waits');
});

eachWrap(t, 'or an eighth, when all that was written is on its way', (t, make) => {
  const b = make({ config: { sendBufferBytes: 8000 } }).establish();
  t.equal(b.send(9000), 8000);
  b.sent();
  b.inject('. 1:1(0) ack 901 win 65535');
  t.equal(b.events(), '');
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(b.events(), 'writable');
});

/** For as long as `run` takes there is no packet memory. */
function withoutMemory(run: () => void): void {
  const { allocateText } = packetMemory;
  packetMemory.allocateText = () => {
    throw new NetworkError('ENOBUFS', 'used up');
  };
  try {
    run();
  } finally {
    packetMemory.allocateText = allocateText;
  }
}

eachWrap(
  t,
  'who finds no memory hears when to try again, though nothing is on its way',
  (t, make) => {
    const b = make().establish();
    withoutMemory(() => {
      t.equal(b.send(100), 0);
      b.advance(49);
      t.equal(b.events(), '');
      b.advance(1);
      t.equal(b.events(), 'writable');
      t.equal(b.send(100), 0, 'still none');
      b.advance(50);
      t.equal(b.events(), 'writable', 'as often as it takes');
    });
    t.equal(b.send(100), 100);
    t.same(b.advance(0), ['0 P. 1:101(100) ack 1']);
    b.inject('. 1:1(0) ack 101 win 65535');
    t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
    t.equal(b.events(), '', 'nobody waits any more');
  },
);

eachWrap(t, 'a full buffer is no lack of memory', (t, make) => {
  const b = make({ config: { sendBufferBytes: 1000 } }).establish({ win: 100 });
  t.equal(b.send(2000), 1000);
  b.sent();
  b.advance(60);
  t.equal(b.events(), '', 'the ACK will tell');
});

eachWrap(t, 'limits below what is held keep it, and let no more in', (t, make) => {
  const b = make({ config: { sendBufferBytes: 4000, receiveBufferBytes: 4000 } });
  b.establish({ win: 1000 });
  b.inject('. 1:1001(1000) ack 1 win 1000');
  t.equal(b.send(4000), 4000);
  b.sent();
  b.connection.tune({ sendBufferBytes: 500, receiveBufferBytes: 500 });
  t.equal(b.send(1), 0, 'no room');
  b.inject('. 1001:4001(3000) ack 1 win 1000');
  t.equal(b.tcb.rcv.nxt, (b.irs + 4001) | 0, 'what was offered is taken');
  t.equal(b.tcb.rcv.wnd, 0);
  t.equal(b.receive(), 4000);
  b.sent({ win: true });
  t.equal(b.tcb.rcv.wnd, 500, 'then the new limit counts');
  b.inject('. 4001:4001(0) ack 1001 win 3000').sent();
  b.inject('. 4001:4001(0) ack 3501 win 3000').sent();
  t.equal(b.send(1), 0);
  b.inject('. 4001:4001(0) ack 4001 win 3000');
  t.equal(b.send(1000), 500);
});

eachWrap(t, 'only what the chunk has from an offset on is taken', (t, make) => {
  const b = make().establish();
  const chunk = new Uint8Array(20);
  t.equal(b.connection.send(chunk, 20, false, b.now), 0);
  t.equal(b.connection.send(chunk, 15, false, b.now), 5);
  t.equal(b.connection.sendQueueBytes, 5);
});

eachWrap(
  t,
  '[MUST-30] urgent data that is sent before the connection stands stays urgent',
  (t, make) => {
    for (const passive of [false, true]) {
      const b = make();
      if (passive) b.openPassive('S 0:0(0) win 65535 <mss 1000>');
      else b.open();
      b.sent();
      b.send(10);
      b.send(5, true);
      b.send(10);
      b.inject(passive ? '. 1:1(0) ack 1 win 65535' : 'S. 0:0(0) ack 1 win 65535 <mss 1000>');
      t.same(b.sent(), ['P.U 1:26(25) ack 1 urg 15']);
    }
  },
);

eachWrap(t, 'RECEIVE after the end gives what is left, then nothing', (t, make) => {
  const b = make().establish();
  b.inject('FP. 1:11(10) ack 1 win 65535');
  t.equal(b.connection.readEnded, false);
  t.equal(b.receive(4), 4);
  t.equal(b.connection.readEnded, false);
  t.equal(b.receive(), 6);
  t.equal(b.connection.readEnded, true);
  t.equal(b.receive(), 0);
});

eachWrap(t, 'after ETIMEDOUT what arrived before can still be read', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:11(10) ack 1 win 65535').sent();
  b.send(10);
  b.sent();
  b.advance(3_600_000);
  t.equal(b.connection.error, 'ETIMEDOUT');
  t.equal(b.receive(), 10);
  t.same(b.sent(), []);
});
