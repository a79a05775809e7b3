/**
 * How fast is usernet over raw sockets against a peer with the kernel's TCP, beside `node:net`
 * against the same peer? On 127.0.0.1, the peer in a process of its own; needs CAP_NET_RAW.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { createNet, RawLink, Stack } from '../lib/index';
import { bulkIn, bulkOut, type NetLike } from './support/bulk-transfer';
import { printControl, printHeading, printRatio, printRow, spreadOf } from './support/report';

const SAMPLES = 5;
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;

async function main(): Promise<void> {
  printHeading('raw: one connection against a kernel peer on 127.0.0.1, 64 KiB writes');
  const available = RawLink.available();
  if (available !== true) {
    console.log(`skipped: ${available}`);
    return;
  }
  if (process.env.USERNET_BENCH_CONTROL === undefined) printControl();
  const peer = spawn(process.execPath, [join(__dirname, 'support', 'kernel-peer.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ports = JSON.parse(String((await once(peer.stdout, 'data'))[0]));
  const stack = new Stack({ links: [new RawLink()] });
  try {
    await compare(createNet(stack) as NetLike, ports);
  } finally {
    stack.close();
    stop(peer);
  }
}

async function compare(ours: NetLike, ports: { sink: number; source: number }): Promise<void> {
  const out: [number[], number[]] = [[], []];
  const into: [number[], number[]] = [[], []];
  for (let i = 0; i < SAMPLES; i++) {
    for (const [row, net] of [ours, nodeNet].entries()) {
      out[row].push((await bulkOut(net, ports.sink, WRITE_BYTES, DURATION_MS)).gbits);
      into[row].push((await bulkIn(net, ports.source, DURATION_MS)).gbits);
    }
  }
  for (const [name, rows] of [
    ['to the kernel', out] as const,
    ['from the kernel', into] as const,
  ]) {
    const [our, their] = rows.map(spreadOf);
    printRow(`usernet, ${name}`, our, 'Gbit/s');
    printRow(`node:net, ${name}`, their, 'Gbit/s');
    printRatio(`usernet / node:net, ${name}`, our, their);
  }
}

function stop(peer: ChildProcess): void {
  peer.stdin?.end();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
