/** HyStart++ (RFC 9406): slow start ends where delay grows, and not where it does not. */
import t from 'tap';
import { BulkFlow } from '../../../lib/sim/bulk-flow';
import { simulate } from '../../../lib/sim/network';
import { HyStart } from '../../../lib/tcp/congestion/hystart';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';

/** A round trip with `samples` samples. @returns true when slow start is over */
function round(hystart: HyStart, path: PathSample, rtt: number, samples = 8): boolean {
  path.rounds++;
  path.rtt = rtt;
  let isOver = false;
  for (let i = 0; i < samples; i++) isOver = hystart.handleAck(path) || isOver;
  return isOver;
}

/** [last round's least RTT, this round's, does growth slow down, name] */
const DELAYS: readonly (readonly [number, number, boolean, string])[] = [
  [100, 100, false, 'no delay'],
  [100, 112, false, 'less than an eighth'],
  [100, 112.5, true, 'an eighth'],
  [8, 11.9, false, 'less than 4 ms'],
  [8, 12, true, '4 ms'],
  [400, 415, false, 'less than 16 ms'],
  [400, 416, true, '16 ms'],
  [100, 50, false, 'a shorter one'],
];

t.test('growth slows down when the round trip grows by the threshold (§4.2)', (t) => {
  for (const [last, current, expected, name] of DELAYS) {
    const hystart = new HyStart();
    const path = new PathSample();
    round(hystart, path, last);
    t.equal(hystart.divisor, 1);
    round(hystart, path, current);
    t.equal(hystart.divisor, expected ? 4 : 1, name);
  }
  t.end();
});

t.test('seven samples are too few, and ACKs without one do not count', (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  round(hystart, path, 100);
  round(hystart, path, 200, 7);
  path.rtt = Number.NaN;
  hystart.handleAck(path);
  t.equal(hystart.divisor, 1);
  path.rtt = 200;
  hystart.handleAck(path);
  t.equal(hystart.divisor, 4);
  t.end();
});

t.test('slow start is over after five slow rounds', (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  round(hystart, path, 100);
  round(hystart, path, 150);
  for (let i = 0; i < 4; i++) t.equal(round(hystart, path, 150), false);
  t.equal(round(hystart, path, 150), true);
  t.end();
});

t.test('it goes on at full speed when the delay was jitter', (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  round(hystart, path, 100);
  round(hystart, path, 150);
  t.equal(hystart.divisor, 4);
  round(hystart, path, 149);
  t.equal(hystart.divisor, 1);
  t.end();
});

/** ACKs of one round trip, `gapMs` apart; @returns true when slow start is over */
function train(
  hystart: HyStart,
  path: PathSample,
  rtt: number,
  acks: number,
  gapMs: number,
): boolean {
  path.rounds++;
  path.rtt = rtt;
  path.minRtt = 100;
  path.now = 1000 * path.rounds;
  let isOver = false;
  for (let i = 0; i < acks; i++, path.now += gapMs) isOver = hystart.handleAck(path) || isOver;
  return isOver;
}

/** [ACKs, ms between them, paced, does growth slow down, name] */
const TRAINS: readonly (readonly [number, number, boolean, boolean, string])[] = [
  [51, 1, false, false, 'for half a round trip'],
  [52, 1, false, true, 'for longer'],
  [100, 1, true, false, 'where the sender paces, half of it is nothing new'],
  [102, 1, true, true, 'but a whole one is'],
  [6, 12.5, false, false, 'seven samples are too few'],
  [9, 12.5, false, true, 'an eighth of a round trip apart'],
  [9, 12.6, false, false, 'further apart they are no train'],
];

t.test('growth slows down when ACKs come in a train for half a round trip', (t) => {
  for (const [acks, gapMs, isPaced, expected, name] of TRAINS) {
    const hystart = new HyStart();
    const path = new PathSample();
    path.isPaced = isPaced;
    train(hystart, path, 100, 1, 1);
    train(hystart, path, 100, acks, gapMs);
    t.equal(hystart.divisor, expected ? 4 : 1, name);
  }
  t.end();
});

t.test('a train and then a longer round trip end slow start, a shorter one is no jitter', (t) => {
  const hystart = new HyStart();
  const path = new PathSample();
  train(hystart, path, 100, 60, 1);
  t.equal(hystart.divisor, 4);
  t.equal(train(hystart, path, 99, 60, 1), false);
  t.equal(hystart.divisor, 4);
  t.equal(train(hystart, path, 112, 60, 1), true);
  t.end();
});

/** Segments lost in the first seconds to a queue that holds what the path does. */
function overshoot(congestionControl: string): number {
  const buffer = 8 * 1024 * 1024; // the user and the peer hold nothing back
  const tcp = { congestionControl, sendBufferBytes: buffer, receiveBufferBytes: buffer };
  const { clock, hosts, links, close } = simulate({
    seed: 1,
    hosts: { a: { tcp }, b: { tcp } },
    links: [{ between: ['a', 'b'], delayMs: 50, rate: 50e6, queueBytes: 625_000 }],
  });
  const flow = new BulkFlow({ from: hosts.a, to: hosts.b });
  clock.run(() => clock.now() > 3000);
  const lost = links[0][0].outgoing.counters.overflowed;
  t.ok(flow.received > 0.75 * 3 * 6_250_000, `${congestionControl} carries ${flow.received} bytes`);
  close();
  return lost;
}

t.test(
  'into a queue of one product it loses at most a tenth of what plain slow start does',
  (t) => {
    const plain = overshoot('reno');
    const slowed = overshoot('cubic');
    t.comment(`${plain} segments are lost by plain slow start, ${slowed} with HyStart++`);
    t.ok(plain > 100);
    t.ok(slowed * 10 <= plain);
    t.end();
  },
);
