/**
 * ICMPv6 messages (RFC 4443), read into the same plain numbers as those of IPv4.
 *
 * An error quotes as much of the packet that caused it as fits into 1,280 bytes, but a TCP segment
 * is known by its first eight. Our own packets have no extension headers, so that the quoted
 * transport header stands right behind the fixed one, or is none of ours.
 */
import { packetMemory } from '../support/memory';
import {
  ICMPV6_ECHO_REQUEST,
  ICMPV6_HEADER_BYTES,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_TOO_BIG,
  ICMPV6_UNREACHABLE,
  isIcmpv6Intact,
} from '../wire/icmpv6';
import { IPV6_HEADER_BYTES } from '../wire/ipv6';
import {
  ICMP_BAD_CAUSE,
  ICMP_BAD_CHECKSUM,
  ICMP_OK,
  ICMP_SHORT,
  type IcmpMessage,
} from './icmp-message';

const CAUSE_BYTES = 8;
const MTU_AT = 4;
/** An MTU has 32 bits here; more than this says nothing about any packet. */
const MOST_MTU = 0xffff;

/**
 * Reads the message at `offset`, all of whose `length` bytes were received.
 * @param addresses the sum of both addresses of the packet (`addressSum`)
 * @returns ICMP_OK, or the fault, after which `out` means nothing
 */
export function readIcmpv6(
  offset: number,
  length: number,
  addresses: number,
  out: IcmpMessage,
): number {
  if (length < ICMPV6_HEADER_BYTES) return ICMP_SHORT;
  if (!isIcmpv6Intact(offset, length, addresses)) return ICMP_BAD_CHECKSUM;
  const view = packetMemory.view;
  out.family = 6;
  out.type = view.getUint8(offset);
  out.code = view.getUint8(offset + 1);
  out.mtu = Math.min(view.getUint32(offset + MTU_AT), MOST_MTU);
  out.isEchoRequest = out.type === ICMPV6_ECHO_REQUEST;
  out.isTooBig = out.type === ICMPV6_TOO_BIG;
  out.isError = isErrorType(out.type);
  if (!out.isError) return ICMP_OK;
  const cause = offset + ICMPV6_HEADER_BYTES;
  return readCause(cause, length - ICMPV6_HEADER_BYTES, out) ? ICMP_OK : ICMP_BAD_CAUSE;
}

function isErrorType(type: number): boolean {
  switch (type) {
    case ICMPV6_UNREACHABLE:
    case ICMPV6_TOO_BIG:
    case ICMPV6_TIME_EXCEEDED:
    case ICMPV6_PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}

function readCause(offset: number, length: number, out: IcmpMessage): boolean {
  if (length < IPV6_HEADER_BYTES + CAUSE_BYTES) return false;
  const view = packetMemory.view;
  if (view.getUint8(offset) >>> 4 !== 6) return false;
  const transport = offset + IPV6_HEADER_BYTES;
  out.protocol = view.getUint8(offset + 6);
  out.causeBytes = IPV6_HEADER_BYTES + view.getUint16(offset + 4);
  out.source0 = view.getInt32(offset + 8);
  out.source1 = view.getInt32(offset + 12);
  out.source2 = view.getInt32(offset + 16);
  out.source3 = view.getInt32(offset + 20);
  out.destination0 = view.getInt32(offset + 24);
  out.destination1 = view.getInt32(offset + 28);
  out.destination2 = view.getInt32(offset + 32);
  out.destination3 = view.getInt32(offset + 36);
  out.sourcePort = view.getUint16(transport);
  out.destinationPort = view.getUint16(transport + 2);
  out.seq = view.getInt32(transport + 4);
  return true;
}
