/** SEGMENT ARRIVES (RFC 9293 §3.10.7.4), first to fifth check, in every synchronized state. */
import t from 'tap';
import type { TcpState } from '../../types/tcp';
import { type Bench, eachWrap, type MakeBench } from './bench';
import { type Reachable, reach, SYNCHRONIZED } from './reach';

const WINDOW = 10_000;

/** RCV.NXT relative to IRS, RCV.WND and SND.NXT relative to ISS of a bench. */
function numbers(b: Bench): { nxt: number; wnd: number; snd: number } {
  const { rcv, snd } = b.tcb;
  return { nxt: (rcv.nxt - b.irs) | 0, wnd: rcv.wnd, snd: (snd.nxt - b.iss) | 0 };
}

function reached(make: MakeBench, state: Reachable): Bench {
  return reach(make({ config: { receiveBufferBytes: WINDOW } }), state);
}

/** [offset from RCV.NXT, length, acceptable in a window of 10,000 bytes, name] */
const TEXTS: readonly (readonly [number, number, boolean, string])[] = [
  [0, 100, true, 'at RCV.NXT'],
  [0, 10_000, true, 'the whole window'],
  [0, 10_001, true, 'one byte more than the window'],
  [-1, 1, false, 'just before'],
  [-100, 100, false, 'all of it old'],
  [-100, 101, true, 'its last byte new'],
  [-100, 10_200, true, 'beginning before the window, ending behind it'],
  [9999, 1, true, 'the last byte of the window'],
  [9999, 100, true, 'beginning at the last byte'],
  [10_000, 1, false, 'just behind the window'],
  [1_000_000, 1, false, 'far behind'],
  [-1_000_000, 1, false, 'long ago'],
  [0x7fff_ffff, 1, false, 'half the space ahead'],
  [-0x7fff_ffff, 1, false, 'half the space ago'],
];

eachWrap(t, 'first: text counts if some of it is in the window', (t, make) => {
  for (const [offset, length, acceptable, name] of TEXTS) {
    const b = reached(make, 'ESTABLISHED');
    const seq = 1 + offset;
    b.inject(`. ${seq}:${seq + length}(${length}) ack 1 win 65535`);
    const { receiveBuffer, reassembly } = b.tcb;
    t.equal(receiveBuffer.length + reassembly.length > 0, acceptable, name);
    if (!acceptable) t.same(b.sent(), ['. 1:1(0) ack 1'], `${name}: an ACK says what is awaited`);
    b.receive();
    b.connection.dispose();
  }
});

eachWrap(t, '[MUST-66] with a closed window only ACK, URG and RST at RCV.NXT count', (t, make) => {
  const closed = (): Bench => {
    const b = make({ config: { receiveBufferBytes: 1000 } }).establish();
    b.inject('. 1:1001(1000) ack 1 win 65535').sent();
    b.send(100);
    b.sent();
    b.events();
    return b;
  };
  const text = closed().inject('. 1001:1002(1) ack 101 win 400');
  t.equal(text.connection.sendQueueBytes, 0, 'its ACK counts');
  t.equal(text.tcb.snd.wnd, 400, 'its window counts');
  t.same(text.sent({ win: true }), ['. 101:101(0) ack 1001 win 0'], '[U-15] and it is answered');
  t.equal(text.receive(), 1000, 'its text does not');

  const fin = closed().inject('F. 1001:1001(0) ack 101 win 400');
  t.equal(fin.state, 'ESTABLISHED', 'nor a FIN');
  t.same(fin.sent(), ['. 101:101(0) ack 1001']);

  const urgent = closed().inject('U. 1001:1002(1) ack 1 win 400 urg 1');
  t.equal(urgent.events(), 'urgent');

  const bare = closed().inject('. 1001:1001(0) ack 101 win 400');
  t.equal(bare.connection.sendQueueBytes, 0, 'a bare ACK counts');
  t.same(bare.sent(), []);

  const elsewhere = closed().inject('. 1002:1002(0) ack 101 win 400');
  t.equal(elsewhere.connection.sendQueueBytes, 100, 'not one from elsewhere');

  t.equal(closed().inject('R 1001:1001(0)').state, 'CLOSED');
  t.equal(closed().inject('R 1001:1011(10)').state, 'CLOSED', '[SHLD-2] with text, too');
  t.equal(closed().inject('R 1000:1000(0)').state, 'ESTABLISHED');
  t.equal(closed().inject('R 1002:1002(0)').state, 'ESTABLISHED');
});

/** [state, state behind a reset at RCV.NXT, error] */
const RESETS: readonly (readonly [Reachable, TcpState, string | null])[] = [
  ['ESTABLISHED', 'CLOSED', 'ECONNRESET'],
  ['FIN-WAIT-1', 'CLOSED', 'ECONNRESET'],
  ['FIN-WAIT-2', 'CLOSED', 'ECONNRESET'],
  ['CLOSE-WAIT', 'CLOSED', 'EPIPE'],
  ['CLOSING', 'CLOSED', null],
  ['LAST-ACK', 'CLOSED', null],
  ['TIME-WAIT', 'TIME-WAIT', null],
];

