/** Deadlines that have come: repetition, probes of closed windows, keep-alive, and giving up. */
import t from 'tap';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';

const DAY_MS = 86_400_000;

/** The times, in ms, at which something was sent. */
function times(lines: string[]): number[] {
  return lines.map((line) => Number(line.slice(0, line.indexOf(' '))));
}

eachWrap(t, '[MUST-19] the timeout doubles, up to its bound', (t, make) => {
  const b = make({ config: { maxRtoMs: 3000 } }).establish();
  b.send(100);
  b.sent();
  t.same(times(b.advance(16_000)), [200, 600, 1400, 3000, 6000, 9000, 12_000, 15_000]);
});

eachWrap(t, '[MUST-20] [SHLD-11] data that nobody acknowledges ends the connection', (t, make) => {
  const b = make({ config: { dataTimeoutMs: 100_000 } }).establish();
  b.send(100);
  b.sent();
  const repeated = times(b.advance(100_000));
  t.same(repeated, [200, 600, 1400, 3000, 6200, 12_600, 25_400, 51_000]);
  t.equal(b.state, 'ESTABLISHED', 'it is repeated for all that time');
  b.advance(DAY_MS);
  t.equal(b.state, 'CLOSED');
  t.equal(b.connection.error, 'ETIMEDOUT');
  t.match(b.events(), /error closed$/);
  t.same(b.sent(), []);
  t.ok(b.connection.finished);
});

eachWrap(t, 'any ACK of something new begins the time anew', (t, make) => {
  const b = make({ config: { dataTimeoutMs: 10_000 } }).establish();
  b.send(3000);
  b.sent();
  b.advance(9000);
  b.inject('. 1:1(0) ack 1001 win 65535').sent();
  b.advance(9000);
  b.inject('. 1:1(0) ack 2001 win 65535').sent();
  b.advance(9000);
  t.equal(b.state, 'ESTABLISHED');
});

eachWrap(t, 'old ACKs do not keep it alive', (t, make) => {
  const b = make({ config: { dataTimeoutMs: 10_000 } }).establish();
  b.send(3000);
  b.sent();
  for (let i = 0; i < 50 && b.state !== 'CLOSED'; i++) {
    b.advance(1000);
    b.inject('. 1:1(0) ack 1 win 65535').sent();
  }
  t.equal(b.connection.error, 'ETIMEDOUT');
});

eachWrap(
  t,
  '[SHLD-9] [SHLD-10] [MUST-20] after three repetitions the user hears of trouble, once',
  (t, make) => {
    const b = make().establish();
    b.send(100);
    b.sent();
    b.advance(600);
    t.equal(b.events(), '');
    b.advance(800);
    t.equal(b.events(), 'trouble');
    t.equal(b.connection.softError, 'ETIMEDOUT');
    b.advance(10_000);
    t.equal(b.events(), '');
  },
);

eachWrap(t, 'trouble that is over does not name a later death', (t, make) => {
  const b = make({ config: { dataTimeoutMs: 10_000 } }).establish();
  b.send(100);
  b.sent();
  b.connection.handlePathError({ code: 'EHOSTUNREACH', hard: false }, b.tcb.snd.una);
  t.equal(b.connection.softError, 'EHOSTUNREACH');
  b.inject('. 1:1(0) ack 101 win 65535');
  t.equal(b.connection.softError, null);
  b.send(100);
  b.sent();
  b.advance(60_000);
  t.equal(b.connection.error, 'ETIMEDOUT');
});

eachWrap(t, 'nor does trouble on the way to ESTABLISHED', (t, make) => {
  const b = make().open();
  b.sent();
  b.advance(10_000);
  t.equal(b.events(), 'trouble');
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>');
  t.equal(b.connection.softError, null);
});

eachWrap(t, '[MUST-22] a SYN is given up like data', (t, make) => {
  const b = make({ config: { synTimeoutMs: 5000 } }).open();
  b.sent();
  b.send(10);
  t.same(times(b.advance(DAY_MS)), [1000, 3000]);
  t.equal(b.connection.error, 'ETIMEDOUT');
  t.equal(b.connection.sendQueueBytes, 0);
  t.match(b.events(), /error closed$/);
});

