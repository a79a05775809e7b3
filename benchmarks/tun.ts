/**
 * How fast is usernet over a TUN device at an MTU of 1,500 against a peer with the kernel's TCP,
 * beside `node:net` over a veth pair against the same peer? And how fast could it be: what a sender
 * without a TCP reaches on the same device (support/tun-skeleton).
 *
 * Peer and benchmark are processes in two network namespaces of their own; reno on all sides.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.
 */
import * as nodeNet from 'node:net';
import { createNet, createTunLink, Stack } from '../lib/index';
import { bulkRow, measureRows, type PeerPorts, reportRows } from './support/bulk-rows';
import type { NetLike } from './support/bulk-transfer';
import { runNearAndFar } from './support/near-and-far';
import { samplesOf } from './support/report';
import { TunSkeleton } from './support/tun-skeleton';

const SAMPLES = samplesOf(5);
const DURATION_MS = 1000;
const WRITE_BYTES = 65_536;
const CONTROL = 'reno';
const HOST_ADDRESS = '10.78.1.1';
const OWN_ADDRESS = '10.78.1.2';

/** In the near namespace, with TUN devices in the far one. */
async function measure(far: string, farAddress: string, ports: PeerPorts): Promise<void> {
  const rows = [bulkRow('node:net', nodeNet, farAddress)];
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
    rows.push(
      bulkRow(name, createNet(stack) as NetLike, HOST_ADDRESS.replace('.1.', `.${third}.`)),
    );
  }
  const skeletons: TunSkeleton[] = [];
  for (const keeps of [true, false]) {
    const third = keeps ? 3 : 4;
    const address = OWN_ADDRESS.replace('.1.', `.${third}.`);
    const link = createTunLink({ addresses: `${address}/24`, namespace: far });
    const skeleton = new TunSkeleton(link, address, keeps);
    skeletons.push(skeleton);
    const name = keeps ? 'skeleton that keeps the text' : 'skeleton';
    rows.push(bulkRow(name, skeleton, HOST_ADDRESS.replace('.1.', `.${third}.`), true));
  }
  await measureRows(rows, ports, SAMPLES, WRITE_BYTES, DURATION_MS);
  for (const one of [...stacks, ...skeletons]) one.close();
  reportRows(rows);
}

runNearAndFar({
  file: __filename,
  heading: 'tun: one connection against a kernel peer, MTU 1,500, 64 KiB writes',
  control: CONTROL,
  measure,
});
