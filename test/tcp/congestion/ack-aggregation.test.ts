/** ACKs that come in bunches need a larger window than the rate says. */
import t from 'tap';
import { AckAggregation } from '../../../lib/tcp/congestion/ack-aggregation';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';

const RATE = 100;
const CWND = 100_000;

class Acks {
  readonly aggregation = new AckAggregation();
  readonly path = new PathSample();
  isFound = true;

  take(now: number, acked: number, round = 0, cwnd = CWND): this {
    this.path.now = now;
    this.path.acked = acked;
    this.aggregation.handleSample(this.path, RATE, round, this.isFound, cwnd);
    return this;
  }

  get excess(): number {
    return this.aggregation.excess;
  }
}

t.test('ACKs at the rate show what one of them brings', (t) => {
  const acks = new Acks();
  for (let now = 0; now < 1000; now += 20) acks.take(now, 2000);
  t.equal(acks.excess, 2000);
  t.end();
});

t.test('a bunch shows all that it brings beyond the rate', (t) => {
  const acks = new Acks();
  for (let now = 0; now < 1000; now += 100) {
    for (let i = 0; i < 10; i++) acks.take(now + i, 1000);
  }
  t.equal(acks.excess, 10_000 - 9 * RATE);
  t.equal(new Acks().take(0, 50_000, 0, 20_000).excess, 20_000, 'the window at most');
  t.end();
});

t.test('it counts for five to ten round trips, in STARTUP for one', (t) => {
  const acks = new Acks().take(0, 50_000, 1);
  t.equal(acks.take(10_000, 1000, 9).excess, 50_000);
  t.equal(acks.take(20_000, 1000, 15).excess, 1000);
  const starting = new Acks();
  starting.isFound = false;
  starting.take(0, 50_000, 1);
  t.equal(starting.take(10_000, 1000, 2).excess, 1000);
  t.end();
});

t.test('a pause begins anew', (t) => {
  const acks = new Acks().take(0, 5000);
  acks.aggregation.handleIdle();
  t.equal(acks.take(1, 1000).excess, 5000, 'the ACKs of both are no bunch');
  t.end();
});
