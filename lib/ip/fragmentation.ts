/**
 * A packet cut into fragments by its sender (RFC 791 §3.2, RFC 8200 §4.5): for what has to be
 * longer than the path, such as the answer to a long echo request. TCP never is: its segments fit.
 */
import { packetMemory } from '../support/memory';
import type { IpHeader } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, writeIpv4 } from '../wire/ipv4';
import { IPV6_FRAGMENT_HEADER_BYTES, IPV6_HEADER_BYTES, writeIpv6 } from '../wire/ipv6';

const UNIT_BYTES = 8;

/** Bytes of payload in every fragment but the last, for packets of at most `mtu` bytes. */
export function fragmentPayloadBytes(family: 4 | 6, mtu: number): number {
  const headers = family === 6 ? IPV6_HEADER_BYTES + IPV6_FRAGMENT_HEADER_BYTES : IPV4_HEADER_BYTES;
  return (mtu - headers) & -UNIT_BYTES;
}

/**
 * Writes the fragment that begins at `from` in the payload of the packet whose header is `whole`.
 * @param whole read from the complete packet, which must still lie where it says; its
 *   identification is that of all fragments
 * @param pieceBytes what `fragmentPayloadBytes` said
 * @returns bytes of the fragment
 */
export function writeFragment(
  offset: number,
  whole: IpHeader,
  from: number,
  pieceBytes: number,
): number {
  const length = Math.min(pieceBytes, whole.payloadLength - from);
  whole.fragmentOffset = from;
  whole.moreFragments = from + length < whole.payloadLength;
  whole.dontFragment = false;
  const headerBytes =
    whole.family === 6 ? writeIpv6(offset, whole, length) : writeIpv4(offset, whole, length);
  const start = whole.payloadOffset + from;
  packetMemory.bytes.copyWithin(offset + headerBytes, start, start + length);
  return headerBytes + length;
}
