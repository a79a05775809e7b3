/**
 * Would the engine's tests notice a fault? Puts small ones into lib/tcp, one at a time, and writes
 * what survived to docs/mutation.md.
 *
 *     npm run mutate                           the sample of the document, about ten minutes
 *     npm run mutate -- --count 50 --seed 7    another sample; nothing is written
 *     npm run mutate -- --file recovery        all mutants of one file; nothing is written
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  describeChange,
  isKilled,
  rateOf,
  reasonFor,
  renderReport,
  type Verdict,
} from './mutation/report';
import { chooseTests, forEachOf, runChild, type TimedTest } from './mutation/runner';
import { drawSample, findMutants, type Mutant } from './mutation/sample';
import { createWorkspace, loadedBy, type Workspace } from './mutation/workspace';

const ROOT = join(__dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'mutation.md');
const SEED = 1;
const COUNT = 300;
const WANTED = 0.85;
/** Characters of what a failing test has to say. */
const MOST_SAID = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string' },
      file: { type: 'string', multiple: true },
    },
  });
  const all = findMutants(ROOT);
  const seed = Number(values.seed ?? SEED);
  const { file: files } = values;
  const some = all.filter(
    ({ file }) => files?.some((name) => file.endsWith(`/${name}.ts`)) ?? true,
  );
  const count = Number(values.count ?? (files === undefined ? COUNT : some.length));
  const sample = drawSample(some, count, seed);
  const workspace = createWorkspace(ROOT);
  try {
    const tests = await timeTests(workspace);
    const verdicts = await judgeAll(workspace, sample, tests);
    process.stdout.write(`${rateOf(verdicts)}\n`);
    if (Object.keys(values).length > 0) return;
    const run = { seed, candidates: all.length, tests: tests.length, verdicts };
    writeFileSync(DOCUMENT, renderReport(run));
    if (verdicts.filter(isKilled).length < WANTED * verdicts.length) process.exitCode = 1;
  } finally {
    rmSync(workspace.folder, { recursive: true });
  }
}

/** A test that fails without any mutant could say nothing of one, and is left out. */
async function timeTests(workspace: Workspace): Promise<TimedTest[]> {
  const timed = await forEachOf(workspace.tests, async (test) => {
    const { fate, said, ms } = await runChild(workspace, '-', '-', [{ test, ms: 0 }]);
    if (fate !== 'survived')
      process.stderr.write(`left out: ${test}: ${fate}, ${said.slice(0, MOST_SAID)}\n`);
    return {
      test,
      ms,
      loads: loadedBy(join(workspace.folder, test)),
      isSound: fate === 'survived',
    };
  });
  return timed.filter(({ isSound }) => isSound);
}

async function judgeAll(
  workspace: Workspace,
  sample: readonly Mutant[],
  tests: readonly TimedTest[],
): Promise<Verdict[]> {
  process.stdout.write(`${sample.length} mutants, ${tests.length} test files\n`);
  return await forEachOf(sample, async (mutant, place) => {
    const target = join(workspace.folder, mutant.file.replace(/\.ts$/, '.js'));
    const path = join(workspace.folder, `mutant-${place}.js`);
    writeFileSync(path, mutant.code());
    const chosen = chooseTests(target, tests);
    const { fate, said, ms } = await runChild(workspace, target, path, chosen);
    rmSync(path);
    print(mutant, fate, said, ms);
    return { mutant, fate };
  });
}

function print(mutant: Mutant, fate: string, said: string, ms: number): void {
  const where = `${mutant.file}:${mutant.line} ${describeChange(mutant)}`;
  const known = fate === 'survived' && reasonFor(mutant) !== '' ? ' (known)' : '';
  process.stdout.write(`${fate}${known} ${(ms / 1000).toFixed(1)} s ${where}\n`);
  if (fate === 'survived') process.stdout.write(`    ${mutant.text}\n`);
  else if (process.env.VERBOSE !== undefined) process.stdout.write(`    ${said}\n`);
}

main();
