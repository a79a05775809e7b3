/**
 * Does usernet carry as much as Linux under the same controller over the very same path? Both send
 * to the kernel's TCP, in turns, in real time, through two TUN devices and the laboratory's link
 * between them: 100 Mbit/s, 50 ms each way, a queue of one BDP.
 *
 *     npm run lab:kernel                                     everything: an hour
 *     npm run lab:kernel -- --path loss-0.1 --controller cubic --runs 5 --seconds 20
 */
import { parseArgs } from 'node:util';
import type { Impairments } from '../lib/link/path/impairments';
import { runOnKernel } from './lab/kernel-path';
import { printHeading, printRatio, printRow, spreadOf } from './support/report';

const BOTTLENECK = { rate: 1e8, delayMs: 50, queueBytes: 1_250_000 };
const PATHS: Readonly<Record<string, Partial<Impairments>>> = {
  'loss-0': {},
  'loss-0.01': { loss: 0.0001 },
  'loss-0.1': { loss: 0.001 },
  'loss-1': { loss: 0.01 },
  'reorder-1': { reorder: 0.01, reorderDelayMs: 10 },
};
const CONTROLLERS = ['cubic', 'reno', 'bbr'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      path: { type: 'string', multiple: true, default: Object.keys(PATHS) },
      controller: { type: 'string', multiple: true, default: CONTROLLERS },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '20' },
    },
  });
  printHeading('lab-kernel: usernet beside Linux over one path, goodput');
  for (const path of values.path) {
    const impairments = PATHS[path];
    if (impairments === undefined) {
      throw new RangeError(`no path ${path}; there are: ${Object.keys(PATHS).join(', ')}`);
    }
    for (const controller of values.controller) {
      await compare(path, impairments, controller, Number(values.runs), Number(values.seconds));
    }
  }
}

async function compare(
  name: string,
  impairments: Partial<Impairments>,
  controller: string,
  runs: number,
  seconds: number,
): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const path = { there: { ...BOTTLENECK, ...impairments }, back: { delayMs: 50 } };
  for (let seed = 1; seed <= runs; seed++) {
    for (const [sender, samples] of [['usernet', ours] as const, ['linux', theirs] as const]) {
      samples.push(await runOnKernel({ sender, controller, ...path, seed, seconds }));
    }
  }
  const [our, their] = [spreadOf(ours), spreadOf(theirs)];
  // The same packets are lost for both: what one of them lacks in every pair is no chance.
  const pairs = ours.map((mbits, i) => `${mbits.toFixed(1)}/${theirs[i].toFixed(1)}`);
  console.log(`# seeds 1 to ${runs}: ${pairs.join(', ')}`);
  printRow(`usernet, ${controller}, ${name}`, our, 'Mbit/s', 1);
  printRow(`linux, ${controller}, ${name}`, their, 'Mbit/s', 1);
  printRatio(`usernet / linux, ${controller}, ${name}`, our, their);
  const logs = ours.map((mbits, i) => Math.log(mbits / theirs[i]));
  const mean = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  console.log(`# geometric mean of the pairs' ratios: ${mean.toFixed(2)}×`);
}

process.once('SIGINT', () => process.exit(130));
main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
