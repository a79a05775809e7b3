/**
 * Counts what of RFC 9293 is proved by tests: runs those that bear requirement ids in their names
 * and writes docs/conformance.md.
 *
 * Ends with status 1 when a MUST is neither passed nor reasoned away, when a test bears an id that
 * nobody knows, or when a test file has failed.
 *
 *     npm run conformance
 *     npm run conformance -- --check          writes nothing, and ends with status 1 where the
 *                                             document is not what the results give
 *     npm run conformance -- --check --log F  runs nothing, but takes the results from what
 *                                             `npm test` has printed into the file F
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decisions, remarks } from '../test/conformance/not-applicable';
import { readChecklist } from './conformance/checklist';
import { renderDocument, summaryLine } from './conformance/document';
import { findFiles, readResults, runFiles } from './conformance/test-files';
import { collectProofs, isSettled, judge, type Row } from './conformance/verdicts';

const ROOT = join(__dirname, '..');
const LISTS = join(ROOT, 'test', 'conformance');
const DOCUMENT = join(ROOT, 'docs', 'conformance.md');

const GROUPS: ReadonlyArray<readonly [string, RegExp]> = [
  ['MUST', /^MUST-/],
  ['SHOULD', /^SHLD-/],
  ['MAY', /^MAY-/],
  ['RECOMMENDED', /^REC-/],
  ['without a label', /^U-/],
];

async function main(): Promise<void> {
  const requirements = [
    ...readChecklist(LISTS, 'rfc9293.tsv'),
    ...readChecklist(LISTS, 'rfc9293-unlabelled.tsv'),
  ];
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, log: { type: 'string' } },
  });
  const files = findFiles(ROOT);
  const { log } = values;
  process.stdout.write(
    `${log === undefined ? 'running' : 'reading of'} ${files.length} test files\n`,
  );
  const results =
    log === undefined ? await runFiles(ROOT, files) : readResults(readFileSync(log, 'utf8'), files);
  const proofs = collectProofs(results);
  const rows = requirements.map((one) =>
    judge(one, proofs.get(one.id) ?? [], decisions[one.id], remarks[one.id]),
  );
  const groups = GROUPS.map(
    ([name, pattern]) => [name, rows.filter(({ id }) => pattern.test(id))] as const,
  );
  const document = renderDocument(groups);
  if (values.check !== true) writeFileSync(DOCUMENT, document);
  for (const [name, group] of groups) process.stdout.write(`${summaryLine(name, group)}\n`);

  const known = new Set(requirements.map(({ id }) => id));
  const named = [...proofs.keys(), ...Object.keys(decisions)];
  const faults = [
    ...named.filter((id) => !known.has(id)).map((id) => `${id}: there is no such requirement`),
    ...results.filter(({ isSound }) => !isSound).map(({ file }) => `${file}: has failed`),
    ...staleLines(document).map((line) => `docs/conformance.md should say: ${line}`),
    ...rows.filter(isOpenMust).map(({ id, verdict }) => `${id}: ${verdict}`),
  ];
  for (const row of rows) {
    if (!isSettled(row) && !isOpenMust(row)) process.stdout.write(`${row.id}: ${row.verdict}\n`);
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

/** Lines that the document does not have: none where it was just written. */
function staleLines(document: string): string[] {
  const written = readFileSync(DOCUMENT, 'utf8');
  if (written === document) return [];
  const known = new Set(written.split('\n'));
  const lines = document.split('\n').filter((line) => !known.has(line));
  return lines.length > 0 ? lines : ['less, or the same in another order'];
}

function isOpenMust(row: Row): boolean {
  return row.id.startsWith('MUST-') && !isSettled(row);
}

main();