eachWrap(t, '[U-4] second: a reset at RCV.NXT ends the connection', (t, make) => {
  t.same(
    RESETS.map(([state]) => state),
    SYNCHRONIZED,
  );
  for (const [state, after, error] of RESETS) {
    for (const flags of ['R', 'R.']) {
      const b = reached(make, state);
      const { nxt, snd } = numbers(b);
      b.inject(`${flags} ${nxt}:${nxt}(0)${flags === 'R.' ? ` ack ${snd}` : ''}`);
      t.equal(b.state, after, state);
      t.equal(b.connection.error, error, state);
      t.same(b.sent(), [], `${state}: a reset is never answered`);
      if (after === 'TIME-WAIT') continue; // [A-16] RFC 1337
      t.equal(b.events(), error === null ? 'closed' : 'error closed', state);
      t.ok(b.connection.finished, state);
    }
  }
});

eachWrap(t, '[A-09] [U-5] [U-11] a sweep of resets over and around the window', (t, make) => {
  const offsets = [-0x7fff_ffff, -WINDOW, -2, -1, 1, 2, 5000, WINDOW - 1, WINDOW, WINDOW + 1];
  for (const state of SYNCHRONIZED) {
    for (const offset of [...offsets, 0x7fff_ffff]) {
      const b = reached(make, state);
      const { nxt, wnd, snd } = numbers(b);
      const seq = nxt + offset;
      b.inject(`R. ${seq}:${seq}(0) ack ${snd}`);
      t.equal(b.state, state, `${state}, ${offset}`);
      const inside = offset > 0 && offset < wnd && state !== 'TIME-WAIT';
      const want = inside ? [`. ${snd}:${snd}(0) ack ${nxt}`] : [];
      t.same(b.sent(), want, inside ? 'challenged' : 'silence');
    }
  }
});

eachWrap(t, '[U-6] a challenged reset does nothing else', (t, make) => {
  const b = make().establish();
  b.send(100);
  b.sent();
  b.inject('R. 5:5(0) ack 101');
  t.equal(b.connection.sendQueueBytes, 100, 'its ACK does not count');
  t.equal(b.tcb.snd.wnd, 65_535);
});

eachWrap(
  t,
  '[U-19] SYN-RECEIVED from LISTEN: a reset makes it as if nothing had been',
  (t, make) => {
    const b = make();
    reach(b, 'SYN-RECEIVED').inject('R 1:1(0)');
    t.equal(b.state, 'CLOSED');
    t.equal(b.events(), 'abandoned', 'the user never hears of it');
    t.equal(b.connection.error, null);
    t.ok(b.connection.finished);

    const inside = reach(make(), 'SYN-RECEIVED').inject('R 2:2(0)');
    t.same(inside.sent(), ['. 1:1(0) ack 1'], 'elsewhere in the window it is challenged');
    t.equal(inside.state, 'SYN-RECEIVED');
    const outside = reach(make(), 'SYN-RECEIVED').inject('R 0:0(0)');
    t.same(outside.sent(), [], 'outside ignored');
  },
);

eachWrap(t, '[U-7] [U-8] [A-09] fourth: a SYN is challenged wherever it stands', (t, make) => {
  for (const state of SYNCHRONIZED) {
    for (const offset of [-0x7fff_ffff, -1, 0, 1, WINDOW - 1, WINDOW, 0x7fff_ffff]) {
      for (const flags of ['S', 'S.']) {
        const b = reached(make, state);
        const { nxt, snd } = numbers(b);
        const seq = nxt + offset;
        b.inject(`${flags} ${seq}:${seq}(0)${flags === 'S.' ? ` ack ${snd}` : ''} win 100`);
        t.equal(b.state, state);
        t.same(b.sent(), [`. ${snd}:${snd}(0) ack ${nxt}`], `${state}, ${flags} at ${offset}`);
        t.equal(b.tcb.snd.wnd, 65_535, 'and does nothing else');
      }
    }
  }
});

eachWrap(
  t,
  '[U-19] SYN-RECEIVED from LISTEN: another SYN in the window goes back to LISTEN',
  (t, make) => {
    const b = reach(make(), 'SYN-RECEIVED').inject('S 1:1(0) win 100');
    t.equal(b.state, 'CLOSED');
    t.equal(b.events(), 'abandoned');
    t.same(b.sent(), []);
  },
);

eachWrap(t, '[MUST-11] SYN-RECEIVED from SYN-SENT: another SYN is challenged', (t, make) => {
  const b = make().open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>').sent();
  b.inject('S 1:1(0) win 100');
  t.equal(b.state, 'SYN-RECEIVED');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
});

