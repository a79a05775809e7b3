/**
 * A wire between two hosts on one virtual clock, seen from one of its ends.
 *
 * What this end commits is copied and travels along an `ImpairedPath`, with whatever goes wrong
 * there; whoever is at the other end receives it. A simulated link carries any address, for it
 * carries nothing outside the process.
 */
import type { Link, LinkHost, LinkRoute } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_COMPLETE } from '../wire/checksum-note';
import type { IpAddress } from '../wire/ip-address';
import { joinEnds, WireEnd, type WireOptions } from './wire-end';

const DEFAULT_MTU = 1500;

export interface SimulatedLinkEnd {
  name: string;
  /** Addresses of the host at this end; of each family at most one is used as a source. */
  addresses: readonly IpAddress[];
}

export interface SimulatedLinkOptions extends WireOptions {
  /** Largest packet, in bytes; 1500 unless given. */
  mtu?: number;
  ends: readonly [SimulatedLinkEnd, SimulatedLinkEnd];
}

export class SimulatedLink extends WireEnd implements Link {
  readonly name: string;
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  readonly needsChecksum = true;
  readonly sharesHost = false;
  readonly #addresses: readonly IpAddress[];
  readonly #reaches: (destination: IpAddress) => boolean;
  #host: LinkHost | null = null;
  #buffer = 0;

  /**
   * @param end the host's own name of the link, and its addresses
   * @param reaches is a destination to be sought this way?
   */
  constructor(
    end: SimulatedLinkEnd,
    reaches: (destination: IpAddress) => boolean,
    mtu = DEFAULT_MTU,
  ) {
    super();
    this.name = end.name;
    this.mtu = mtu;
    this.maxSegmentBytes = mtu;
    this.#addresses = end.addresses;
    this.#reaches = reaches;
  }

  /**
   * Two links with a wire between them.
   * @throws RangeError when an impairment makes no sense
   */
  static pair(options: SimulatedLinkOptions): [SimulatedLink, SimulatedLink] {
    const { ends, mtu } = options;
    const make = (self: 0 | 1) => {
      const peer = ends[1 - self].addresses;
      const reaches = (address: IpAddress) => peer.some((one) => one.equals(address));
      return new SimulatedLink(ends[self], reaches, mtu);
    };
    const pair: [SimulatedLink, SimulatedLink] = [make(0), make(1)];
    joinEnds(pair[0], pair[1], options);
    return pair;
  }

  open(host: LinkHost): void {
    this.#host = host;
    this.#buffer = packetMemory.allocate(this.mtu);
  }

  close(): void {
    if (this.#host === null) return;
    this.#host = null;
    packetMemory.release(this.#buffer, this.mtu);
    this.incoming.clear();
  }

  isLocal(address: IpAddress): boolean {
    return this.#addresses.some((own) => own.equals(address));
  }

  route(destination: IpAddress): LinkRoute | null {
    if (!this.#reaches(destination)) return null;
    const source = this.#addresses.find((own) => own.family === destination.family);
    return source === undefined ? null : { source, mtu: this.mtu };
  }

  reserve(length: number): number {
    return length <= this.mtu && this.#host !== null ? this.#buffer : -1;
  }

  commit(length: number): void {
    this.outgoing.send(this.#buffer, length);
  }

  flush(): void {}

  get listening(): boolean {
    return this.#host !== null;
  }

  handlePacket(offset: number, length: number): void {
    this.#host?.receive(offset, length, CHECKSUM_COMPLETE);
  }

  handleBatchEnd(): void {
    this.#host?.receivedBatch();
  }

  ref(): void {}
  unref(): void {}
}
