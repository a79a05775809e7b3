/**
 * A network between this process and the host's kernel, over a TUN device: the stack lives at
 * addresses of its own, and the kernel is its neighbour and, if it forwards, its router.
 *
 * With offload, packets of up to 64 KiB (to the host itself 192) cross whole in both directions,
 * whatever the MTU: whoever takes them out of the kernel again cuts them. Works on Linux, with
 * CAP_NET_ADMIN or a device that was made for the user. Where packets are only to be carried
 * elsewhere, the link can be opened with a LinkHost of one's own, without a stack, and
 * `offload: false`.
 */
import type { Link, LinkHost, LinkRoute } from '../../types/link';
import { NetworkError } from '../support/network-error';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { EBADF, EBADFD, systemError } from './errno';
import { type Libc, loadLibc } from './libc';
import { LinkCounters } from './link-counters';
import { withinNamespace } from './network-namespace';
import { OVERSIZE_BYTES, takesOversize } from './oversize';
import { selectSource } from './source-selection';
import { stopAtExit, stopNoMore } from './stop-at-exit';
import { TunAddresses } from './tun-addresses';
import { TunDevice } from './tun-device';
import { readTunOptions, type TunLinkOptions, type TunSettings } from './tun-options';
import { TunQueue } from './tun-queue';
import { TunTransmitter } from './tun-transmitter';

export class TunLink implements Link {
  readonly takesTrains = true;
  readonly needsChecksum: boolean;
  readonly sharesHost = false;
  readonly endsWithProcess = true;
  readonly counters = new LinkCounters();
  /** Without offload text is read for its checksum anyway, and so it is copied on the way. */
  readonly commitText?: Link['commitText'];

  readonly #settings: TunSettings;
  readonly #takesOversize: boolean;
  #name: string;
  #mtu: number;
  #host: LinkHost | null = null;
  #device: TunDevice | null = null;
  #addresses: TunAddresses | null = null;
  #queues: TunQueue[] = [];
  #transmitter: TunTransmitter | null = null;
  #failed = false;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(options: TunLinkOptions) {
    this.#settings = readTunOptions(options);
    this.#name = this.#settings.name;
    this.#mtu = this.#settings.mtu === 0 ? 1500 : this.#settings.mtu;
    this.needsChecksum = !this.#settings.offload;
    this.#takesOversize = this.#settings.offload && takesOversize();
    if (!this.#settings.offload) return;
    this.commitText = (headerBytes, textAt, textLength, moreAt, moreLength, pieceBytes) => {
      const transmitter = this.#transmitter;
      transmitter?.commitText(headerBytes, textAt, textLength, moreAt, moreLength, pieceBytes);
    };
  }

  /** Of the device; before `open`, what was asked for. */
  get name(): string {
    return this.#name;
  }

  get mtu(): number {
    return this.#mtu;
  }

  get maxSegmentBytes(): number {
    return this.#settings.offload ? IPV4_MAX_BYTES : this.#mtu;
  }

  /**
   * To an address of the host's at the device. What the host hands on it would have to cut itself,
   * for no other device takes more than 64 KiB.
   */
  maxSegmentBytesTo(destination: IpAddress): number {
    const { hostAddresses } = this.#settings;
    const isHost = hostAddresses.some(({ address }) => address.equals(destination));
    if (!isHost || destination.family !== 4) return this.maxSegmentBytes;
    return this.#most;
  }

