/**
 * Frames over a descriptor of the kernel's, each behind a virtio header that says what is left to
 * be done to it: what a packet socket and a TAP device have in common.
 */
import type { FrameCarrier } from '../../../types/frame-carrier';
import type { LinkHost } from '../../../types/link';
import type { NetworkError } from '../../support/network-error';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import { IPV4_MAX_BYTES } from '../../wire/ipv4';
import { type Libc, loadLibc } from '../libc';
import { LinkCounters } from '../link-counters';
import { withinNamespace } from '../network-namespace';
import { stopAtExit, stopNoMore } from '../stop-at-exit';
import { TunQueue } from '../tun-queue';
import { TunTransmitter } from '../tun-transmitter';
import { VIRTIO_HEADER_BYTES } from '../virtio-header';

export abstract class DescriptorCarrier implements FrameCarrier {
  abstract readonly name: string;
  /** Of a frame, known once the device is open. */
  mtu = 1500 + ETHERNET_HEADER_BYTES;
  /** A frame that the kernel is to cut into several. */
  readonly maxSegmentBytes = IPV4_MAX_BYTES;
  readonly needsChecksum = false;
  readonly counters = new LinkCounters();

  readonly #namespace: string;
  #libc: Libc | null = null;
  #host: LinkHost | null = null;
  #fd = -1;
  #queue: TunQueue | null = null;
  #transmitter: TunTransmitter | null = null;
  #referenced = true;

  /** @param namespace in which to open: a name of `ip netns`, or a path; '': this thread's */
  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /**
   * Opens the descriptor and learns `mtu`.
   * @returns it, to be closed by `closeDescriptor`
   */
  protected abstract openDescriptor(libc: Libc): number;
  /** Closes whatever `openDescriptor` has opened, even if it did not get to its end. */
  protected abstract closeDescriptor(libc: Libc): void;
  /** The descriptor has failed. @returns why for good; null: the device is only down */
  protected abstract diagnose(libc: Libc, errno: number): NetworkError | null;

  open(host: LinkHost): void {
    const libc = loadLibc();
    this.#libc = libc;
    this.#host = host;
    try {
      this.#fd = withinNamespace(libc, this.#namespace, () => this.openDescriptor(libc));
      const { counters } = this;
      const frame = ETHERNET_HEADER_BYTES;
      this.#transmitter = new TunTransmitter(libc, [this.#fd], true, counters, this, frame);
      this.#listen(libc, host);
    } catch (error) {
      this.close();
      throw error;
    }
    stopAtExit(this.#stop);
  }

  close(): void {
    const libc = this.#libc;
    if (libc === null) return;
    this.#libc = this.#host = null;
    stopNoMore(this.#stop);
    this.#queue?.close();
    this.#transmitter?.dispose();
    this.closeDescriptor(libc);
    this.#queue = this.#transmitter = null;
    this.#fd = -1;
  }

  reserve(length: number): number {
    return this.#transmitter?.reserve(length) ?? -1;
  }

  commit(length: number, pieceBytes = 0): void {
    this.#transmitter?.commit(length, pieceBytes);
  }

  /** What is committed has been written already. */
  flush(): void {}

  receiveNow(): void {
    this.#queue?.receiveNow();
  }

  ref(): void {
    this.#referenced = true;
    this.#queue?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#queue?.unref();
  }

  handleBlocked(): void {
    this.#queue?.awaitRoom();
  }

  handleWritable(): boolean {
    const transmitter = this.#transmitter;
    if (transmitter === null) return true;
    const hasRoom = transmitter.handleWritable();
    if (hasRoom) this.#host?.writable();
    return !transmitter.blocked;
  }

  /** The transmitter cannot send any longer. */
  handleFailure(error: Error): void {
    this.#stop();
    this.#host?.failed(error);
  }

  /** The queue cannot be read any longer: for good, or until the device is up again. */
  handleBroken(errno: number): void {
    if (this.#libc === null || this.#host === null) return;
    const reason = this.diagnose(this.#libc, errno);
    if (reason !== null) {
      this.handleFailure(reason);
      return;
    }
    // libuv stops watching a descriptor that had an error.
    this.#queue?.close();
    this.#listen(this.#libc, this.#host);
  }

  #listen(libc: Libc, host: LinkHost): void {
    const queue = new TunQueue(libc, this.#fd, VIRTIO_HEADER_BYTES, this.counters, host, this);
    this.#queue = queue;
    if (!this.#referenced) queue.unref();
  }

  readonly #stop = (): void => this.#queue?.stop();
}
