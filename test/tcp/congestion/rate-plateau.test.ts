/** Three round trips without growth by a quarter: the path carries no more. */
import t from 'tap';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';
import { RatePlateau } from '../../../lib/tcp/congestion/rate-plateau';

/** [rate, or minus the rate where the user is slow; reached] */
type Round = readonly [number, boolean];

const TABLE: readonly (readonly [string, readonly Round[]])[] = [
  ['a rate that doubles', [1, 2, 4, 8, 16, 32].map((rate) => [rate, false] as const)],
  ['a quarter is growth', [4, 5, 6.25, 7.8125].map((rate) => [rate, false] as const)],
  [
    'less is none, in three rounds',
    [
      [4, false],
      [4.9, false],
      [4.9, false],
      [4.9, true],
      [100, true],
    ],
  ],
  [
    'growth begins the count anew',
    [
      [4, false],
      [4, false],
      [4, false],
      [5, false],
      [5, false],
      [5, false],
      [5, true],
    ],
  ],
  ['a slow user says nothing', [-4, -4, -4, -4, -4].map((rate) => [rate, false] as const)],
  ['no sample neither', [4, Number.NaN, Number.NaN, Number.NaN].map((rate) => [rate, false])],
];

for (const [name, rounds] of TABLE) {
  t.test(name, (t) => {
    const plateau = new RatePlateau();
    plateau.reset(Number.NaN);
    const path = new PathSample();
    rounds.forEach(([rate, isReached], i) => {
      path.deliveryRate = Math.abs(rate);
      path.isLimited = rate < 0;
      plateau.handleRound(path);
      t.equal(plateau.isReached, isReached, `round ${i}`);
    });
    plateau.reset(100);
    t.equal(plateau.isReached, false);
    t.end();
  });
}
