/** The highest rate of two cycles, round trips, and what a loss makes of the bounds. */
import t from 'tap';
import { DeliveryModel, isLossBeyond } from '../../../lib/tcp/congestion/delivery-model';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';

const CWND = 80_000;

class Path {
  readonly model = new DeliveryModel();
  readonly path = new PathSample();
  isProbing = false;

  /** An ACK of `acked` bytes which left when all but `behind` bytes had arrived. */
  ack(rate: number, acked = 1000, behind = 10_000, isLimited = false): this {
    const { path, model } = this;
    path.delivered += acked;
    path.priorDelivered = Math.max(0, path.delivered - behind);
    path.deliveryRate = rate;
    path.isLimited = isLimited;
    model.handleSample(path, CWND, this.isProbing);
    model.endSample(path);
    return this;
  }

  lose(): this {
    this.model.noteSign(this.path);
    return this;
  }
}

t.test('a round trip is over when what left after its beginning has arrived', (t) => {
  const { model } = new Path().ack(1, 10_000);
  t.equal(model.round, 1);
  const p = new Path().ack(1, 10_000);
  for (let i = 0; i < 9; i++) p.ack(1);
  t.equal(p.model.round, 1);
  t.equal(p.ack(1).model.isRoundStart, true);
  t.equal(p.model.round, 2);
  t.equal(p.ack(1).model.isRoundStart, false);
  t.end();
});

t.test('the highest rate of this cycle and the last counts', (t) => {
  const p = new Path().ack(5).ack(9).ack(7).ack(Number.NaN);
  t.equal(p.model.highestRate, 9);
  p.model.endCycle();
  p.ack(4);
  t.equal(p.model.highestRate, 9);
  p.model.endCycle();
  t.equal(p.model.highestRate, 4);
  p.model.endCycle();
  p.model.endCycle();
  t.equal(p.model.highestRate, 4, 'a cycle that has measured nothing is none');
  t.end();
});

t.test('the rate of a slow user counts only where it is the highest', (t) => {
  const p = new Path().ack(5).ack(3, 1000, 10_000, true);
  p.model.endCycle();
  t.equal(p.ack(4, 1000, 10_000, true).model.highestRate, 5);
  t.equal(p.ack(6, 1000, 10_000, true).model.highestRate, 6);
  t.end();
});

/** The losses of one round trip, and its end. */
function loseARound(p: Path, rate: number): void {
  p.lose();
  for (let i = 0; i < 11; i++) p.ack(rate);
}

t.test('a loss draws the bounds to what arrived, to 0.7 of them at most, once a round', (t) => {
  const p = new Path().ack(10, 10_000);
  loseARound(p, 9);
  t.equal(p.model.shortRate, 10, 'what was fastest in that round trip');
  t.equal(p.model.shortFlight, 0.7 * CWND);
  loseARound(p, 9);
  t.equal(p.model.shortRate, 9);
  t.equal(p.model.rate, 9);
  t.equal(p.model.highestRate, 10);
  loseARound(p, 1);
  loseARound(p, 1);
  loseARound(p, 1);
  t.ok(Math.abs(p.model.shortRate - Math.max(1, 9 * 0.7 ** 2)) < 3, `${p.model.shortRate}`);
  p.model.liftBounds();
  t.equal(p.model.rate, p.model.highestRate);
  t.equal(p.model.shortFlight, Infinity);
  t.end();
});

t.test('who looks for more has lost no rate by that', (t) => {
  const p = new Path().ack(10, 10_000);
  p.isProbing = true;
  loseARound(p, 5);
  t.equal(p.model.shortRate, Infinity);
  p.isProbing = false;
  p.lose();
  p.model.forgetSigns();
  for (let i = 0; i < 30; i++) p.ack(5);
  t.equal(p.model.shortRate, Infinity, 'nor who has dealt with it');
  t.end();
});

t.test('too much is lost where more than a share of the flight is', (t) => {
  const path = new PathSample();
  path.priorInFlight = 50_000;
  path.priorLost = 7000;
  path.lost = 8000;
  t.equal(isLossBeyond(path, 0.02), false);
  path.lost = 8001;
  t.equal(isLossBeyond(path, 0.02), true);
  path.priorDelivered = -1;
  t.equal(isLossBeyond(path, 0.02), false, 'without a sample nothing is known');
  t.end();
});
