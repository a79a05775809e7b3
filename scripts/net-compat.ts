/**
 * Writes docs/net-compat.md: every public member of `node:net` of Node 20, 22 and 24, and whether
 * usernet has it, of the same type, and used by tests as they run.
 *
 *     npm run net-compat
 *     npm run net-compat -- --check      writes nothing; fails if the page is not what it would be
 *     npm run net-compat -- --members    writes the list of members of the Node that runs
 *
 * Ends with status 1 when a member is missing, of another type, or used by no test.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { compareMembers, DIFFERENCES, type Row } from '../test/net/compat';
import {
  findMembers,
  listPath,
  type MemberList,
  readMembers,
  VERSIONS,
  type Version,
} from '../test/net/members';
import { countUses } from './net-compat/uses';

const ROOT = join(__dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'net-compat.md');

type Uses = ReadonlyMap<string, number>;

async function main(options: readonly string[]): Promise<void> {
  if (options.includes('--members')) {
    writeMembers();
    return;
  }
  const rows = compareMembers();
  const uses = await countUses(ROOT);
  const page = render(rows, uses);
  const faults = rows.flatMap((row) => faultsOf(row, uses));
  if (!options.includes('--check')) writeFileSync(DOCUMENT, page);
  else if (readFileSync(DOCUMENT, 'utf8') !== page) {
    faults.push('docs/net-compat.md is not what it would be: run npm run net-compat again');
  }
  console.log(summary(rows, uses));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

function writeMembers(): void {
  const node = process.versions.node;
  const list: MemberList = { node, members: findMembers(nodeNet) };
  writeFileSync(listPath(node.split('.')[0] as Version), `${JSON.stringify(list, null, 2)}\n`);
}

function faultsOf({ path, present, sameType, isNodes }: Row, uses: Uses): string[] {
  if (!present) return [`${path} is missing`];
  if (!sameType) return [`${path} is of another type`];
  return isNodes || uses.has(path) ? [] : [`no test uses ${path}`];
}

function render(rows: readonly Row[], uses: Uses): string {
  const nodes = VERSIONS.map((version) => readMembers(version).node).join(', ');
  const lines = DIFFERENCES.map(([what, how]) => `| ${what} | ${how} |`);
  return `# usernet and node:net

Written by \`npm run net-compat\` from the members of \`node:net\` in Node ${nodes}, as found there by
reflection. How alike the two behave is measured by \`npm run test:differential\` (1,000 random programs
on both leave the same trace) and, for wrong arguments, by test/net/arguments.test.ts and
bad-input.test.ts; \`npm run test:nodes\` does the same under Node 22 and 24.

## Different on purpose

| what | how |
|---|---|
${lines.join('\n')}

Beyond \`node:net\` there are the methods and events of \`SocketExtras\` and the options of
\`TcpOptions\` in [lib/net/api.ts](../lib/net/api.ts).

## Every member

${summary(rows, uses)}. Names that begin with an underscore are Node's own affair. The last column
says whether a file of test/net calls the member, or reads it, noted as they run; calls by Node's streams
or by usernet itself do not count. "Node's" is the very object of \`node:net\`, and Node's to test.

| member | Node | present | same type | tests |
|---|---|---|---|---|
${rows.map((row) => renderRow(row, uses)).join('\n')}
`;
}

function renderRow({ path, versions, present, isNodes, sameType }: Row, uses: Uses): string {
  const there = present ? 'yes' : 'NO';
  const tests = isNodes ? 'Node’s' : uses.has(path) ? 'yes' : 'NONE';
  const cells = [`\`${path}\``, versions.join(', '), there, sameType ? 'yes' : 'NO', tests];
  return `| ${cells.join(' | ')} |`;
}

function summary(rows: readonly Row[], uses: Uses): string {
  const count = (is: (row: Row) => boolean): number => rows.filter(is).length;
  const present = `${count((row) => row.present)} of ${rows.length} members present`;
  const same = `${count((row) => row.sameType)} of the same type`;
  const nodes = `${count((row) => row.isNodes)} of these Node's own`;
  const tested = `${count((row) => !row.isNodes && uses.has(row.path))} others used by tests`;
  return `${present}, ${same}, ${nodes}, ${tested}`;
}

main(process.argv.slice(2));
