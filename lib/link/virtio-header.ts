/**
 * The header before each packet of a TUN or TAP device, or of a packet socket, that says what is
 * left to be done to it (virtio 1.2 §5.1.6, struct virtio_net_hdr, in the machine's byte order).
 */
import { packetMemory } from '../support/memory';
import { pseudoHeaderSum } from '../wire/checksum';
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
  type ChecksumNote,
} from '../wire/checksum-note';

export const VIRTIO_HEADER_BYTES = 10;

/*
 * u8 flags, u8 kind of segmentation, u16 bytes of all headers, u16 text of a segment, u16 where the
 * checksum's bytes begin, u16 where from there it stands.
 */
const NEEDS_CHECKSUM = 1;
const DATA_VALID = 2;
const GSO_TCP4 = 1;
const GSO_TCP6 = 4;
const GSO_ECN = 0x80;

const TCP = 6;
const TCP_CHECKSUM_AT = 16;
const TCP_FLAGS_AT = 13;
const CWR = 0x80;
const IPV4_FRAGMENT_AT = 6;
const IPV4_IS_FRAGMENT = 0x3fff;
const IPV4_ADDRESSES_AT = 12;
const IPV6_ADDRESSES_AT = 8;
const IPV6_HEADER_BYTES = 40;

/** What the header before the packet at `offset` says of its checksum. */
export function readVirtioNote(offset: number): ChecksumNote {
  const flags = packetMemory.bytes[offset - VIRTIO_HEADER_BYTES];
  if ((flags & NEEDS_CHECKSUM) !== 0) return CHECKSUM_MAYBE_PARTIAL;
  return (flags & DATA_VALID) !== 0 ? CHECKSUM_VERIFIED : CHECKSUM_COMPLETE;
}

/**
 * Writes the header before the packet at `offset`, as our stack makes packets: IPv4 without
 * options, IPv6 without extension headers. A TCP checksum of 0 becomes partial: the kernel, or the
 * last device that it passes, completes it. One that somebody has computed is left alone.
 * @param pieceBytes of text in each segment that it is to be cut into; 0: it stays whole
 * @param frameBytes of an Ethernet header, if there is one between this header and the packet
 */
export function writeVirtioHeader(
  offset: number,
  length: number,
  pieceBytes: number,
  frameBytes = 0,
): void {
  const view = packetMemory.view;
  const at = offset - frameBytes - VIRTIO_HEADER_BYTES;
  view.setInt32(at, 0);
  view.setInt32(at + 4, 0);
  view.setInt16(at + 8, 0);
  const first = view.getUint8(offset);
  const isIpv4 = first >>> 4 === 4;
  const protocol = view.getUint8(offset + (isIpv4 ? 9 : 6));
  if (protocol !== TCP || !(isIpv4 || first >>> 4 === 6)) return;
  const start = isIpv4 ? (first & 0x0f) * 4 : IPV6_HEADER_BYTES;
  if (view.getUint16(offset + start + TCP_CHECKSUM_AT) !== 0) return;
  if (isIpv4 && (view.getUint16(offset + IPV4_FRAGMENT_AT) & IPV4_IS_FRAGMENT) !== 0) return;
  const addresses = isIpv4
    ? sumOfWords(view, offset + IPV4_ADDRESSES_AT, 2)
    : sumOfWords(view, offset + IPV6_ADDRESSES_AT, 8);
  const partial = pseudoHeaderSum(addresses, TCP, length - start);
  view.setUint16(offset + start + TCP_CHECKSUM_AT, partial);
  view.setUint8(at, NEEDS_CHECKSUM);
  view.setUint16(at + 6, frameBytes + start, true);
  view.setUint16(at + 8, TCP_CHECKSUM_AT, true);
  if (pieceBytes === 0) return;
  const tcp = offset + start;
  const headers = frameBytes + start + (view.getUint8(tcp + 12) >>> 4) * 4;
  const isMarked = (view.getUint8(tcp + TCP_FLAGS_AT) & CWR) !== 0;
  view.setUint8(at + 1, (isIpv4 ? GSO_TCP4 : GSO_TCP6) | (isMarked ? GSO_ECN : 0));
  view.setUint16(at + 2, headers, true);
  view.setUint16(at + 4, pieceBytes, true);
}

/** Unfolded: at most eight words. */
function sumOfWords(view: DataView, at: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++)
    sum += view.getUint16(at + 4 * i) + view.getUint16(at + 4 * i + 2);
  return sum;
}
