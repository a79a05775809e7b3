/**
 * Blocks of a pcapng file, written into packet memory (draft-ietf-opsawg-pcapng).
 *
 * Little-endian, as the machines are that this runs on; a reader learns it from the byte-order
 * magic. Each function returns the bytes that it has written, always a multiple of four.
 */
import { packetMemory } from '../support/memory';

/** A raw IP packet of either family (LINKTYPE_RAW). */
export const LINKTYPE_RAW = 101;
export const LINKTYPE_ETHERNET = 1;

/** Bits of `epb_flags`. */
export const PCAP_INBOUND = 1;
export const PCAP_OUTBOUND = 2;

/** What the blocks need besides their texts, in bytes: more than enough for each. */
export const BLOCK_OVERHEAD_BYTES = 128;
/** A text is cut to so many bytes. */
export const MAX_TEXT_BYTES = 1024;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const END_OF_OPTIONS = 0;
const COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const ISB_IFRECV = 4;
const ISB_OSDROP = 7;
/** Type and length before a block's body, the length once more behind it; an option's head. */
const BLOCK_HEAD_BYTES = 8;
const BLOCK_TAIL_BYTES = 4;
const OPTION_HEAD_BYTES = 4;
const EPB_FIXED_BYTES = 20;
/** Timestamps count 10^-9 s. */
const NANOSECONDS = 9;

const HIGH = 32n;
const LOW = 0xffff_ffffn;

/** The block that begins a file. Its section's length is left open. */
export function writeSectionBlock(offset: number, application: string): number {
  const view = packetMemory.view;
  const body = offset + BLOCK_HEAD_BYTES;
  view.setUint32(body, BYTE_ORDER_MAGIC, true);
  view.setUint16(body + 4, 1, true);
  view.setUint16(body + 6, 0, true);
  view.setBigInt64(body + 8, -1n, true);
  const options = body + 16;
  let at = options + writeText(options, SHB_USERAPPL, encode(application));
  at += writeEnd(at);
  return closeBlock(offset, SECTION_HEADER, at);
}

/** @param snapBytes of a packet no more than this is kept */
export function writeInterfaceBlock(
  offset: number,
  name: string,
  linkType: number,
  snapBytes: number,
): number {
  const view = packetMemory.view;
  const body = offset + BLOCK_HEAD_BYTES;
  view.setUint16(body, linkType, true);
  view.setUint16(body + 2, 0, true);
  view.setUint32(body + 4, snapBytes, true);
  let at = body + 8;
  at += writeText(at, IF_NAME, encode(name));
  writeOptionHead(at, IF_TSRESOL, 1);
  view.setUint32(at + OPTION_HEAD_BYTES, NANOSECONDS, true);
  at += 2 * OPTION_HEAD_BYTES;
  at += writeEnd(at);
  return closeBlock(offset, INTERFACE_DESCRIPTION, at);
}

/** Where in an enhanced packet block the packet itself lies. */
export const PACKET_AT = BLOCK_HEAD_BYTES + EPB_FIXED_BYTES;

/**
 * A packet; its bytes are copied from packet memory.
 * @param timeNs nanoseconds since 1970
 * @param length bytes of the packet, of which the first `kept` are kept
 * @param direction PCAP_INBOUND or PCAP_OUTBOUND
 */
export function writePacketBlock(
  offset: number,
  interfaceId: number,
  timeNs: bigint,
  packetOffset: number,
  length: number,
  kept: number,
  direction: number,
): number {
  const { view, bytes } = packetMemory;
  const body = offset + BLOCK_HEAD_BYTES;
  view.setUint32(body, interfaceId, true);
  view.setUint32(body + 4, Number(timeNs >> HIGH), true);
  view.setUint32(body + 8, Number(timeNs & LOW), true);
  view.setUint32(body + 12, kept, true);
  view.setUint32(body + 16, length, true);
  const data = offset + PACKET_AT;
  bytes.copyWithin(data, packetOffset, packetOffset + kept);
  let at = data + pad(data, kept);
  writeOptionHead(at, EPB_FLAGS, 4);
  view.setUint32(at + OPTION_HEAD_BYTES, direction, true);
  at += OPTION_HEAD_BYTES + 4;
  at += writeEnd(at);
  return closeBlock(offset, ENHANCED_PACKET, at);
}

