/**
 * How fast do two sockets of one process exchange data, against `node:net` on loopback in the same
 * run?
 *
 * Both ends in one process and thread; usernet's packets never leave it, `node:net`'s go through
 * the kernel.
 */
import * as nodeNet from 'node:net';
import { createNet, Stack } from '../lib/index';
import { type BulkResult, bulkInProcess, type NetLike } from './support/bulk-transfer';
import { printHeading, printRatio, printRow, samplesOf, spreadOf } from './support/report';

const SAMPLES = samplesOf(5);
const DURATION_MS = 1000;

async function main(): Promise<void> {
  printHeading('bulk: one connection, one way, both ends in one process');
  for (const writeBytes of [65_536, 1024]) {
    const ours: BulkResult[] = [];
    const theirs: BulkResult[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      const stack = new Stack({});
      ours.push(await bulkInProcess(createNet(stack) as NetLike, writeBytes, DURATION_MS));
      stack.close();
      theirs.push(await bulkInProcess(nodeNet, writeBytes, DURATION_MS));
    }
    const size = `${writeBytes / 1024} KiB writes`;
    const our = spreadOf(ours.map((result) => result.gbits));
    const their = spreadOf(theirs.map((result) => result.gbits));
    printRow(`usernet, ${size}`, our, 'Gbit/s');
    printRow(`node:net, ${size}`, their, 'Gbit/s');
    printRatio(`usernet / node:net, ${size}`, our, their);
    const ourCpu = spreadOf(ours.map((result) => result.cpuSecondsPerGB));
    const theirCpu = spreadOf(theirs.map((result) => result.cpuSecondsPerGB));
    printRow(`usernet, ${size}`, ourCpu, 'CPU-s/GB', 3);
    printRow(`node:net, ${size}`, theirCpu, 'CPU-s/GB', 3);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
