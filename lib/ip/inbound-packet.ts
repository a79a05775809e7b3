/**
 * What an inbound packet is for: the first look at it, on whichever link it came.
 *
 * Fragments are recognised and not yet put together (RFC 791 §3.2); of the two families IPv4 is
 * read.
 */
import { IP_OK, type IpHeader, PROTOCOL_ICMP, PROTOCOL_TCP } from '../wire/ip-header';
import { readIpv4 } from '../wire/ipv4';

export const PACKET_TCP = 0;
export const PACKET_ICMP = 1;
/** Sound, but of a protocol nobody here speaks. */
export const PACKET_OTHER = 2;
/** A piece of a larger packet. */
export const PACKET_FRAGMENT = 3;

/**
 * Reads the IP header of the packet at `offset`, of which `length` bytes were received.
 * @returns one of PACKET_…, or a fault of `lib/wire/ip-header` with its sign changed (so:
 *   negative), after which `header` means nothing
 */
export function readInboundPacket(offset: number, length: number, header: IpHeader): number {
  const fault = readIpv4(offset, length, header);
  if (fault !== IP_OK) return -fault;
  if (header.isFragment) return PACKET_FRAGMENT;
  if (header.protocol === PROTOCOL_TCP) return PACKET_TCP;
  return header.protocol === PROTOCOL_ICMP ? PACKET_ICMP : PACKET_OTHER;
}
