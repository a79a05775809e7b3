/** The shortest round trip, for how long it counts, and when it is looked for anew. */
import t from 'tap';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';
import { RoundTripFloor } from '../../../lib/tcp/congestion/round-trip-floor';

class Path {
  readonly floor = new RoundTripFloor();
  readonly path = new PathSample();

  see(now: number, rtt: number): this {
    this.path.now = now;
    this.path.rtt = rtt;
    this.floor.handleSample(this.path);
    return this;
  }
}

t.test('the shortest counts, and an ACK without one says nothing', (t) => {
  const { floor } = new Path().see(0, 50).see(1, 40).see(2, 60).see(3, Number.NaN);
  t.equal(floor.value, 40);
  t.equal(floor.isProbeDue, false);
  t.end();
});

t.test('five seconds without one as short: little must be sent for a while', (t) => {
  const p = new Path().see(0, 40).see(5000, 60);
  t.equal(p.floor.isProbeDue, false, 'to the millisecond');
  p.see(5001, 60);
  t.equal(p.floor.isProbeDue, true);
  t.equal(p.floor.value, 40, 'the old one counts meanwhile');
  p.see(5100, 45);
  t.equal(p.floor.isProbeDue, false);
  p.see(10_001, 60);
  t.equal(p.floor.value, 45, 'for ten seconds');
  t.end();
});

t.test('one as short is as good as a shorter one', (t) => {
  const p = new Path().see(0, 40);
  for (let now = 1000; now < 30_000; now += 1000) {
    t.equal(p.see(now, now % 3000 === 0 ? 40.0009 : 60).floor.isProbeDue, false, `${now}`);
  }
  t.end();
});

t.test('what arrives late has stood in a queue', (t) => {
  const p = new Path().see(0, 64);
  for (const [rtt, isQueued] of [
    [64, false],
    [67, false],
    [67.01, true],
    [100, true],
    [Number.NaN, true],
  ] as const) {
    t.equal(p.see(1, rtt).floor.isQueued, isQueued, `${rtt}`);
  }
  for (let now = 0; now < 60_000; now += 100) p.see(now, 80);
  t.equal(p.floor.value, 80);
  t.equal(p.floor.isQueued, true, 'the shortest ever is what tells');
  t.end();
});

t.test('a probe lasts 200 ms and a round trip from when little is on its way', (t) => {
  const p = new Path().see(0, 40).see(5001, 60);
  const { floor } = p;
  floor.beginProbe();
  t.equal(floor.endProbe(9000, 9), false, 'it has not begun');
  t.equal(floor.noteDrained(5100, 7), true);
  t.equal(floor.noteDrained(5101, 7), false, 'it has');
  t.equal(floor.endProbe(5300, 8), false);
  t.equal(floor.endProbe(5301, 7), false, 'the same round trip');
  t.equal(floor.endProbe(5301, 8), true);
  t.equal(p.see(10_301, 61).floor.isProbeDue, false, 'five seconds from then');
  t.equal(p.see(10_302, 61).floor.isProbeDue, true);
  t.end();
});
