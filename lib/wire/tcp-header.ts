/**
 * The TCP header in packet memory (RFC 9293 §3.1), from and to a Segment.
 */
import { packetMemory } from '../support/memory';
import { addSums, copyBytes, finishSum, pseudoHeaderSum, sumBehind, sumBytes } from './checksum';
import { ACK, type Segment } from './segment';
import { optionBytes, readOptions, writeOptions } from './tcp-options';

/** Bytes of a header without options, and of one with all the options that fit. */
export const TCP_HEADER_BYTES = 20;
export const TCP_MAX_HEADER_BYTES = 60;

/**
 * Usable, but an option's length was illegal; options before it were read, the rest were not. Linux
 * keeps such a segment too. The only negative code: a positive one means that the segment is
 * useless.
 */
export const SEGMENT_BAD_OPTIONS = -1;
export const SEGMENT_OK = 0;
/** Fewer bytes than the smallest header. */
export const SEGMENT_SHORT = 1;
/** The data offset is below the smallest header. */
export const SEGMENT_BAD_DATA_OFFSET = 2;
/** The data offset points beyond the bytes received. */
export const SEGMENT_CUT = 3;

/** The codes from SEGMENT_OK up, by name, for counters. */
export const SEGMENT_FAULT_NAMES = ['ok', 'short', 'badDataOffset', 'cut'] as const;

/** The checksum fits neither way. */
export const CHECKSUM_BAD = 0;
export const CHECKSUM_FULL = 1;
/** The field holds the pseudo-header's sum only: a kernel left the rest to hardware. */
export const CHECKSUM_PARTIAL = 2;

const TCP = 6;
const CHECKSUM_AT = 16;
/** NOP, NOP, timestamps, length 10: the whole option block of most segments (RFC 7323 App. A). */
const NOP_NOP_TIMESTAMPS = 0x0101080a;
const TIMESTAMPS_HEADER_BYTES = 32;

/**
 * Reads the segment at `offset`, all of whose `length` bytes were received. Every field of `out` is
 * set but `trafficClass`, which becomes 0; the text stays where it is.
 * @returns SEGMENT_OK, SEGMENT_BAD_OPTIONS, or a positive fault, after which `out` means nothing
 */
export function readSegment(offset: number, length: number, out: Segment): number {
  if (length < TCP_HEADER_BYTES) return SEGMENT_SHORT;
  const view = packetMemory.view;
  const ports = view.getInt32(offset);
  const bits = view.getInt32(offset + 12);
  const headerBytes = (bits >>> 26) & 0x3c;
  if (headerBytes < TCP_HEADER_BYTES) return SEGMENT_BAD_DATA_OFFSET;
  if (headerBytes > length) return SEGMENT_CUT;

  out.clear();
  out.sourcePort = ports >>> 16;
  out.destinationPort = ports & 0xffff;
  out.seq = view.getInt32(offset + 4);
  out.ack = view.getInt32(offset + 8);
  out.flags = (bits >>> 16) & 0xff;
  out.window = bits & 0xffff;
  out.urgentPointer = view.getUint16(offset + 18);
  out.textOffset = offset + headerBytes;
  out.textLength = length - headerBytes;
  if (headerBytes === TCP_HEADER_BYTES) return SEGMENT_OK;
  if (
    headerBytes === TIMESTAMPS_HEADER_BYTES &&
    view.getInt32(offset + TCP_HEADER_BYTES) === NOP_NOP_TIMESTAMPS
  ) {
    out.hasTimestamps = true;
    out.tsval = view.getInt32(offset + 24);
    out.tsecr = view.getInt32(offset + 28);
    return SEGMENT_OK;
  }
  const sound = readOptions(offset + TCP_HEADER_BYTES, offset + headerBytes, out);
  return sound ? SEGMENT_OK : SEGMENT_BAD_OPTIONS;
}

/**
 * Writes header, options and a copy of the text at `offset`; the text must not lie where the
 * segment goes. The checksum field is left 0 for `writeTcpChecksum`.
 * @returns bytes of the segment
 */
export function writeSegment(offset: number, seg: Segment): number {
  const headerBytes = writeSegmentHeader(offset, seg);
  const textBytes = seg.textLength + seg.moreLength;
  if (textBytes > 0) copyText(offset + headerBytes, seg);
  return headerBytes + textBytes;
}

/**
 * `writeSegment` with the checksum, which costs no second pass over the text.
 * @param addresses what `addressSum` returned
 */
