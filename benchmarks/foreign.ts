/**
 * What does an idle process with a raw link cost while other programs move data over lo? With the
 * link's filter in the kernel, and without it; needs CAP_NET_RAW.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { createNet, RawLink, Stack } from '../lib/index';
import { BpfProgram } from '../lib/link/bpf-program';
import { bulkInProcess, listening, type NetLike } from './support/bulk-transfer';
import { ProcessCost } from './support/process-cost';
import { printHeading, printRow, samplesOf, spreadOf } from './support/report';

const SAMPLES = samplesOf(5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;

interface Sample {
  gbits: number;
  /** Of the idle process: CPU time of a second, in percent, and packets dropped in user space. */
  cpuPercent: number;
  dropped: number;
}

async function main(): Promise<void> {
  printHeading('foreign: an idle process with a raw link, while another moves data over lo');
  const available = RawLink.available();
  if (available !== true) {
    console.log(`skipped: ${available}`);
    return;
  }
  const samples: [Sample[], Sample[]] = [[], []];
  for (let i = 0; i < SAMPLES; i++) {
    samples[0].push(await measure(true));
    samples[1].push(await measure(false));
  }
  for (const [name, row] of [
    ['with the filter', samples[0]] as const,
    ['without it', samples[1]] as const,
  ]) {
    printRow(`${name}: the others`, spreadOf(row.map(({ gbits }) => gbits)), 'Gbit/s');
    printRow(`${name}: CPU`, spreadOf(row.map(({ cpuPercent }) => cpuPercent)), '%');
    printRow(`${name}: packets seen`, spreadOf(row.map(({ dropped }) => dropped)), '', 0);
  }
}

async function measure(filtered: boolean): Promise<Sample> {
  const attach = BpfProgram.prototype.attach;
  if (!filtered) BpfProgram.prototype.attach = () => undefined;
  const link = new RawLink();
  const stack = new Stack({ links: [link] });
  await listening((createNet(stack) as NetLike).createServer(() => undefined));
  const child = fork(__filename, ['transfer'], { stdio: 'inherit' });
  const cost = new ProcessCost();
  const [gbits] = await once(child, 'message');
  const { seconds, cpuMicroseconds } = cost;
  stack.close();
  BpfProgram.prototype.attach = attach;
  const dropped = link.counters.droppedForeign / seconds;
  return { gbits, cpuPercent: cpuMicroseconds / 1e4 / seconds, dropped };
}

/** The other program. */
async function transfer(): Promise<void> {
  const { gbits } = await bulkInProcess(nodeNet, WRITE_BYTES, DURATION_MS);
  process.send!(gbits);
  process.disconnect();
}

(process.argv[2] === 'transfer' ? transfer() : main()).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
