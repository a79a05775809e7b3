/** The results as a document. */
import { GAPS, LOOKED_AT } from './looked-at';
import type { Fate } from './runner';
import type { Mutant } from './sample';

/** What became of a mutant; enough to write the document from. */
export interface Verdict {
  /** lib/tcp/…, the line counted from 1, and its text. */
  file: string;
  line: number;
  text: string;
  /** Kind of fault, and the fault as a reader sees it. */
  operator: string;
  change: string;
  fate: Fate;
}

export interface Run {
  seed: number;
  /** How many mutants the sample was drawn from. */
  candidates: number;
  tests: number;
  verdicts: readonly Verdict[];
}

export function toVerdict(mutant: Mutant, fate: Fate): Verdict {
  const { file, line, text, change } = mutant;
  return { file, line, text, operator: change.operator, change: describeChange(mutant), fate };
}

function describeChange({ change }: Mutant): string {
  const before = change.before.replace(/\s+/g, ' ');
  if (change.operator === 'removal') return `removed: \`${before}\``;
  if (change.after === '') return `\`${before}\` removed`;
  return `\`${before}\` → \`${change.after.replace(/\s+/g, ' ')}\``;
}

export function isKilled({ fate }: Verdict): boolean {
  return fate !== 'survived';
}

/** 'killed 190 of 200 (95.0 %)' */
export function rateOf(verdicts: readonly Verdict[]): string {
  const killed = verdicts.filter(isKilled).length;
  const percent = (100 * killed) / verdicts.length;
  return `killed ${killed} of ${verdicts.length} (${percent.toFixed(1)} %)`;
}

/** What was found when this survivor was looked at; '' when nobody has. */
export function reasonFor(verdict: Verdict): string {
  return findIn(LOOKED_AT, verdict) ?? findIn(GAPS, verdict) ?? '';
}

function findIn(list: typeof LOOKED_AT, { file, text, change }: Verdict): string | undefined {
  const found = list.find(
    ([name, line, what]) => `lib/tcp/${name}` === file && line === text && what === change,
  );
  return found?.[3];
}

function isHarmless(verdict: Verdict): boolean {
  return !isKilled(verdict) && findIn(LOOKED_AT, verdict) !== undefined;
}

export function renderReport({ seed, candidates, tests, verdicts }: Run): string {
  const limit = verdicts.filter(({ fate }) => fate === 'time limit').length;
  const rate = rateOf(verdicts);
  const counted = verdicts.filter((verdict) => !isHarmless(verdict));
  const survivors = verdicts.filter((verdict) => !isKilled(verdict));
  const open = survivors.filter((verdict) => !isHarmless(verdict));
  return `# Would the tests notice?

Written by \`npm run mutate\`: small faults are put into \`lib/tcp\`, one at a time, and
${tests} test files of \`test/tcp\`, \`test/conformance\` and \`test/textbook\` run until one
fails; last the one that compares four cells of the golden table of throughput. Without a mutant all
of them pass, each alone and all in one process. A mutant that no test notices survives. First values
of fields are left as they are: they give objects their shape, and are overwritten before they are
read.

Of ${candidates} possible mutants a sample was drawn with seed ${seed}: **${rate}**,
${limit} of them because they never came to an end. ${verdicts.length - counted.length} of the
survivors were found to do what the program does; without these, ${rateOf(counted)}.

${table('kind', verdicts, ({ operator }) => operator)}
${table('file', verdicts, ({ file }) => file)}
## Survivors that a test should notice

${renderSurvivors(open)}
## Survivors that do what the program does

${renderSurvivors(survivors.filter(isHarmless))}`;
}

function table(what: string, verdicts: readonly Verdict[], key: (v: Verdict) => string): string {
  const rows = [...new Set(verdicts.map(key))].sort().map((name) => {
    const own = verdicts.filter((verdict) => key(verdict) === name);
    return `| ${name} | ${own.length} | ${own.filter(isKilled).length} |`;
  });
  return `| ${what} | mutants | killed |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function renderSurvivors(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return 'None.\n';
  const rows = verdicts.map((verdict) => {
    const { file, line, text, change } = verdict;
    const cells = [`${file}:${line}`, `\`${text}\``, change, reasonFor(verdict)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `| place | line | change | what was found |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}
