/** What the network says of the path: ICMP errors, and its MTU. */
import t from 'tap';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';
import { reach, SYNCHRONIZED } from './reach';

const HARD = { code: 'ECONNREFUSED', hard: true } as const;
const SOFT = { code: 'EHOSTUNREACH', hard: false } as const;

/** 3000 bytes are on their way. */
function sending(make: MakeBench, options: BenchOptions = {}): Bench {
  const b = make(options).establish();
  b.send(3000);
  b.sent();
  return b;
}

eachWrap(t, '[MUST-54] while the connection is opening an error ends it', (t, make) => {
  for (const error of [HARD, SOFT]) {
    const b = make().open();
    b.sent();
    t.equal(b.connection.handlePathError(error, b.iss), true);
    t.equal(b.state, 'CLOSED');
    t.equal(b.connection.error, error.code);
    t.equal(b.events(), 'error closed');
    t.ok(b.connection.finished);
  }
});

eachWrap(t, '[MUST-56] or a hard one only, by request', (t, make) => {
  const b = make({ config: { softErrorsEndOpening: false } }).open();
  b.sent();
  b.connection.handlePathError(SOFT, b.iss);
  t.equal(b.state, 'SYN-SENT');
  t.equal(b.events(), 'trouble');
  t.equal(b.connection.softError, 'EHOSTUNREACH');
  b.connection.handlePathError(HARD, b.iss);
  t.equal(b.connection.error, 'ECONNREFUSED');
});

eachWrap(
  t,
  '[MUST-56] [U-1] [SHLD-25] [A-15] once synchronized no error ends it, the user hears of it',
  (t, make) => {
    for (const error of [HARD, SOFT]) {
      const b = sending(make);
      t.equal(b.connection.handlePathError(error, b.tcb.snd.una), true);
      t.equal(b.state, 'ESTABLISHED');
      t.equal(b.connection.error, null);
      t.equal(b.connection.softError, error.code);
      t.equal(b.events(), 'trouble');
    }
  },
);

eachWrap(
  t,
  'when the time is up, the connection has died of what the network said last',
  (t, make) => {
    const b = sending(make, { config: { dataTimeoutMs: 5000 } });
    b.connection.handlePathError(SOFT, b.tcb.snd.una);
    b.advance(60_000);
    t.equal(b.connection.error, 'EHOSTUNREACH');
  },
);

/** [offset of the quoted sequence number from SND.UNA, believed, name]; 3000 bytes are on their way */
const QUOTES: readonly (readonly [number, boolean, string])[] = [
  [0, true, 'SND.UNA'],
  [1000, true, 'a segment on its way'],
  [2999, true, 'the last byte'],
  [3000, false, 'SND.NXT'],
  [-1, false, 'acknowledged'],
  [100_000, false, 'far ahead'],
  [-100_000, false, 'long ago'],
  [0x7fff_ffff, false, 'half the space ahead'],
];

eachWrap(
  t,
  '[A-15] an error about anything that is not on its way is forged (RFC 5927 §4.1)',
  (t, make) => {
    for (const [offset, believed, name] of QUOTES) {
      const b = sending(make);
      const seq = (b.tcb.snd.una + offset) | 0;
      t.equal(b.connection.handlePathError(SOFT, seq), believed, name);
      t.equal(b.connection.softError, believed ? 'EHOSTUNREACH' : null, name);
      t.equal(b.connection.handlePathMtu(600, seq), believed, `${name}: MTU`);
      t.equal(b.tcb.snd.mss, believed ? 600 : 1000, name);
      b.connection.dispose();
    }
    const opening = make().open();
    opening.sent();
    t.equal(opening.connection.handlePathError(HARD, opening.iss + 1), false);
    t.equal(opening.connection.handlePathError(HARD, opening.iss - 1), false);
    t.equal(opening.state, 'SYN-SENT');
  },
);

eachWrap(
  t,
  'a smaller path: what is on its way goes again at once, in smaller pieces',
  (t, make) => {
    const b = sending(make);
    const { cwnd, ssthresh } = b.tcb.cc;
    t.equal(b.connection.handlePathMtu(600, b.tcb.snd.una), true);
    t.same(b.sent(), [
      '. 1:601(600) ack 1',
      '. 601:1001(400) ack 1',
      '. 1001:1601(600) ack 1',
      '. 1601:2001(400) ack 1',
      '. 2001:2601(600) ack 1',
      'P. 2601:3001(400) ack 1',
    ]);
    t.same([b.tcb.cc.cwnd, b.tcb.cc.ssthresh], [cwnd, ssthresh], 'which is no congestion');
    b.inject('. 1:1(0) ack 3001 win 65535');
    t.equal(b.connection.deadline, Number.POSITIVE_INFINITY);
  },
);

eachWrap(t, 'timestamps take their share of the smaller path', (t, make) => {
  const b = make({ config: { timestamps: true } });
  b.establish({ options: 'mss 1000,TS val 1 ecr 0' });
  b.send(3000);
  b.sent();
  b.connection.handlePathMtu(700, b.tcb.snd.una);
  t.equal(b.tcb.snd.mss, 688);
});

eachWrap(t, '[A-15] nobody makes us send tiny packets', (t, make) => {
  for (const mss of [0, 1, 100, 511, 512]) {
    const b = sending(make);
    b.connection.handlePathMtu(mss, b.tcb.snd.una);
    t.equal(b.tcb.snd.mss, 512, `${mss}`);
    t.equal(b.connection.handlePathMtu(mss, b.tcb.snd.una), false, 'nothing new');
    b.connection.dispose();
  }
});

