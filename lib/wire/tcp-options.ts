/**
 * TCP options in packet memory: MSS (RFC 9293 §3.7.1), window scale and timestamps (RFC 7323), SACK
 * (RFC 2018); every other kind is skipped by its length (RFC 9293 MUST-6, MUST-68).
 */
import { packetMemory } from '../support/memory';
import { MAX_SACK_BLOCKS, type Segment } from './segment';

/** Option kinds (IANA). */
export const OPTION_EOL = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_WINDOW_SCALE = 3;
export const OPTION_SACK_PERMITTED = 4;
export const OPTION_SACK = 5;
export const OPTION_TIMESTAMPS = 8;

/** Most bytes of options: a data offset of 15 words, less the header (RFC 9293 §3.1). */
export const MAX_OPTION_BYTES = 40;

const MSS_BYTES = 4;
const WINDOW_SCALE_BYTES = 3;
const SACK_PERMITTED_BYTES = 2;
const TIMESTAMPS_BYTES = 10;
const SACK_BLOCK_BYTES = 8;

// As written every option, or pair of options, fills whole words behind its NOPs, in Linux's order;
// so neither EOL nor padding is ever needed.
const NOP_NOP = 0x01010000;
const MSS_WORD = (OPTION_MSS << 24) | (MSS_BYTES << 16);
const SACK_PERMITTED_HALF = (OPTION_SACK_PERMITTED << 8) | SACK_PERMITTED_BYTES;
const TIMESTAMPS_HALF = (OPTION_TIMESTAMPS << 8) | TIMESTAMPS_BYTES;
const WINDOW_SCALE_WORD =
  (OPTION_NOP << 24) | (OPTION_WINDOW_SCALE << 16) | (WINDOW_SCALE_BYTES << 8);

/**
 * Reads the options in [at, end), at any alignment (RFC 9293 MUST-64), into a cleared segment. Each
 * step consumes a byte at least, so that 40 bytes end within 40 steps whatever they hold.
 * @returns false when a length is illegal: below 2, beyond `end`, or not the kind's own. What came
 *   before it has been read, the rest is not looked at: after a wrong length nothing can be trusted
 *   to be where it seems. (Linux goes on behind a known kind with a wrong length.)
 */
export function readOptions(at: number, end: number, out: Segment): boolean {
  const view = packetMemory.view;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === OPTION_EOL) return true;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return false;
    if (!readOption(kind, at, length, out)) return false;
    at += length;
  }
  return true;
}

/** @returns false when `length` is not the kind's own */
function readOption(kind: number, at: number, length: number, out: Segment): boolean {
  const view = packetMemory.view;
  switch (kind) {
    case OPTION_MSS:
      if (length !== MSS_BYTES) return false;
      out.mss = view.getUint16(at + 2);
      return true;
    case OPTION_WINDOW_SCALE:
      if (length !== WINDOW_SCALE_BYTES) return false;
      out.windowScale = view.getUint8(at + 2);
      return true;
    case OPTION_SACK_PERMITTED:
      if (length !== SACK_PERMITTED_BYTES) return false;
      out.sackPermitted = true;
      return true;
    case OPTION_TIMESTAMPS:
      if (length !== TIMESTAMPS_BYTES) return false;
      out.hasTimestamps = true;
      out.tsval = view.getInt32(at + 2);
      out.tsecr = view.getInt32(at + 6);
      return true;
    case OPTION_SACK:
      return readSack(at, length, out);
    default:
      return true;
  }
}

function readSack(at: number, length: number, out: Segment): boolean {
  const count = (length - 2) / SACK_BLOCK_BYTES;
  if (count < 1 || count > MAX_SACK_BLOCKS || !Number.isInteger(count)) return false;
  const view = packetMemory.view;
  for (let i = 0; i < 2 * count; i++) out.sackEdges[i] = view.getInt32(at + 2 + 4 * i);
  out.sackCount = count;
  return true;
}

/** Bytes that `writeOptions` would write: a multiple of 4, at most MAX_OPTION_BYTES. */
export function optionBytes(seg: Segment): number {
  const plain = seg.mss < 0 && seg.windowScale < 0 && !seg.sackPermitted && seg.sackCount === 0;
  if (plain) return seg.hasTimestamps ? 12 : 0;
  return manyOptionBytes(seg);
}

function manyOptionBytes(seg: Segment): number {
  let bytes = 0;
  if (seg.hasTimestamps) bytes = 12;
  else if (seg.sackPermitted) bytes = 4;
  if (seg.mss >= 0) bytes += 4;
  if (seg.windowScale >= 0) bytes += 4;
  if (seg.sackCount > 0) {
    const blocks = sackBlocksThatFit(seg.sackCount, bytes);
    if (blocks > 0) bytes += 4 + SACK_BLOCK_BYTES * blocks;
  }
  return bytes;
}

/**
 * Writes the segment's options at `at`; of the SACK blocks as many as there is room for, in order.
 */
export function writeOptions(at: number, seg: Segment): void {
  const view = packetMemory.view;
  const start = at;
  if (seg.mss >= 0) {
    view.setInt32(at, MSS_WORD | seg.mss);
    at += 4;
  }
  if (seg.hasTimestamps) {
    const first = seg.sackPermitted ? SACK_PERMITTED_HALF << 16 : NOP_NOP;
    view.setInt32(at, first | TIMESTAMPS_HALF);
    view.setInt32(at + 4, seg.tsval);
    view.setInt32(at + 8, seg.tsecr);
    at += 12;
  } else if (seg.sackPermitted) {
    view.setInt32(at, NOP_NOP | SACK_PERMITTED_HALF);
    at += 4;
  }
  if (seg.windowScale >= 0) {
    view.setInt32(at, WINDOW_SCALE_WORD | seg.windowScale);
    at += 4;
  }
  if (seg.sackCount > 0) writeSack(at, sackBlocksThatFit(seg.sackCount, at - start), seg);
}

function writeSack(at: number, count: number, seg: Segment): void {
  if (count === 0) return;
  const view = packetMemory.view;
  view.setInt32(at, NOP_NOP | (OPTION_SACK << 8) | (2 + SACK_BLOCK_BYTES * count));
  for (let i = 0; i < 2 * count; i++) view.setInt32(at + 4 + 4 * i, seg.sackEdges[i]);
}

/** RFC 2018 §3: four blocks fit, three beside timestamps. */
function sackBlocksThatFit(count: number, otherBytes: number): number {
  return Math.min(count, (MAX_OPTION_BYTES - 4 - otherBytes) >> 3);
}
