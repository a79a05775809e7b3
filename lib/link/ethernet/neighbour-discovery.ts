/**
 * Neighbour discovery spoken and understood (RFC 4861 §7.2), for the neighbour cache and for the
 * claims to our own IPv6 addresses (RFC 4862 §5.4). Routers are told of, not discovered.
 *
 * As with ARP nobody is remembered for an answer that was not asked for.
 */
import { packetMemory } from '../../support/memory';
import { addressSum } from '../../wire/checksum';
import { ETHERTYPE_IPV6, type EthernetHeader } from '../../wire/ethernet';
import {
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  ICMPV6_NEIGHBOR_SOLICITATION,
  ICMPV6_REDIRECT,
  ICMPV6_ROUTER_SOLICITATION,
  isIcmpv6Intact,
  writeIcmpv6Checksum,
} from '../../wire/icmpv6';
import type { IpAddress } from '../../wire/ip-address';
import { IP_OK, IpHeader, PROTOCOL_ICMPV6 } from '../../wire/ip-header';
import { IPV6_HEADER_BYTES, readIpv6, writeIpv6 } from '../../wire/ipv6';
import { isStationMac } from '../../wire/mac-address';
import {
  NEIGHBOUR_MESSAGE_BYTES,
  NEIGHBOUR_OK,
  NeighbourMessage,
  readNeighbourMessage,
  writeNeighbourMessage,
} from '../../wire/neighbour-message';
import type { AddressClaim } from './address-claim';
import type { ArpParts } from './arp';
import type { Neighbour } from './neighbour';

const NEXT_HEADER_AT = 6;
/** No router forwards what had as much (RFC 4861 §7.1): it comes from this very link. */
const HOP_LIMIT = 255;
/** ff02::1, and ff02::1:ff00:0 with the last three bytes of an address (RFC 4291 §2.7.1). */
const LINK_SCOPE = 0xff020000 | 0;
const ALL_NODES = 1;
const SOLICITED_NODE = 0xff000000;
/** How IPv6 multicast goes by Ethernet (RFC 2464 §7): 33:33 and the last four bytes. */
const MULTICAST_MAC = 0x3333;

/** Is the IPv6 packet at `offset` a message of neighbour discovery? */
export function isNeighbourDiscovery(offset: number, length: number): boolean {
  if (length <= IPV6_HEADER_BYTES) return false;
  const { bytes } = packetMemory;
  if (bytes[offset + NEXT_HEADER_AT] !== PROTOCOL_ICMPV6) return false;
  const type = bytes[offset + IPV6_HEADER_BYTES];
  return type >= ICMPV6_ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT;
}

export class NeighbourDiscovery {
  readonly #parts: ArpParts;
  // One of each, used again for every message.
  readonly #packet = new IpHeader();
  readonly #heard = new NeighbourMessage();
  readonly #header = new IpHeader();
  readonly #said = new NeighbourMessage();

  constructor(parts: ArpParts) {
    this.#parts = parts;
    this.#header.family = 6;
    this.#header.protocol = PROTOCOL_ICMPV6;
    this.#header.ttl = HOP_LIMIT;
    this.#said.macHigh = parts.mac.high;
    this.#said.macLow = parts.mac.low;
  }

  /** @param frame that brought the packet at `offset` */
  receive(offset: number, length: number, frame: EthernetHeader, now: number): void {
    const { counters } = this.#parts;
    if (!this.#read(offset, length)) {
      counters.resolutionBad++;
      return;
    }
    counters.resolutionReceived++;
    const claim = this.#claimOf(this.#heard);
    const isQuestion = this.#heard.type === ICMPV6_NEIGHBOR_SOLICITATION;
    if (isQuestion && claim !== null) this.#hearQuestion(claim, frame, now);
    else if (!isQuestion && claim !== null) this.#meetRival(claim, frame, now);
    else if (isQuestion || !this.#learn(now)) counters.resolutionIgnored++;
  }

  /** Asks for the neighbour's hardware address. */
  ask(neighbour: Neighbour, toItself: boolean): void {
    const { w0, w1, w2, w3, macHigh, macLow } = neighbour;
    const source = this.#parts.plan.sourceOnLink(w0, w1, w2, w3);
    this.#startQuestion(w0, w1, w2, w3);
    this.#said.hasMac = source !== null;
    this.#setSource(source);
    if (toItself) {
      this.#setDestination(w0, w1, w2, w3);
      this.#send(macHigh, macLow);
    } else this.#sendToGroupOf(w3);
  }

  /** Asks whether anybody has the address, from nobody's. */
  probe({ address }: AddressClaim): void {
    this.#startQuestion(address.w0, address.w1, address.w2, address.w3);
    this.#said.hasMac = false;
    this.#setSource(null);
    this.#sendToGroupOf(address.w3);
  }

  /** Tells everybody that the address is ours (RFC 4861 §7.2.6). */
  announce({ address }: AddressClaim): void {
    this.#startAnswer(address, false);
    this.#setDestination(LINK_SCOPE, 0, 0, ALL_NODES);
    this.#send(MULTICAST_MAC, ALL_NODES);
  }

  /** RFC 4861 §7.1.1, §7.1.2. */
  #read(offset: number, length: number): boolean {
    const packet = this.#packet;
    if (readIpv6(offset, length, packet) !== IP_OK || packet.protocol !== PROTOCOL_ICMPV6) {
      return false;
    }
    const { payloadOffset, payloadLength } = packet;
    const heard = this.#heard;
    if (packet.ttl !== HOP_LIMIT || packet.source0 >>> 24 === 0xff) return false;
    if (!isIcmpv6Intact(payloadOffset, payloadLength, sumOf(packet))) return false;
    if (readNeighbourMessage(payloadOffset, payloadLength, heard) !== NEIGHBOUR_OK) return false;
    if (heard.hasMac && !isStationMac(heard.macHigh, heard.macLow)) return false;
    const toGroup = packet.destination0 >>> 24 === 0xff;
    if (heard.type === ICMPV6_NEIGHBOR_ADVERTISEMENT) return !(toGroup && heard.solicited);
    return !isUnspecified(packet) || (toGroup && !heard.hasMac);
  }

