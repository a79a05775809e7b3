/** The Ethernet link and a kernel on the same bridge, over a packet socket and over TAP devices. */
import t from 'tap';
import { createEthernetLink } from '../../lib/link/ethernet/ethernet-link';
import type { EthernetLinkOptions } from '../../lib/link/ethernet/ethernet-options';
import { BareNamespace } from './support/bare-namespace';
import { EthernetSegment } from './support/ethernet-segment';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, halfCloses, type Scenario, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const NEEDS: Need[] = ['tun'];
const OURS = '10.77.0.2';
const THEIRS = '10.77.0.1';

let segment: EthernetSegment | undefined;
let tapSpace: BareNamespace | undefined;
const peers: PeerProcess[] = [];
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  segment = new EthernetSegment();
  tapSpace = new BareNamespace();
  for (const { name } of [segment.kernel, tapSpace]) {
    peers.push(await PeerProcess.start('kernel', name));
  }
});
t.teardown(async () => {
  for (const peer of peers) await peer.stop();
  tapSpace?.remove();
  segment?.remove();
});

/** What carries the frames, and which of the peers is there. */
interface Case {
  name: string;
  peer: number;
  namespace: () => string;
  options: Partial<EthernetLinkOptions>;
}

const PACKET_SOCKET: Case = {
  name: 'packet socket',
  peer: 0,
  namespace: () => segment!.station.name,
  options: { interface: 'eth0' },
};
const TAP: Case = {
  name: 'TAP',
  peer: 1,
  namespace: () => tapSpace!.name,
  options: { tap: { hostAddresses: `${THEIRS}/24` } },
};

function makeRig({ namespace, options }: Case): Rig {
  const space = namespace();
  const setup = { addresses: `${OURS}/24`, probeMs: 0, namespace: space, ...options };
  return new Rig(createEthernetLink(setup), OURS, '', { tcp: { mslMs: 250 } }, space);
}

function bothWays(one: Case, scenarios: Scenario[]): void {
  for (const scenario of scenarios) {
    kernelTest(`${one.name}: usernet calls the kernel: ${scenario.name}`, NEEDS, async (t) => {
      const rig = makeRig(one);
      await callPeer(t, rig.net, peers[one.peer], THEIRS, scenario);
      await rig.finish(t);
    });
    kernelTest(`${one.name}: the kernel calls usernet: ${scenario.name}`, NEEDS, async (t) => {
      const rig = makeRig(one);
      await servePeer(t, rig.net, peers[one.peer], OURS, scenario);
      await rig.finish(t);
    });
  }
}

const SOME = [...transfers(16 * MIB), ...halfCloses(2 * MIB)];
bothWays(PACKET_SOCKET, SOME);
bothWays(TAP, SOME);

checkRecorded();
