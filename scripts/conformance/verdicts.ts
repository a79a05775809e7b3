/** From the results of the tests to one verdict for each requirement. */
import { idsIn, type Requirement, withoutIds } from './checklist';
import type { TestPoint } from './tap-tree';
import type { FileResult } from './test-files';

/** Why an id has no test of its own, or is decided otherwise than the RFC allows one to. */
export interface Decision {
  verdict: 'not applicable' | 'decided: no';
  reason: string;
}

export interface Proof {
  file: string;
  name: string;
  outcome: TestPoint['outcome'];
}

export interface Row extends Requirement {
  verdict: 'passes' | 'FAILS' | 'no test' | Decision['verdict'];
  reason: string;
  proofs: Proof[];
}

/** @returns for each id the outermost tests that bear it */
export function collectProofs(results: readonly FileResult[]): Map<string, Proof[]> {
  const proofs = new Map<string, Proof[]>();
  for (const { file, points } of results) {
    for (const point of points) collect(point, file, '', new Set(), proofs);
  }
  return proofs;
}

function collect(
  point: TestPoint,
  file: string,
  parentName: string,
  above: ReadonlySet<string>,
  into: Map<string, Proof[]>,
): void {
  const name = nameOf(point, parentName);
  const own = idsIn(point.name).filter((id) => !above.has(id));
  for (const id of own) {
    const list = into.get(id) ?? [];
    into.set(id, list);
    const known = list.find((proof) => proof.file === file && proof.name === name);
    if (known === undefined) list.push({ file, name, outcome: point.outcome });
    else if (point.outcome === 'failed') known.outcome = 'failed';
  }
  const within = own.length === 0 ? above : new Set([...above, ...own]);
  for (const child of point.children) collect(child, file, name, within, into);
}

/** A point that says nothing of its own is called after what it is part of. */
function nameOf(point: TestPoint, parentName: string): string {
  const name = withoutIds(point.name);
  return name === '' || /^across 2\^\d+$/.test(name) ? parentName : name;
}

/** Passing is what the run says; a decision stands only where no test of it fails. */
export function judge(
  requirement: Requirement,
  proofs: readonly Proof[],
  decision: Decision | undefined,
  remark = '',
): Row {
  const counted = proofs.filter(({ outcome }) => outcome !== 'skipped');
  const row = { ...requirement, reason: decision?.reason ?? remark, proofs: counted };
  if (counted.some(({ outcome }) => outcome === 'failed')) return { ...row, verdict: 'FAILS' };
  if (decision !== undefined) return { ...row, verdict: decision.verdict };
  return { ...row, verdict: counted.length > 0 ? 'passes' : 'no test' };
}

/** Has somebody said, or shown, how it stands with this requirement? */
export function isSettled({ verdict }: Row): boolean {
  return verdict !== 'no test' && verdict !== 'FAILS';
}