eachWrap(t, '[MUST-21] the user may set his own limit, kept to the millisecond', (t, make) => {
  const b = make({ config: { userTimeoutMs: 5000 } }).establish();
  b.send(100);
  b.sent();
  b.advance(4999);
  t.equal(b.state, 'ESTABLISHED');
  b.advance(1);
  t.equal(b.connection.error, 'ETIMEDOUT');
});

/** The window is closed, and 100 bytes wait. */
function shut(make: MakeBench, options: BenchOptions = {}): Bench {
  const b = make(options).establish({ win: 1000 });
  b.send(1000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 0');
  b.send(100);
  t.same(b.sent(), []);
  return b;
}

eachWrap(
  t,
  '[MUST-36] [SHLD-29] [SHLD-30] a closed window is probed, ever more slowly',
  (t, make) => {
    const b = shut(make);
    t.same(b.advance(7000), [
      '200 . 1001:1002(1) ack 1',
      '600 . 1001:1002(1) ack 1',
      '1400 . 1001:1002(1) ack 1',
      '3000 . 1001:1002(1) ack 1',
      '6200 . 1001:1002(1) ack 1',
    ]);
  },
);

eachWrap(t, '[MUST-37] [A-12] as long as probes are answered the connection stays', (t, make) => {
  const b = shut(make, { config: { dataTimeoutMs: 100_000 } });
  for (let probes = 0; probes < 100; probes++) {
    const sent = b.advance(Math.ceil(b.connection.deadline - b.now));
    t.same(sent.length, 1);
    b.inject('. 1:1(0) ack 1001 win 0');
  }
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.tcb.rtt.rto, b.tcb.config.maxRtoMs, 'and the answers do not make them quicker');
  b.inject('. 1:1(0) ack 1001 win 5000');
  t.same(b.sent(), ['P. 1001:1101(100) ack 1']);
  t.equal(b.tcb.rtt.rto, 200, 'once it opens all is as before');
});

eachWrap(t, 'probes that nobody answers end the connection', (t, make) => {
  const b = shut(make, { config: { dataTimeoutMs: 100_000 } });
  b.advance(DAY_MS);
  t.equal(b.connection.error, 'ETIMEDOUT');
});

eachWrap(t, 'a lost window update: the answer to the probe brings it', (t, make) => {
  const b = shut(make);
  t.same(b.advance(200), ['200 . 1001:1002(1) ack 1']);
  b.inject('. 1:1(0) ack 1001 win 3000');
  t.same(b.sent(), ['P. 1001:1101(100) ack 1'], 'the probe goes again, with all behind it');
});

eachWrap(t, 'a peer who takes the byte of a probe', (t, make) => {
  const b = shut(make);
  b.advance(200);
  b.inject('. 1:1(0) ack 1002 win 0');
  const next = b.advance(2000)[0];
  t.match(next, '. 1002:1003(1) ack 1');
  b.inject('. 1:1(0) ack 1003 win 3000');
  t.same(b.sent(), ['P. 1003:1101(98) ack 1']);
});

