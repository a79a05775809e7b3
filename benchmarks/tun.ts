/**
 * How fast is usernet over a TUN device at an MTU of 1,500 against a peer with the kernel's TCP,
 * beside `node:net` over a veth pair against the same peer?
 *
 * Peer and benchmark are processes in two network namespaces of their own; reno on all sides.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { createNet, createTunLink, Stack } from '../lib/index';
import { type BulkResult, bulkIn, bulkOut, type NetLike } from './support/bulk-transfer';
import { printHeading, printRatio, printRow, spreadOf } from './support/report';
import { TwoNamespaces } from './support/two-namespaces';

const SAMPLES = Number(process.env.SAMPLES ?? 5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;
const CONTROL = 'reno';
const HOST_ADDRESS = '10.78.1.1';
const OWN_ADDRESS = '10.78.1.2';

interface Ports {
  sink: number;
  source: number;
}

interface Row {
  name: string;
  net: NetLike;
  host: string;
  out: BulkResult[];
  into: BulkResult[];
}

/** Makes the namespaces and runs the rest in one of them. */
async function main(): Promise<void> {
  printHeading('tun: one connection against a kernel peer, MTU 1,500, 64 KiB writes');
  let spaces: TwoNamespaces;
  try {
    spaces = new TwoNamespaces(CONTROL);
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return;
  }
  console.log(`# congestion control on all sides: ${CONTROL}`);
  try {
    const script = join(__dirname, 'support', 'kernel-peer.js');
    const peer = spawnIn(spaces.far, [script, '0.0.0.0'], ['pipe', 'pipe', 'inherit']);
    const ports = String((await once(peer.stdout!, 'data'))[0]).trim();
    const args = [...process.execArgv, __filename, 'near', spaces.far, spaces.farAddress, ports];
    const [status] = await once(spawnIn(spaces.near, args, 'inherit'), 'exit');
    process.exitCode = status ?? 1;
    peer.stdin!.end();
    await once(peer, 'exit');
  } finally {
    spaces.remove();
  }
}

/** In the near namespace, with TUN devices in the far one. */
async function runNear(far: string, farAddress: string, ports: Ports): Promise<void> {
  const rows: Row[] = [row('node:net', nodeNet, farAddress)];
  const stacks: Stack[] = [];
  for (const offload of [true, false]) {
    const third = offload ? 1 : 2;
    const link = createTunLink({
      addresses: OWN_ADDRESS.replace('.1.', `.${third}.`).concat('/24'),
      namespace: far,
      offload,
    });
    const stack = new Stack({ links: [link], tcp: { congestionControl: CONTROL } });
    stacks.push(stack);
    const name = offload ? 'usernet' : 'usernet, no offload';
    rows.push(row(name, createNet(stack) as NetLike, HOST_ADDRESS.replace('.1.', `.${third}.`)));
  }
  for (let i = 0; i < SAMPLES; i++) {
    for (const { net, host, out, into } of rows) {
      out.push(await bulkOut(net, ports.sink, WRITE_BYTES, DURATION_MS, host));
      into.push(await bulkIn(net, ports.source, DURATION_MS, host));
    }
  }
  for (const stack of stacks) stack.close();
  report(rows, 'out', 'to the kernel');
  report(rows, 'into', 'from the kernel');
}

function row(name: string, net: NetLike, host: string): Row {
  return { name, net, host, out: [], into: [] };
}

function report(rows: Row[], direction: 'out' | 'into', words: string): void {
  const speeds = rows.map((one) => spreadOf(one[direction].map(({ gbits }) => gbits)));
  rows.forEach(({ name }, i) => {
    printRow(`${name}, ${words}`, speeds[i], 'Gbit/s');
  });
  rows.slice(1).forEach(({ name }, i) => {
    printRatio(`${name} / node:net, ${words}`, speeds[i + 1], speeds[0]);
  });
  for (const one of rows) {
    const cpu = spreadOf(one[direction].map(({ cpuSecondsPerGB }) => cpuSecondsPerGB));
    printRow(`${one.name}, ${words}`, cpu, 'CPU-s/GB', 3);
  }
}

function spawnIn(
  namespace: string,
  args: string[],
  stdio: 'inherit' | ('pipe' | 'inherit')[],
): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, process.execPath, ...args], { stdio });
}

const [role, ...args] = process.argv.slice(2);
const work = role === 'near' ? runNear(args[0], args[1], JSON.parse(args[2])) : main();
work.catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
