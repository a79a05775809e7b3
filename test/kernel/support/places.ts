/** Every link over the host, in a place where it meets a kernel. */
import type { Test } from 'tap';
import { createEthernetLink } from '../../../lib/link/ethernet/ethernet-link';
import { RawLink } from '../../../lib/link/raw-link';
import { RawSocketLink } from '../../../lib/link/raw-socket-link';
import { createTunLink } from '../../../lib/link/tun-link';
import { BareNamespace } from './bare-namespace';
import { EthernetSegment } from './ethernet-segment';
import { PeerProcess } from './peer-process';
import { kernelTest, type Need } from './requirements';
import type { CountingLink } from './rig';

/** Where a link meets a kernel. */
export interface Place {
  link: CountingLink;
  /** Address that the capture looks for, the device where, and both namespaces; '': ours. */
  address: string;
  device: string;
  namespace: string;
  peerNamespace: string;
  peerAddress: string;
  remove(): void;
}

const PLACES: readonly (readonly [name: string, needs: Need[], make: () => Place])[] = [
  ['raw, IPv4', ['raw', 'namespace'], () => onLoopback(RawLink, '127.0.0.1')],
  ['raw, IPv6', ['raw', 'namespace'], () => onLoopback(RawLink, '::1')],
  ['raw-socket', ['raw-socket', 'namespace'], () => onLoopback(RawSocketLink, '127.0.0.1')],
  ['TUN, IPv4', ['tun'], () => onTun('10.77.0.2/24', '10.77.0.1', true)],
  ['TUN, IPv6', ['tun'], () => onTun('fd77::2/64', 'fd77::1', true)],
  ['TUN without offload', ['tun'], () => onTun('10.77.0.2/24', '10.77.0.1', false)],
  ['Ethernet, IPv4', ['tun'], () => onEthernet(false, 4)],
  ['Ethernet, IPv6', ['tun'], () => onEthernet(false, 6)],
  ['Ethernet on TAP', ['tun'], () => onEthernet(true, 4)],
];

/** A test of the file that calls it for each link, with a kernel's process as the peer. */
export function testEverywhere(
  title: string,
  patienceMs: number,
  run: (t: Test, place: Place, peer: PeerProcess) => Promise<void>,
): void {
  for (const [name, needs, make] of PLACES) {
    const test = async (t: Test): Promise<void> => {
      const place = make();
      const peer = await PeerProcess.start('kernel', place.peerNamespace, patienceMs);
      t.teardown(async () => {
        await peer.stop();
        place.remove();
      });
      await run(t, place, peer);
    };
    kernelTest(`${title}: ${name}`, needs, test, patienceMs);
  }
}

/** One of its own: what floods the host's would come by here, too, where links hold many ports. */
function onLoopback(Link: typeof RawLink | typeof RawSocketLink, address: string): Place {
  const { name, remove } = new BareNamespace();
  const link = new Link({ namespace: name });
  const where = { device: 'lo', namespace: name, peerNamespace: name, remove };
  return { link, address, peerAddress: address, ...where };
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
