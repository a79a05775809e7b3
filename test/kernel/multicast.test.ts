/** A kernel's bridge that snoops and asks who listens: it hears of us, and lets questions through. */
import { createEthernetLink } from '../../lib/link/ethernet/ethernet-link';
import { EthernetSegment } from './support/ethernet-segment';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { kernelTest } from './support/requirements';
import { Rig } from './support/rig';
import { servePeer, transfers } from './support/scenarios';
import { until } from './support/within';

const BOUND_MS = 10_000;
const MIB = 1024 * 1024;

for (const version of ['1', '2']) {
  kernelTest(`a switch that snoops, MLDv${version}`, ['tun', 'bridge'], async (t) => {
    const segment = new EthernetSegment();
    t.teardown(() => segment.remove());
    const { kernel, station, bridge, device, stationAddress6 } = segment;
    const peer = await PeerProcess.start('kernel', kernel.name);
    t.teardown(() => peer.stop());
    // Who asks does so from a link-local address.
    kernel.ip('-6', 'address', 'add', 'fe80::9/64', 'dev', bridge, 'nodad');
    const querier = ['mcast_querier', '1', 'mcast_query_response_interval', '50'];
    const asked = ['mcast_mld_version', version, 'mcast_startup_query_interval', '100'];
    kernel.ip('link', 'set', bridge, 'type', 'bridge', 'mcast_snooping', '1', ...asked, ...querier);
    const options = { interface: device, namespace: station.name, probeMs: 50 };
    const link = createEthernetLink({ ...options, addresses: `${stationAddress6}/64` });
    const rig = new Rig(link, stationAddress6, '', {}, station.name);
    await link.whenReady();
    const groups = () => kernel.run('bridge', 'mdb', 'show', 'dev', bridge);
    await until(BOUND_MS, 'membership', () => groups().includes('port port0 grp ff02::1:ff00:2'));
    await until(BOUND_MS, 'a question', () => link.counters.listenerQueries > 0);
    const { listenerReports } = link.counters;
    await until(BOUND_MS, 'an answer', () => link.counters.listenerReports > listenerReports);
    t.equal(link.counters.resolutionBad, 0);
    // The kernel must ask for us, and the bridge let that through.
    await servePeer(t, rig.net, peer, stationAddress6, transfers(MIB)[2]);
    await rig.finish(t);
  });
}

checkRecorded();
