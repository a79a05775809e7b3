/** Link-local addresses over a TUN device, whose name is their zone, and the kernel of a namespace. */
import { createTunLink } from '../../lib/link/tun-link';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { BareNamespace } from './support/bare-namespace';
import type { NetLike } from './support/conversation';
import { PeerProcess } from './support/peer-process';
import { kernelTest } from './support/requirements';
import { callPeer, servePeer, transfers } from './support/scenarios';

const [UP] = transfers(1024 * 1024);

kernelTest('link-local addresses over TUN, both calling', ['tun'], async (t) => {
  const space = new BareNamespace();
  t.teardown(space.remove);
  const addresses = ['fd77::2/64', 'fe80::2/64'];
  const link = createTunLink({ name: 'tun0', addresses, namespace: space.name });
  const stack = new Stack({ links: [link] });
  t.teardown(() => stack.close());
  space.ip('-6', 'address', 'replace', 'fe80::1/64', 'dev', 'tun0', 'nodad');
  const peer = await PeerProcess.start('kernel', space.name);
  t.teardown(() => peer.stop());
  const net = createNet(stack) as unknown as NetLike;
  await callPeer(t, net, peer, 'fe80::1%tun0', UP, '::');
  await servePeer(t, net, peer, 'fe80::2%tun0', UP);
  await servePeer(t, net, peer, 'fd77::2', UP);
  // The last connection may be there still: its end is not waited for.
  const waiting = stack.connections().filter(({ state }) => state === 'TIME-WAIT');
  const named = waiting.map(({ localAddress }) => localAddress);
  t.ok(named.includes('fe80::2%tun0'), 'what is in TIME-WAIT is named with its zone');
});
