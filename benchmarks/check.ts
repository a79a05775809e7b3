/**
 * Has anything become much slower? Runs the quick benchmarks and holds their ratios to `node:net`,
 * or to another peer of the same run, against the committed ones: `npm run bench:check`.
 *
 * Ratios, not times, and half of one or twice as much is let pass: machines differ, and a virtual
 * one is disturbed. What fails is measured once more before it is called slower.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MARGIN = 2;
/** Beside the source: this runs from `dist`. */
const COMMITTED = join(__dirname, '..', '..', 'benchmarks', 'ratios.json');

interface Row {
  benchmark: string;
  row: string;
  unit: string;
  ratio?: number;
}

interface Expectation {
  benchmark: string;
  row: string;
  /** What it was when it was committed. */
  ratio: number;
  better: 'more' | 'less';
}

/** @returns the ratios of a run, by benchmark and row */
function measure(benchmarks: readonly string[]): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-bench-'));
  try {
    const file = join(folder, 'rows.json');
    const args = [join(__dirname, 'run.js'), '--quick', '--json', file, ...benchmarks];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) throw new Error('a benchmark failed');
    const rows: Row[] = JSON.parse(readFileSync(file, 'utf8'));
    const ratios = rows.filter(({ ratio }) => ratio !== undefined);
    return new Map(ratios.map((row) => [`${row.benchmark}: ${row.row}`, row.ratio!]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns those that are not as they should be, and says so */
function compare(expected: readonly Expectation[], found: Map<string, number>): Expectation[] {
  return expected.filter(({ benchmark, row, ratio, better }) => {
    const name = `${benchmark}: ${row}`;
    const now = found.get(name);
    const bound = better === 'more' ? ratio / MARGIN : ratio * MARGIN;
    const isFine = now !== undefined && (better === 'more' ? now >= bound : now <= bound);
    const limit = `${better === 'more' ? 'at least' : 'at most'} ${bound.toFixed(2)}×`;
    console.log(`${isFine ? 'fine' : 'SLOW'}  ${name}: ${now?.toFixed(2) ?? 'missing'}×, ${limit}`);
    return !isFine;
  });
}

function main(): void {
  const expected: Expectation[] = JSON.parse(readFileSync(COMMITTED, 'utf8'));
  const all = [...new Set(expected.map(({ benchmark }) => benchmark))];
  let slow = compare(expected, measure(all));
  if (slow.length > 0) {
    console.log('\nonce more:');
    slow = compare(slow, measure([...new Set(slow.map(({ benchmark }) => benchmark))]));
  }
  if (slow.length > 0) process.exitCode = 1;
}

main();
