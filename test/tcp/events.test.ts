/** The bits of `pollEvents`. */
import t from 'tap';
import * as events from '../../lib/tcp/events';
import { Bench } from './bench';

const BITS = Object.entries(events) as [string, number][];

t.test('every event is one bit, and no two share one', (t) => {
  let all = 0;
  for (const [name, bit] of BITS) {
    t.ok(bit > 0 && (bit & (bit - 1)) === 0, `${name} is one bit`);
    t.equal(all & bit, 0, `${name} is its own`);
    all |= bit;
  }
  t.end();
});

t.test('the lowest bit is what a user must hear of first', (t) => {
  // The order of ConnectionHandler in types/stack: what follows makes sense only after what stands before.
  const order = ['CONNECTED', 'URGENT', 'TROUBLE', 'READABLE', 'WRITABLE', 'ERROR', 'CLOSED'];
  const bits = order.map((name) => (events as Record<string, number>)[`EVENT_${name}`]);
  t.same(
    bits,
    [...bits].sort((a, b) => a - b),
  );
  t.end();
});

t.test('an event is reported once', (t) => {
  const b = new Bench().establish();
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.equal(b.events(), 'readable');
  t.equal(b.events(), '');
  t.end();
});

t.test('events that come up together are reported together', (t) => {
  const b = new Bench().open();
  b.sent();
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>');
  b.inject('PFU. 1:11(10) ack 1 win 65535 urg 5');
  t.equal(b.events(), 'connected urgent readable');
  t.end();
});

t.test('reading is announced for the end of the text, too', (t) => {
  const b = new Bench().establish();
  b.inject('F. 1:1(0) ack 1 win 65535');
  t.equal(b.events(), 'readable');
  t.equal(b.connection.readEnded, true);
  t.end();
});

t.test('[MUST-12] an orderly end and a reset are told apart', (t) => {
  const orderly = new Bench().establish();
  orderly.inject('F. 1:1(0) ack 1 win 65535');
  orderly.shutdown().sent();
  orderly.inject('. 2:2(0) ack 2 win 65535');
  t.equal(orderly.state, 'CLOSED');
  t.equal(orderly.events(), 'readable closed');
  t.equal(orderly.connection.error, null);

  const reset = new Bench().establish();
  reset.inject('R 1:1(0)');
  t.equal(reset.events(), 'error closed');
  t.equal(reset.connection.error, 'ECONNRESET');
  t.end();
});
