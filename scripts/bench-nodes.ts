/**
 * The benchmarks under several releases of Node, side by side: what one V8 does well, another may
 * not.
 *
 *     npm run bench:nodes                          this Node, 22 and 24; the quick benchmarks
 *     npm run bench:nodes -- 24 /opt/node/bin/node --bench bulk,idle --quick --json FILE
 *
 * Releases come from npm and stay where `npm run test:nodes` keeps them. They take turns with each
 * benchmark, so that what disturbs the machine for a while disturbs all of them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { installRelease, releasesFolder } from './nodes/release';
import { type BenchRow, sideBySide } from './nodes/side-by-side';

const RUN = join(__dirname, '..', 'dist', 'benchmarks', 'run.js');
const MAJORS = ['22', '24'];
/** Among them all that have a row for `node:net`, and take less than a minute. */
const QUICK = 'hot-path,bulk,ping-pong,connections';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bench: { type: 'string', default: QUICK },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const asked = positionals.length > 0 ? positionals : [process.execPath, ...MAJORS];
  const nodes: string[] = [];
  for (const one of asked) nodes.push(await pathOf(one));
  const rows: BenchRow[] = [];
  for (const benchmark of options.bench.split(',')) {
    for (const node of nodes) rows.push(...run(node, benchmark));
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows)}\n`);
  const versions = nodes.map((node) => execFileSync(node, ['--version'], { encoding: 'utf8' }));
  for (const line of sideBySide(
    rows,
    versions.map((version) => version.trim()),
  )) {
    console.log(line);
  }
}

/** @param node a program, or a major release */
async function pathOf(node: string): Promise<string> {
  if (isAbsolute(node)) return node;
  const { folder } = await installRelease(node, join(releasesFolder(), node));
  return join(folder, 'bin', 'node');
}

function run(node: string, benchmark: string): BenchRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-bench-'));
  try {
    const file = join(folder, 'rows.json');
    const args = [RUN, '--json', file, ...(options.quick ? ['--quick'] : []), benchmark];
    const { status } = spawnSync(node, args, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${benchmark} failed under ${node}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
