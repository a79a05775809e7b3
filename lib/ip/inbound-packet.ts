/**
 * What an inbound packet is for: the first look at it, on whichever link it came.
 *
 * Fragments are recognised and not yet put together (RFC 791 §3.2).
 */
import {
  IP_BAD_ADDRESS,
  IP_BAD_VERSION,
  IP_OK,
  type IpHeader,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
} from '../wire/ip-header';
import { readIpv4 } from '../wire/ipv4';
import { readIpv6 } from '../wire/ipv6';

export const PACKET_TCP = 0;
/** ICMP, in IPv6 ICMPv6. */
export const PACKET_ICMP = 1;
/** Sound, but of a protocol nobody here speaks. */
export const PACKET_OTHER = 2;
/** A piece of a larger packet. */
export const PACKET_FRAGMENT = 3;

const MAPPED_PREFIX = 0xffff;

/**
 * Reads the IP header of the packet at `offset`, of which `length` bytes were received.
 * @returns one of PACKET_…, or a fault of `lib/wire/ip-header` with its sign changed (so:
 *   negative), after which `header` means nothing
 */
export function readInboundPacket(offset: number, length: number, header: IpHeader): number {
  const fault = readIpv4(offset, length, header);
  if (fault !== IP_OK)
    return fault === IP_BAD_VERSION ? readVersion6(offset, length, header) : -fault;
  if (header.isFragment) return PACKET_FRAGMENT;
  if (header.protocol === PROTOCOL_TCP) return PACKET_TCP;
  return header.protocol === PROTOCOL_ICMP ? PACKET_ICMP : PACKET_OTHER;
}

function readVersion6(offset: number, length: number, header: IpHeader): number {
  const fault = readIpv6(offset, length, header);
  if (fault !== IP_OK) return -fault;
  // Above here such words mean IPv4: whoever put them into an IPv6 packet pretends to be what he
  // is not (RFC 4942 §2.2).
  if (isMapped(header.source0, header.source1, header.source2)) return -IP_BAD_ADDRESS;
  if (isMapped(header.destination0, header.destination1, header.destination2)) {
    return -IP_BAD_ADDRESS;
  }
  if (header.isFragment) return PACKET_FRAGMENT;
  if (header.protocol === PROTOCOL_TCP) return PACKET_TCP;
  return header.protocol === PROTOCOL_ICMPV6 ? PACKET_ICMP : PACKET_OTHER;
}

function isMapped(w0: number, w1: number, w2: number): boolean {
  return w2 === MAPPED_PREFIX && w1 === 0 && w0 === 0;
}
