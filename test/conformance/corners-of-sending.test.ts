/** More corners that a fault can hide in: what leaves, when, and with what in its header. */
import t from 'tap';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { eachWrap } from '../tcp/bench';

eachWrap(t, 'an older segment does not bring back an older window', (t, make) => {
  const b = make().establish();
  b.inject('P. 101:201(100) ack 1 win 3000');
  t.equal(b.tcb.snd.wnd, 3000);
  b.inject('P. 1:101(100) ack 1 win 5000');
  t.equal(b.tcb.snd.wnd, 3000, 'it was sent before the other');
  b.inject('. 201:201(0) ack 1 win 4000');
  t.equal(b.tcb.snd.wnd, 4000);
});

eachWrap(t, 'without ACK the field is zero, whatever it was before', (t, make) => {
  const active = make().open();
  active.last.ack = 4242;
  t.same(active.sent(), ['S 0:0(0)']);
  t.equal(active.last.ack, 0, 'of a SYN');
  const aborted = make().establish();
  aborted.abort();
  t.same(aborted.sent(), ['R 1:1(0)']);
  t.equal(aborted.last.ack, 0, 'of a reset');
});

eachWrap(t, 'quick ACKs may be asked for later, and other changes leave them alone', (t, make) => {
  const b = make({ config: { quickAckSegments: 2 } }).establish();
  b.connection.tune({ delayedAckMs: 100 });
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 11']);
  b.inject('P. 11:21(10) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 21']);
  b.inject('P. 21:31(10) ack 1 win 65535');
  t.same(b.sent(), []);
  t.same(b.advance(100), ['100 . 1:1(0) ack 31'], 'after the delay that was chosen');
  b.connection.tune({ quickAckSegments: 1 });
  b.inject('P. 31:41(10) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 41']);
});

eachWrap(
  t,
  'ABORT before the FIN has left is a reset, behind it there is nobody to tell',
  (t, make) => {
    for (const [isSent, lines] of [
      [false, ['R 1:1(0)']],
      [true, []],
    ] as const) {
      const b = make().establish();
      b.inject('F. 1:1(0) ack 1 win 65535').sent();
      b.shutdown();
      if (isSent) b.sent();
      t.equal(b.state, 'LAST-ACK');
      b.abort();
      t.same(b.sent(), lines);
    }
  },
);

eachWrap(t, 'a user timeout counts from what was last heard, probes or not', (t, make) => {
  const config = { keepAlive: true, keepAliveDelayMs: 1000, keepAliveIntervalMs: 1000 };
  const b = make({ config: { ...config, userTimeoutMs: 5000 } }).establish();
  t.same(b.advance(10_000), [
    '1000 . 0:0(0) ack 1',
    '2000 . 0:0(0) ack 1',
    '3000 . 0:0(0) ack 1',
    '4000 . 0:0(0) ack 1',
    '5000 R 1:1(0)',
  ]);
  t.equal(b.connection.error, 'ETIMEDOUT');
});

eachWrap(
  t,
  'echoes are samples from the first, wherever the clock of timestamps stands',
  (t, make) => {
    const b = make({ config: { timestamps: true }, timestampOffset: 0x9000_0000 | 0 });
    b.establish({ options: 'mss 1000,TS val 1 ecr 0' });
    const echo = b.tcb.ts.value(b.now);
    b.send(1976);
    b.sent();
    b.now += 50;
    b.inject(`. 1:1(0) ack 989 win 65535 <TS val 2 ecr ${echo >>> 0}>`);
    const before = b.connection.info(b.now).rtt;
    b.now += 100;
    b.inject(`. 1:1(0) ack 1977 win 65535 <TS val 3 ecr ${echo >>> 0}>`);
    t.ok(b.connection.info(b.now).rtt > before, `more than ${before}`);
  },
);

eachWrap(t, '[SHLD-16] a window too small for a segment is used after the override', (t, make) => {
  const b = make().establish({ win: 4000 });
  b.send(4000);
  t.equal(b.sent().length, 4);
  b.inject('. 1:1(0) ack 1 win 300');
  t.same(b.advance(401), ['400 . 1:301(300) ack 1'], 'the timeout, and 200 ms of hope');
});

eachWrap(t, 'by default the third timeout in a row makes segments smaller', (t, make) => {
  const { blackHoleTimeouts } = DEFAULT_TCP_CONFIG;
  const b = make({ mss: 1200, config: { blackHoleTimeouts } }).establish({ options: 'mss 1200' });
  b.send(1200);
  b.sent();
  t.same(b.advance(200 + 400), ['200 P. 1:1201(1200) ack 1', '600 P. 1:1201(1200) ack 1']);
  t.same(b.advance(800), ['800 . 1:601(600) ack 1']);
});

const SACK = { options: 'mss 1000,sackOK' };

eachWrap(
  t,
  'RFC 2018 §4: the first block is of what arrived last, then the ones before it',
  (t, make) => {
    const b = make({ config: { sack: true } }).establish(SACK);
    const arrive = (from: number): string => {
      b.inject(`. ${from}:${from + 100}(100) ack 1 win 65535`);
      return /<.*sack ([^>]*)>/.exec(b.sent({ options: true })[0])?.[1] ?? '';
    };
    t.equal(arrive(301), '301:401');
    t.equal(arrive(701), '701:801 301:401');
    t.equal(arrive(501), '501:601 701:801 301:401');
    t.equal(arrive(801), '701:901 501:601 301:401', 'a block that has grown is news');
  },
);

eachWrap(t, 'blocks never make a segment larger than the MSS', (t, make) => {
  for (const room of [0, 3, 4, 8, 11]) {
    const b = make({ config: { sack: true } }).establish(SACK);
    b.inject('P. 1:101(100) ack 1 win 65535').advance(40);
    b.receive();
    b.inject('P. 1:101(100) ack 1 win 65535'); // a duplicate, which is to be reported
    b.send(1000 - room);
    t.notMatch(b.sent({ options: true })[0], 'sack', `${room} bytes are free`);
  }
});
