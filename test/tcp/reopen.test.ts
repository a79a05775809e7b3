/** Which SYN may end a TIME-WAIT (RFC 6191; RFC 9293 §3.6.1). */
import t from 'tap';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import { type Bench, eachWrap, type MakeBench } from './bench';
import { REACHABLE, reach } from './reach';

const CLOCK = 5000;

function mayReopen(b: Bench, line: string): boolean {
  const seg = new Segment();
  parseSegmentText(line, seg, { seqBase: b.irs, ackBase: b.iss });
  return b.connection.mayReopen(seg);
}

/** RCV.NXT is 2, or 102 when the peer has sent text; TS.Recent is 5000. */
function inTimeWait(make: MakeBench, timestamps: boolean): Bench {
  const b = make({ config: { timestamps } }).open();
  b.sent();
  const ts = timestamps ? `,TS val ${CLOCK} ecr ${b.now}` : '';
  b.inject(`S. 0:0(0) ack 1 win 65535 <mss 1000${ts}>`).sent();
  b.shutdown().sent();
  b.inject(
    `F. 1:1(0) ack 2 win 65535${timestamps ? ` <TS val ${CLOCK} ecr ${b.now}>` : ''}`,
  ).sent();
  return b;
}

/** [SYN, without timestamps, with them, name] */
const SYNS: readonly (readonly [string, boolean, boolean, string])[] = [
  ['S 3:3(0) win 1', true, true, 'beyond what the old connection used'],
  ['S 1000000:1000000(0) win 1', true, true, 'far beyond'],
  ['S 2:2(0) win 1', false, false, 'right at its end'],
  ['S 0:0(0) win 1', false, false, 'the SYN of the old connection again'],
  ['S 4294967000:4294967000(0) win 1', false, false, 'before it'],
  ['S 0:0(0) win 1 <TS val 5001 ecr 0>', false, true, 'a later clock, an earlier number'],
  ['S 3:3(0) win 1 <TS val 4999 ecr 0>', true, false, 'an earlier clock, a later number'],
  ['S 3:3(0) win 1 <TS val 5000 ecr 0>', true, true, 'the same clock, a later number'],
  ['S 2:2(0) win 1 <TS val 5000 ecr 0>', false, false, 'the same clock, the same number'],
  ['S 0:0(0) win 1 <TS val 2147488647 ecr 0>', false, true, 'a clock as much later as there is'],
  ['S 0:0(0) win 1 <TS val 2147488649 ecr 0>', false, false, 'a clock earlier across the wrap'],
  ['S. 3:3(0) ack 1 win 1', false, false, 'with ACK it is no new connection'],
  ['SR 3:3(0) win 1', false, false, 'nor with RST'],
  ['. 3:3(0) ack 1 win 1', false, false, 'nor without SYN'],
  ['SF 3:3(0) win 1', true, true, 'with FIN it is'],
];

eachWrap(t, '[MAY-2] [SHLD-4] a SYN that cannot be an old duplicate may', (t, make) => {
  const plain = inTimeWait(make, false);
  const stamped = inTimeWait(make, true);
  for (const [line, without, beside, name] of SYNS) {
    t.equal(mayReopen(plain, line), without, name);
    t.equal(mayReopen(stamped, line), beside, `${name}, timestamps`);
  }
  t.equal(plain.state, 'TIME-WAIT', 'asking changes nothing');
});

eachWrap(t, 'in no other state', (t, make) => {
  for (const state of REACHABLE) {
    const b = reach(make(), state);
    t.equal(mayReopen(b, 'S 1000:1000(0) win 1'), state === 'TIME-WAIT', state);
  }
});

eachWrap(t, 'the new connection can begin behind what the old one sent', (t, make) => {
  const b = make().establish();
  b.send(100);
  b.shutdown().sent();
  b.inject('F. 1:1(0) ack 102 win 65535').sent();
  t.equal((b.connection.lastSent - b.iss) | 0, 102);
});
