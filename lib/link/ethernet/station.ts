/**
 * One station on an Ethernet, while it is there: its hardware address, the claims to its IP
 * addresses, the neighbours it knows, and the timer that all of them share.
 */
import type { ClockTimer } from '../../../types/clock';
import type { FrameCarrier } from '../../../types/frame-carrier';
import type { LinkHost } from '../../../types/link';
import { packetMemory } from '../../support/memory';
import type { ChecksumNote } from '../../wire/checksum-note';
import {
  ETHERNET_OK,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  readEthernet,
} from '../../wire/ethernet';
import type { IpAddress } from '../../wire/ip-address';
import { isGroupMac, type MacAddress } from '../../wire/mac-address';
import { AddressClaim, type ClaimEvents, type ClaimTerms } from './address-claim';
import type { AddressPlan } from './address-plan';
import { Arp } from './arp';
import type { EthernetCounters } from './ethernet-counters';
import { FrameOutput } from './frame-output';
import { isListenerQuery, MulticastListener } from './multicast-listener';
import type { Neighbour } from './neighbour';
import { isNeighbourDiscovery, NeighbourDiscovery } from './neighbour-discovery';
import { NextHops } from './next-hops';

export interface StationParts {
  mac: MacAddress;
  plan: AddressPlan;
  terms: ClaimTerms;
  /** Those whose hardware addresses are known beforehand. */
  neighbours: ReadonlyArray<readonly [IpAddress, MacAddress]>;
  carrier: FrameCarrier;
  host: LinkHost;
  counters: EthernetCounters;
  /** All addresses are ours. */
  handleReady: () => void;
  /** One of them is somebody else's. */
  handleLost: ClaimEvents['handleLost'];
}

export class Station implements ClaimEvents {
  /** May packets be sent and received? */
  isReady = false;
  readonly #parts: StationParts;
  readonly #output: FrameOutput;
  readonly #hops: NextHops;
  readonly #arp: Arp;
  readonly #discovery: NeighbourDiscovery;
  /** Null without IPv6. */
  readonly #listener: MulticastListener | null;
  readonly #claims: readonly AddressClaim[];
  readonly #header = new EthernetHeader();
  #isClosed = false;
  #timer: ClockTimer | null = null;
  /** What the timer is set to, ms. */
  #armedFor = Infinity;

