/** A connection with nothing to do is kept small, and answers as a whole one does. */
import t from 'tap';
import type { Tcb } from '../../lib/tcp/tcb';
import { checkRest } from '../support/rest-check';
import { type Bench, eachWrap, type MakeBench } from './bench';

const OPTIONS = 'mss 1000,sackOK,wscale 7,TS val 1 ecr 0';
const CONFIG = { timestamps: true, sack: true, windowScaling: true };

function established(make: MakeBench, passive: boolean): Bench {
  const b = make({ config: CONFIG });
  return b.establish({ passive, options: OPTIONS, win: 8000 });
}

/** What a whole connection and one that has rested both do; the row is not to be seen from outside. */
const EVENTS: readonly (readonly [string, (b: Bench) => unknown])[] = [
  ['text arrives', (b) => b.inject('P. 1:11(10) ack 1 win 8000 <TS val 6 ecr 7>').receive()],
  ['text with a gap', (b) => b.inject('. 101:111(10) ack 1 win 8000 <TS val 6 ecr 7>')],
  ['the peer ends', (b) => b.inject('F. 1:1(0) ack 1 win 8000 <TS val 6 ecr 7>')],
  ['a reset', (b) => b.inject('R 1:1(0) win 0')],
  ['a SYN', (b) => b.inject('S 1:1(0) win 8000')],
  ['an old segment', (b) => b.inject('. 0:0(0) ack 1 win 8000 <TS val 0 ecr 7>')],
  ['a window', (b) => b.inject('. 1:1(0) ack 1 win 3 <TS val 6 ecr 7>')],
  ['urgent text ahead', (b) => b.inject('.U 1:1(0) ack 1 win 8000 urg 5 <TS val 6 ecr 7>')],
  ['a mark', (b) => b.inject('.E 1:1(0) ack 1 win 8000 <TS val 6 ecr 7>')],
  ['text is sent', (b) => b.send(2500)],
  ['urgent text is sent', (b) => b.send(10, true)],
  ['it is closed', (b) => b.shutdown()],
  ['its user goes', (b) => b.release()],
  ['it is aborted', (b) => b.abort()],
  ['keep-alives begin', (b) => b.setKeepAlive(true, 500)],
  ['Nagle goes', (b) => b.connection.setNoDelay(true)],
  ['it is tuned', (b) => b.connection.tune({ receiveBufferBytes: 4096, quickAckSegments: 3 })],
  ['the path widens', (b) => b.connection.handleWiderPath(100)],
  ['the path narrows', (b) => b.connection.handlePathMtu(600, b.iss + 1)],
  ['nothing', () => null],
];

eachWrap(t, 'what concerns it finds it as it was', (t, make) => {
  for (const passive of [false, true]) {
    for (const [name, event] of EVENTS) {
      const small = established(make, passive);
      const whole = established(make, passive);
      small.connection.rest(small.now);
      const now = small.now + 12_345.5;
      small.now = whole.now = now;
      event(small);
      event(whole);
      t.same(small.sent(), whole.sent(), name);
      t.equal(small.connection.pollEvents(), whole.connection.pollEvents());
      t.same(small.connection.info(now), whole.connection.info(now));
      small.connection.rest(small.now);
      t.same(small.advance(3000), whole.advance(3000));
    }
  }
});

eachWrap(t, 'it looks from outside as it did', (t, make) => {
  const small = established(make, true);
  const whole = established(make, true);
  whole.setKeepAlive(true, 1000);
  small.setKeepAlive(true, 1000);
  small.connection.rest(small.now);
  for (const key of [
    'state',
    'error',
    'softError',
    'urgentBytes',
    'deadline',
    'readEnded',
    'sendQueueBytes',
    'unfinished',
    'finished',
    'lastSent',
  ] as const) {
    t.equal(small.connection[key], whole.connection[key], key);
  }
  small.connection.rest(small.now);
  t.same(small.connection.info(small.now), whole.connection.info(whole.now));
  t.equal(small.connection.receive(small.now), null);
  t.equal(small.connection.receiveInto(new Uint8Array(5), small.now), 0);
  t.equal(small.connection.pollEvents(), 0);
  t.notOk(small.connection.mayReopen(small.last));
  t.same(small.advance(1001), whole.advance(1001), 'and its keep-alive is sent');
});

/** [what it still has to do, name] */
const BUSY: readonly (readonly [(b: Bench) => unknown, string])[] = [
  [(b) => b.send(10), 'text to send'],
  [(b) => b.inject('P. 1:11(10) ack 1 win 8000 <TS val 6 ecr 7>'), 'text to read'],
  [(b) => b.inject('. 101:111(10) ack 1 win 8000 <TS val 6 ecr 7>').sent(), 'a gap'],
  [(b) => b.inject('R 3:3(0) win 0'), 'an answer to give'],
  [(b) => b.inject('.U 1:1(0) ack 1 win 8000 urg 5 <TS val 6 ecr 7>').sent(), 'something to tell'],
  [(b) => b.shutdown(), 'a FIN to send'],
  [(b) => b.inject('F. 1:1(0) ack 1 win 8000 <TS val 6 ecr 7>').sent(), 'no peer any more'],
  [(b) => b.abort(), 'an end'],
  [(b) => Object.assign(b.tcb, { softError: 'EHOSTUNREACH' }), 'trouble'],
  [(b) => b.connection.tune({ sendBufferBytes: 10 }), 'a limit that was lowered'],
];

