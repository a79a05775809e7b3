/**
 * The ICMP error with which a host tells itself that a packet of its own has found nobody to take
 * it: "host unreachable" (RFC 792), for IPv6 "address unreachable" (RFC 4443 §3.1). Linux does the
 * same where a neighbour does not answer.
 */
import { packetMemory } from '../support/memory';
import { addSums, finishSum, sumBytes } from './checksum';

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const ICMP_HEADER_BYTES = 8;
const ICMP = 1;
const ICMPV6 = 58;
const MAX_TTL = 255;
/** Type and code, as one number. */
const HOST_UNREACHABLE = 0x0301;
const ADDRESS_UNREACHABLE = 0x0103;
/** Of the packet that is quoted: its header with options, and the first of what it carries. */
const QUOTED_BYTES = 128;

/** Most bytes that `writeUnreachable` writes. */
export const UNREACHABLE_BYTES = IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + QUOTED_BYTES;

/**
 * Writes an error about the packet at `cause`, from its sender to its sender.
 * @returns its bytes; 0 where the packet is not one to be answered
 */
export function writeUnreachable(offset: number, cause: number, length: number): number {
  const version = length < IPV4_HEADER_BYTES ? 0 : packetMemory.bytes[cause] >>> 4;
  const quoted = Math.min(length, QUOTED_BYTES);
  if (version === 4) return writeIpv4Error(offset, cause, quoted);
  if (version === 6 && length >= IPV6_HEADER_BYTES) return writeIpv6Error(offset, cause, quoted);
  return 0;
}

function writeIpv4Error(offset: number, cause: number, quoted: number): number {
  const view = packetMemory.view;
  const total = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + quoted;
  const sender = view.getInt32(cause + 12);
  view.setInt32(offset, 0x45000000 | total);
  view.setInt32(offset + 4, 0);
  view.setInt32(offset + 8, (MAX_TTL << 24) | (ICMP << 16));
  view.setInt32(offset + 12, sender);
  view.setInt32(offset + 16, sender);
  view.setUint16(offset + 10, finishSum(sumBytes(offset, IPV4_HEADER_BYTES)));
  const icmp = offset + IPV4_HEADER_BYTES;
  writeIcmp(icmp, HOST_UNREACHABLE, cause, quoted);
  view.setUint16(icmp + 2, finishSum(sumBytes(icmp, ICMP_HEADER_BYTES + quoted)));
  return total;
}

function writeIpv6Error(offset: number, cause: number, quoted: number): number {
  const view = packetMemory.view;
  const payload = ICMP_HEADER_BYTES + quoted;
  view.setInt32(offset, 0x60000000);
  view.setInt32(offset + 4, (payload << 16) | (ICMPV6 << 8) | MAX_TTL);
  packetMemory.bytes.copyWithin(offset + 8, cause + 8, cause + 24);
  packetMemory.bytes.copyWithin(offset + 24, cause + 8, cause + 24);
  const icmp = offset + IPV6_HEADER_BYTES;
  writeIcmp(icmp, ADDRESS_UNREACHABLE, cause, quoted);
  // The pseudo-header of RFC 8200 §8.1: both addresses, the length, and what comes next.
  const sum = addSums(sumBytes(offset + 8, 32), sumBytes(icmp, payload));
  view.setUint16(icmp + 2, finishSum(addSums(sum, payload + ICMPV6)));
  return IPV6_HEADER_BYTES + payload;
}

function writeIcmp(icmp: number, typeAndCode: number, cause: number, quoted: number): void {
  const view = packetMemory.view;
  view.setInt32(icmp, typeAndCode << 16);
  view.setInt32(icmp + 4, 0);
  packetMemory.bytes.copyWithin(icmp + ICMP_HEADER_BYTES, cause, cause + quoted);
}
