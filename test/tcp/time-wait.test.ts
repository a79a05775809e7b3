/** A connection in TIME-WAIT without its user: kept small, and answering as a whole one does. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

/** Released in TIME-WAIT; RCV.NXT is 2. At rest once its events have been polled. */
function inTimeWait(make: MakeBench, timestamps: boolean): Bench {
  const b = make({ config: { timestamps, sack: true } }).open();
  b.sent();
  const ts = timestamps ? ',TS val 5000 ecr 7' : '';
  b.inject(`S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK${ts}>`).sent();
  b.shutdown().sent();
  b.inject(`F. 1:1(0) ack 2 win 65535${timestamps ? ' <TS val 5001 ecr 7>' : ''}`).sent();
  b.release();
  return b;
}

function atRest(make: MakeBench, timestamps: boolean): Bench {
  const b = inTimeWait(make, timestamps);
  t.equal(b.events(), 'connected readable closed');
  return b;
}

const SEGMENTS = [
  'F. 1:1(0) ack 2 win 65535',
  'FP. 1:11(10) ack 2 win 65535',
  '. 2:2(0) ack 2 win 65535',
  '. 2:2(0) ack 1 win 65535',
  '. 2:2(0) ack 3 win 65535',
  '. 2:102(100) ack 2 win 65535',
  '. 1:101(100) ack 2 win 65535',
  '. 900000:900000(0) ack 2 win 65535',
  'R 2:2(0) win 0',
  'R 3:3(0) win 0',
  'R 900000:900000(0) win 0',
  'S 2:2(0) win 65535',
  'S 0:0(0) win 65535',
  'S. 0:0(0) ack 1 win 65535',
];

eachWrap(t, 'at rest it answers as it would have', (t, make) => {
  for (const timestamps of [false, true]) {
    for (const stale of timestamps ? [false, true] : [false]) {
      const option = timestamps ? ` <TS val ${stale ? 4000 : 6000} ecr 7>` : '';
      for (const line of SEGMENTS) {
        const small = atRest(make, timestamps);
        const whole = inTimeWait(make, timestamps);
        small.inject(`${line}${option}`);
        whole.inject(`${line}${option}`);
        t.same(small.sent(), whole.sent(), `${line}${option}`);
        t.equal(small.state, whole.state);
        t.equal(small.connection.deadline, whole.connection.deadline, 'and waits as long');
      }
    }
  }
});

eachWrap(
  t,
  'it rests again after each answer, and challenges no more often than it may',
  (t, make) => {
    const small = atRest(make, false);
    const whole = inTimeWait(make, false);
    for (let i = 0; i < 30; i++) {
      small.inject('S 900:900(0) win 65535');
      whole.inject('S 900:900(0) win 65535');
      t.same(small.sent(), whole.sent(), `SYN ${i}`);
      small.events();
    }
  },
);

eachWrap(t, '[MUST-13] it is over after twice the MSL', (t, make) => {
  const b = atRest(make, false);
  const msl = b.tcb.config.mslMs;
  b.events();
  b.advance(2 * msl - 1);
  t.equal(b.state, 'TIME-WAIT');
  b.advance(2);
  t.equal(b.state, 'CLOSED');
  t.ok(b.connection.finished);
});

eachWrap(t, 'what concerns a living connection changes nothing for others at rest', (t, make) => {
  const b = atRest(make, false);
  const other = atRest(make, false);
  t.equal(b.connection.handlePathMtu(500, 0), false);
  b.connection.handleWiderPath(100);
  b.connection.tune({ receiveBufferBytes: 4096 });
  b.connection.setKeepAlive(true, 1000, b.now);
  b.events();
  b.connection.abort();
  t.equal(b.state, 'CLOSED');
  t.equal(other.state, 'TIME-WAIT');
  t.notOk(other.connection.unfinished);
  t.equal(other.connection.lastSent, other.tcb.snd.nxt);
  other.events();
  other.inject('F. 1:1(0) ack 2 win 65535');
  t.same(other.sent(), inTimeWait(make, false).inject('F. 1:1(0) ack 2 win 65535').sent());
});
