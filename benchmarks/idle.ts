/**
 * What does an idle connection cost in memory, both ends in one process, against `node:net`; and
 * what CPU do 100,000 idle ends take?
 *
 * Every sample is a process of its own: memory that was used before would be used again. V8's
 * memory for young objects is held at 1 MiB, for both: left to itself it grows to 32 with the
 * garbage of opening connections, be they few or many, and was half of what one of 4,000 seemed to
 * cost. The kernel's memory for its sockets is not resident in the process; by how much the
 * kernel's slabs grew meanwhile is shown beside it.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import * as nodeNet from 'node:net';
import { createNet, Stack } from '../lib/index';
import type { NetLike } from './support/bulk-transfer';
import { printPair } from './support/in-turns';
import { ProcessCost } from './support/process-cost';
import { printHeading, printRow, samplesOf, spreadOf } from './support/report';

const SAMPLES = samplesOf(5);
const CONNECTIONS = 6000;
/** So many that V8 has compiled what makes a connection, which takes memory, too. */
const WARM_UP = 2000;
const MANY = 50_000;
const PER_ADDRESS = 10_000;
/**
 * The deadlines of the handshakes run out, all have been asked whether they are idle, and the
 * garbage collector comes to an end; some seconds later it will begin once more.
 */
const SETTLING_MS = 6000;
const WATCH_MS = 2000;

interface Cost {
  rss: number;
  heap: number;
  /** What the kernel has allocated meanwhile, for whomever. */
  kernel: number;
  cpuPercent: number;
}

async function measure(net: NetLike, total: number, watchMs: number): Promise<Cost> {
  const kept: Socket[] = [];
  const accepted: Socket[] = [];
  const server = net.createServer((socket) => void accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', 4096, resolve));
  await open(net, server, WARM_UP, kept); // what is made once is made
  const before = settled();
  const kernelBefore = slabBytes();
  await open(net, server, total, kept);
  while (accepted.length < kept.length) await turn();
  const after = settled();
  const kernelAfter = slabBytes();
  if (watchMs > 0) await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  const cost = new ProcessCost();
  await new Promise((resolve) => setTimeout(resolve, watchMs));
  const cpuPercent = cost.cpuMicroseconds / (cost.seconds * 1e4);
  return {
    rss: (after.rss - before.rss) / total,
    heap: (after.heapUsed - before.heapUsed) / total,
    kernel: (kernelAfter - kernelBefore) / total,
    cpuPercent,
  };
}

/** Adds connections; each address of 127.0.0.0/8 has ports enough for some thousand. */
async function open(net: NetLike, server: Server, count: number, kept: Socket[]): Promise<void> {
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < count; i++) {
    const host = `127.0.0.${1 + Math.floor(kept.length / PER_ADDRESS)}`;
    const socket = net.connect(port, host);
    await once(socket, 'connect');
    kept.push(socket);
  }
}

/** Of the whole machine: other processes disturb it. */
function slabBytes(): number {
  const [, kilobytes] = /^Slab:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

function settled(): NodeJS.MemoryUsage {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A process of its own: `idle.js usernet 4000 0` prints what it found as JSON. */
async function child(which: string, total: number, watchMs: number): Promise<void> {
  const limits = { connections: 2 * (total + WARM_UP) };
  const net = which === 'usernet' ? (createNet(new Stack({ limits })) as NetLike) : nodeNet;
  const cost = await measure(net, total, watchMs);
  process.stdout.write(JSON.stringify(cost));
  process.exit();
}

function sample(which: string, total: number, watchMs: number): Cost {
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const args = [...flags, __filename, which, String(total), String(watchMs)];
  const run = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) throw new Error(`the ${which} process failed`);
  return JSON.parse(String(run.stdout));
}

function main(): void {
  printHeading('idle: memory and CPU of connections that do nothing, both ends in one process');
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    ours.push(sample('usernet', CONNECTIONS, 0));
    theirs.push(sample('node', CONNECTIONS, 0));
  }
  for (const key of ['rss', 'heap'] as const) {
    const name = key === 'rss' ? 'resident memory' : 'heap';
    printPair(
      { key, name, unit: 'KB a connection', digits: 1 },
      spreadOf(ours.map((cost) => cost[key] / 1000)),
      spreadOf(theirs.map((cost) => cost[key] / 1000)),
    );
  }
  const withKernel = spreadOf(theirs.map(({ rss, kernel }) => (rss + kernel) / 1000));
  printRow("node:net, with the kernel's slabs", withKernel, 'KB a connection', 1);
  const many = [sample('usernet', MANY, WATCH_MS), sample('usernet', MANY, WATCH_MS)];
  const percent = spreadOf(many.map((cost) => cost.cpuPercent));
  printRow(`usernet, ${2 * MANY} idle ends`, percent, '% of a CPU');
}

const [which, total, watchMs] = process.argv.slice(2);
if (which === undefined) main();
else child(which, Number(total), Number(watchMs));
