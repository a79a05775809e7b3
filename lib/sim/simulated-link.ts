/**
 * A wire between two hosts on one virtual clock, seen from one of its ends.
 *
 * Links are made in pairs. What one end commits is copied and travels along a `SimulatedPath`, with
 * whatever goes wrong there; the other end's host receives it. A simulated link carries any
 * address, for it carries nothing outside the process.
 */
import type { Clock } from '../../types/clock';
import type { Link, LinkHost, LinkRoute } from '../../types/link';
import { packetMemory } from '../support/memory';
import { SeededRandom } from '../support/random';
import { CHECKSUM_COMPLETE } from '../wire/checksum-note';
import type { IpAddress } from '../wire/ip-address';
import { type Impairments, PERFECT } from './impairments';
import { type PathEnd, SimulatedPath } from './simulated-path';

export interface SimulatedLinkEnd {
  name: string;
  /** Addresses of the host at this end; of each family at most one is used as a source. */
  addresses: readonly IpAddress[];
}

export interface SimulatedLinkOptions {
  clock: Clock;
  /** Everything that goes wrong follows from it. */
  seed: number;
  /** Largest packet, in bytes; 1500 unless given. */
  mtu?: number;
  ends: readonly [SimulatedLinkEnd, SimulatedLinkEnd];
  /** What goes wrong from the first end to the second, and back; nothing unless given. */
  there?: Partial<Impairments>;
  back?: Partial<Impairments>;
}

export class SimulatedLink implements Link, PathEnd {
  readonly name: string;
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  readonly needsChecksum = true;
  readonly sharesHost = false;
  readonly #addresses: readonly IpAddress[];
  readonly #peerAddresses: readonly IpAddress[];
  #host: LinkHost | null = null;
  #buffer = 0;
  #outgoing: SimulatedPath | null = null;
  #incoming: SimulatedPath | null = null;

  private constructor(options: SimulatedLinkOptions, self: 0 | 1) {
    const end = options.ends[self];
    this.name = end.name;
    this.mtu = options.mtu ?? 1500;
    this.maxSegmentBytes = this.mtu;
    this.#addresses = end.addresses;
    this.#peerAddresses = options.ends[1 - self].addresses;
  }

  /** @throws RangeError when an impairment makes no sense */
  static pair(options: SimulatedLinkOptions): [SimulatedLink, SimulatedLink] {
    const { clock, seed } = options;
    const first = new SimulatedLink(options, 0);
    const second = new SimulatedLink(options, 1);
    // Each direction draws from its own numbers: traffic one way changes no fate of the other's.
    const seeds = new SeededRandom(seed);
    const there = new SeededRandom(seeds.next32());
    const back = new SeededRandom(seeds.next32());
    const forward = new SimulatedPath(clock, there, { ...PERFECT, ...options.there }, second);
    const backward = new SimulatedPath(clock, back, { ...PERFECT, ...options.back }, first);
    first.#outgoing = second.#incoming = forward;
    second.#outgoing = first.#incoming = backward;
    return [first, second];
  }

  /** The way from this end to the other: its impairments, counters and observer. */
  get outgoing(): SimulatedPath {
    return this.#outgoing!;
  }

  get incoming(): SimulatedPath {
    return this.#incoming!;
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
    if (!this.#peerAddresses.some((peer) => peer.equals(destination))) return null;
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
