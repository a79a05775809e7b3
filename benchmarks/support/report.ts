/**
 * How a benchmark speaks: the machine, then a median with its spread a row, and ratios in the same
 * run; and the same rows as JSON where `npm run bench -- --json FILE` asks for them.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Fewer samples where a first look is enough (`npm run bench:quick`). */
export function samplesOf(samples: number): number {
  return process.env.USERNET_BENCH_QUICK === undefined ? samples : Math.min(samples, 3);
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
  const [cpu] = cpus();
  console.log(`# Node ${process.version}, ${cpu?.model ?? 'unknown CPU'}, ${cpus().length} CPUs`);
  if (process.env.USERNET_BENCH_CONTROL !== undefined) printControl();
}

/** Says which congestion control the kernel uses here. */
export function printControl(): void {
  const control = readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  console.log(`# the kernel's congestion control: ${control}`);
}

export function printRow(name: string, spread: Spread, unit: string, digits = 2): void {
  const { median, min, max } = spread;
  const numbers = `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)}) ${unit}`;
  console.log(`${name.padEnd(44)} ${numbers}`);
  record({ row: name, unit, median, min, max });
}

/** Ratio of the medians of two rows that were measured in turns. */
export function printRatio(name: string, ours: Spread, theirs: Spread): void {
  const ratio = ours.median / theirs.median;
  console.log(`${name.padEnd(44)} ${ratio.toFixed(2)}×`);
  record({ row: name, unit: '×', ratio });
}

function record(row: Record<string, unknown>): void {
  const file = process.env.USERNET_BENCH_JSON;
  if (file === undefined) return;
  const { USERNET_BENCH_NAME: benchmark, USERNET_BENCH_CONTROL: control } = process.env;
  appendFileSync(
    file,
    `${JSON.stringify({ benchmark, control, node: process.version, ...row })}\n`,
  );
}
