/** Buffers grow as far as transfer and reader can use them, and no further. */
import t from 'tap';
import { Bench, type BenchOptions } from '../tcp/bench';

const ROUND_TRIP_MS = 100;
const KIB = 1024;

/** ESTABLISHED after a handshake that took a round trip. */
function bench(config: BenchOptions['config']): Bench {
  const b = new Bench({ iss: 0x7fff_fff0, irs: 5, mss: KIB, config }).open();
  b.sent();
  b.now += ROUND_TRIP_MS;
  const ts = config?.timestamps ? `,TS val 7 ecr ${b.tcb.ts.value(b.now - ROUND_TRIP_MS)}` : '';
  b.inject(`S. 0:0(0) ack 1 win 65535 <mss ${KIB}${ts}>`).sent();
  b.events();
  return b;
}

const READER = { receiveBufferBytes: 8 * KIB, receiveBufferMaxBytes: 20 * KIB };

/** The peer sends `count` KiB, the user reads them. */
function feed(b: Bench, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = b.receivePosition;
    b.inject(`. ${at}:${at + KIB}(${KIB}) ack 1 win 65535`).sent();
    b.receive();
  }
}

t.test('who reads more than half a buffer in a round trip gets twice as large a one', async (t) => {
  const b = bench(READER);
  feed(b, 1);
  b.advance(ROUND_TRIP_MS - 1);
  feed(b, 4);
  t.equal(b.tcb.receiveBuffer.limit, 8 * KIB, 'the round trip is not over');
  b.advance(1);
  feed(b, 1);
  t.equal(b.tcb.receiveBuffer.limit, 16 * KIB, 'six of eight');
  b.advance(ROUND_TRIP_MS);
  feed(b, 8);
  t.equal(b.tcb.receiveBuffer.limit, 16 * KIB, 'the first of them ended a round trip of one');
  b.advance(ROUND_TRIP_MS);
  feed(b, 1);
  t.equal(b.tcb.receiveBuffer.limit, 16 * KIB, 'eight of sixteen are not more than half');
  feed(b, 8);
  b.advance(ROUND_TRIP_MS);
  feed(b, 1);
  t.equal(b.tcb.receiveBuffer.limit, 20 * KIB, 'the named maximum');
  feed(b, 19);
  b.advance(ROUND_TRIP_MS);
  feed(b, 1);
  t.equal(b.tcb.receiveBuffer.limit, 20 * KIB, 'and no more');
  b.connection.dispose();
});

t.test('who reads slowly keeps what he has', async (t) => {
  const b = bench(READER);
  for (let i = 0; i < 20; i++) {
    feed(b, 3); // with the first of the next round trip: half a buffer
    b.advance(ROUND_TRIP_MS);
  }
  t.equal(b.tcb.receiveBuffer.limit, 8 * KIB);
  b.connection.dispose();
});

t.test('a maximum that is not above the first limit means no growth', async (t) => {
  const b = bench({ receiveBufferBytes: 8 * KIB, receiveBufferMaxBytes: 8 * KIB });
  for (let i = 0; i < 5; i++) {
    feed(b, 8);
    b.advance(ROUND_TRIP_MS);
  }
  t.equal(b.tcb.receiveBuffer.limit, 8 * KIB);
  b.connection.dispose();
});

t.test(
  'the receiver’s round trip: the smallest echo counts at once, larger ones slowly',
  async (t) => {
    const b = bench({ ...READER, timestamps: true });
    const echo = (age: number): number => {
      const at = b.receivePosition;
      const ecr = b.tcb.ts.value(b.now - age);
      b.inject(`. ${at}:${at + 10}(10) ack 1 win 65535 <TS val 7 ecr ${ecr}>`).sent();
      b.receive();
      return b.connection.info(b.now).rcv_rtt;
    };
    t.ok(Number.isNaN(b.connection.info(b.now).rcv_rtt), 'nothing is known at first');
    t.equal(echo(80), 80);
    t.equal(echo(160), 90, 'an eighth of the way');
    t.equal(echo(40), 40);
    t.equal(echo(0), 1, 'never less than the clock can tell');
    const at = b.receivePosition;
    b.inject(`. ${at}:${at + 10}(10) ack 1 win 65535 <TS val 7 ecr 0>`).sent();
    t.equal(b.connection.info(b.now).rcv_rtt, 1, 'an echo of 0 is none');
    b.connection.dispose();
  },
);

const WRITER = { sendBufferBytes: 16 * KIB, sendBufferMaxBytes: 40 * KIB };

t.test(
  'the send buffer doubles when the window outgrows half of it and the user waits',
  async (t) => {
    const b = bench({ ...WRITER, initialWindowSegments: 6 });
    t.equal(b.send(20 * KIB), 16 * KIB, 'the rest waits');
    t.equal(b.sent().length, 6);
    b.inject(`. 1:1(0) ack ${2 * KIB + 1} win 65535`);
    t.equal(b.tcb.cc.cwnd, 8 * KIB);
    t.equal(b.tcb.sendBuffer.limit, 16 * KIB, 'eight are half of it');
    b.sent();
    b.inject(`. 1:1(0) ack ${3 * KIB + 1} win 65535`);
    t.equal(b.tcb.sendBuffer.limit, 32 * KIB, 'nine are more');
    t.match(b.events(), 'writable');
    b.send(60 * KIB);
    b.sent();
    for (let i = 0; i < 10; i++) {
      b.inject(`. 1:1(0) ack ${(b.tcb.snd.nxt - b.iss) | 0} win 65535`);
      b.send(60 * KIB);
      b.sent();
    }
    t.equal(b.tcb.sendBuffer.limit, 40 * KIB, 'up to the named maximum');
    b.connection.dispose();
  },
);

t.test('and not for a user who does not wait', async (t) => {
  const b = bench(WRITER);
  for (let i = 0; i < 8; i++) {
    b.send(12 * KIB);
    b.sent();
    b.inject(`. 1:1(0) ack ${(b.tcb.snd.nxt - b.iss) | 0} win 65535`);
    b.sent();
    b.inject(`. 1:1(0) ack ${(b.tcb.snd.nxt - b.iss) | 0} win 65535`);
  }
  t.ok(b.tcb.cc.cwnd > 16 * KIB, `the window has grown to ${b.tcb.cc.cwnd}`);
  t.equal(b.tcb.sendBuffer.limit, 16 * KIB);
  b.connection.dispose();
});
