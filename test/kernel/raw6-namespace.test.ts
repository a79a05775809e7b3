/** IPv6 over the raw link and a kernel in a namespace of its own: bulk, crowds, link-local. */
import type { Socket } from 'node:net';
import { RawLink } from '../../lib/link/raw-link';
import type { NetLike } from './support/conversation';
import { NAMESPACE_NEEDS, NamespacePeer } from './support/namespace-peer';
import { checkRecorded } from './support/recorder';
import { kernelTest } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const SCENARIOS = [...transfers(10 * MIB), ...halfCloses(MIB).slice(0, 2), ...crowd(50, 64 * 1024)];
const [UP] = transfers(MIB);

const place = new NamespacePeer(6);
place.meet(SCENARIOS);

kernelTest('usernet calls a link-local address, in its zone', NAMESPACE_NEEDS, async (t) => {
  const { linkLocal, device, peerLinkLocal } = place.space;
  const rig = new Rig(new RawLink(), linkLocal, device);
  await callPeer(t, rig.net, place.peer, `${peerLinkLocal}%${device}`, UP, '::');
  await rig.finish(t);
});

kernelTest(
  'a link-local address calls usernet, and is named with its zone',
  NAMESPACE_NEEDS,
  async (t) => {
    const { linkLocal, device, peerLinkLocal, peerDevice } = place.space;
    const rig = new Rig(new RawLink(), linkLocal, device);
    const names: unknown[] = [];
    const net: NetLike = {
      ...rig.net,
      createServer: (options) =>
        rig.net.createServer(options).on('connection', (socket: Socket) => {
          names.push(socket.localAddress, socket.remoteAddress);
        }),
    };
    await servePeer(t, net, place.peer, `${linkLocal}%${peerDevice}`, UP, '::');
    t.same(names, [`${linkLocal}%${device}`, `${peerLinkLocal}%${device}`]);
    await rig.finish(t);
  },
);

kernelTest('a listener in one zone hears that zone', NAMESPACE_NEEDS, async (t) => {
  const { linkLocal, device, peerDevice } = place.space;
  const rig = new Rig(new RawLink(), linkLocal, device);
  const listenOn = `${linkLocal}%${device}`;
  await servePeer(t, rig.net, place.peer, `${linkLocal}%${peerDevice}`, UP, listenOn);
  await rig.finish(t);
});

kernelTest('the kernel of the namespace sent no strange reset', NAMESPACE_NEEDS, async (t) => {
  t.same(place.whole.strangeResets(), []);
  t.equal(place.whole.countMissed(), 0);
});

checkRecorded();
