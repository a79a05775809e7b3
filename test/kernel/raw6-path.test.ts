/**
 * A kernel behind a router, over IPv6: the path becomes narrower in the middle of a transfer, and an
 * address leads nowhere. What the router says in ICMPv6 reaches the connection.
 */
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { RawLink } from '../../lib/link/raw-link';
import { checkRecorded } from './support/recorder';
import { kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { RoutedPeer } from './support/routed-peer';
import { callPeer, servePeer, transfers } from './support/scenarios';
import { within } from './support/within';

const MIB = 1024 * 1024;
const BOUND_MS = 20_000;
const NEEDS: Need[] = ['raw', 'namespace'];
const [UP, DOWN] = transfers(10 * MIB);

const place = new RoutedPeer(NEEDS);

kernelTest(
  'no route: what the router says ends the connect, as with node:net',
  NEEDS,
  async (t) => {
    const { address6, device, nobody6 } = place.path;
    const failure = async (net: Pick<typeof nodeNet, 'connect'>): Promise<string | undefined> => {
      const socket = net.connect({ host: nobody6, port: 9 });
      const [error] = await within(BOUND_MS, 'error', once(socket, 'error'));
      return (error as NodeJS.ErrnoException).code;
    };
    const rig = new Rig(new RawLink(), address6, device);
    const code = await failure(rig.net as unknown as typeof nodeNet);
    t.equal(code, await failure(nodeNet));
    t.equal(rig.stack.stats().icmpToConnection, 1);
    await rig.finish(t, { failures: 1 });
  },
);

kernelTest('the way up narrows to 1,300 bytes: "packet too big" is heeded', NEEDS, async (t) => {
  const { address6, device, farAddress6 } = place.path;
  place.path.narrow('far', 1300);
  const rig = new Rig(new RawLink(), address6, device);
  await callPeer(t, rig.net, place.peer, farAddress6, UP);
  t.equal(rig.stack.stats().pathMtuReductions, 1);
  await rig.finish(t, { refuses: true });
});

kernelTest('… and where the kernel calls, and usernet sends', NEEDS, async (t) => {
  const { address6, device } = place.path;
  place.path.narrow('far', 1280);
  const rig = new Rig(new RawLink(), address6, device);
  await servePeer(t, rig.net, place.peer, address6, DOWN);
  t.ok(rig.stack.stats().pathMtuReductions >= 1);
  await rig.finish(t, { refuses: true });
});

checkRecorded();
