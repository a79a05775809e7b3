/**
 * Would the engine's tests notice a fault? Puts small ones into lib/tcp, one at a time, and writes
 * what survived to docs/mutation.md, the verdicts to scripts/mutation/verdicts.json.
 *
 *     npm run mutate                           the sample of the document, about ten minutes
 *     npm run mutate -- --report               the document anew from the verdicts, when reasons
 *                                              have been added to scripts/mutation/looked-at.ts
 *     npm run mutate -- --count 50 --seed 7    another sample; nothing is written
 *     npm run mutate -- --file recovery        all mutants of one file; nothing is written
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  isKilled,
  type Run,
  rateOf,
  reasonFor,
  renderReport,
  toVerdict,
  type Verdict,
} from './mutation/report';
import { chooseTests, forEachOf, runChild, type TimedTest } from './mutation/runner';
import { drawSample, findMutants, type Mutant } from './mutation/sample';
import { createWorkspace, loadedBy, type Workspace } from './mutation/workspace';

const ROOT = join(__dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'mutation.md');
const VERDICTS = join(ROOT, 'scripts', 'mutation', 'verdicts.json');
/** No sample of this seed was looked at before the tests were written that it judges. */
const SEED = 9293;
const COUNT = 240;
const WANTED = 0.85;
/** Characters of what a failing test has to say. */
const MOST_SAID = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string' },
      file: { type: 'string', multiple: true },
      report: { type: 'boolean' },
    },
  });
  if (values.report === true) {
    writeFileSync(DOCUMENT, renderReport(JSON.parse(readFileSync(VERDICTS, 'utf8')) as Run));
    return;
  }
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
    await checkTogether(workspace, tests);
    const verdicts = await judgeAll(workspace, sample, tests);
    process.stdout.write(`${rateOf(verdicts)}\n`);
    if (Object.keys(values).length > 0) return;
    const run: Run = { seed, candidates: all.length, tests: tests.length, verdicts };
    writeFileSync(VERDICTS, `${JSON.stringify(run, null, 2)}\n`);
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

/** What fails for no other reason than its company would count as a mutant noticed. */
async function checkTogether(workspace: Workspace, tests: readonly TimedTest[]): Promise<void> {
  const { fate, said } = await runChild(workspace, '-', '-', tests);
  if (fate !== 'survived')
    throw new Error(`without a mutant: ${fate}, ${said.slice(0, MOST_SAID)}`);
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
    const verdict = toVerdict(mutant, fate);
    print(verdict, said, ms);
    return verdict;
  });
}

function print(verdict: Verdict, said: string, ms: number): void {
  const { fate, file, line, change, text } = verdict;
  const known = fate === 'survived' && reasonFor(verdict) !== '' ? ' (known)' : '';
  process.stdout.write(`${fate}${known} ${(ms / 1000).toFixed(1)} s ${file}:${line} ${change}\n`);
  if (fate === 'survived') process.stdout.write(`    ${text}\n`);
  else if (process.env.VERBOSE !== undefined) process.stdout.write(`    ${said}\n`);
}

main();
