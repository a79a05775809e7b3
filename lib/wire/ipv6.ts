/**
 * The IPv6 header in packet memory (RFC 8200 §3), and the fragment header behind it (§4.5).
 *
 * Extension headers are read by `ipv6-extensions`; none but the fragment header is ever written.
 */
import { packetMemory } from '../support/memory';
import { IP_BAD_TOTAL_LENGTH, IP_BAD_VERSION, IP_OK, IP_SHORT, type IpHeader } from './ip-header';
import { isExtension, NEXT_FRAGMENT, readExtensions } from './ipv6-extensions';

/** Bytes of the header without extensions. */
export const IPV6_HEADER_BYTES = 40;
export const IPV6_FRAGMENT_HEADER_BYTES = 8;
/** Every link that carries IPv6 carries packets of so many bytes (RFC 8200 §5). */
export const IPV6_MIN_MTU = 1280;

const LENGTH_AT = 4;
const NEXT_HEADER_AT = 6;
const SOURCE_AT = 8;
const DESTINATION_AT = 24;
const MORE_FRAGMENTS = 1;
const FLOW_LABEL = 0xfffff;

/**
 * Reads the header at `offset`, of which `length` bytes were received, and its extensions, up to
 * the transport's or to a fragment header. No length field is believed beyond the bytes received;
 * bytes behind the payload (a link's padding) are ignored.
 * @returns IP_OK, or the fault; then only fields that were already read are set
 */
export function readIpv6(offset: number, length: number, out: IpHeader): number {
  if (length < IPV6_HEADER_BYTES) return IP_SHORT;
  const view = packetMemory.view;
  const first = view.getInt32(offset);
  if (first >>> 28 !== 6) return IP_BAD_VERSION;
  const totalLength = IPV6_HEADER_BYTES + view.getUint16(offset + LENGTH_AT);
  if (totalLength > length) return IP_BAD_TOTAL_LENGTH;

  const next = view.getUint8(offset + NEXT_HEADER_AT);
  out.family = 6;
  out.source0 = view.getInt32(offset + SOURCE_AT);
  out.source1 = view.getInt32(offset + SOURCE_AT + 4);
  out.source2 = view.getInt32(offset + SOURCE_AT + 8);
  out.source3 = view.getInt32(offset + SOURCE_AT + 12);
  out.destination0 = view.getInt32(offset + DESTINATION_AT);
  out.destination1 = view.getInt32(offset + DESTINATION_AT + 4);
  out.destination2 = view.getInt32(offset + DESTINATION_AT + 8);
  out.destination3 = view.getInt32(offset + DESTINATION_AT + 12);
  out.protocol = next;
  out.trafficClass = (first >>> 20) & 0xff;
  out.ttl = view.getUint8(offset + NEXT_HEADER_AT + 1);
  out.flowLabel = first & FLOW_LABEL;
  out.identification = 0;
  out.dontFragment = true;
  out.moreFragments = false;
  out.fragmentOffset = 0;
  out.headerLength = IPV6_HEADER_BYTES;
  out.totalLength = totalLength;
  out.payloadOffset = offset + IPV6_HEADER_BYTES;
  out.payloadLength = totalLength - IPV6_HEADER_BYTES;
  out.nextHeaderAt = NEXT_HEADER_AT;
  out.problemCode = -1;
  return isExtension(next) ? readExtensions(offset, out) : IP_OK;
}

/**
 * Writes a header, and a fragment header where `header` is a fragment, for `payloadLength` bytes
 * that stand, or will stand, behind it. Lengths and payload place in `header` are ignored, its
 * other fields are used.
 * @returns bytes written: 40 or 48
 */
export function writeIpv6(offset: number, header: IpHeader, payloadLength: number): number {
  const isFragment = header.isFragment;
  const length = isFragment ? payloadLength + IPV6_FRAGMENT_HEADER_BYTES : payloadLength;
  const next = isFragment ? NEXT_FRAGMENT : header.protocol;
  const view = packetMemory.view;
  view.setInt32(offset, 0x60000000 | (header.trafficClass << 20) | header.flowLabel);
  view.setInt32(offset + LENGTH_AT, (length << 16) | (next << 8) | header.ttl);
  view.setInt32(offset + SOURCE_AT, header.source0);
  view.setInt32(offset + SOURCE_AT + 4, header.source1);
  view.setInt32(offset + SOURCE_AT + 8, header.source2);
  view.setInt32(offset + SOURCE_AT + 12, header.source3);
  view.setInt32(offset + DESTINATION_AT, header.destination0);
  view.setInt32(offset + DESTINATION_AT + 4, header.destination1);
  view.setInt32(offset + DESTINATION_AT + 8, header.destination2);
  view.setInt32(offset + DESTINATION_AT + 12, header.destination3);
  if (!isFragment) return IPV6_HEADER_BYTES;
  const at = offset + IPV6_HEADER_BYTES;
  const more = header.moreFragments ? MORE_FRAGMENTS : 0;
  view.setInt32(at, (header.protocol << 24) | header.fragmentOffset | more);
  view.setInt32(at + 4, header.identification);
  return IPV6_HEADER_BYTES + IPV6_FRAGMENT_HEADER_BYTES;
}
