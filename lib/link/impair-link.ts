/**
 * A link around a link that breaks it on purpose: loss, delay, rate, queues, reordering,
 * duplication, corruption and outages, in both directions, from a seed.
 *
 *     const link = createImpairLink(new RawLink(), { seed: 7, loss: 0.01, delayMs: 40 });
 *     const net = createNet(new Stack({ links: [link] }));
 *
 * Time is the stack's, so a real connection suffers in real time (timers are good to about a
 * millisecond) and a simulated one in virtual time.
 */
import type { Clock } from '../../types/clock';
import type { Link, LinkHost, LinkRoute, LinkZones } from '../../types/link';
import { packetMemory } from '../support/memory';
import { SeededRandom } from '../support/random';
import { CHECKSUM_COMPLETE, type ChecksumNote } from '../wire/checksum-note';
import { completeChecksum } from '../wire/complete-checksum';
import type { IpAddress } from '../wire/ip-address';
import { ImpairedPath, type PathEnd } from './path/impaired-path';
import { checkImpairments, type Impairments, PERFECT } from './path/impairments';
import { copyToParcel, type Parcel, releaseParcel } from './path/parcel';
import { ParcelFifo } from './path/parcel-fifo';

/** Most bytes that wait for room on the link itself; what comes on top is dropped. */
const BACKLOG_BYTES = 1024 * 1024;

/** Impairments named here hold for both directions, `outgoing` and `incoming` for one. */
export interface ImpairLinkOptions extends Partial<Impairments> {
  /** Everything that goes wrong follows from it; unless given, from the stack's randomness. */
  seed?: number;
  outgoing?: Partial<Impairments>;
  incoming?: Partial<Impairments>;
}

/**
 * A link that carries what `link` does, as badly as it is told to. Large packets that the kernel
 * has put together count as one; outward none is larger than the MTU.
 * @throws RangeError naming the number that makes no sense
 */
export function createImpairLink(link: Link, options: ImpairLinkOptions): ImpairLink {
  return new ImpairLink(link, options);
}

export class ImpairLink implements Link {
  readonly name: string;
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  /** Whatever the link itself says: what is damaged on the way must be found out. */
  readonly needsChecksum = true;
  readonly sharesHost: boolean;
  readonly endsWithProcess: boolean;
  readonly zones?: LinkZones;
  readonly claimPort?: Link['claimPort'];
  readonly #link: Link;
  readonly #seed: number | undefined;
  readonly #there: Impairments;
  readonly #back: Impairments;
  readonly #backlog = new ParcelFifo();
  #outgoing: ImpairedPath | null = null;
  #incoming: ImpairedPath | null = null;
  #buffer = 0;
  #isOpen = false;
  #isReferenced = true;

