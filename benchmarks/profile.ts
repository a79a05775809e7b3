/**
 * Where does the time go? `npm run bench:profile -- bulk` runs a benchmark under V8's sampling
 * profiler and leaves a profile that Chromium's DevTools and speedscope open as a flame graph; the
 * functions that took longest are printed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
}

interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

const ROWS = 30;

const [name = 'bulk', ...args] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'usernet-profile-'));
const flags = ['--expose-gc', '--cpu-prof', `--cpu-prof-dir=${folder}`];
const run = spawnSync(process.execPath, [...flags, join(__dirname, `${name}.js`), ...args], {
  stdio: 'inherit',
  env: { ...process.env, USERNET_BENCH_QUICK: '1' },
});
process.exitCode = run.status ?? 1;
for (const file of readdirSync(folder)) {
  const path = join(folder, file);
  console.log(`\n${path}`);
  printLongest(JSON.parse(readFileSync(path, 'utf8')));
}

function printLongest(profile: CpuProfile): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const self = new Map<string, number>();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
    const place = url === '' ? '' : `${basename(dirname(url))}/${basename(url)}:${lineNumber + 1}`;
    const key = `${functionName || '(anonymous)'} ${place}`;
    self.set(key, (self.get(key) ?? 0) + profile.timeDeltas[i]);
    total += profile.timeDeltas[i];
  });
  const rows = [...self].sort((a, b) => b[1] - a[1]).slice(0, ROWS);
  for (const [key, time] of rows)
    console.log(`${((time / total) * 100).toFixed(1).padStart(5)} %  ${key}`);
}
