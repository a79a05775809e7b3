/**
 * What a TUN link sets at the kernel's end of its device, and takes back: MTU, addresses, routes,
 * and that it is up.
 */
import { NetworkError } from '../support/network-error';
import type { Cidr } from './cidr';
import type { Libc } from './libc';
import { type DeviceState, Netlink } from './netlink';
import type { TunSettings } from './tun-options';

/**
 * Most packets that wait for us. The kernel's 500 are too few for a thousand connections that all
 * begin at once, and what finds no room is lost.
 */
const QUEUE_PACKETS = 8192;

export class TunAddresses {
  readonly #settings: TunSettings;
  readonly #netlink: Netlink;
  #index = 0;
  readonly #addresses: Cidr[] = [];
  readonly #routes: Cidr[] = [];

  /** In the network namespace that the thread is in. @throws NetworkError EMFILE, ENOBUFS */
  constructor(libc: Libc, settings: TunSettings) {
    this.#settings = settings;
    this.#netlink = new Netlink(libc);
  }

  /** @throws NetworkError ENODEV where there is no such device */
  find(name: string): DeviceState {
    try {
      return this.#netlink.findDevice(name);
    } catch (error) {
      if ((error as NetworkError).code !== 'ENODEV') throw error;
      const remedy = `\`sudo ip tuntap add dev ${name} mode tun user $USER\` makes one`;
      throw new NetworkError('ENODEV', `there is no device ${name}: ${remedy}`);
    }
  }

  /** @returns the device's MTU, bytes. @throws NetworkError EPERM, EADDRINUSE, EINVAL */
  configure(name: string): number {
    const { existing, mtu, hostAddresses, routes } = this.#settings;
    const state = this.find(name);
    this.#index = state.index;
    if (!existing) {
      this.#leaveUnaddressed();
      this.#netlink.setQueueLength(state.index, QUEUE_PACKETS);
    }
    if (mtu !== 0 && mtu !== state.mtu) this.#netlink.setMtu(state.index, mtu);
    for (const cidr of hostAddresses) {
      this.#netlink.addAddress(state.index, cidr);
      this.#addresses.push(cidr);
    }
    if (!state.isUp) this.#setUp(name);
    for (const network of [...routes, ...this.#hostRoutes()]) {
      this.#netlink.addRoute(state.index, network);
      this.#routes.push(network);
    }
    this.#checkOwn();
    return mtu === 0 ? state.mtu : mtu;
  }

  /** Takes back what a device that stays would keep. */
  close(): void {
    if (!this.#settings.persist) {
      for (const network of this.#routes) this.#quietly(() => this.#deleteRoute(network));
      for (const cidr of this.#addresses) this.#quietly(() => this.#deleteAddress(cidr));
    }
    this.#netlink.close();
  }

  /** What is for an address of the kernel's own never reaches a device. */
  #checkOwn(): void {
    for (const own of this.#settings.addresses) {
      if (!this.#netlink.isOwn(own)) continue;
      const remedy = 'the stack needs one that the host does not have';
      throw new NetworkError('EADDRINUSE', `${own.address.text} is the host's own: ${remedy}`);
    }
  }

  /** Own addresses that no network of the host's end leads to. */
  #hostRoutes(): Cidr[] {
    const { existing, addresses, hostAddresses, routes } = this.#settings;
    if (existing) return [];
    const known = [...hostAddresses, ...routes];
    return addresses
      .filter((own) => !known.some((network) => network.holds(own.address)))
      .map((own) => own.alone);
  }

  #setUp(name: string): void {
    try {
      this.#netlink.setUp(this.#index);
    } catch (error) {
      const { code, message } = error as NetworkError;
      throw new NetworkError(code, `${message}: \`sudo ip link set ${name} up\` does it for you`);
    }
  }

  /** Where the kernel has no IPv6 there is nothing to be left out. */
  #leaveUnaddressed(): void {
    this.#quietly(() => this.#netlink.leaveUnaddressed(this.#index));
  }

  #deleteRoute(network: Cidr): void {
    this.#netlink.deleteRoute(this.#index, network);
  }

  #deleteAddress(cidr: Cidr): void {
    this.#netlink.deleteAddress(this.#index, cidr);
  }

  /** For what may be gone already, and that is as good. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
    }
  }
}