  constructor(link: Link, options: ImpairLinkOptions) {
    const { seed, outgoing, incoming, ...both } = options;
    this.#there = { ...PERFECT, ...both, ...outgoing };
    this.#back = { ...PERFECT, ...both, ...incoming };
    checkImpairments(this.#there);
    checkImpairments(this.#back);
    this.#link = link;
    this.#seed = seed;
    this.name = link.name;
    this.mtu = link.mtu;
    this.maxSegmentBytes = link.mtu;
    this.sharesHost = link.sharesHost;
    this.endsWithProcess = link.endsWithProcess === true;
    this.zones = link.zones;
    if (link.claimPort !== undefined) {
      this.claimPort = (address, port, ipv6Only) => link.claimPort!(address, port, ipv6Only);
    }
  }

  /** The way out, once the link is open: its counters, and `impair` to change what goes wrong. */
  get outgoing(): ImpairedPath {
    return this.#outgoing!;
  }

  get incoming(): ImpairedPath {
    return this.#incoming!;
  }

  open(host: LinkHost): void {
    const seeds = new SeededRandom(this.#seed ?? randomSeed(host));
    const path = (impairments: Impairments, end: PathEnd) =>
      this.#path(host.clock, seeds, impairments, end);
    this.#outgoing = path(this.#there, new LinkEnd(this));
    this.#incoming = path(this.#back, new HostEnd(host));
    this.#buffer = packetMemory.allocate(this.mtu);
    this.#isOpen = true;
    const inner: LinkHost = {
      receive: (offset, length, note) => this.#receive(offset, length, note),
      receivedBatch: () => this.incoming.deliverDue(),
      writable: () => this.#drain(host),
      failed: (error) => host.failed(error),
      defer: (fn) => host.defer(fn),
      clock: host.clock,
      random: (target) => host.random(target),
    };
    try {
      this.#link.open(inner);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  close(): void {
    this.#link.close();
    this.#release();
  }

  isLocal(address: IpAddress): boolean {
    return this.#link.isLocal(address);
  }

  route(destination: IpAddress): LinkRoute | null {
    return this.#link.route(destination);
  }

  reserve(length: number): number {
    return this.#isOpen && length <= this.mtu ? this.#buffer : -1;
  }

  commit(length: number): void {
    this.outgoing.send(this.#buffer, length);
  }

  flush(): void {
    this.outgoing.deliverDue();
  }

  receiveNow(): void {
    this.#link.receiveNow?.();
  }

  ref(): void {
    this.#isReferenced = true;
    this.#link.ref();
    this.#outgoing?.ref();
    this.#incoming?.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#link.unref();
    this.#outgoing?.unref();
    this.#incoming?.unref();
  }

  // For its ends.

  /** A packet has survived the way out. */
  handleDeparture(offset: number, length: number): void {
    if (this.#backlog.size === 0 && this.#forward(offset, length)) return;
    if (this.#backlog.bytes + length > BACKLOG_BYTES) this.outgoing.counters.overflowed++;
    else this.#backlog.push(copyToParcel(offset, length));
  }

  flushLink(): void {
    this.#link.flush();
  }

  #path(clock: Clock, seeds: SeededRandom, impairments: Impairments, end: PathEnd): ImpairedPath {
    const path = new ImpairedPath(clock, new SeededRandom(seeds.next32()), impairments, end);
    if (!this.#isReferenced) path.unref();
    return path;
  }

  /** Damage must be found out, so checksums that the kernel left to hardware are filled in. */
  #receive(offset: number, length: number, note: ChecksumNote): void {
    if (note !== CHECKSUM_COMPLETE) completeChecksum(offset, length);
    this.incoming.send(offset, length);
  }

  /** @returns false: there is no room now */
  #forward(offset: number, length: number): boolean {
    let place = this.#link.reserve(length);
    if (place === -1) {
      this.#link.flush();
      place = this.#link.reserve(length);
      if (place === -1) return false;
    }
    packetMemory.bytes.copyWithin(place, offset, offset + length);
    this.#link.commit(length);
    return true;
  }

  /** There is room on the link again. */
  #drain(host: LinkHost): void {
    let parcel: Parcel | null = this.#backlog.first;
    while (parcel !== null && this.#forward(parcel.offset, parcel.length)) {
      releaseParcel(this.#backlog.shift()!);
      parcel = this.#backlog.first;
    }
    this.#link.flush();
    host.writable();
  }

  #release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    packetMemory.release(this.#buffer, this.mtu);
    this.#outgoing?.clear();
    this.#incoming?.clear();
    while (this.#backlog.size > 0) releaseParcel(this.#backlog.shift()!);
  }
}

/** Where the way out ends: on the link itself. */
class LinkEnd implements PathEnd {
  readonly listening = true;
  readonly #owner: ImpairLink;

  constructor(owner: ImpairLink) {
    this.#owner = owner;
  }

  handlePacket(offset: number, length: number): void {
    this.#owner.handleDeparture(offset, length);
  }

  handleBatchEnd(): void {
    this.#owner.flushLink();
  }
}

/** Where the way in ends: at the stack. */
class HostEnd implements PathEnd {
  readonly listening = true;
  readonly #host: LinkHost;

  constructor(host: LinkHost) {
    this.#host = host;
  }

  handlePacket(offset: number, length: number): void {
    this.#host.receive(offset, length, CHECKSUM_COMPLETE);
  }

  handleBatchEnd(): void {
    this.#host.receivedBatch();
  }
}

function randomSeed(host: LinkHost): number {
  const bytes = new Uint8Array(4);
  host.random(bytes);
  return new DataView(bytes.buffer).getUint32(0);
}
