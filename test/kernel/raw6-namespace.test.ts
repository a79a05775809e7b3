/** IPv6 over the raw link and a kernel in a namespace of its own: bulk, crowds, link-local. */
import type { Socket } from 'node:net';
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { Capture } from './support/capture';
import type { NetLike } from './support/conversation';
import { Namespace } from './support/namespace';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const NEEDS: Need[] = ['raw', 'namespace'];
const SCENARIOS = [...transfers(10 * MIB), ...halfCloses(MIB).slice(0, 2), ...crowd(50, 64 * 1024)];
const [UP] = transfers(MIB);

let space: Namespace | undefined;
let whole: Capture | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  space = new Namespace();
  whole = new Capture(space.address6, space.device);
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  whole?.close();
  space?.remove();
});

for (const scenario of SCENARIOS) {
  kernelTest(`usernet calls the namespace: ${scenario.name}`, NEEDS, async (t) => {
    const { address6, device, peerAddress6 } = space!;
    const rig = new Rig(new RawLink(), address6, device);
    await callPeer(t, rig.net, peer!, peerAddress6, scenario);
    await rig.finish(t);
  });

  kernelTest(`the namespace calls usernet: ${scenario.name}`, NEEDS, async (t) => {
    const { address6, device } = space!;
    const rig = new Rig(new RawLink(), address6, device);
    await servePeer(t, rig.net, peer!, address6, scenario);
    await rig.finish(t);
  });
}

kernelTest('usernet calls a link-local address, in its zone', NEEDS, async (t) => {
  const { linkLocal, device, peerLinkLocal } = space!;
  const rig = new Rig(new RawLink(), linkLocal, device);
  await callPeer(t, rig.net, peer!, `${peerLinkLocal}%${device}`, UP, '::');
  await rig.finish(t);
});

kernelTest('a link-local address calls usernet, and is named with its zone', NEEDS, async (t) => {
  const { linkLocal, device, peerLinkLocal, peerDevice } = space!;
  const rig = new Rig(new RawLink(), linkLocal, device);
  const names: unknown[] = [];
  const net: NetLike = {
    ...rig.net,
    createServer: (options) =>
      rig.net.createServer(options).on('connection', (socket: Socket) => {
        names.push(socket.localAddress, socket.remoteAddress);
      }),
  };
  await servePeer(t, net, peer!, `${linkLocal}%${peerDevice}`, UP, '::');
  t.same(names, [`${linkLocal}%${device}`, `${peerLinkLocal}%${device}`]);
  await rig.finish(t);
});

kernelTest('a listener in one zone hears that zone', NEEDS, async (t) => {
  const { linkLocal, device, peerDevice } = space!;
  const rig = new Rig(new RawLink(), linkLocal, device);
  const listenOn = `${linkLocal}%${device}`;
  await servePeer(t, rig.net, peer!, `${linkLocal}%${peerDevice}`, UP, listenOn);
  await rig.finish(t);
});

kernelTest('the kernel of the namespace sent no strange reset', NEEDS, async (t) => {
  t.same(whole!.strangeResets(), []);
  t.equal(whole!.countMissed(), 0);
});

checkRecorded();