eachWrap(
  t,
  'a path that is said to be as large as it was, or larger, is nothing new',
  (t, make) => {
    for (const mss of [1000, 1001, 65_535]) {
      const b = sending(make);
      t.equal(b.connection.handlePathMtu(mss, b.tcb.snd.una), false);
      t.equal(b.tcb.snd.mss, 1000);
      t.same(b.sent(), []);
      b.connection.dispose();
    }
  },
);

eachWrap(t, 'a peer that takes less than the path is not sent more', (t, make) => {
  const b = make({ mss: 1460 }).establish({ options: 'mss 536' });
  b.send(1000);
  b.sent();
  b.connection.handlePathMtu(1200, b.tcb.snd.una);
  t.equal(b.tcb.snd.mss, 536);
});

eachWrap(t, 'messages in any state break nothing', (t, make) => {
  for (const state of SYNCHRONIZED) {
    const b = reach(make(), state);
    for (const seq of [b.tcb.snd.una, b.tcb.snd.nxt, b.tcb.snd.nxt - 1]) {
      b.connection.handlePathError(HARD, seq | 0);
      b.connection.handlePathMtu(500, seq | 0);
      b.sent();
    }
    t.equal(b.state, state);
  }
  const closed = make();
  t.equal(closed.connection.handlePathMtu(500, 0), false);
});

eachWrap(
  t,
  'a path that swallows large segments without a word: smaller ones are tried',
  (t, make) => {
    const b = make({ mss: 1460, config: { blackHoleTimeouts: 3 } }).establish({
      options: 'mss 1460',
    });
    b.send(4000);
    b.sent();
    const lengths = b.advance(13_000).map((line) => Number(/\((\d+)\)/.exec(line)?.[1]));
    t.same(lengths, [1460, 1460, 730, 512, 512, 512]);
  },
);

eachWrap(t, '[RFC 1191 §6.3] what was known of a path grows old', (t, make) => {
  const b = sending(make);
  b.connection.handlePathMtu(600, b.tcb.snd.una);
  b.sent();
  b.inject('. 1:1(0) ack 3001 win 65535').sent();
  b.connection.handleWiderPath(400);
  b.send(1000);
  t.same(b.sent(), ['P. 3001:4001(1000) ack 1']);
  const opening = make({ mss: 600 }).open();
  opening.sent();
  opening.connection.handleWiderPath(400);
  opening.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>').sent();
  opening.send(1000);
  t.same(opening.sent(), ['P. 1:1001(1000) ack 1']);
});

eachWrap(t, 'a suspicion of a black hole goes with what was known of the path', (t, make) => {
  const b = make({ mss: 1460, config: { blackHoleTimeouts: 1 } }).establish({
    options: 'mss 1460',
  });
  b.send(4000);
  b.sent();
  b.connection.handlePathMtu(1200, b.tcb.snd.una);
  b.sent();
  b.advance(250);
  t.equal(b.tcb.snd.mss, 600);
  b.connection.handleWiderPath(260);
  t.equal(b.tcb.snd.mss, 1460);
  b.sent();
  b.inject('. 1:1(0) ack 4001 win 65535');
  t.equal(b.tcb.snd.mss, 1460);
});

eachWrap(t, 'small segments that are lost are no sign of it', (t, make) => {
  const b = make({ mss: 1460, config: { blackHoleTimeouts: 3 } }).establish({
    options: 'mss 1460',
  });
  b.send(400);
  b.sent();
  b.advance(13_000);
  t.equal(b.tcb.snd.mss, 1460);
});

eachWrap(t, 'if they arrive, large ones are tried again after a while', (t, make) => {
  const b = make({ mss: 1460, config: { blackHoleTimeouts: 3 } }).establish({
    options: 'mss 1460',
  });
  b.send(2920);
  b.sent();
  b.advance(1400);
  t.equal(b.tcb.snd.mss, 730);
  const suspectedAt = b.now;
  b.inject('. 1:1(0) ack 2921 win 65535').sent();
  const sendOne = (): void => {
    b.send(100);
    b.sent();
    b.inject(`. 1:1(0) ack ${b.sendPosition} win 65535`);
  };
  b.now = suspectedAt + 9999;
  sendOne();
  t.equal(b.tcb.snd.mss, 730, 'not yet');
  b.now = suspectedAt + 10_000;
  sendOne();
  t.equal(b.tcb.snd.mss, 1460);
  b.send(1460);
  t.same(b.sent().length, 1);
});

eachWrap(
  t,
  'a path that has carried large ones is asked again with the first arrival',
  (t, make) => {
    const b = make({ mss: 1460, config: { blackHoleTimeouts: 3 } }).establish({
      options: 'mss 1460',
    });
    b.send(1460);
    b.sent();
    b.inject('. 1:1(0) ack 1461 win 65535');
    b.send(2920);
    b.sent();
    b.advance(7000);
    t.equal(b.tcb.snd.mss, 1460, 'it gets twice the time');
    b.advance(6000);
    t.equal(b.tcb.snd.mss, 730);
    b.inject('. 1:1(0) ack 2191 win 65535');
    t.equal(b.tcb.snd.mss, 1460);
  },
);
