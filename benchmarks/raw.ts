/**
 * How fast is usernet over raw sockets against a peer with the kernel's TCP, beside `node:net`
 * against the same peer: bulk, messages, connections? On 127.0.0.1, the peer in a process of its
 * own; needs CAP_NET_RAW.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { createNet, RawLink, Stack } from '../lib/index';
import { bulkIn, bulkOut, type NetLike } from './support/bulk-transfer';
import { type Figure, type Measured, printPair } from './support/in-turns';
import { printControl, printHeading, samplesOf, spreadOf } from './support/report';
import { callsPerSecond, roundTripTimes } from './support/round-trips';

const SAMPLES = samplesOf(5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;
const ROUND_TRIPS = 10_000;
const CONNECTIONS = 2000;
const AT_ONCE = 50;

async function main(): Promise<void> {
  printHeading('raw: against a kernel peer on 127.0.0.1; bulk in 64 KiB writes');
  const available = RawLink.available();
  if (available !== true) {
    console.log(`skipped: ${available}`);
    return;
  }
  if (process.env.USERNET_BENCH_CONTROL === undefined) printControl();
  const peer = spawn(process.execPath, [join(__dirname, 'support', 'kernel-peer.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ports: Ports = JSON.parse(String((await once(peer.stdout, 'data'))[0]));
  const stack = new Stack({ links: [new RawLink()] });
  try {
    await compare(createNet(stack) as NetLike, ports);
  } finally {
    stack.close();
    stop(peer);
  }
}

interface Ports {
  sink: number;
  source: number;
  echo: number;
  once: number;
}

const FIGURES: readonly Figure[] = [
  { key: 'out', name: 'to the kernel', unit: 'Gbit/s' },
  { key: 'into', name: 'from the kernel', unit: 'Gbit/s' },
  { key: 'p50', name: '64 bytes there and back, p50', unit: 'µs', digits: 1 },
  { key: 'p99', name: '64 bytes there and back, p99', unit: 'µs', digits: 1 },
  { key: 'calls', name: 'connections, 50 at once', unit: 'a second', digits: 0 },
];

async function compare(ours: NetLike, ports: Ports): Promise<void> {
  const rows: [Measured[], Measured[]] = [[], []];
  for (let i = 0; i < SAMPLES; i++) {
    for (const [row, net] of [ours, nodeNet].entries()) rows[row].push(await measure(net, ports));
  }
  for (const figure of FIGURES) {
    const [our, their] = rows.map((row) => spreadOf(row.map((sample) => sample[figure.key])));
    printPair(figure, our, their);
  }
}

async function measure(net: NetLike, ports: Ports): Promise<Measured> {
  const { gbits: out } = await bulkOut(net, ports.sink, WRITE_BYTES, DURATION_MS);
  const { gbits: into } = await bulkIn(net, ports.source, DURATION_MS);
  const times = await roundTripTimes(net, ports.echo, ROUND_TRIPS);
  const calls = await callsPerSecond(net, ports.once, CONNECTIONS, AT_ONCE);
  return { out, into, ...times, calls };
}

function stop(peer: ChildProcess): void {
  peer.stdin?.end();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
