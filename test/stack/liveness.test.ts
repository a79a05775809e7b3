import t from 'tap';
import { Liveness } from '../../lib/stack/liveness';

t.test('tells when the first begins to count and when the last ceases to', async (t) => {
  const told: boolean[] = [];
  const liveness = new Liveness((alive) => told.push(alive));
  const one = { keepsAlive: false, isCounted: false };
  const two = { keepsAlive: true, isCounted: false };
  liveness.account(one);
  t.same(told, []);
  one.keepsAlive = true;
  liveness.account(one);
  liveness.account(one);
  liveness.account(two);
  t.same(told, [true]);
  t.equal(liveness.count, 2);
  one.keepsAlive = false;
  liveness.account(one);
  t.same(told, [true]);
  two.keepsAlive = false;
  liveness.account(two);
  t.same(told, [true, false]);
  t.equal(liveness.count, 0);
});
