/** The transmission control block as it is made. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Tcb, TimestampState } from '../../lib/tcp/tcb';
import { Bench } from './bench';

function make(mss: number, config = {}): Tcb {
  return new Tcb({
    config: { ...DEFAULT_TCP_CONFIG, ...config },
    localPort: 1,
    remotePort: 2,
    mss,
    timestampOffset: 5,
  });
}

t.test('a new one is CLOSED, owes nothing, waits for nothing and holds no packet memory', (t) => {
  const before = packetMemory.allocated;
  const tcb = make(1460);
  t.equal(tcb.state, 'CLOSED');
  t.equal(tcb.owed, 0);
  t.equal(tcb.events, 0);
  t.equal(tcb.error, null);
  t.equal(tcb.timers.earliest(), Number.POSITIVE_INFINITY);
  t.equal(packetMemory.allocated, before);
  t.end();
});

t.test('what the configuration says of one connection is its own from then on', (t) => {
  const tcb = make(1460, {
    noDelay: true,
    keepAlive: true,
    keepAliveDelayMs: 5,
    sendBufferBytes: 10,
    receiveBufferBytes: 20,
    quickAckSegments: 3,
  });
  t.same([tcb.noDelay, tcb.keepAlive, tcb.keepAliveDelayMs, tcb.quickAcks], [true, true, 5, 3]);
  t.same([tcb.sendBuffer.limit, tcb.receiveBuffer.limit], [10, 20]);
  t.end();
});

t.test('a path too small for anything is taken as the smallest (CVE-2019-11479)', (t) => {
  for (const [mss, want] of [
    [1460, 1460],
    [88, 88],
    [87, 88],
    [0, 88],
    [-20, 88],
  ]) {
    t.equal(make(mss).pathMss, want);
    t.equal(make(mss).rcv.mss, want);
  }
  t.end();
});

t.test('before any text a full segment of the peer is taken to be 536 bytes at most', (t) => {
  t.equal(make(1460).rcv.seenMss, 536);
  t.equal(make(500).rcv.seenMss, 500);
  t.end();
});

t.test('RCV.WND is what is left up to the edge, across the wrap', (t) => {
  const { rcv } = make(1460);
  rcv.nxt = 0x7fff_ff00;
  rcv.edge = (0x7fff_ff00 + 1000) | 0;
  t.equal(rcv.wnd, 1000);
  rcv.nxt = -100;
  rcv.edge = 900;
  t.equal(rcv.wnd, 1000);
  t.end();
});

/** [offset, ms, TSval, name] */
const CLOCKS: readonly (readonly [number, number, number, string])[] = [
  [0, 0, 0, 'zero'],
  [0, 1.9, 1, 'whole milliseconds'],
  [100, 5, 105, 'an offset'],
  [-1, 0, -1, 'before zero'],
  [0x7fff_ffff, 1, -0x8000_0000, 'across 2^31'],
  [-1, 1, 0, 'across 2^32'],
  [0, 2 ** 32 + 7, 7, 'after 49.7 days'],
];

t.test('the timestamp clock counts milliseconds modulo 2^32', (t) => {
  for (const [offset, now, value, name] of CLOCKS) {
    t.equal(new TimestampState(offset).value(now), value, name);
  }
  t.end();
});

t.test('times are not known before they are set: NaN, which compares with nothing', (t) => {
  const { snd, rtt } = make(1460);
  t.ok([snd.lastAt, snd.stalledSince, rtt.srtt, rtt.rttvar].every(Number.isNaN));
  t.end();
});

t.test('what may change while the connection lives', (t) => {
  const b = new Bench().establish();
  b.connection.tune({ sendBufferBytes: 700, receiveBufferBytes: 900, delayedAckMs: 7 });
  t.equal(b.tcb.sendBuffer.limit, 700);
  t.equal(b.tcb.receiveBuffer.limit, 900);
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.same(b.advance(100), ['7 . 1:1(0) ack 11']);
  const other = new Bench().establish();
  t.equal(other.tcb.config.delayedAckMs, 40, 'of this one only');
  t.end();
});
