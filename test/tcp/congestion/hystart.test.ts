/** HyStart++ (RFC 9406): slow start ends where delay grows, and not where it does not. */
import t from 'tap';
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
  hystart.reset();
  path.rounds = 0;
  round(hystart, path, 500);
  t.equal(hystart.divisor, 1, 'a new connection knows nothing of the old one');
  t.end();
});