eachWrap(t, 'SYN-RECEIVED: the same SYN again gets the SYN-ACK again', (t, make) => {
  const b = reach(make(), 'SYN-RECEIVED');
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  t.same(b.sent(), ['S. 0:0(0) ack 1']);
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  t.same(b.sent(), ['S. 0:0(0) ack 1'], 'two in a batch one');
  b.inject('. 1:1(0) ack 1 win 65535');
  t.equal(b.state, 'ESTABLISHED');
});

eachWrap(t, 'SYN-RECEIVED: a lost SYN-ACK is repeated until nobody answers', (t, make) => {
  const b = reach(make({ config: { synTimeoutMs: 10_000 } }), 'SYN-RECEIVED');
  t.same(b.advance(60_000), [
    '1000 S. 0:0(0) ack 1',
    '3000 S. 0:0(0) ack 1',
    '7000 S. 0:0(0) ack 1',
  ]);
  t.equal(b.state, 'CLOSED');
  t.match(b.events(), 'closed');
});

eachWrap(t, 'SYN-RECEIVED: an ACK of anything but our SYN is answered with a reset', (t, make) => {
  for (const ack of [0, -1, 2, 100_000, 0x7fff_ffff]) {
    const b = reach(make(), 'SYN-RECEIVED');
    b.inject(`P. 1:11(10) ack ${ack} win 100`);
    t.equal(b.state, 'SYN-RECEIVED');
    t.same(b.sent(), [`R ${ack >>> 0}:${ack >>> 0}(0)`], `ack ${ack}`);
    t.equal(b.receive(), 0);
    b.inject('. 1:1(0) ack 1 win 65535');
    t.equal(b.state, 'ESTABLISHED', 'and the handshake can still succeed');
  }
});

eachWrap(t, 'SYN-RECEIVED: the ACK may bring text, FIN, and a window to be scaled', (t, make) => {
  const b = make({ config: { windowScaling: true } });
  b.openPassive('S 0:0(0) win 500 <mss 1000,wscale 2>').sent();
  b.inject('FP. 1:101(100) ack 1 win 1000');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.events(), 'connected readable');
  t.equal(b.tcb.snd.wnd, 4000);
  t.same(b.sent(), ['. 1:1(0) ack 102']);
  t.equal(b.receive(), 100);
});

eachWrap(
  t,
  'SYN-RECEIVED: text that overtakes the ACK waits, text without ACK is dropped',
  (t, make) => {
    const b = reach(make(), 'SYN-RECEIVED');
    b.inject('P 1:101(100) win 65535');
    t.equal(b.state, 'SYN-RECEIVED');
    t.equal(b.receive(), 0);
    b.inject('P. 101:201(100) ack 1 win 65535');
    t.equal(b.state, 'ESTABLISHED', 'the ACK of later text establishes');
    b.inject('P. 1:101(100) ack 1 win 65535');
    t.equal(b.receive(), 200);
  },
);

eachWrap(t, 'SYN with text in a passive open: the text comes again', (t, make) => {
  const b = make().openPassive('S 0:100(100) win 65535 <mss 1000>');
  t.same(b.sent(), ['S. 0:0(0) ack 1']);
  b.inject('P. 1:101(100) ack 1 win 65535');
  t.equal(b.receive(), 100);
});

eachWrap(t, 'fifth: without ACK nothing counts', (t, make) => {
  for (const state of SYNCHRONIZED) {
    const b = reached(make, state);
    const { nxt } = numbers(b);
    for (const flags of ['-', 'P', 'F', 'FPU']) {
      b.inject(`${flags} ${nxt}:${nxt + 10}(10) win 100${flags === 'FPU' ? ' urg 5' : ''}`);
      t.equal(b.state, state);
      t.equal(b.events(), '');
      t.same(b.sent(), [], `${state}, ${flags}`);
    }
  }
});

eachWrap(t, 'CLOSED takes nothing', (t, make) => {
  const b = make();
  for (const line of [
    'S 0:0(0) win 1',
    '. 1:1(0) ack 1 win 1',
    'R 1:1(0)',
    'FPU. 1:9(8) ack 1 urg 3',
  ]) {
    b.inject(line);
    t.equal(b.state, 'CLOSED');
    t.same(b.sent(), [], line);
    t.equal(b.events(), '');
  }
});

eachWrap(
  t,
  '[A-13] the ACK of our FIN may bring more than the window: the end is the end',
  (t, make) => {
    const b = make({ config: { receiveBufferBytes: 1000 } }).establish();
    b.inject('F. 1:1(0) ack 1 win 65535').sent();
    b.shutdown().sent();
    b.inject('. 2:3002(3000) ack 2 win 65535');
    t.equal(b.state, 'CLOSED');
    t.same(b.sent(), []);
    t.equal(b.tcb.owed, 0);
    t.ok(b.connection.finished);
  },
);
