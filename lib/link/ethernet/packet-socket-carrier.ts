/** Frames over a packet socket on an interface of the host: beside its kernel, on the same wire. */
import { NetworkError } from '../../support/network-error';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import type { MacAddress } from '../../wire/mac-address';
import { type Libc, SO_ERROR, SOL_SOCKET } from '../libc';
import { type DeviceState, Netlink } from '../netlink';
import { DescriptorCarrier } from './descriptor-carrier';
import { openPacketSocket } from './packet-socket';

export class PacketSocketCarrier extends DescriptorCarrier {
  readonly name: string;
  readonly #mac: () => MacAddress;
  #netlink: Netlink | null = null;
  #index = 0;
  #fd = -1;

  /**
   * @param name of the interface
   * @param mac the address whose frames are wanted, known when the carrier is opened
   */
  constructor(name: string, namespace: string, mac: () => MacAddress) {
    super(namespace);
    this.name = name;
    this.#mac = mac;
  }

  /** @throws NetworkError ENODEV, ENETDOWN (it is down), EINVAL, EPERM, EACCES, EMFILE */
  protected openDescriptor(libc: Libc): number {
    this.#netlink = new Netlink(libc);
    const { index, mtu, isUp } = this.#find(this.#netlink);
    if (!isUp) {
      const remedy = `\`sudo ip link set ${this.name} up\``;
      throw new NetworkError('ENETDOWN', `interface ${this.name} is down: ${remedy}`);
    }
    this.#index = index;
    this.mtu = mtu + ETHERNET_HEADER_BYTES;
    this.#fd = openPacketSocket(libc, this.name, index, this.#mac());
    return this.#fd;
  }

  protected closeDescriptor(libc: Libc): void {
    this.#netlink?.close();
    if (this.#fd >= 0) libc.close(this.#fd);
    this.#netlink = null;
    this.#fd = -1;
  }

  protected diagnose(libc: Libc): NetworkError | null {
    // An error is told until it has been asked for.
    const size = Buffer.from(Int32Array.of(4).buffer);
    libc.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, Buffer.alloc(4), size);
    try {
      if (this.#netlink!.findDevice(this.name).index === this.#index) return null;
    } catch {
      // There is none of that name any more.
    }
    return new NetworkError('ENODEV', `interface ${this.name} is gone`);
  }

  #find(netlink: Netlink): DeviceState {
    try {
      return netlink.findDevice(this.name);
    } catch (error) {
      if ((error as NetworkError).code !== 'ENODEV') throw error;
      throw new NetworkError('ENODEV', `there is no interface ${this.name}: see \`ip link\``);
    }
  }
}
