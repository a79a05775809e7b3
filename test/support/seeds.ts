/**
 * Random tests of connections: which seeds are run, and what a failure says of how to repeat it.
 * `USERNET_SEED=n` runs that one alone.
 */
import type tap from 'tap';
import { invariantCheck } from './invariant-check';

/** So many failures tell enough. */
const MOST_FAILURES = 5;

/**
 * Runs seeds [from, to), or the one that is asked for; `run` throws where it finds a fault.
 * @param file that repeats one when it is asked for
 */
export function runSeeds(
  t: Pick<typeof tap, 'equal' | 'ok' | 'fail' | 'comment'>,
  [from, to]: readonly [number, number],
  file: string,
  run: (seed: number) => void,
): void {
  const asked = process.env.USERNET_SEED;
  const seeds =
    asked !== undefined ? [Number(asked)] : Array.from({ length: to - from }, (_, i) => from + i);
  const checksBefore = invariantCheck.count;
  let passed = 0;
  let failures = 0;
  for (const seed of seeds) {
    try {
      run(seed);
      passed++;
    } catch (error) {
      t.comment((error as Error).message);
      t.fail(`repeat it: USERNET_SEED=${seed} npx tap run ${file}`);
      if (++failures === MOST_FAILURES) break;
    }
  }
  t.equal(passed, seeds.length, `seeds ${seeds[0]} to ${seeds[seeds.length - 1]} have passed`);
  t.ok(invariantCheck.count > checksBefore, 'invariants were checked on the way');
}
