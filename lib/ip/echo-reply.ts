/**
 * The answer to an ICMP echo request (RFC 1122 §3.2.2.6): for links that own their address. Where
 * the host's kernel has the address too, the kernel answers.
 */
import { packetMemory } from '../support/memory';
import { finishSum, sumBytes } from '../wire/checksum';
import { IpHeader, PROTOCOL_ICMP } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, writeIpv4 } from '../wire/ipv4';
import { ICMP_ECHO_REPLY } from './icmp-message';

const DEFAULT_TTL = 64;
/** The ECN field is the sender's own (RFC 3168 §5); the rest of the octet goes back as it came. */
const ECN_BITS = 0x03;

const header = new IpHeader();

/** Bytes of the packet that `writeEchoReply` would write. */
export function echoReplyBytes(request: IpHeader): number {
  return IPV4_HEADER_BYTES + request.payloadLength;
}

/**
 * Writes the whole reply packet at `offset`: identifier, number and data as they came.
 * @param request the header of a sound echo request whose both addresses are unicast; its payload
 *   must still lie where it says, and not where the reply goes
 * @returns bytes of the packet
 */
export function writeEchoReply(offset: number, request: IpHeader): number {
  header.source3 = request.destination3;
  header.destination3 = request.source3;
  header.protocol = PROTOCOL_ICMP;
  header.trafficClass = request.trafficClass & ~ECN_BITS;
  header.ttl = DEFAULT_TTL;
  // RFC 6864 §4.1: a packet that is never fragmented needs no identification.
  header.identification = 0;
  header.dontFragment = true;
  const headerBytes = writeIpv4(offset, header, request.payloadLength);

  const message = offset + headerBytes;
  const end = request.payloadOffset + request.payloadLength;
  packetMemory.bytes.copyWithin(message, request.payloadOffset, end);
  const view = packetMemory.view;
  view.setUint16(message, ICMP_ECHO_REPLY << 8);
  view.setUint16(message + 2, 0);
  view.setUint16(message + 2, finishSum(sumBytes(message, request.payloadLength)));
  return headerBytes + request.payloadLength;
}
