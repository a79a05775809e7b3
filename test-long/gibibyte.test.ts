/**
 * A gibibyte each way at once over every link to a kernel, IPv4 and IPv6: the hashes are equal, and
 * nothing is left. `USERNET_LONG_MIB` makes it less.
 */
import t from 'tap';
import { createEthernetLink } from '../lib/link/ethernet/ethernet-link';
import { RawLink } from '../lib/link/raw-link';
import { RawSocketLink } from '../lib/link/raw-socket-link';
import { createTunLink } from '../lib/link/tun-link';
import { BareNamespace } from '../test/kernel/support/bare-namespace';
import { EthernetSegment } from '../test/kernel/support/ethernet-segment';
import { PeerProcess } from '../test/kernel/support/peer-process';
import { checkRecorded } from '../test/kernel/support/recorder';
import { findLack, type Need } from '../test/kernel/support/requirements';
import { type CountingLink, HOST, Rig } from '../test/kernel/support/rig';
import { callPeer } from '../test/kernel/support/scenarios';

const BYTES = Number(process.env.USERNET_LONG_MIB ?? 1024) * 1024 * 1024;
const PATIENCE_MS = 180_000;

/** Where a link meets a kernel. */
interface Place {
  link: CountingLink;
  /** Address that the capture looks for, the device where, and both namespaces; '': ours. */
  address: string;
  device: string;
  namespace: string;
  peerNamespace: string;
  peerAddress: string;
  remove(): void;
}

const LINKS: readonly (readonly [name: string, needs: Need[], make: () => Place])[] = [
  ['raw, IPv4', ['raw'], () => onLoopback(new RawLink(), HOST)],
  ['raw, IPv6', ['raw', 'namespace'], onItsOwnLoopback],
  ['raw-socket', ['raw-socket'], () => onLoopback(new RawSocketLink(), HOST)],
  ['TUN, IPv4', ['tun'], () => onTun('10.77.0.2/24', '10.77.0.1', true)],
  ['TUN, IPv6', ['tun'], () => onTun('fd77::2/64', 'fd77::1', true)],
  ['TUN without offload', ['tun'], () => onTun('10.77.0.2/24', '10.77.0.1', false)],
  ['Ethernet, IPv4', ['tun'], () => onEthernet(false, 4)],
  ['Ethernet, IPv6', ['tun'], () => onEthernet(false, 6)],
  ['Ethernet on TAP', ['tun'], () => onEthernet(true, 4)],
];

for (const [name, needs, make] of LINKS) {
  const lack = needs.map(findLack).find((one) => one !== null) ?? null;
  const skip = lack !== null && !process.env.CI && lack;
  t.test(`${BYTES >> 20} MiB each way over ${name}`, { skip, timeout: PATIENCE_MS }, async (t) => {
    const place = make();
    const peer = await PeerProcess.start('kernel', place.peerNamespace, PATIENCE_MS);
    t.teardown(async () => {
      await peer.stop();
      place.remove();
    });
    const { link, address, device, namespace, peerAddress } = place;
    const rig = new Rig(link, address, device, {}, namespace);
    const part = { bytes: BYTES, afterEnd: false };
    const scenario = { name, connections: 1, client: part, server: part, patienceMs: PATIENCE_MS };
    await callPeer(t, rig.net, peer, peerAddress, scenario);
    await rig.finish(t);
  });
}

function onLoopback(link: CountingLink, address: string): Place {
  const ours = { namespace: '', peerNamespace: '', remove() {} };
  return { link, address, device: 'lo', peerAddress: address, ...ours };
}

/** There is one ::1 for all in a namespace, and others' resets would be on it, too. */
function onItsOwnLoopback(): Place {
  const { name, remove } = new BareNamespace();
  const link = new RawLink({ namespace: name });
  const where = { device: 'lo', namespace: name, peerNamespace: name, remove };
  return { link, address: '::1', peerAddress: '::1', ...where };
}

function onTun(addresses: string, peerAddress: string, offload: boolean): Place {
  const space = new BareNamespace();
  const { name, remove } = space;
  const link = createTunLink({ addresses, offload, namespace: name });
  const [address] = addresses.split('/');
  const where = { device: '', namespace: name, peerNamespace: name, remove };
  return { link, address, peerAddress, ...where };
}

/** Over a packet socket, or over a TAP device on the kernel's bridge. */
function onEthernet(isTap: boolean, family: 4 | 6): Place {
  const segment = new EthernetSegment();
  const { station, kernel, bridge, device } = segment;
  const [address, peerAddress, bits] =
    family === 4
      ? [segment.stationAddress, segment.kernelAddress, 24]
      : [segment.stationAddress6, segment.kernelAddress6, 64];
  const carrier = isTap ? { tap: { name: 'tap0', bridge } } : { interface: device };
  const namespace = isTap ? kernel.name : station.name;
  const addresses = `${address}/${bits}`;
  const link = createEthernetLink({ ...carrier, namespace, addresses, probeMs: 0 });
  const remove = (): void => segment.remove();
  const where = { device: '', namespace, peerNamespace: kernel.name };
  return { link, address, peerAddress, ...where, remove };
}

checkRecorded();
