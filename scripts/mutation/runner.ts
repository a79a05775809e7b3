/** Runs mutants against the tests, two processes at once. */
import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import type { Workspace } from './workspace';

export type Fate = 'killed' | 'time limit' | 'survived';

const AT_ONCE = 2;
/** How much longer a mutant may take for a file than the program as it is, and for any file. */
const PATIENCE = 10;
const LEAST_LIMIT_MS = 20_000;
/** Marks a line that says which file is run now (`child`). */
const BEGINS = '@ ';

export interface ChildResult {
  fate: Fate;
  /** What it said: which test noticed. */
  said: string;
  ms: number;
}

/** @param mutant path of the code that stands in for `target`; '-': nothing does */
export function runChild(
  workspace: Workspace,
  target: string,
  mutant: string,
  tests: ReadonlyArray<{ test: string; ms: number }>,
): Promise<ChildResult> {
  const { folder, child } = workspace;
  const limits = tests.map(({ ms }) => Math.max(PATIENCE * ms, LEAST_LIMIT_MS));
  const paths = tests.map(({ test }) => join(folder, test));
  const began = process.hrtime.bigint();
  const args = ['--max-old-space-size=512', child, target, mutant, ...paths];
  const run = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  let place = 0;
  const stop = (): boolean => run.kill('SIGKILL');
  let timer = setTimeout(stop, LEAST_LIMIT_MS);
  run.stdout.setEncoding('utf8').on('data', (piece: string) => {
    for (const line of piece.split('\n')) {
      if (!line.startsWith(BEGINS)) {
        said += line;
        continue;
      }
      clearTimeout(timer);
      timer = setTimeout(stop, limits[place++]);
    }
  });
  return new Promise((resolve, reject) => {
    run.on('error', reject);
    run.on('close', (code, signal) => {
      clearTimeout(timer);
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      const fate = signal === 'SIGKILL' ? 'time limit' : code === 0 ? 'survived' : 'killed';
      resolve({ fate, said, ms });
    });
  });
}

/** Does `work` for each item, two at once; results in the order of the items. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item, place: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < items.length) {
      const place = next++;
      results[place] = await work(items[place], place);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  return results;
}

export interface TimedTest {
  test: string;
  ms: number;
  /** The files that it loads. */
  loads: ReadonlySet<string>;
}

/** Tests that can notice a fault in `target`: its own first, then the quick ones. */
export function chooseTests(target: string, tests: readonly TimedTest[]): TimedTest[] {
  const own = basename(target, '.js');
  const rank = ({ test }: TimedTest): number => (basename(test, '.test.js') === own ? 0 : 1);
  return tests
    .filter(({ loads }) => loads.has(target))
    .sort((a, b) => rank(a) - rank(b) || a.ms - b.ms);
}