eachWrap(t, 'who has something to do stays whole', (t, make) => {
  for (const [occupy, name] of BUSY) {
    const b = established(make, true);
    t.ok(checkRest(b.connection), 'before that it may rest');
    occupy(b);
    t.notOk(checkRest(b.connection), name);
  }
  const opening = make().open();
  t.notOk(checkRest(opening.connection), 'one that opens');
});

eachWrap(t, 'to be looked at does not wake it', (t, make) => {
  const b = established(make, false);
  const before: Tcb = b.tcb;
  b.connection.info(b.now);
  t.equal(b.tcb, before, 'a whole one is what it is');
  b.connection.rest(b.now);
  b.connection.info(b.now);
  b.connection.pollEvents();
  b.connection.dispose();
  t.equal(b.connection.state, 'ESTABLISHED');
});

/** A question and an answer; whatever is due has been done. */
function converse(b: Bench): string[] {
  const first = b.receivePosition;
  const lines: string[] = [];
  b.inject(`P. ${first}:${first + 100}(100) ack ${b.sendPosition} win 60000`);
  b.receive();
  b.send(300);
  lines.push(...b.sent());
  b.now += 20;
  b.inject(`. ${first + 100}:${first + 100}(0) ack ${b.sendPosition} win 60000`);
  lines.push(...b.advance(1000), b.events());
  return lines;
}

/** All of `bytes` is sent and acknowledged, a round trip of 20 ms after the other. */
function transfer(b: Bench, bytes: number): string[] {
  const lines: string[] = [];
  const end = b.sendPosition + bytes;
  while (b.sendPosition < end || b.connection.sendQueueBytes > 0) {
    if (b.sendPosition < end) b.send(end - b.sendPosition);
    lines.push(...b.sent());
    b.now += 20;
    const acked = (b.tcb.snd.nxt - b.iss) | 0;
    b.inject(`. ${b.receivePosition}:${b.receivePosition}(0) ack ${acked} win 60000`);
  }
  return lines;
}

eachWrap(t, 'where there was text it rests after five seconds of silence', (t, make) => {
  const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  converse(b);
  const { tcb } = b;
  const since = tcb.rcv.lastAt;
  t.notOk(b.connection.rest(since + 4999), 'too early to say');
  t.equal(b.tcb, tcb);
  t.ok(b.connection.rest(since + 5000));
  t.ok(b.connection.rest(since + 5000), 'it does');
  t.not(b.tcb, tcb);
  t.equal(b.tcb.cc.cwnd, 10_000);
  t.equal(b.tcb.count.bytesSent, 300);
});

for (const congestionControl of ['reno', 'cubic']) {
  eachWrap(t, `after its rest ${congestionControl} sends as after silence`, (t, make) => {
    const benches = [0, 1].map(() => {
      const config = { sack: true, congestionControl, sendBufferBytes: 100_000 };
      return make({ config }).establish({ options: 'mss 1000,sackOK', win: 60_000 });
    });
    const [small, whole] = benches;
    for (const bytes of [0, 70_000, 50_000]) {
      t.same(transfer(small, bytes), transfer(whole, bytes));
      t.same(converse(small), converse(whole));
      for (const b of benches) b.now += 60_000;
      const before = small.tcb;
      t.ok(small.connection.rest(small.now));
      t.not(small.tcb, before, 'it has rested');
    }
    t.same(transfer(small, 90_000), transfer(whole, 90_000));
    t.equal(small.tcb.cc.cwnd, whole.tcb.cc.cwnd);
  });
}

eachWrap(t, 'what it has learned of the path is not forgotten', (t, make) => {
  const quiet = () => make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  const staysWhole = (b: Bench, why: string) => {
    const before = b.tcb;
    t.ok(b.connection.rest(b.now + 100_000), 'nor is it worth asking again');
    t.equal(b.tcb, before, why);
  };
  const lossy = quiet();
  lossy.send(500);
  lossy.advance(3000);
  lossy.inject('. 1:1(0) ack 501 win 60000');
  t.ok(lossy.tcb.count.retransmits > 0);
  staysWhole(lossy, 'a loss');
  const narrow = quiet();
  converse(narrow);
  narrow.connection.handleWiderPath(0);
  narrow.tcb.blackHole.fullMss = 1000;
  staysWhole(narrow, 'a black hole');
  const modelled = make({ config: { congestionControl: 'bbr' } }).establish();
  converse(modelled);
  staysWhole(modelled, 'a model of the path');
});