/**
 * Adds a comment to the packet block at `offset`. The blocks behind it, up to `end`, are moved
 * along; behind them MAX_TEXT_BYTES + BLOCK_OVERHEAD_BYTES must be free.
 * @returns by how many bytes the block has grown
 */
export function insertComment(offset: number, end: number, text: string): number {
  const { view, bytes } = packetMemory;
  const length = view.getUint32(offset + 4, true);
  // In front of the mark at the end of the options.
  const at = offset + length - BLOCK_TAIL_BYTES - OPTION_HEAD_BYTES;
  const encoded = encode(text);
  const grown = OPTION_HEAD_BYTES + padded(encoded.length);
  bytes.copyWithin(at + grown, at, end);
  writeText(at, COMMENT, encoded);
  view.setUint32(offset + 4, length + grown, true);
  view.setUint32(offset + length + grown - BLOCK_TAIL_BYTES, length + grown, true);
  return grown;
}

/** What an interface has counted by the end: packets received, and lost on the way to us. */
export function writeStatisticsBlock(
  offset: number,
  interfaceId: number,
  timeNs: bigint,
  received: number,
  dropped: number,
): number {
  const view = packetMemory.view;
  const body = offset + BLOCK_HEAD_BYTES;
  view.setUint32(body, interfaceId, true);
  view.setUint32(body + 4, Number(timeNs >> HIGH), true);
  view.setUint32(body + 8, Number(timeNs & LOW), true);
  let at = body + 12;
  at += writeCount(at, ISB_IFRECV, received);
  at += writeCount(at, ISB_OSDROP, dropped);
  at += writeEnd(at);
  return closeBlock(offset, INTERFACE_STATISTICS, at);
}

/** @param end where its body ends */
function closeBlock(offset: number, type: number, end: number): number {
  const view = packetMemory.view;
  const length = end + BLOCK_TAIL_BYTES - offset;
  view.setUint32(offset, type, true);
  view.setUint32(offset + 4, length, true);
  view.setUint32(end, length, true);
  return length;
}

function writeText(offset: number, code: number, text: Uint8Array): number {
  const start = offset + OPTION_HEAD_BYTES;
  packetMemory.bytes.set(text, start);
  writeOptionHead(offset, code, text.length);
  return OPTION_HEAD_BYTES + pad(start, text.length);
}

const encoder = new TextEncoder();
const encodedText = new Uint8Array(MAX_TEXT_BYTES);

/** @returns valid until the next call */
function encode(text: string): Uint8Array {
  const { written } = encoder.encodeInto(text, encodedText);
  return encodedText.subarray(0, written);
}

function writeCount(offset: number, code: number, count: number): number {
  writeOptionHead(offset, code, 8);
  packetMemory.view.setBigUint64(offset + OPTION_HEAD_BYTES, BigInt(count), true);
  return OPTION_HEAD_BYTES + 8;
}

function writeEnd(offset: number): number {
  writeOptionHead(offset, END_OF_OPTIONS, 0);
  return OPTION_HEAD_BYTES;
}

function writeOptionHead(offset: number, code: number, length: number): void {
  const view = packetMemory.view;
  view.setUint16(offset, code, true);
  view.setUint16(offset + 2, length, true);
}

/** Fills up to a multiple of four with zeros. @returns that multiple */
function pad(start: number, length: number): number {
  packetMemory.bytes.fill(0, start + length, start + padded(length));
  return padded(length);
}

function padded(length: number): number {
  return (length + 3) & -4;
}
