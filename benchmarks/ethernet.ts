/**
 * How fast is usernet as a host of its own on Ethernet, over a packet socket and over a TAP device
 * at an MTU of 1,500, against a peer with the kernel's TCP, beside `node:net` over the same veth
 * pair?
 *
 * Peer and benchmark are processes in two network namespaces of their own; reno on all sides.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
 */
import { execFileSync } from 'node:child_process';
import * as nodeNet from 'node:net';
import { createEthernetLink, createNet, type EthernetLinkOptions, Stack } from '../lib/index';
import { bulkRow, measureRows, type PeerPorts, reportRows } from './support/bulk-rows';
import type { NetLike } from './support/bulk-transfer';
import { runNearAndFar } from './support/near-and-far';
import { samplesOf } from './support/report';

const SAMPLES = samplesOf(5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;
const CONTROL = 'reno';
/** What the peer's kernel is called on the veth pair, and at its end of the TAP device. */
const ON_PAIR = '10.78.3.1';
const ON_TAP = '10.78.4.1';

/** In the near namespace, with the TAP device in the far one. */
async function measure(far: string, farAddress: string, ports: PeerPorts): Promise<void> {
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

runNearAndFar({
  file: __filename,
  heading: 'ethernet: one connection against a kernel peer, MTU 1,500, 64 KiB writes',
  control: CONTROL,
  prepare: (far) => {
    execFileSync('ip', ['-n', far, 'address', 'add', `${ON_PAIR}/24`, 'dev', 'veth0']);
  },
  measure,
});
