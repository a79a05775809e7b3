/**
 * The answer to an echo request (RFC 1122 §3.2.2.6, RFC 4443 §4.2): for links that own their
 * address. Where the host's kernel has the address too, the kernel answers.
 */
import { packetMemory } from '../support/memory';
import { finishSum, sumBytes } from '../wire/checksum';
import { ICMPV6_ECHO_REPLY, writeIcmpv6Checksum } from '../wire/icmpv6';
import { IpHeader, PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, writeIpv4 } from '../wire/ipv4';
import { IPV6_HEADER_BYTES, writeIpv6 } from '../wire/ipv6';
import { ICMP_ECHO_REPLY } from './icmp-message';

const DEFAULT_TTL = 64;
/** The ECN field is the sender's own (RFC 3168 §5); the rest of the octet goes back as it came. */
const ECN_BITS = 0x03;

const header = new IpHeader();

/** Bytes of the packet that `writeEchoReply` would write. */
export function echoReplyBytes(request: IpHeader): number {
  const headerBytes = request.family === 6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  return headerBytes + request.payloadLength;
}

/**
 * Writes the whole reply packet at `offset`: identifier, number and data as they came.
 * @param request the header of a sound echo request whose both addresses are unicast; its payload
 *   must still lie where it says, and not where the reply goes
 * @returns bytes of the packet
 */
export function writeEchoReply(offset: number, request: IpHeader): number {
  turnRound(request);
  const isV6 = request.family === 6;
  const length = request.payloadLength;
  const headerBytes = (isV6 ? writeIpv6 : writeIpv4)(offset, header, length);

  const message = offset + headerBytes;
  const end = request.payloadOffset + length;
  packetMemory.bytes.copyWithin(message, request.payloadOffset, end);
  const view = packetMemory.view;
  view.setInt32(message, (isV6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY) << 24);
  if (isV6) writeIcmpv6Checksum(message, length, header.addressSum());
  else view.setUint16(message + 2, finishSum(sumBytes(message, length)));
  return headerBytes + length;
}

function turnRound(request: IpHeader): void {
  header.source0 = request.destination0;
  header.source1 = request.destination1;
  header.source2 = request.destination2;
  header.source3 = request.destination3;
  header.destination0 = request.source0;
  header.destination1 = request.source1;
  header.destination2 = request.source2;
  header.destination3 = request.source3;
  header.protocol = request.family === 6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
  header.trafficClass = request.trafficClass & ~ECN_BITS;
  header.ttl = DEFAULT_TTL;
  // RFC 6864 §4.1: a packet that is never fragmented needs no identification.
  header.identification = 0;
  header.dontFragment = true;
}
