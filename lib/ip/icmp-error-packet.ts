/**
 * ICMP errors that a host sends (RFC 1122 §3.2.2, RFC 4443 §2.4): "time exceeded" of fragments, and
 * in IPv6 "parameter problem". Who may be sent one, and how often, is for the stack to say.
 */
import { packetMemory } from '../support/memory';
import { finishSum, sumBytes } from '../wire/checksum';
import { ICMPV6_HEADER_BYTES, writeIcmpv6Checksum } from '../wire/icmpv6';
import { IpHeader, PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, writeIpv4 } from '../wire/ipv4';
import { IPV6_HEADER_BYTES, IPV6_MIN_MTU, writeIpv6 } from '../wire/ipv6';

const DEFAULT_TTL = 64;
/** No error is longer (RFC 4443 §2.4 c; RFC 1812 §4.3.2.3 has 576 for IPv4). */
export const MAX_QUOTE_BYTES = IPV6_MIN_MTU - IPV6_HEADER_BYTES - ICMPV6_HEADER_BYTES;

export interface IcmpError {
  type: number;
  code: number;
  /** The second word of the message: a pointer, an MTU, 0. */
  second: number;
  /** The head of the packet that it is about. */
  quote: Uint8Array;
}

const header = new IpHeader();

/** Bytes of the packet that `writeIcmpError` would write. */
export function icmpErrorBytes(cause: IpHeader, { quote }: IcmpError): number {
  const headerBytes = cause.family === 6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  return headerBytes + ICMPV6_HEADER_BYTES + quote.length;
}

/**
 * Writes the whole packet at `offset`, back to where its cause came from.
 * @param cause the header of the packet that the error is about
 * @returns bytes written
 */
export function writeIcmpError(offset: number, cause: IpHeader, error: IcmpError): number {
  const isV6 = cause.family === 6;
  Object.assign(header, cause);
  header.source0 = cause.destination0;
  header.source1 = cause.destination1;
  header.source2 = cause.destination2;
  header.source3 = cause.destination3;
  header.destination0 = cause.source0;
  header.destination1 = cause.source1;
  header.destination2 = cause.source2;
  header.destination3 = cause.source3;
  header.protocol = isV6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
  header.trafficClass = 0;
  header.flowLabel = 0;
  header.ttl = DEFAULT_TTL;
  header.identification = 0;
  header.dontFragment = true;
  header.moreFragments = false;
  header.fragmentOffset = 0;

  const length = ICMPV6_HEADER_BYTES + error.quote.length;
  const headerBytes = (isV6 ? writeIpv6 : writeIpv4)(offset, header, length);
  const message = offset + headerBytes;
  const view = packetMemory.view;
  view.setInt32(message, (error.type << 24) | (error.code << 16));
  view.setInt32(message + 4, error.second);
  packetMemory.bytes.set(error.quote, message + ICMPV6_HEADER_BYTES);
  if (isV6) writeIcmpv6Checksum(message, length, header.addressSum());
  else view.setUint16(message + 2, finishSum(sumBytes(message, length)));
  return headerBytes + length;
}
