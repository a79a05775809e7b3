/** Urgent data as it arrives (RFC 9293 §3.8.5, RFC 6093): an event, and a stream that does not change. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { Bench, eachWrap } from './bench';
import { REACHABLE, reach } from './reach';

/** [pointer, length of the text, urgent bytes then, name] */
const POINTERS: readonly (readonly [number, number, number, string])[] = [
  [1, 100, 1, 'the first byte'],
  [50, 100, 50, 'in the middle'],
  [100, 100, 100, 'the end of the text'],
  [101, 100, 101, 'one beyond the text'],
  [40_000, 100, 40_000, 'far beyond the text'],
  [65_535, 100, 65_535, 'as far as it reaches'],
  [5, 0, 5, 'without text'],
];

eachWrap(
  t,
  '[MUST-32] [MUST-33] [A-04] the user is told, and how much of it there is',
  (t, make) => {
    for (const [pointer, length, bytes, name] of POINTERS) {
      const b = make().establish();
      b.inject(`.U 1:${1 + length}(${length}) ack 1 win 65535 urg ${pointer}`);
      t.equal(b.events(), length > 0 ? 'urgent readable' : 'urgent', name);
      t.equal(b.connection.urgentBytes, bytes, name);
      t.equal(b.receive(), length, `${name}: the text is in line`);
      t.equal(b.connection.urgentBytes, Math.max(bytes - length, 0), name);
      b.connection.dispose();
    }
  },
);

eachWrap(t, '[A-04] a pointer of 0 is of nothing', (t, make) => {
  const b = make().establish();
  b.inject('.U 1:101(100) ack 1 win 65535 urg 0');
  t.equal(b.events(), 'readable');
  t.equal(b.connection.urgentBytes, 0);
  t.equal(b.receive(), 100);
});

eachWrap(t, 'a pointer without URG means nothing', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535 urg 50');
  t.equal(b.events(), 'readable');
  t.equal(b.connection.urgentBytes, 0);
});

eachWrap(t, '[MUST-32] told again only when the pointer advances', (t, make) => {
  const b = make().establish();
  b.inject('.U 1:11(10) ack 1 win 65535 urg 50');
  t.equal(b.events(), 'urgent readable');
  b.inject('.U 11:21(10) ack 1 win 65535 urg 40');
  t.equal(b.events(), 'readable', 'the same place');
  b.inject('.U 21:31(10) ack 1 win 65535 urg 20');
  t.equal(b.events(), 'readable', 'an earlier place: urgent data does not shrink');
  b.inject('.U 31:41(10) ack 1 win 65535 urg 100');
  t.equal(b.events(), 'urgent readable');
  t.equal(b.receive(), 40);
  t.equal(b.connection.urgentBytes, 90);
});

eachWrap(t, 'ahead of its turn it counts at once', (t, make) => {
  const b = make().establish();
  b.inject('.U 101:201(100) ack 1 win 65535 urg 50');
  t.equal(b.events(), 'urgent');
  t.equal(b.connection.urgentBytes, 150);
  b.inject('. 1:101(100) ack 1 win 65535');
  t.equal(b.receive(), 200);
});

eachWrap(t, 'what was read is not urgent any more', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  b.receive();
  b.events();
  b.inject('.U 1:101(100) ack 1 win 65535 urg 60');
  t.equal(b.events(), '', 'an old segment again');
  b.inject('.U 51:151(100) ack 1 win 65535 urg 30');
  t.equal(b.events(), 'readable', 'its pointer lies in what was read');
  b.inject('.U 101:161(60) ack 1 win 65535 urg 50');
  t.equal(b.events(), 'urgent readable', 'its pointer lies at the end of what waits');
});

eachWrap(t, 'a segment that is cut in front keeps its pointer where it was', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  b.receive();
  b.inject('.U 51:151(100) ack 1 win 65535 urg 80');
  t.equal(b.connection.urgentBytes, 30);
});

eachWrap(t, 'after very much text without any the old pointer does not come back', (t, make) => {
  const b = make().establish();
  b.inject('.U 1:11(10) ack 1 win 65535 urg 10');
  b.receive();
  b.events();
  const { rcv } = b.tcb;
  // 2^31 bytes later; reading moves RCV.UP along.
  for (let i = 0; i < 5; i++) {
    const step = 0x2000_0000;
    rcv.nxt = (rcv.nxt + step) | 0;
    rcv.edge = (rcv.edge + step) | 0;
    rcv.up = (rcv.up + step) | 0;
    b.receivePosition += step;
    const seq = (rcv.nxt - b.irs) >>> 0;
    b.inject(`.U ${seq}:${seq + 10}(10) ack 1 win 65535 urg 10`);
    t.equal(b.events(), 'urgent readable');
    t.equal(b.connection.urgentBytes, 10);
    b.receivePosition = seq | 0;
    t.equal(b.receive(), 10);
  }
});

eachWrap(t, 'RFC 1122 §4.2.2.4, by request: the pointer names the last urgent byte', (t, make) => {
  const b = make({ config: { urgentPointsToLast: true } }).establish();
  b.inject('.U 1:101(100) ack 1 win 65535 urg 49');
  t.equal(b.connection.urgentBytes, 50);
  b.send(5, true);
  t.same(b.sent(), ['P.U 1:6(5) ack 101 urg 4']);
});

t.test('[A-04] [U-14] any pointer in any state changes nothing of the stream', (t) => {
  const seed = 4;
  const random = new SeededRandom(seed);
  for (const state of REACHABLE) {
    const b = reach(new Bench(), state);
    const receives = ['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'].includes(state);
    const { nxt } = b.tcb.rcv;
    for (let i = 0; i < 200; i++) {
      const from = ((b.tcb.rcv.nxt - b.irs) | 0) - random.below(50);
      const length = random.below(100);
      const pointer = random.chance(0.3) ? 0 : random.below(65_536);
      const flags = random.chance(0.1) ? 'PU.' : 'U.';
      const ack = (b.tcb.snd.una - b.iss) | 0;
      b.inject(`${flags} ${from}:${from + length}(${length}) ack ${ack} win 65535 urg ${pointer}`);
      b.receive();
      b.sent();
    }
    t.equal(b.state, state, `seed ${seed}`);
    t.equal(b.tcb.rcv.nxt !== nxt, receives, `${state}: text was ${receives ? '' : 'not '}taken`);
    b.connection.dispose();
  }
  t.end();
});
