/**
 * Corners that a fault can hide in: found by putting faults into the engine (`npm run mutate`) and
 * looking at those that no other test had noticed.
 */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { ReceiveBuffer } from '../../lib/tcp/receive-buffer';
import { RttEstimator } from '../../lib/tcp/rtt';
import { writeResetFor } from '../../lib/tcp/stray';
import { SynCookies } from '../../lib/tcp/syn-cookies';
import { ACK, RST, Segment, SYN } from '../../lib/wire/segment';
import { eachWrap } from '../tcp/bench';

eachWrap(t, '[MUST-26] no keep-alive while a FIN is on its way', (t, make) => {
  const b = make({ config: { keepAlive: true, keepAliveDelayMs: 150 } }).establish();
  b.inject('F. 1:1(0) ack 1 win 65535').sent();
  b.shutdown();
  t.same(b.sent(), ['F. 1:1(0) ack 2']);
  t.same(b.advance(199), [], 'it is not time to repeat it, and not quiet');
  t.same(b.advance(1), ['1 F. 1:1(0) ack 2']);
});

eachWrap(
  t,
  '[MUST-36] a probe that was the last of the text is not followed by an empty one',
  (t, make) => {
    const b = make().establish({ win: 1000 });
    b.inject('. 1:1(0) ack 1 win 0');
    b.send(1);
    t.same(b.sent(), []);
    t.same(b.advance(200), ['200 P. 1:2(1) ack 1']);
    b.inject('. 1:1(0) ack 2 win 0');
    t.same(b.advance(600_000), []);
    t.equal(b.state, 'ESTABLISHED');
  },
);

eachWrap(t, 'ABORT of a connection that is over says nothing more', (t, make) => {
  const b = make().establish();
  b.inject('R 1:1(0)');
  t.equal(b.events(), 'error closed');
  b.abort();
  t.equal(b.events(), '');
  t.same(b.sent(), []);
});

eachWrap(t, 'linger: the last text has its time, then the peer is told', (t, make) => {
  const b = make({ config: { lingerMs: 5000 } }).establish();
  b.send(100);
  b.sent();
  b.release();
  t.same(b.sent(), ['F. 101:101(0) ack 1']);
  const lines = b.advance(4999);
  t.ok(
    lines.every((line) => line.endsWith('FP. 1:101(100) ack 1')),
    'it is repeated',
  );
  t.equal(b.state, 'FIN-WAIT-1');
  t.same(b.advance(1), ['1 R 102:102(0)']);
  t.equal(b.state, 'CLOSED');
});

eachWrap(t, 'linger: what is acknowledged in time ends in peace', (t, make) => {
  const b = make({ config: { lingerMs: 5000 } }).establish();
  b.send(100);
  b.sent();
  b.release().sent();
  b.inject('. 1:1(0) ack 102 win 65535');
  b.inject('F. 1:1(0) ack 102 win 65535');
  t.same(b.sent(), ['. 102:102(0) ack 2']);
  t.same(b.advance(59_999), []);
  t.equal(b.state, 'TIME-WAIT');
});

t.test('a timeout doubles sixteen times at most', async (t) => {
  const rtt = new RttEstimator({ ...DEFAULT_TCP_CONFIG, maxRtoMs: Number.MAX_VALUE });
  for (let i = 0; i < 20; i++) rtt.backOff();
  t.equal(rtt.rto, 1000 * 2 ** 16);
});

t.test(
  '[U-12] a reset for nobody has no number that was left over from another segment',
  async (t) => {
    const seg = new Segment();
    seg.flags = ACK;
    seg.ack = 77;
    const out = new Segment();
    out.ack = 4242;
    out.window = 4242;
    t.ok(writeResetFor(seg, out));
    t.match({ ...out }, { flags: RST, seq: 77, ack: 0, window: 0 });
    seg.flags = SYN;
    seg.seq = 9;
    t.ok(writeResetFor(seg, out));
    t.match({ ...out }, { flags: RST | ACK, seq: 0, ack: 10 });
  },
);

/** [MSS of the SYN; absent: -1, the one that the cookie keeps] */
const COOKIE_SIZES = [
  [-1, 536],
  [0, 88],
  [535, 88],
  [536, 536],
  [1300, 1300],
  [1440, 1440],
  [1459, 1440],
  [1460, 1460],
  [4311, 1460],
  [4312, 4312],
  [8960, 8960],
  [65_494, 8960],
  [65_495, 65_495],
] as const;

t.test('a cookie keeps the largest size that is not above the peer’s', async (t) => {
  const cookies = new SynCookies(new Uint8Array(16).fill(3));
  for (const [mss, kept] of COOKIE_SIZES) {
    const syn = new Segment();
    syn.seq = 99;
    syn.mss = mss;
    const ack = new Segment();
    ack.seq = 100;
    ack.ack = (cookies.issue(5, syn, 1000) + 1) | 0;
    const found = new Segment();
    t.ok(cookies.redeem(5, ack, 1000, found), `a cookie for ${mss}`);
    t.equal(found.mss, kept, `${mss} is kept as ${kept}`);
  }
});

t.test('pieces are large wherever in their slab they lie', async (t) => {
  const size = 2000; // long enough for a large slab
  const place = packetMemory.allocate(size);
  const buffer = new ReceiveBuffer(1 << 24);
  for (let i = 0; i < 100; i++) buffer.append(place, size);
  const lengths: number[] = [];
  for (let piece = buffer.take(); piece !== null; piece = buffer.take()) lengths.push(piece.length);
  t.equal(
    lengths.reduce((sum, length) => sum + length, 0),
    200_000,
  );
  t.ok(lengths.length <= 8, `${lengths.length} pieces, most of them of 64 KiB`);
  packetMemory.release(place, size);
});
