/** Two usernets in two processes on one host: over raw links, with the kernel between them silent. */
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest } from './support/requirements';
import { HOST, Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const SCENARIOS = [
  ...transfers(16 * MIB),
  ...halfCloses(MIB).slice(0, 2),
  ...crowd(100, 16 * 1024),
];

let peer: PeerProcess | undefined;
t.before(async () => {
  if (findLack('raw') === null) peer = await PeerProcess.start('raw');
});
t.teardown(() => peer?.stop());

for (const scenario of SCENARIOS) {
  kernelTest(`one usernet calls another: ${scenario.name}`, ['raw'], async (t) => {
    const rig = new Rig(new RawLink());
    await callPeer(t, rig.net, peer!, HOST, scenario);
    await rig.finish(t);
  });
}

kernelTest('and the other calls the one', ['raw'], async (t) => {
  const rig = new Rig(new RawLink());
  await servePeer(t, rig.net, peer!, HOST, SCENARIOS[2]);
  await rig.finish(t);
});

checkRecorded();
