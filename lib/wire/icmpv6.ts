/**
 * What every ICMPv6 message has (RFC 4443 §2.1): type, code, and a checksum over a pseudo-header
 * that, unlike ICMP's in IPv4, is mandatory and includes both addresses (§2.3).
 */
import { packetMemory } from '../support/memory';
import { addSums, finishSum, pseudoHeaderSum, sumBytes } from './checksum';
import { PROTOCOL_ICMPV6 } from './ip-header';

export const ICMPV6_HEADER_BYTES = 8;

/** Types: errors are those below 128 (RFC 4443 §2.1). */
export const ICMPV6_UNREACHABLE = 1;
export const ICMPV6_TOO_BIG = 2;
export const ICMPV6_TIME_EXCEEDED = 3;
export const ICMPV6_PARAMETER_PROBLEM = 4;
export const ICMPV6_ECHO_REQUEST = 128;
export const ICMPV6_ECHO_REPLY = 129;
/** Neighbour discovery (RFC 4861 §4). */
export const ICMPV6_ROUTER_SOLICITATION = 133;
export const ICMPV6_NEIGHBOR_SOLICITATION = 135;
export const ICMPV6_NEIGHBOR_ADVERTISEMENT = 136;
export const ICMPV6_REDIRECT = 137;

const CHECKSUM_AT = 2;

/**
 * Fills in the checksum of the complete message at `offset`.
 * @param addresses the sum of both addresses (`addressSum`)
 */
export function writeIcmpv6Checksum(offset: number, length: number, addresses: number): void {
  const view = packetMemory.view;
  view.setUint16(offset + CHECKSUM_AT, 0);
  view.setUint16(offset + CHECKSUM_AT, finishSum(messageSum(offset, length, addresses)));
}

export function isIcmpv6Intact(offset: number, length: number, addresses: number): boolean {
  return messageSum(offset, length, addresses) === 0xffff;
}

function messageSum(offset: number, length: number, addresses: number): number {
  const pseudoSum = pseudoHeaderSum(addresses, PROTOCOL_ICMPV6, length);
  return addSums(sumBytes(offset, length), pseudoSum);
}
