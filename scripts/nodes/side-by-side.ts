/** Rows of benchmarks as a table: a line for each figure, a column for each release of Node. */

/** As `npm run bench -- --json FILE` writes it. */
export interface BenchRow {
  benchmark: string;
  /** `v22.1.0`. */
  node: string;
  row: string;
  unit: string;
  median?: number;
  ratio?: number;
}

const NAME_COLUMNS = 62;
const COLUMNS = 12;

export function sideBySide(rows: readonly BenchRow[], versions: readonly string[]): string[] {
  const lines = new Map<string, BenchRow[]>();
  for (const row of rows) {
    const name = `${row.benchmark}: ${row.row}${row.unit === '×' ? '' : `, ${row.unit}`}`;
    const line = lines.get(name);
    if (line === undefined) lines.set(name, [row]);
    else line.push(row);
  }
  const head = ''.padEnd(NAME_COLUMNS) + versions.map((one) => one.padStart(COLUMNS)).join('');
  return [head, ...[...lines].map(([name, line]) => lineOf(name, line, versions))];
}

function lineOf(name: string, line: readonly BenchRow[], versions: readonly string[]): string {
  const cells = versions.map((version) => {
    const row = line.find(({ node }) => node === version);
    return figureOf(row).padStart(COLUMNS);
  });
  return name.padEnd(NAME_COLUMNS) + cells.join('');
}

function figureOf(row: BenchRow | undefined): string {
  if (row === undefined) return '-';
  if (row.ratio !== undefined) return `${row.ratio.toFixed(2)}×`;
  const { median = Number.NaN } = row;
  return median.toFixed(median < 10 ? 2 : 1);
}