  /** Somebody asks for an address of ours. */
  #hearQuestion(claim: AddressClaim, frame: EthernetHeader, now: number): void {
    const packet = this.#packet;
    const fromNobody = isUnspecified(packet);
    if (claim.state === 'PROBING') {
      // He wants it too (RFC 4862 §5.4.3); others who ask are not answered yet.
      if (fromNobody) this.#meetRival(claim, frame, now);
      return;
    }
    if (claim.state !== 'HELD') return;
    if (fromNobody) {
      this.announce(claim);
      return;
    }
    const { source0, source1, source2, source3 } = packet;
    const { cache, plan } = this.#parts;
    const { hasMac, macHigh, macLow } = this.#heard;
    if (hasMac && plan.isOnLink(source0, source1, source2, source3)) {
      cache.handleQuestion(source0, source1, source2, source3, macHigh, macLow, now);
    }
    this.#startAnswer(claim.address, true);
    this.#setDestination(source0, source1, source2, source3);
    if (hasMac) this.#send(macHigh, macLow);
    else this.#send(frame.sourceHigh, frame.sourceLow);
  }

  /** Somebody else has, or wants, an address of ours. */
  #meetRival(claim: AddressClaim, frame: EthernetHeader, now: number): void {
    const { hasMac, macHigh, macLow } = this.#heard;
    this.#parts.counters.conflicts++;
    if (hasMac) claim.handleConflict(macHigh, macLow, now);
    else claim.handleConflict(frame.sourceHigh, frame.sourceLow, now);
  }

  /** An answer about somebody else. @returns whether it was of any use */
  #learn(now: number): boolean {
    const heard = this.#heard;
    const { cache } = this.#parts;
    const known = cache.find(heard.target0, heard.target1, heard.target2, heard.target3);
    if (known === null || (known.state === 'INCOMPLETE' && !heard.hasMac)) return false;
    const isAsked = known.state === 'INCOMPLETE' || known.state === 'PROBE';
    const flags = { solicited: heard.solicited && isAsked, override: heard.override };
    const high = heard.hasMac ? heard.macHigh : known.macHigh;
    const low = heard.hasMac ? heard.macLow : known.macLow;
    cache.handleAnswer(known, high, low, flags, now);
    return true;
  }

  #claimOf({ target0, target1, target2, target3 }: NeighbourMessage): AddressClaim | null {
    const all = this.#parts.claims;
    return all.find(({ address }) => address.sameWords(target0, target1, target2, target3)) ?? null;
  }

  #startQuestion(w0: number, w1: number, w2: number, w3: number): void {
    const said = this.#said;
    said.type = ICMPV6_NEIGHBOR_SOLICITATION;
    said.solicited = said.override = false;
    said.target0 = w0;
    said.target1 = w1;
    said.target2 = w2;
    said.target3 = w3;
  }

  #startAnswer(address: IpAddress, solicited: boolean): void {
    const said = this.#said;
    this.#startQuestion(address.w0, address.w1, address.w2, address.w3);
    said.type = ICMPV6_NEIGHBOR_ADVERTISEMENT;
    said.solicited = solicited;
    said.override = said.hasMac = true;
    this.#setSource(address);
  }

  #setSource(address: IpAddress | null): void {
    const header = this.#header;
    header.source0 = address?.w0 ?? 0;
    header.source1 = address?.w1 ?? 0;
    header.source2 = address?.w2 ?? 0;
    header.source3 = address?.w3 ?? 0;
  }

  #setDestination(w0: number, w1: number, w2: number, w3: number): void {
    const header = this.#header;
    header.destination0 = w0;
    header.destination1 = w1;
    header.destination2 = w2;
    header.destination3 = w3;
  }

  #sendToGroupOf(w3: number): void {
    const group = w3 | SOLICITED_NODE | 0;
    this.#setDestination(LINK_SCOPE, 0, 1, group);
    this.#send(MULTICAST_MAC, group);
  }

  #send(macHigh: number, macLow: number): void {
    const { output, counters } = this.#parts;
    const offset = output.reserve(IPV6_HEADER_BYTES + NEIGHBOUR_MESSAGE_BYTES);
    if (offset < 0) {
      counters.resolutionLost++;
      return;
    }
    const message = offset + IPV6_HEADER_BYTES;
    const bytes = writeNeighbourMessage(message, this.#said);
    writeIpv6(offset, this.#header, bytes);
    writeIcmpv6Checksum(message, bytes, sumOf(this.#header));
    output.commit(macHigh, macLow, ETHERTYPE_IPV6, IPV6_HEADER_BYTES + bytes, 0);
    counters.resolutionSent++;
  }
}

function isUnspecified({ source0, source1, source2, source3 }: IpHeader): boolean {
  return (source0 | source1 | source2 | source3) === 0;
}

function sumOf(header: IpHeader): number {
  const { source0, source1, source2, source3 } = header;
  const { destination0, destination1, destination2, destination3 } = header;
  const destination = [destination0, destination1, destination2, destination3] as const;
  return addressSum(source0, source1, source2, source3, ...destination);
}
