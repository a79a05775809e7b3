/** The rows as a document. */
import { isSettled, type Proof, type Row } from './verdicts';

const VERDICTS = ['passes', 'not applicable', 'decided: no', 'FAILS', 'no test'] as const;

const INTRODUCTION = `# RFC 9293, requirement by requirement

Written by \`npm run conformance\` from the results of the tests: a requirement passes when every
test that bears its id in its name has passed in that run. What is not applicable, or was decided
with no, stands in [not-applicable.ts](../test/conformance/not-applicable.ts) with its reason.
`;

export function summaryLine(name: string, rows: readonly Row[]): string {
  const counts = VERDICTS.map((verdict) => [
    verdict,
    rows.filter((row) => row.verdict === verdict).length,
  ]).filter(([, count]) => count !== 0);
  const settled = rows.filter(isSettled).length;
  const parts = counts.map(([verdict, count]) => `${verdict} ${count}`).join(', ');
  return `${name}: ${settled} of ${rows.length} (${parts})`;
}

/** @param groups heading and rows, in the order of the document */
export function renderDocument(groups: ReadonlyArray<readonly [string, readonly Row[]]>): string {
  const totals = groups.map(([name, rows]) => `- ${summaryLine(name, rows)}`);
  const sections = groups.map(([name, rows]) => renderSection(name, rows));
  return `${INTRODUCTION}\n${totals.join('\n')}\n\n${sections.join('\n')}`;
}

function renderSection(name: string, rows: readonly Row[]): string {
  const head = '| id | level | § | what it asks | verdict | tests |\n|---|---|---|---|---|---|';
  return `## ${name}\n\n${head}\n${rows.map(renderRow).join('\n')}\n`;
}

function renderRow({ id, level, section, paraphrase, verdict, reason, proofs }: Row): string {
  const cells = [id, level, section, escapeCell(paraphrase), verdict];
  const last = reason === '' ? [] : [escapeCell(reason)];
  return `| ${cells.join(' | ')} | ${[...last, ...renderProofs(proofs)].join('<br>')} |`;
}

/** The tests of one file stand behind its name. */
function renderProofs(proofs: readonly Proof[]): string[] {
  const files = [...new Set(proofs.map(({ file }) => file))].sort();
  return files.map((file) => {
    const names = proofs
      .filter((proof) => proof.file === file)
      .filter((proof, i, own) => !own.slice(0, i).some((earlier) => isVariant(proof, earlier)))
      .map(({ name, outcome }) => (outcome === 'failed' ? `**FAILS:** ${name}` : name));
    return `[${file.replace(/^test\//, '')}](../${file}): ${names.map(escapeCell).join('; ')}`;
  });
}

/** 'no option: 536, passive' is a variant of 'no option: 536'. */
function isVariant(proof: Proof, earlier: Proof): boolean {
  return proof.outcome === 'passed' && /^[,:] /.test(proof.name.replace(earlier.name, ''));
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