  /** Longest packet to anybody. */
  get #most(): number {
    return this.#takesOversize ? OVERSIZE_BYTES : this.maxSegmentBytes;
  }

  /**
   * @throws NetworkError ENODEV (no /dev/net/tun, no such device), EPERM, EACCES, EBUSY,
   *   EADDRINUSE, EINVAL, ENOTSUP (not Linux, no koffi), EMFILE
   */
  open(host: LinkHost): void {
    const libc = loadLibc();
    this.#host = host;
    this.#failed = false;
    try {
      withinNamespace(libc, this.#settings.namespace, () => this.#openDevice(libc));
      this.#openQueues(libc, this.#device!, host);
    } catch (error) {
      this.close();
      throw error;
    }
    stopAtExit(this.#stop);
  }

  close(): void {
    if (this.#host === null) return;
    this.#host = null;
    stopNoMore(this.#stop);
    for (const queue of this.#queues) queue.close();
    this.#transmitter?.dispose();
    this.#addresses?.close();
    this.#device?.close();
    this.#queues = [];
    this.#transmitter = this.#addresses = this.#device = null;
  }

  isLocal(address: IpAddress): boolean {
    return this.#ownAddresses().some((own) => own.equals(address));
  }

  /** Every destination is taken to lie behind this link, if it has an address of that family. */
  route(destination: IpAddress): LinkRoute | null {
    if (this.#failed) return null;
    if (destination.isLinkLocal && destination.zone !== this.#name) return null;
    const source = selectSource(this.#ownAddresses(), destination);
    return source === null ? null : { source, mtu: this.#mtu };
  }

  /** The device is one zone, and its name is known once it is open (RFC 4007 §5). */
  #ownAddresses(): IpAddress[] {
    return this.#settings.addresses.map(({ address }) =>
      address.isLinkLocal ? address.scoped(0, this.#name) : address,
    );
  }

  reserve(length: number): number {
    if (this.#transmitter === null || length > this.#most) return -1;
    return this.#transmitter.reserve(length);
  }

  commit(length: number, pieceBytes = 0): void {
    this.#transmitter?.commit(length, pieceBytes);
  }

  /** What is committed has been written already; what that set off in the kernel can be read. */
  flush(): void {}

  receiveNow(): void {
    for (const queue of this.#queues) queue.receiveNow();
  }

  /** Referenced at first. */
  ref(): void {
    for (const queue of this.#queues) queue.ref();
  }

  unref(): void {
    for (const queue of this.#queues) queue.unref();
  }

  /** The transmitter waits until the device has room again. */
  handleBlocked(fd: number): void {
    this.#queues.find((queue) => queue.fd === fd)?.awaitRoom();
  }

  /** The device is gone: deleted, or its namespace was. */
  handleFailure(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#stop();
    this.#host?.failed(error);
  }

  /** A queue's descriptor has room. @returns whether everything has gone */
  handleWritable(): boolean {
    const transmitter = this.#transmitter;
    if (transmitter === null) return true;
    const hasRoom = transmitter.handleWritable();
    if (hasRoom) this.#host?.writable();
    return !transmitter.blocked;
  }

  /** A queue can no longer be read. */
  handleBroken(errno: number): void {
    const isGone = errno === EBADF || errno === EBADFD;
    const detail = `device ${this.#name}`;
    if (!isGone) this.handleFailure(systemError(errno, detail));
    else this.handleFailure(new NetworkError('ENODEV', `${detail} is gone`));
  }

  /** Nothing that arrives reaches JavaScript any longer; sending still works. */
  readonly #stop = (): void => {
    for (const queue of this.#queues) queue.stop();
  };

  #openDevice(libc: Libc): void {
    const settings = this.#settings;
    this.#addresses = new TunAddresses(libc, settings);
    if (settings.existing) this.#addresses.find(settings.name);
    const { name, offload, queues, shared, persist } = settings;
    this.#device = new TunDevice(libc, { kind: 'tun', name, offload, queues, shared, persist });
    this.#name = this.#device.name;
    this.#mtu = this.#addresses.configure(this.#name);
  }

  #openQueues(libc: Libc, device: TunDevice, host: LinkHost): void {
    const { descriptors, headerBytes } = device;
    const hasHeader = headerBytes > 0;
    this.#transmitter = new TunTransmitter(libc, descriptors, hasHeader, this.counters, this);
    for (const fd of descriptors) {
      this.#queues.push(new TunQueue(libc, fd, headerBytes, this.counters, host, this));
    }
  }
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; opened by the stack it is for */
export function createTunLink(options: TunLinkOptions): TunLink {
  return new TunLink(options);
}
