/** Buffers that grow by themselves: when, by how much, and how far. */
import t from 'tap';
import { growSendBuffer, noteReadRate, noteReceiverRtt } from '../../lib/tcp/tuning';
import type { TcpConfig } from '../../types/tcp';
import { Bench } from './bench';

const FIXED = 10_000;

function made(config: Partial<TcpConfig>): Bench {
  return new Bench({
    config: { receiveBufferBytes: FIXED, sendBufferBytes: FIXED, ...config },
  }).establish();
}

/** [bytes read, ms since the last look, round trip, most, limit then, name] */
const READS: readonly (readonly [number, number, number, number, number, string])[] = [
  [5001, 100, 100, 80_000, 20_000, 'more than half in a round trip'],
  [5000, 100, 100, 80_000, 10_000, 'just half'],
  [5001, 99, 100, 80_000, 10_000, 'the round trip is not over'],
  [50_000, 1000, 100, 80_000, 20_000, 'very much: doubled all the same'],
  [5001, 100, 100, 15_000, 15_000, 'not beyond the most'],
  [5001, 100, 100, 10_000, 10_000, 'there is no room to grow'],
  [5001, 100, 100, 0, 10_000, 'the most is less than there is'],
  [5001, 100, Number.NaN, 80_000, 10_000, 'no round trip was measured'],
];

t.test('the receive buffer doubles when the reader keeps up with more than half of it', (t) => {
  for (const [bytes, ms, rtt, most, limit, name] of READS) {
    const b = made({ receiveBufferMaxBytes: most });
    b.tcb.rtt.srtt = Number.NaN;
    b.tcb.readRate.rtt = rtt;
    noteReadRate(b.tcb, 0, 1000);
    noteReadRate(b.tcb, bytes, 1000 + ms);
    t.equal(b.tcb.receiveBuffer.limit, limit, name);
  }
  t.end();
});

t.test('without timestamps our own round trip has to do', (t) => {
  const b = made({ receiveBufferMaxBytes: 80_000 });
  b.tcb.rtt.srtt = 50;
  noteReadRate(b.tcb, 0, 1000);
  noteReadRate(b.tcb, 9000, 1049);
  t.equal(b.tcb.receiveBuffer.limit, FIXED);
  noteReadRate(b.tcb, 1, 1050);
  t.equal(b.tcb.receiveBuffer.limit, 2 * FIXED);
  t.end();
});

t.test('what was read before the last look does not count', (t) => {
  const b = made({ receiveBufferMaxBytes: 80_000 });
  b.tcb.readRate.rtt = 100;
  noteReadRate(b.tcb, 0, 1000);
  for (let now = 1100; now < 3000; now += 100) noteReadRate(b.tcb, 4999, now);
  t.equal(b.tcb.receiveBuffer.limit, FIXED);
  t.end();
});

/** [TSecr, our clock, round trips before, after, name] */
const ECHOES: readonly (readonly [number, number, number, number, string])[] = [
  [900, 1000, Number.NaN, 100, 'the first'],
  [950, 1000, 100, 50, 'a shorter one counts at once'],
  [820, 1000, 100, 110, 'a longer one a little'],
  [1000, 1000, Number.NaN, 1, 'none at all: a millisecond'],
  [0, 1000, 100, 100, 'no echo'],
];

t.test('the round trip of the receiver comes from the echoes of his ACKs', (t) => {
  for (const [tsecr, now, before, after, name] of ECHOES) {
    const b = made({});
    b.tcb.readRate.rtt = before;
    noteReceiverRtt(b.tcb, tsecr, now);
    t.equal(b.tcb.readRate.rtt, after, name);
  }
  t.end();
});

/** [blocked, cwnd, most, limit then, name] */
const GROWTHS: readonly (readonly [boolean, number, number, number, string])[] = [
  [true, 5001, 80_000, 20_000, 'the window has outgrown half of it'],
  [true, 5000, 80_000, 10_000, 'it has not'],
  [false, 50_000, 80_000, 10_000, 'nobody waits for room'],
  [true, 50_000, 15_000, 15_000, 'not beyond the most'],
  [true, 50_000, 0, 10_000, 'the most is less than there is'],
];

t.test('the send buffer doubles when the network could take more', (t) => {
  for (const [blocked, cwnd, most, limit, name] of GROWTHS) {
    const b = made({ sendBufferMaxBytes: most });
    b.tcb.sendBlocked = blocked;
    b.tcb.cc.cwnd = cwnd;
    growSendBuffer(b.tcb);
    t.equal(b.tcb.sendBuffer.limit, limit, name);
  }
  t.end();
});

const CACHED = 524_288;

/** [limit, shortest round trip, present one, segments at once, limit then, name] */
const QUEUES: readonly (readonly [number, number, number, number, number, string])[] = [
  [CACHED / 2, 0.9, 90, 9, CACHED, 'a queue counts only beyond the cache'],
  [CACHED, 0.5, 2.1, 9, CACHED, 'a queue'],
  [CACHED, 0.5, 2, 9, 2 * CACHED, 'not yet one'],
  [CACHED, 0, 0.1, 9, CACHED, 'a path without length'],
  [CACHED, 0, 0, 9, 2 * CACHED, 'nothing has length'],
  [CACHED, 1, 100, 9, 2 * CACHED, 'a path that is long enough'],
  [CACHED, 0.5, 100, 1, 2 * CACHED, 'segments leave one by one'],
  [CACHED, Number.NaN, Number.NaN, 9, 2 * CACHED, 'no round trip was measured'],
];

t.test('the send buffer does not outgrow the cache for a queue on a short path', (t) => {
  for (const [before, shortest, present, segments, after, name] of QUEUES) {
    const b = made({ sendBufferMaxBytes: 8 * CACHED });
    const { sendBuffer, snd, cc, rtt } = b.tcb;
    sendBuffer.limit = before;
    b.tcb.sendBlocked = true;
    cc.cwnd = 2 * before;
    snd.burst = segments * snd.mss;
    rtt.min = shortest;
    rtt.srtt = present;
    growSendBuffer(b.tcb);
    t.equal(sendBuffer.limit, after, name);
  }
  t.end();
});

t.test('a user who waits hears of the room that growth makes', (t) => {
  const b = made({ sendBufferMaxBytes: 80_000 });
  t.equal(b.send(20_000), FIXED);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(b.tcb.sendBuffer.limit, 2 * FIXED);
  t.equal(b.events(), 'writable');
  t.equal(b.send(20_000), 11_000);
  b.connection.dispose();
  t.end();
});
