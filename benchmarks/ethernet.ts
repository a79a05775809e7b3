/**
 * How fast is usernet as a host of its own on Ethernet, over a packet socket and over a TAP device
 * at an MTU of 1,500, against a peer with the kernel's TCP, beside `node:net` over the same veth
 * pair?
 *
 * Peer and benchmark are processes in two network namespaces of their own; reno on all sides.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { createEthernetLink, createNet, type EthernetLinkOptions, Stack } from '../lib/index';
import { bulkRow, measureRows, type PeerPorts, reportRows, spawnIn } from './support/bulk-rows';
import type { NetLike } from './support/bulk-transfer';
import { printHeading } from './support/report';
import { TwoNamespaces } from './support/two-namespaces';

const SAMPLES = Number(process.env.SAMPLES ?? 5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;
const CONTROL = 'reno';
/** What the peer's kernel is called on the veth pair, and at its end of the TAP device. */
const ON_PAIR = '10.78.3.1';
const ON_TAP = '10.78.4.1';

/** Makes the namespaces and runs the rest in one of them. */
async function main(): Promise<void> {
  printHeading('ethernet: one connection against a kernel peer, MTU 1,500, 64 KiB writes');
  let spaces: TwoNamespaces;
  try {
    spaces = new TwoNamespaces(CONTROL);
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return;
  }
  console.log(`# congestion control on all sides: ${CONTROL}`);
  try {
    const { near, far, farAddress } = spaces;
    execFileSync('ip', ['-n', far, 'address', 'add', `${ON_PAIR}/24`, 'dev', 'veth0']);
    const script = join(__dirname, 'support', 'kernel-peer.js');
    const peer = spawnIn(far, [script, '0.0.0.0'], ['pipe', 'pipe', 'inherit']);
    const ports = String((await once(peer.stdout!, 'data'))[0]).trim();
    const args = [...process.execArgv, __filename, 'near', far, farAddress, ports];
    const [status] = await once(spawnIn(near, args, 'inherit'), 'exit');
    process.exitCode = status ?? 1;
    peer.stdin!.end();
    await once(peer, 'exit');
  } finally {
    spaces.remove();
  }
}

/** In the near namespace, with the TAP device in the far one. */
async function runNear(far: string, farAddress: string, ports: PeerPorts): Promise<void> {
  const rows = [bulkRow('node:net', nodeNet, farAddress)];
  const stacks: Stack[] = [];
  const add = (name: string, host: string, options: Partial<EthernetLinkOptions>) => {
    const addresses = `${host.replace(/1$/, '2')}/24`;
    const link = createEthernetLink({ addresses, probeMs: 0, ...options });
    const stack = new Stack({ links: [link], tcp: { congestionControl: CONTROL } });
    stacks.push(stack);
    rows.push(bulkRow(name, createNet(stack) as NetLike, host));
  };
  add('packet socket', ON_PAIR, { interface: 'veth0' });
  add('TAP', ON_TAP, { tap: { hostAddresses: `${ON_TAP}/24` }, namespace: far });
  await measureRows(rows, ports, SAMPLES, WRITE_BYTES, DURATION_MS);
  for (const stack of stacks) stack.close();
  reportRows(rows);
}

const [role, ...args] = process.argv.slice(2);
const work = role === 'near' ? runNear(args[0], args[1], JSON.parse(args[2])) : main();
work.catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
