/** The raw link and the kernel's TCP on loopback: bulk, crowds and half-closes, both calling. */
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest } from './support/requirements';
import { HOST, Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const SCENARIOS = [...transfers(100 * MIB), ...halfCloses(8 * MIB), ...crowd(100, 64 * 1024)];

let peer: PeerProcess | undefined;
t.before(async () => {
  if (findLack('raw') === null) peer = await PeerProcess.start('kernel');
});
t.teardown(() => peer?.stop());

for (const scenario of SCENARIOS) {
  kernelTest(`usernet calls the kernel: ${scenario.name}`, ['raw'], async (t) => {
    const rig = new Rig(new RawLink());
    await callPeer(t, rig.net, peer!, HOST, scenario);
    await rig.finish(t);
  });

  kernelTest(`the kernel calls usernet: ${scenario.name}`, ['raw'], async (t) => {
    const rig = new Rig(new RawLink());
    await servePeer(t, rig.net, peer!, HOST, scenario);
    await rig.finish(t);
  });
}

checkRecorded();
