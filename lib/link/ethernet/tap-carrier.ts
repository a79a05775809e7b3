/**
 * Frames over a TAP device: a wire with this process at one end, and at the other whatever the
 * host's kernel joins it to: a bridge, or the kernel itself.
 */
import { NetworkError } from '../../support/network-error';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import type { Cidr } from '../cidr';
import { systemError } from '../errno';
import type { Libc } from '../libc';
import { Netlink } from '../netlink';
import { TunDevice } from '../tun-device';
import { DescriptorCarrier } from './descriptor-carrier';

/**
 * Packets that may wait for us: enough for what a thousand connections that begin at once send in a
 * round trip. A kernel's own choice, 1,000, is not, and what SYN cookies cannot remember is lost.
 */
const QUEUE_PACKETS = 4096;

export interface TapSettings {
  /** Of the device; a `%d` becomes the first free number. */
  name: string;
  /** It must be there already. */
  existing: boolean;
  /** Of IP, in bytes; null: the device's own. */
  mtu: number | null;
  /** The bridge that it is to join; '': none. */
  bridge: string;
  /** Of the kernel, at its end. */
  hostAddresses: readonly Cidr[];
}

export class TapCarrier extends DescriptorCarrier {
  readonly #settings: TapSettings;
  #name: string;
  #device: TunDevice | null = null;

  constructor(settings: TapSettings, namespace: string) {
    super(namespace);
    this.#settings = settings;
    this.#name = settings.name;
  }

  /** Of the device; before `open`, what was asked for. */
  get name(): string {
    return this.#name;
  }

  /** @throws NetworkError ENODEV (no device or bridge), EPERM, EACCES, EBUSY, EINVAL */
  protected openDescriptor(libc: Libc): number {
    const { name, existing } = this.#settings;
    const netlink = new Netlink(libc);
    try {
      if (existing)
        this.#find(netlink, name, `\`sudo ip tuntap add dev ${name} mode tap user $USER\``);
      const parts = { offload: true, queues: 1, shared: false, persist: false };
      this.#device = new TunDevice(libc, { kind: 'tap', name, ...parts });
      this.#name = this.#device.name;
      this.#configure(netlink);
    } finally {
      netlink.close();
    }
    return this.#device.descriptors[0];
  }

  /** The device goes with its descriptor, and its place on the bridge with it. */
  protected closeDescriptor(): void {
    this.#device?.close();
    this.#device = null;
  }

  protected diagnose(_libc: Libc, errno: number): NetworkError {
    return systemError(errno, `device ${this.#name}`);
  }

  #configure(netlink: Netlink): void {
    const { mtu, bridge, hostAddresses, existing } = this.#settings;
    const { index, mtu: present, isUp } = netlink.findDevice(this.#name);
    if (mtu !== null && mtu !== present) netlink.setMtu(index, mtu);
    this.mtu = (mtu ?? present) + ETHERNET_HEADER_BYTES;
    if (!existing) netlink.setQueueLength(index, QUEUE_PACKETS);
    if (!existing && hostAddresses.length === 0) leaveUnaddressed(netlink, index);
    if (bridge !== '') {
      const master = this.#find(netlink, bridge, `\`sudo ip link add ${bridge} type bridge\``);
      netlink.setMaster(index, master);
    }
    for (const cidr of hostAddresses) netlink.addAddress(index, cidr);
    if (!isUp) netlink.setUp(index);
  }

  #find(netlink: Netlink, name: string, remedy: string): number {
    try {
      return netlink.findDevice(name).index;
    } catch (error) {
      if ((error as NetworkError).code !== 'ENODEV') throw error;
      throw new NetworkError('ENODEV', `there is no device ${name}: ${remedy} makes one`);
    }
  }
}

/** Where the kernel has no IPv6 there is nothing to be left out. */
function leaveUnaddressed(netlink: Netlink, index: number): void {
  try {
    netlink.leaveUnaddressed(index);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
}