eachWrap(t, '[MUST-35] a window that closes over what is on its way is probed', (t, make) => {
  const b = make().establish({ win: 3000 });
  b.send(3000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 0');
  t.same(b.advance(200), ['200 . 1001:1002(1) ack 1'], 'after one timeout');
  t.equal(b.tcb.cc.cwnd, 10_000, 'which is no loss');
  b.inject('. 1:1(0) ack 1001 win 0');
  b.inject('. 1:1(0) ack 1001 win 1500');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1'], 'half a segment more is silly');
  b.inject('. 1:1(0) ack 2001 win 1500');
  t.same(b.sent(), ['P. 2001:3001(1000) ack 1']);
});

eachWrap(t, 'a FIN waits for the window, too, and is what probes it', (t, make) => {
  const b = make().establish({ win: 1000 });
  b.send(1000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 0');
  b.shutdown();
  t.same(b.sent(), []);
  t.same(b.advance(600), ['200 F. 1001:1001(0) ack 1', '600 F. 1001:1001(0) ack 1']);
  b.inject('. 1:1(0) ack 1002 win 0');
  t.equal(b.state, 'FIN-WAIT-2');
  t.same(b.advance(100_000), []);
});

eachWrap(t, '[MUST-38] [MUST-60] a silly window is used after the override', (t, make) => {
  const b = make().establish({ win: 10_000 });
  b.send(10_000);
  b.sent();
  b.inject('. 1:1(0) ack 10001 win 300');
  b.send(5000);
  t.same(b.sent(), []);
  t.same(b.advance(199), []);
  t.same(b.advance(1), ['1 . 10001:10301(300) ack 1']);
  b.inject('. 1:1(0) ack 10301 win 700');
  t.same(b.advance(200), ['200 . 10301:11001(700) ack 1']);
  b.inject('. 1:1(0) ack 11001 win 10000');
  t.equal(b.sent().length, 4);
});

eachWrap(t, 'a tiny window, one byte at most', (t, make) => {
  const b = make({ config: { noDelay: true } }).establish({ win: 1 });
  b.send(3);
  t.same(b.sent(), ['. 1:2(1) ack 1']);
  b.inject('. 1:1(0) ack 2 win 1');
  t.same(b.sent(), ['. 2:3(1) ack 1']);
  b.inject('. 1:1(0) ack 3 win 1');
  t.same(b.sent(), ['P. 3:4(1) ack 1']);
});

eachWrap(t, '[MUST-25] keep-alive is off', (t, make) => {
  const b = make().establish();
  t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
  t.same(b.advance(30 * DAY_MS), []);
  t.equal(b.state, 'ESTABLISHED');
});

eachWrap(
  t,
  '[MUST-24] [MUST-26] [MUST-29] [SHLD-12] keep-alive: probes in the quiet, then the end',
  (t, make) => {
    const b = make().establish();
    b.setKeepAlive(true, 10_000);
    const lines = b.advance(10_000 + 9 * 75_000);
    t.same(
      times(lines),
      [10, 85, 160, 235, 310, 385, 460, 535, 610, 685].map((s) => s * 1000),
    );
    t.same(new Set(lines.slice(0, 9).map((line) => line.replace(/^\d+ /, ''))).size, 1);
    t.equal(lines[0], '10000 . 0:0(0) ack 1', 'before SND.NXT, without text');
    t.equal(lines[9], '685000 R 1:1(0)');
    t.equal(b.connection.error, 'ETIMEDOUT');
    t.ok(b.connection.finished);
  },
);

eachWrap(t, '[MUST-29] any answer begins the quiet anew', (t, make) => {
  const b = make().establish();
  b.setKeepAlive(true, 10_000);
  b.advance(10_000 + 8 * 75_000);
  b.inject('. 1:1(0) ack 1 win 65535').sent();
  t.equal(b.tcb.keepAliveSent, 0);
  const lines = b.advance(10_000 + 75_000 + 10_000);
  t.ok(lines.length >= 1 && lines.length <= 2, `${lines.length} probes`);
  t.equal(b.state, 'ESTABLISHED');
});

eachWrap(t, '[MUST-26] keep-alive: no probe while something is on its way', (t, make) => {
  const b = make().establish();
  b.setKeepAlive(true, 1000);
  b.send(100);
  b.sent();
  const lines = b.advance(100_000).map((line) => line.replace(/^[\d.]+ /, ''));
  t.same([...new Set(lines)], ['P. 1:101(100) ack 1']);
});

eachWrap(t, '[MUST-26] keep-alive: no probe while the peer is heard', (t, make) => {
  const b = make().establish();
  b.setKeepAlive(true, 10_000);
  for (let i = 0; i < 20; i++) {
    t.same(b.advance(9999), []);
    b.inject('. 1:1(0) ack 1 win 65535');
  }
  t.same(times(b.advance(10_000)), [10_000], 'ten seconds after the last');
});

eachWrap(t, '[MUST-24] [MUST-27] keep-alive can be switched, and its interval set', (t, make) => {
  const b = make({ config: { keepAlive: true, keepAliveDelayMs: 5000 } }).establish();
  t.same(times(b.advance(5000)), [5000]);
  b.setKeepAlive(false);
  t.same(b.advance(DAY_MS), []);
  b.setKeepAlive(true);
  t.same(times(b.advance(5000)), [5000], 'the interval is as it was');
});

eachWrap(
  t,
  'keep-alive asked for while the connection is opening works once it stands',
  (t, make) => {
    const b = make().open();
    b.sent();
    b.setKeepAlive(true, 500);
    b.advance(900);
    b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>').sent();
    t.same(b.advance(1000).slice(0, 1), ['500 . 0:0(0) ack 1']);
  },
);

eachWrap(t, 'keep-alive works in a half-closed connection, and ends with TIME-WAIT', (t, make) => {
  const b = make().establish();
  b.setKeepAlive(true, 1000);
  b.shutdown().sent();
  b.inject('. 1:1(0) ack 2 win 65535');
  t.same(times(b.advance(1000)), [1000]);
  b.inject('F. 1:1(0) ack 2 win 65535').sent();
  t.equal(b.state, 'TIME-WAIT');
  b.setKeepAlive(true, 10);
  t.same(b.advance(60_000), []);
  t.equal(b.state, 'CLOSED');
});

eachWrap(t, 'a deadline that has not come does nothing', (t, make) => {
  const b = make().establish();
  b.send(100);
  b.sent();
  b.connection.handleTimeout(b.connection.deadline - 0.001);
  t.same(b.sent(), []);
  t.equal(b.tcb.rtt.backoff, 0);
});

eachWrap(t, 'several deadlines that have come together are all kept', (t, make) => {
  const b = make().establish();
  b.setKeepAlive(true, 100);
  b.send(100);
  b.sent();
  b.inject('P. 1:11(10) ack 1 win 65535');
  b.now += 10_000; // the process was asleep
  b.connection.handleTimeout(b.now);
  t.same(b.sent(), ['P. 1:101(100) ack 11'], 'the repetition bears the ACK');
  t.ok(b.connection.deadline > b.now);
});

eachWrap(
  t,
  'in a repair the timer waits as long as round trips have become meanwhile',
  (t, make) => {
    const b = make({ config: { sack: true, minRtoMs: 200 } }).open();
    b.sent();
    b.advance(100);
    b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
    b.tcb.cc.cwnd = 100_000;
    for (let end = 1001; end <= 8001; end += 1000) {
      b.send(1000);
      b.sent();
      b.advance(100);
      b.inject(`. 1:1(0) ack ${end} win 65535`);
    }
    b.send(10_000);
    b.sent();
    b.advance(100);
    b.inject('. 1:1(0) ack 8001 win 65535 <sack 9001:12001>');
    t.match(b.sent(), [/8001:9001/], 'the repair');
    const repairedAt = b.now;
    const before = b.tcb.rtt.rto;
    // A queue fills: each report comes later.
    for (let end = 13_001; end <= 18_001; end += 1000) {
      b.advance(25);
      b.inject(`. 1:1(0) ack 8001 win 65535 <sack 9001:${end}>`);
      b.sent();
    }
    const { rto } = b.tcb.rtt;
    t.ok(rto > before + 20, `${rto} ms, it was ${before}`);
    b.advance(repairedAt + rto - 1 - b.now);
    t.equal(b.tcb.rtt.backoff, 0);
    t.equal(b.tcb.recovery.mode, 'fast');
    t.match(b.advance(2), [/8001:9001/], 'but no longer');
    t.equal(b.tcb.recovery.mode, 'timeout');
  },
);
