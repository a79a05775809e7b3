/**
 * Two modules with `net`'s face, measured in turns, so that what disturbs the machine disturbs both.
 */
import * as nodeNet from 'node:net';
import { createNet, Stack } from '../../lib/index';
import type { NetLike } from './bulk-transfer';
import { printRatio, printRow, type Spread, spreadOf } from './report';

export type Measured = Record<string, number>;

/** How a figure is named and read. */
export interface Figure {
  key: string;
  unit: string;
  digits?: number;
  /** Is more better? The ratio is ours to theirs either way. */
  name: string;
}

/** A fresh in-process stack for `work`, closed after it. */
export async function onUsernet<Result>(work: (net: NetLike) => Promise<Result>): Promise<Result> {
  const stack = new Stack({});
  try {
    return await work(createNet(stack) as NetLike);
  } finally {
    stack.close();
  }
}

/** Runs `work` on usernet and on `node:net`, `samples` times each, and prints every figure of it. */
export async function compareInTurns(
  samples: number,
  figures: readonly Figure[],
  work: (net: NetLike) => Promise<Measured>,
): Promise<void> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let i = 0; i < samples; i++) {
    ours.push(await onUsernet(work));
    theirs.push(await work(nodeNet));
  }
  for (const figure of figures) printPair(figure, column(ours, figure), column(theirs, figure));
}

export function printPair({ name, unit, digits = 2 }: Figure, our: Spread, their: Spread): void {
  printRow(`usernet, ${name}`, our, unit, digits);
  printRow(`node:net, ${name}`, their, unit, digits);
  printRatio(`usernet / node:net, ${name}`, our, their);
}

function column(rows: readonly Measured[], { key }: Figure): Spread {
  return spreadOf(rows.map((row) => row[key]));
}
