/**
 * Two network namespaces of a test's own joined by a veth pair: ours, for a link that is opened in
 * it, and the peer's. Nothing leads out of either, so that whatever is taken down in them, no
 * packet gets anywhere else.
 */
import { BareNamespace } from './bare-namespace';

export const OURS = '10.77.0.1';
export const THEIRS = '10.77.0.2';
export const OURS6 = 'fd77::1';
export const THEIRS6 = 'fd77::2';
/** Of the device in each of the two. */
export const DEVICE = 'pair';

export class JoinedNamespaces {
  readonly ours = new BareNamespace();
  readonly peers = new BareNamespace();

  /** @param family of the addresses: devices that are too narrow for IPv6 lose theirs for good */
  constructor(family: 4 | 6 = 4) {
    const peer = ['peer', 'name', DEVICE, 'netns', this.peers.name];
    this.ours.ip('link', 'add', DEVICE, 'type', 'veth', ...peer);
    for (const [space, address] of this.both) {
      space.ip('link', 'set', DEVICE, 'addrgenmode', 'none');
      if (family === 4) space.ip('address', 'add', `${address}/24`, 'dev', DEVICE);
      space.ip('link', 'set', DEVICE, 'up');
    }
    if (family === 6) this.#addIpv6();
  }

  #addIpv6(): void {
    for (const [space, address] of [
      [this.ours, OURS6],
      [this.peers, THEIRS6],
    ] as const) {
      space.run('sysctl', '-qw', `net.ipv6.conf.${DEVICE}.keep_addr_on_down=1`);
      space.ip('-6', 'address', 'add', `${address}/64`, 'dev', DEVICE, 'nodad');
    }
  }

  get both(): [BareNamespace, string][] {
    return [
      [this.ours, OURS],
      [this.peers, THEIRS],
    ];
  }

  setMtu(mtu: number): void {
    for (const [space] of this.both) space.ip('link', 'set', DEVICE, 'mtu', String(mtu));
  }

  /** Of both ends' cards (ethtool(8), -K): checksums and segmentation left to them, or not. */
  offload(on: boolean): void {
    const features = ['tx', 'rx', 'sg', 'tso', 'gso', 'gro'].flatMap((one) => [
      one,
      on ? 'on' : 'off',
    ]);
    for (const [space] of this.both) space.run('ethtool', '-K', DEVICE, ...features);
  }

  readonly remove = (): void => {
    this.ours.remove();
    this.peers.remove();
  };
}
