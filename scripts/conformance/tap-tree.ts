/**
 * Reads what a test file prints (TAP 14) into a tree of test points.
 *
 * A subtest's points stand before its own line, four columns further in.
 */

export interface TestPoint {
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  children: TestPoint[];
}

const POINT = /^( *)(not )?ok\b(?: \d+)?(?: - )?(.*)$/;
const DIRECTIVE = /(?:^| )# (skip|todo|time=)/i;
const COLUMNS_A_LEVEL = 4;

/** @returns the points at the top of the file, in order */
export function readTap(text: string): TestPoint[] {
  /** Points of each level that have no parent yet. */
  const levels: TestPoint[][] = [[]];
  for (const line of text.split('\n')) {
    const match = POINT.exec(line);
    if (match === null) continue;
    const [, indent, not, rest] = match;
    const level = indent.length / COLUMNS_A_LEVEL;
    if (!Number.isInteger(level)) continue; // inside of a diagnostic block
    while (levels.length <= level + 1) levels.push([]);
    const children = levels[level + 1];
    levels[level + 1] = [];
    levels[level].push({ ...readRest(rest, not !== undefined), children });
  }
  return levels[0];
}

function readRest(rest: string, isNot: boolean): Pick<TestPoint, 'name' | 'outcome'> {
  const directive = DIRECTIVE.exec(rest);
  const text = directive === null ? rest : rest.slice(0, directive.index);
  const name = text.replace(/\\([\\#])/g, '$1').trim();
  const what = directive?.[1].toLowerCase();
  if (what === 'skip' || what === 'todo') return { name, outcome: 'skipped' };
  return { name, outcome: isNot ? 'failed' : 'passed' };
}
