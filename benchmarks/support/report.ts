/**
 * How a benchmark speaks: the machine, then a median with its spread a row, and ratios in the same
 * run.
 */
import { cpus } from 'node:os';

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

export function printHeading(question: string): void {
  console.log(`# ${question}`);
  console.log(
    `# Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} CPUs`,
  );
}

export function printRow(name: string, spread: Spread, unit: string, digits = 2): void {
  const { median, min, max } = spread;
  const numbers = `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)}) ${unit}`;
  console.log(`${name.padEnd(44)} ${numbers}`);
}

/** Ratio of the medians of two rows that were measured in turns. */
export function printRatio(name: string, ours: Spread, theirs: Spread): void {
  console.log(`${name.padEnd(44)} ${(ours.median / theirs.median).toFixed(2)}×`);
}
