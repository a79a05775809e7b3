/** The TUN link and the kernel of a namespace: transfers both ways, with offload and without. */
import t from 'tap';
import { createTunLink } from '../../lib/link/tun-link';
import type { TunLinkOptions } from '../../lib/link/tun-options';
import { BareNamespace } from './support/bare-namespace';
import { PeerProcess } from './support/peer-process';
import { findLack, kernelTest } from './support/requirements';
import { Rig } from './support/rig';
import {
  callPeer,
  crowd,
  halfCloses,
  type Scenario,
  servePeer,
  transfers,
} from './support/scenarios';

const MIB = 1024 * 1024;
const OURS = '10.77.0.2';
const THEIRS = '10.77.0.1';

let space: BareNamespace | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (findLack('tun') !== null) return;
  space = new BareNamespace();
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  space?.remove();
});

function makeRig(options: Partial<TunLinkOptions>): Rig {
  const { name: namespace } = space!;
  const link = createTunLink({ addresses: `${OURS}/24`, namespace, ...options });
  return new Rig(link, OURS, '', {}, namespace);
}

function bothWays(name: string, options: Partial<TunLinkOptions>, scenarios: Scenario[]): void {
  for (const scenario of scenarios) {
    kernelTest(`${name}: usernet calls the kernel: ${scenario.name}`, ['tun'], async (t) => {
      const rig = makeRig(options);
      await callPeer(t, rig.net, peer!, THEIRS, scenario);
      await rig.finish(t);
    });
    kernelTest(`${name}: the kernel calls usernet: ${scenario.name}`, ['tun'], async (t) => {
      const rig = makeRig(options);
      await servePeer(t, rig.net, peer!, OURS, scenario);
      await rig.finish(t);
    });
  }
}

const SOME = [...transfers(16 * MIB), ...halfCloses(2 * MIB), ...crowd(100, 64 * 1024)];
bothWays('offload', {}, SOME);
bothWays('no offload', { offload: false }, SOME);
for (const mtu of [576, 9000, 65_535]) {
  for (const offload of [true, false]) {
    const name = `MTU ${mtu}, ${offload ? '' : 'no '}offload`;
    bothWays(name, { mtu, offload }, transfers(4 * MIB).slice(2));
  }
}
bothWays('three queues', { queues: 3 }, crowd(30, 64 * 1024));
