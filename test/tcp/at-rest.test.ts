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
      small.connection.rest();
      const now = small.now + 12_345.5;
      small.now = whole.now = now;
      event(small);
      event(whole);
      t.same(small.sent(), whole.sent(), name);
      t.equal(small.connection.pollEvents(), whole.connection.pollEvents());
      t.same(small.connection.info(now), whole.connection.info(now));
      small.connection.rest();
      t.same(small.advance(3000), whole.advance(3000));
    }
  }
});

eachWrap(t, 'it looks from outside as it did', (t, make) => {
  const small = established(make, true);
  const whole = established(make, true);
  whole.setKeepAlive(true, 1000);
  small.setKeepAlive(true, 1000);
  small.connection.rest();
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
  small.connection.rest();
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
  b.connection.rest();
  b.connection.info(b.now);
  b.connection.pollEvents();
  b.connection.dispose();
  t.equal(b.connection.state, 'ESTABLISHED');
});
