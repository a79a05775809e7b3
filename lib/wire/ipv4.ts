/**
 * The IPv4 header in packet memory (RFC 791 §3.1).
 *
 * Options are skipped by their length on receipt and never sent (RFC 9293 MUST-50, RFC 7126).
 */
import { packetMemory } from '../support/memory';
import { addSums, finishSum, foldSum, sumBytes } from './checksum';
import {
  IP_BAD_CHECKSUM,
  IP_BAD_HEADER_LENGTH,
  IP_BAD_TOTAL_LENGTH,
  IP_BAD_VERSION,
  IP_OK,
  IP_SHORT,
  type IpHeader,
} from './ip-header';

/** Bytes of a header without options: the only kind that is written. */
export const IPV4_HEADER_BYTES = 20;
/** Most bytes of a packet: its length field has 16 bits. */
export const IPV4_MAX_BYTES = 65_535;
/** What stands before an IPv4 address in the four words of IpAddress. */
const MAPPED_PREFIX = 0xffff;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

/**
 * Reads the header at `offset`, of which `length` bytes were received. No length field is believed
 * beyond them; bytes behind the total length (a link's padding) are ignored.
 * @returns IP_OK, or the fault; then only fields that were already read are set
 */
export function readIpv4(offset: number, length: number, out: IpHeader): number {
  if (length < IPV4_HEADER_BYTES) return IP_SHORT;
  const view = packetMemory.view;
  const first = view.getInt32(offset);
  if (first >>> 28 !== 4) return IP_BAD_VERSION;
  const headerLength = (first >>> 22) & 0x3c;
  if (headerLength < IPV4_HEADER_BYTES || headerLength > length) return IP_BAD_HEADER_LENGTH;
  const totalLength = first & 0xffff;
  if (totalLength < headerLength || totalLength > length) return IP_BAD_TOTAL_LENGTH;

  const second = view.getInt32(offset + 4);
  const third = view.getInt32(offset + 8);
  const source = view.getInt32(offset + 12);
  const destination = view.getInt32(offset + 16);
  let sum = headerSum(first, second, third, source, destination);
  if (headerLength > IPV4_HEADER_BYTES) {
    const options = sumBytes(offset + IPV4_HEADER_BYTES, headerLength - IPV4_HEADER_BYTES);
    sum = addSums(sum, options);
  }
  if (sum !== 0xffff) return IP_BAD_CHECKSUM;

  out.family = 4;
  out.source0 = 0;
  out.source1 = 0;
  out.source2 = MAPPED_PREFIX;
  out.source3 = source;
  out.destination0 = 0;
  out.destination1 = 0;
  out.destination2 = MAPPED_PREFIX;
  out.destination3 = destination;
  out.protocol = (third >>> 16) & 0xff;
  out.trafficClass = (first >>> 16) & 0xff;
  out.ttl = third >>> 24;
  out.identification = second >>> 16;
  out.dontFragment = (second & DONT_FRAGMENT) !== 0;
  out.moreFragments = (second & MORE_FRAGMENTS) !== 0;
  out.fragmentOffset = (second & FRAGMENT_OFFSET) << 3;
  out.headerLength = headerLength;
  out.totalLength = totalLength;
  out.payloadOffset = offset + headerLength;
  out.payloadLength = totalLength - headerLength;
  return IP_OK;
}

/**
 * Writes a header without options for `payloadLength` bytes that stand, or will stand, behind it.
 * Lengths and payload place in `header` are ignored, its other fields are used. A whole packet of
 * more than IPV4_MAX_BYTES gets a total length of 0: only who will cut it may be handed one.
 * @returns bytes of the header
 */
export function writeIpv4(offset: number, header: IpHeader, payloadLength: number): number {
  const totalLength = IPV4_HEADER_BYTES + payloadLength;
  const statedLength = totalLength > IPV4_MAX_BYTES ? 0 : totalLength;
  const first = 0x45000000 | (header.trafficClass << 16) | statedLength;
  const second =
    (header.identification << 16) |
    (header.dontFragment ? DONT_FRAGMENT : 0) |
    (header.moreFragments ? MORE_FRAGMENTS : 0) |
    (header.fragmentOffset >>> 3);
  const third = (header.ttl << 24) | (header.protocol << 16);
  const source = header.source3;
  const destination = header.destination3;
  const sum = headerSum(first, second, third, source, destination);
  const view = packetMemory.view;
  view.setInt32(offset, first);
  view.setInt32(offset + 4, second);
  view.setInt32(offset + 8, third | finishSum(sum));
  view.setInt32(offset + 12, source);
  view.setInt32(offset + 16, destination);
  return IPV4_HEADER_BYTES;
}

/** The sum of the five words of a header without options. */
function headerSum(a: number, b: number, c: number, d: number, e: number): number {
  const high = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16);
  const low = (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff) + (e & 0xffff);
  return foldSum(high + low);
}
