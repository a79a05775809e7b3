/** Runs mutants against the tests, two processes at once. */
import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import type { Workspace } from './workspace';

export type Fate = 'killed' | 'time limit' | 'survived';

const AT_ONCE = 2;
const TIME_LIMIT_MS = 60_000;

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
  tests: readonly string[],
  limitMs = TIME_LIMIT_MS,
): Promise<ChildResult> {
  const { folder, child } = workspace;
  const paths = tests.map((test) => join(folder, test));
  const began = process.hrtime.bigint();
  const run = spawn(
    process.execPath,
    ['--max-old-space-size=512', child, target, mutant, ...paths],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: Math.ceil(limitMs),
      killSignal: 'SIGKILL',
    },
  );
  let said = '';
  run.stdout.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  return new Promise((resolve, reject) => {
    run.on('error', reject);
    run.on('close', (code, signal) => {
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      const fate = signal === 'SIGKILL' ? 'time limit' : code === 0 ? 'survived' : 'killed';
      resolve({ fate, said: said.trim(), ms });
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
