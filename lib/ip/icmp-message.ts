/**
 * ICMP messages for IPv4 (RFC 792), read into plain numbers.
 *
 * An error message carries the head of the packet that caused it: its IP header and at least 8
 * bytes more, enough for TCP's ports and sequence number, by which its connection is found (RFC
 * 1122 §4.2.3.9) and a forged one told from a true one (RFC 5927 §4.1).
 */
import { packetMemory } from '../support/memory';
import { sumBytes } from '../wire/checksum';
import { IPV4_HEADER_BYTES } from '../wire/ipv4';

/** Types (RFC 792). */
export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO_REQUEST = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER_PROBLEM = 12;

/** Code of ICMP_UNREACHABLE: "fragmentation needed and DF set" (RFC 1191 §4). */
export const ICMP_FRAGMENTATION_NEEDED = 4;

export const ICMP_OK = 0;
/** Fewer bytes than the 8 that every message has. */
export const ICMP_SHORT = 1;
export const ICMP_BAD_CHECKSUM = 2;
/** An error message without a usable head of the packet that caused it. */
export const ICMP_BAD_CAUSE = 3;

export const ICMP_HEADER_BYTES = 8;
const CAUSE_BYTES = 8;
const FRAGMENT_OFFSET = 0x1fff;
const MAPPED_PREFIX = 0xffff;

export class IcmpMessage {
  /** Of whose numbers `type` and `code` are: ICMP's (RFC 792) or ICMPv6's (RFC 4443). */
  family: 4 | 6 = 4;
  type = 0;
  code = 0;
  /**
   * Next-hop MTU of "fragmentation needed" (RFC 1191 §4) and "packet too big" (RFC 4443 §3.2), in
   * bytes; 0 from routers that do not say.
   */
  mtu = 0;

  isEchoRequest = false;
  /** Does it say that a packet did not fit the path? */
  isTooBig = false;

  /** Is it one of the messages about a packet? Then the fields below describe that packet. */
  isError = false;
  /** Where the packet was going from (an address of ours, if it really was ours) and to. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  protocol = 0;
  /** Its total length as quoted, bytes: routers have been known to get it wrong (RFC 1191 §5). */
  causeBytes = 0;
  /** TCP's and UDP's ports, and TCP's sequence number (int32). */
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
}

/**
 * Reads the message at `offset`, all of whose `length` bytes were received.
 * @returns ICMP_OK, or the fault, after which `out` means nothing
 */
export function readIcmp(offset: number, length: number, out: IcmpMessage): number {
  if (length < ICMP_HEADER_BYTES) return ICMP_SHORT;
  if (sumBytes(offset, length) !== 0xffff) return ICMP_BAD_CHECKSUM;
  const view = packetMemory.view;
  out.type = view.getUint8(offset);
  out.code = view.getUint8(offset + 1);
  out.mtu = view.getUint16(offset + 6);
  out.family = 4;
  out.isEchoRequest = out.type === ICMP_ECHO_REQUEST;
  out.isTooBig = out.type === ICMP_UNREACHABLE && out.code === ICMP_FRAGMENTATION_NEEDED;
  out.isError = isErrorType(out.type);
  if (!out.isError) return ICMP_OK;
  const cause = offset + ICMP_HEADER_BYTES;
  return readCause(cause, length - ICMP_HEADER_BYTES, out) ? ICMP_OK : ICMP_BAD_CAUSE;
}

function isErrorType(type: number): boolean {
  switch (type) {
    case ICMP_UNREACHABLE:
    case ICMP_SOURCE_QUENCH:
    case ICMP_REDIRECT:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}

/**
 * The head of the packet is cut off behind its first bytes and has been changed on its way (TTL,
 * perhaps the checksum), so nothing is rejected for its total length or its checksum.
 */
function readCause(offset: number, length: number, out: IcmpMessage): boolean {
  if (length < IPV4_HEADER_BYTES + CAUSE_BYTES) return false;
  const view = packetMemory.view;
  const first = view.getUint8(offset);
  const headerLength = (first & 0x0f) << 2;
  if (first >>> 4 !== 4 || headerLength < IPV4_HEADER_BYTES) return false;
  if (headerLength + CAUSE_BYTES > length) return false;
  // Only the first fragment has the ports.
  if ((view.getUint16(offset + 6) & FRAGMENT_OFFSET) !== 0) return false;

  const transport = offset + headerLength;
  out.protocol = view.getUint8(offset + 9);
  out.causeBytes = view.getUint16(offset + 2);
  out.source0 = 0;
  out.source1 = 0;
  out.source2 = MAPPED_PREFIX;
  out.source3 = view.getInt32(offset + 12);
  out.destination0 = 0;
  out.destination1 = 0;
  out.destination2 = MAPPED_PREFIX;
  out.destination3 = view.getInt32(offset + 16);
  out.sourcePort = view.getUint16(transport);
  out.destinationPort = view.getUint16(transport + 2);
  out.seq = view.getInt32(transport + 4);
  return true;
}
