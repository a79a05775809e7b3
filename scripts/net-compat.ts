/**
 * Writes docs/net-compat.md: every public member of `node:net` of Node 20, 22 and 24, and whether
 * usernet has it, of the same type, and with tests that use it.
 *
 * Ends with status 1 when something is missing that nobody has given a reason for. Run:
 * npm run net-compat
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ABSENT,
  compareMembers,
  DIFFERENCES,
  type Row,
  readMembers,
  VERSIONS,
} from '../test/net/compat';

const DOCUMENT = join(__dirname, '..', 'docs', 'net-compat.md');

function main(): void {
  const rows = compareMembers();
  writeFileSync(DOCUMENT, render(rows));
  const missing = rows.filter((row) => !row.present && reasonFor(row.path) === undefined);
  console.log(summary(rows));
  for (const { path } of missing) console.log(`missing without a reason: ${path}`);
  if (missing.length > 0) process.exitCode = 1;
}

function render(rows: readonly Row[]): string {
  const nodes = VERSIONS.map((version) => readMembers(version).node).join(', ');
  const lines = DIFFERENCES.map(([what, how]) => `| ${what} | ${how} |`);
  return `# usernet and node:net

Written by \`npm run net-compat\` from the members of \`node:net\` in Node ${nodes}, and from what
usernet has under Node ${process.versions.node}. How alike the two behave is measured by
\`npm run test:differential\`: 1,000 random programs on both leave the same trace.

## Different on purpose

| what | how |
|---|---|
${lines.join('\n')}

Beyond \`node:net\` there are the methods and events of \`SocketExtras\` and the options of
\`TcpOptions\` in [lib/net/api.ts](../lib/net/api.ts).

## Every member

${summary(rows)}. Names that begin with an underscore are Node's own affair. "Tests" counts the files
of test/net that use the name.

| member | Node | present | same type | tests |
|---|---|---|---|---|
${rows.map(renderRow).join('\n')}
`;
}

function renderRow({ path, versions, present, isNodes, sameType, tests }: Row): string {
  const has = isNodes ? 'Node’s own' : 'yes';
  const there = present ? has : `no: ${reasonFor(path) ?? 'MISSING'}`;
  const cells = [`\`${path}\``, versions.join(', '), there, sameType ? 'yes' : '–', tests || '–'];
  return `| ${cells.join(' | ')} |`;
}

function reasonFor(path: string): string | undefined {
  return ABSENT[path.split('.')[0]] ?? ABSENT[path];
}

function summary(rows: readonly Row[]): string {
  const present = rows.filter((row) => row.present).length;
  const same = rows.filter((row) => row.sameType).length;
  const tested = rows.filter((row) => row.tests > 0).length;
  return `${present} of ${rows.length} members present, ${same} of the same type, ${tested} in tests`;
}

main();