  constructor(parts: StationParts) {
    this.#parts = parts;
    const { mac, plan, terms, carrier, host, counters } = parts;
    const fraction = fractionsFrom(host);
    const output = new FrameOutput(carrier, mac);
    const ask = (one: Neighbour, toItself: boolean) =>
      (one.isIpv4 ? this.#arp : this.#discovery).ask(one, toItself);
    this.#output = output;
    this.#hops = new NextHops({ plan, output, host, counters, fraction, ask });
    this.#claims = plan.addresses.map((one) => new AddressClaim(one, terms, this, fraction));
    const { cache } = this.#hops;
    for (const [{ w0, w1, w2, w3 }, { high, low }] of parts.neighbours) {
      cache.addPermanent(w0, w1, w2, w3, high, low);
    }
    const resolution = { mac, plan, cache, claims: this.#claims, output, counters };
    this.#arp = new Arp(resolution);
    this.#discovery = new NeighbourDiscovery(resolution);
    const hasIpv6 = plan.addresses.some(({ isMapped }) => !isMapped);
    this.#listener = hasIpv6 ? new MulticastListener({ ...resolution, fraction }) : null;
  }

  /** Begins to claim its addresses. */
  open(): void {
    const now = this.#parts.host.clock.now();
    // Before they are asked for: what a switch keeps from us would look free (RFC 4862 §5.4.2).
    this.#listener?.handleChange(now);
    this.#listener?.handleTimeout(now);
    for (const claim of this.#claims) claim.open(now);
    this.#settle();
  }

  close(): void {
    this.isReady = false;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#hops.close();
  }

  /** Does the timer keep the process alive? Not unless somebody waits for it. */
  holdProcess(isHeld: boolean): void {
    if (isHeld) this.#timer?.ref();
    else this.#timer?.unref();
  }

  /** Those that are known, for whoever wants to look. */
  neighbours(): Neighbour[] {
    return this.#hops.cache.list();
  }

  /** A frame has come in. */
  receive(offset: number, length: number, note: ChecksumNote): void {
    const { counters, mac } = this.#parts;
    const header = this.#header;
    if (this.#isClosed) {
      counters.droppedClosed++;
      return;
    }
    if (readEthernet(offset, length, header) !== ETHERNET_OK) {
      counters.droppedMalformed++;
      return;
    }
    const toUs = header.destinationLow === mac.low && header.destinationHigh === mac.high;
    const fromUs = header.sourceLow === mac.low && header.sourceHigh === mac.high;
    if (fromUs || !(toUs || isGroupMac(header.destinationHigh))) counters.droppedForeign++;
    else if (header.vlan !== 0) counters.droppedTagged++;
    else {
      const { headerLength } = header;
      this.#take(header.type, offset + headerLength, length - headerLength, toUs, note);
    }
  }

  /** A batch of frames is over. */
  endBatch(): void {
    this.#settle();
  }

  reserve(length: number): number {
    return this.isReady ? this.#output.reserve(length) : -1;
  }

  /** Sends the packet at `offset`, which `reserve` returned last. */
  send(offset: number, length: number, pieceBytes: number): void {
    this.#hops.send(offset, length, pieceBytes);
  }

  flush(): void {
    this.#settle();
  }

  handleProbe(claim: AddressClaim): void {
    (claim.address.isMapped ? this.#arp : this.#discovery).probe(claim);
  }

  handleAnnouncement(claim: AddressClaim): void {
    (claim.address.isMapped ? this.#arp : this.#discovery).announce(claim);
  }

  handleHeld({ address }: AddressClaim): void {
    // From now on it may be said in our own name.
    if (address.isLinkLocal) this.#listener?.handleChange(this.#parts.host.clock.now());
    if (this.isReady || !this.#claims.every(({ state }) => state === 'HELD')) return;
    this.isReady = true;
    this.#parts.handleReady();
  }

  handleLost(claim: AddressClaim, macHigh: number, macLow: number): void {
    this.#parts.handleLost(claim, macHigh, macLow);
  }

  #take(type: number, offset: number, length: number, toUs: boolean, note: ChecksumNote): void {
    switch (type) {
      case ETHERTYPE_ARP:
        this.#arp.receive(offset, length, toUs, this.#parts.host.clock.now());
        break;
      case ETHERTYPE_IPV4:
        this.#deliver(4, offset, length, toUs, note);
        break;
      case ETHERTYPE_IPV6:
        this.#takeIpv6(offset, length, toUs, note);
        break;
      default:
        this.#parts.counters.droppedType++;
    }
  }

  #takeIpv6(offset: number, length: number, toUs: boolean, note: ChecksumNote): void {
    const now = this.#parts.host.clock.now();
    const isResolution = isNeighbourDiscovery(offset, length);
    if (isResolution) this.#discovery.receive(offset, length, this.#header, now);
    else if (this.#listener !== null && isListenerQuery(offset, length)) {
      this.#listener.receive(offset, length, now);
    } else this.#deliver(6, offset, length, toUs, note);
  }

  #deliver(
    version: 4 | 6,
    offset: number,
    length: number,
    toUs: boolean,
    note: ChecksumNote,
  ): void {
    const { counters, host } = this.#parts;
    const bytes = unpaddedBytes(version, offset, length);
    if (bytes === 0) counters.droppedMalformed++;
    else if (!toUs) counters.droppedGroup++;
    else if (!this.isReady) counters.droppedTentative++;
    else {
      counters.receivedPackets++;
      counters.receivedBytes += bytes;
      host.receive(offset, bytes, note);
    }
  }

  /** Sends what was written, and sets the timer to what is due next. */
  #settle(): void {
    if (this.#isClosed) return;
    this.#output.flush();
    let next = Math.min(this.#hops.cache.deadline, this.#listener?.deadline ?? Infinity);
    for (const { deadline } of this.#claims) if (deadline < next) next = deadline;
    if (next === this.#armedFor) return;
    this.#armedFor = next;
    if (this.#timer !== null) this.#timer.reschedule(next);
    else if (next !== Infinity) {
      this.#timer = this.#parts.host.clock.schedule(next, this.#expire);
      this.#timer.unref();
    }
  }

  readonly #expire = (): void => {
    const now = this.#parts.host.clock.now();
    this.#armedFor = Infinity;
    if (this.#hops.cache.deadline <= now) this.#hops.cache.handleTimeout(now);
    for (const claim of this.#claims) if (claim.deadline <= now) claim.handleTimeout(now);
    if (this.#listener !== null && this.#listener.deadline <= now)
      this.#listener.handleTimeout(now);
    this.#settle();
  };
}

/**
 * What the packet in a frame says of its own length, if that is credible: the rest is padding.
 * @returns 0 where it is of another version than the frame says
 */
function unpaddedBytes(version: 4 | 6, offset: number, length: number): number {
  const headerBytes = version === 4 ? 20 : 40;
  if (length === 0 || packetMemory.bytes[offset] >>> 4 !== version) return 0;
  if (length < headerBytes) return length;
  const { view } = packetMemory;
  const bytes = version === 4 ? view.getUint16(offset + 2) : 40 + view.getUint16(offset + 4);
  return bytes >= headerBytes && bytes < length ? bytes : length;
}

/** Random numbers from 0 to 1, a few bits each: enough to keep hosts out of step. */
function fractionsFrom(host: LinkHost): () => number {
  const bytes = new Uint8Array(2);
  return () => {
    host.random(bytes);
    return ((bytes[0] << 8) | bytes[1]) / 0x10000;
  };
}
