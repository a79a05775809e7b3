/** A thousand connections at once over Ethernet, both callers, over both of the kernel's carriers. */
import { createEthernetLink } from '../lib/link/ethernet/ethernet-link';
import { createNet } from '../lib/net/create-net';
import { Stack } from '../lib/stack/stack';
import type { NetLike } from '../test/kernel/support/conversation';
import { EthernetSegment } from '../test/kernel/support/ethernet-segment';
import { PeerProcess } from '../test/kernel/support/peer-process';
import { kernelTest } from '../test/kernel/support/requirements';
import { callPeer, crowd, servePeer } from '../test/kernel/support/scenarios';
import { until } from '../test/kernel/support/within';

const PATIENCE_MS = 120_000;

for (const carrier of ['packet socket', 'TAP']) {
  kernelTest(`1,000 connections at once, both ways: ${carrier}`, ['tun'], async (t) => {
    const segment = new EthernetSegment();
    t.teardown(() => segment.remove());
    const { kernel, station, bridge, device, kernelAddress, stationAddress } = segment;
    const peer = await PeerProcess.start('kernel', kernel.name, PATIENCE_MS);
    t.teardown(() => peer.stop());
    const place =
      carrier === 'TAP'
        ? { tap: { bridge }, namespace: kernel.name }
        : { interface: device, namespace: station.name };
    const addresses = `${stationAddress}/24`;
    const link = createEthernetLink({ ...place, addresses, probeMs: 0 });
    // No rig: in such a crowd segments are repeated, and some answers come when all is over.
    const stack = new Stack({ links: [link], tcp: { mslMs: 50 } });
    t.teardown(() => stack.close());
    const net = createNet(stack) as NetLike;
    const scenario = { ...crowd(1000, 4 * 1024)[0], patienceMs: PATIENCE_MS };
    await callPeer(t, net, peer, kernelAddress, scenario);
    await servePeer(t, net, peer, stationAddress, scenario);
    await until(PATIENCE_MS, 'end of them all', () => stack.stats().connections === 0);
    t.match(stack.stats(), { failures: 0, abandoned: 0, tcpBadChecksum: 0, repliesLost: 0 });
  });
}