export function writeWholeSegment(offset: number, seg: Segment, addresses: number): number {
  const headerBytes = writeSegmentHeader(offset, seg);
  const length = headerBytes + seg.textLength + seg.moreLength;
  const textAt = offset + headerBytes;
  let sum = addSums(sumBytes(offset, headerBytes), pseudoHeaderSum(addresses, TCP, length));
  if (seg.textLength > 0) {
    sum = addSums(sum, copyBytes(textAt, seg.textOffset, seg.textLength));
    if (seg.moreLength > 0) sum = addSums(sum, copyMore(textAt, seg));
  }
  packetMemory.view.setUint16(offset + CHECKSUM_AT, finishSum(sum));
  return length;
}

/** The second piece, behind the first. @returns what it adds to the sum */
function copyMore(textAt: number, seg: Segment): number {
  const { textLength, moreOffset, moreLength } = seg;
  return sumBehind(textLength, copyBytes(textAt + textLength, moreOffset, moreLength));
}

/** `writeSegment` without the text. @returns bytes of the header, options included */
export function writeSegmentHeader(offset: number, seg: Segment): number {
  const headerBytes = segmentHeaderBytes(seg);
  // RFC 9293 §3.1: the field means something only with ACK; without it we show nothing.
  const ack = (seg.flags & ACK) !== 0 ? seg.ack : 0;
  // The stores stand together: a branch between them costs more than all of them (measured).
  const view = packetMemory.view;
  view.setInt32(offset, (seg.sourcePort << 16) | seg.destinationPort);
  view.setInt32(offset + 4, seg.seq);
  view.setInt32(offset + 8, ack);
  view.setInt32(offset + 12, (headerBytes << 26) | (seg.flags << 16) | seg.window);
  view.setInt32(offset + 16, seg.urgentPointer);
  if (headerBytes > TCP_HEADER_BYTES) writeOptions(offset + TCP_HEADER_BYTES, seg);
  return headerBytes;
}

function copyText(at: number, seg: Segment): void {
  const bytes = packetMemory.bytes;
  bytes.copyWithin(at, seg.textOffset, seg.textOffset + seg.textLength);
  if (seg.moreLength === 0) return;
  at += seg.textLength;
  bytes.copyWithin(at, seg.moreOffset, seg.moreOffset + seg.moreLength);
}

/** Bytes of the header that `writeSegment` would write, options included. */
export function segmentHeaderBytes(seg: Segment): number {
  return TCP_HEADER_BYTES + optionBytes(seg);
}

/** Fills in the checksum of a complete segment whose checksum field is 0. */
export function writeTcpChecksum(offset: number, length: number, pseudoSum: number): void {
  const sum = addSums(sumBytes(offset, length), pseudoSum);
  packetMemory.view.setUint16(offset + CHECKSUM_AT, finishSum(sum));
}

/**
 * The same for a segment of which only the header lies at `offset`, and the text, in its two
 * pieces, where `seg` says.
 */
export function writeGatheredChecksum(
  offset: number,
  headerBytes: number,
  seg: Segment,
  pseudoSum: number,
): void {
  let sum = addSums(sumBytes(offset, headerBytes), pseudoSum);
  sum = addSums(sum, sumBytes(seg.textOffset, seg.textLength));
  if (seg.moreLength > 0) {
    sum = addSums(sum, sumBehind(seg.textLength, sumBytes(seg.moreOffset, seg.moreLength)));
  }
  packetMemory.view.setUint16(offset + CHECKSUM_AT, finishSum(sum));
}

/**
 * Checks a received segment of at least TCP_HEADER_BYTES.
 * @returns CHECKSUM_FULL, CHECKSUM_PARTIAL (to be accepted only from a link that says so) or
 *   CHECKSUM_BAD
 */
export function verifyTcpChecksum(offset: number, length: number, pseudoSum: number): number {
  if (addSums(sumBytes(offset, length), pseudoSum) === 0xffff) return CHECKSUM_FULL;
  return holdsPartialChecksum(offset, pseudoSum) ? CHECKSUM_PARTIAL : CHECKSUM_BAD;
}

/** Is the checksum field the pseudo-header's sum alone? Cheap: asks nothing of the text. */
export function holdsPartialChecksum(offset: number, pseudoSum: number): boolean {
  return packetMemory.view.getUint16(offset + CHECKSUM_AT) === pseudoSum;
}
