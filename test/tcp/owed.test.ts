/** The bits of `tcb.owed`, and that each is paid. */
import t from 'tap';
import * as owed from '../../lib/tcp/owed';
import { Bench } from './bench';

const BITS = Object.entries(owed) as [string, number][];

t.test('every debt is one bit, and no two share one', (t) => {
  let all = 0;
  for (const [name, bit] of BITS) {
    t.ok(bit > 0 && (bit & (bit - 1)) === 0, `${name} is one bit`);
    t.equal(all & bit, 0, `${name} is its own`);
    all |= bit;
  }
  t.equal(BITS.length, 8);
  t.end();
});

t.test('no debt outlives a round of output, whatever is owed together', (t) => {
  const synchronized = BITS.filter(([name]) => name !== 'OWE_SYN' && name !== 'OWE_RESET');
  const left: string[] = [];
  for (let mask = 1; mask < 1 << synchronized.length; mask++) {
    const b = new Bench().establish();
    b.send(100);
    b.sent();
    for (let i = 0; i < synchronized.length; i++) {
      if ((mask & (1 << i)) !== 0) b.tcb.owed |= synchronized[i][1];
    }
    b.sent();
    if (b.tcb.owed !== 0) left.push(`mask ${mask}: ${b.tcb.owed} is left`);
    b.connection.dispose();
  }
  t.same(left, []);
  t.end();
});

t.test('a SYN is owed from OPEN until it leaves', (t) => {
  const b = new Bench().open();
  t.equal(b.tcb.owed, owed.OWE_SYN);
  b.sent();
  t.equal(b.tcb.owed, 0);
  t.end();
});

t.test('a SYN-ACK that is owed again is not owed once the handshake is over', (t) => {
  // In one batch the peer's repeated SYN and his ACK arrive: only the ACK counts.
  const b = new Bench().openPassive('S 0:0(0) win 65535 <mss 1000>');
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000>');
  b.inject('. 1:1(0) ack 1 win 65535');
  t.equal(b.state, 'ESTABLISHED');
  b.sent();
  t.equal(b.tcb.owed, 0);
  t.equal(b.connection.unfinished, false);
  t.end();
});

t.test('nor is a SYN whose timer has fired just before its answer came', (t) => {
  const b = new Bench().open();
  b.sent();
  b.now += 1000;
  b.connection.handleTimeout(b.now);
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
  t.equal(b.tcb.owed, 0);
  t.end();
});

t.test('an aborted connection owes its reset and nothing else', (t) => {
  const b = new Bench().establish();
  b.inject('P. 1:2001(2000) ack 1 win 65535');
  t.not(b.tcb.owed & owed.OWE_ACK, 0);
  b.abort();
  t.equal(b.tcb.owed, owed.OWE_RESET);
  t.equal(b.connection.finished, false, 'it is not over before the reset has left');
  t.same(b.sent(), ['R 1:1(0)']);
  t.equal(b.connection.finished, true);
  t.end();
});
