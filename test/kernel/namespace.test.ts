/** The raw link and a kernel in a namespace of its own, over a network of 1,500 bytes. */
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { Capture } from './support/capture';
import { Namespace } from './support/namespace';
import { PeerProcess } from './support/peer-process';
import { run } from './support/program';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const NEEDS: Need[] = ['raw', 'namespace'];
const SCENARIOS = [...transfers(10 * MIB), ...halfCloses(MIB), ...crowd(20, 64 * 1024)];

let space: Namespace | undefined;
let whole: Capture | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  space = new Namespace();
  whole = new Capture(space.address, space.device);
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  whole?.close();
  space?.remove();
});

for (const scenario of SCENARIOS) {
  kernelTest(`usernet calls the namespace: ${scenario.name}`, NEEDS, async (t) => {
    const { address, device, peerAddress } = space!;
    const rig = new Rig(new RawLink(), address, device);
    await callPeer(t, rig.net, peer!, peerAddress, scenario);
    await rig.finish(t);
  });

  kernelTest(`the namespace calls usernet: ${scenario.name}`, NEEDS, async (t) => {
    const { address, device } = space!;
    const rig = new Rig(new RawLink(), address, device);
    await servePeer(t, rig.net, peer!, address, scenario);
    await rig.finish(t);
  });
}

kernelTest(
  'the kernel of the namespace sent no strange reset, and found no fault',
  NEEDS,
  async (t) => {
    const { OutRsts, EstabResets, AttemptFails, InErrs, InCsumErrors } = space!.countersOfTcp();
    t.same(whole!.strangeResets(), []);
    t.equal(whole!.countMissed(), 0);
    const captured = whole!.resets().filter((one) => one.startsWith(`${space!.peerAddress}:`));
    t.equal(OutRsts, captured.length, 'its own count is the count of the capture');
    t.same(
      { EstabResets, AttemptFails, InErrs, InCsumErrors },
      { EstabResets: 0, AttemptFails: 0, InErrs: 0, InCsumErrors: 0 },
    );
  },
);

kernelTest('nothing of the namespace is left behind', NEEDS, async (t) => {
  await peer!.stop();
  space!.remove();
  const { output: names } = await run('ip', ['netns', 'list']);
  t.notMatch(String(names), space!.name);
  const { output: links } = await run('ip', ['-o', 'link', 'show']);
  t.notMatch(String(links), space!.device);
});

checkRecorded();
