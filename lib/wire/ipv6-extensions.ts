/**
 * IPv6 extension headers on receipt (RFC 8200 §4): skipped where they ask for nothing, refused
 * where they ask for what a host without routing, mobility and IPsec does not do.
 *
 * The chain is bounded in headers, options and bytes (RFC 8504 §5.3, RFC 9288), so that a packet
 * costs no more than its size is worth. A fragment header ends the chain, since what follows it is
 * a piece of something; unless the fragment is the whole (RFC 6946), which is read like any packet.
 */
import { packetMemory } from '../support/memory';
import { IP_BAD_EXTENSION, IP_OK, type IpHeader } from './ip-header';

const NEXT_HOP_BY_HOP = 0;
const NEXT_ROUTING = 43;
export const NEXT_FRAGMENT = 44;
const NEXT_DESTINATION = 60;

/** Most extension headers, and bytes of them, in one packet; most options in one header. */
export const MAX_EXTENSION_HEADERS = 8;
export const MAX_EXTENSION_BYTES = 1024;
export const MAX_EXTENSION_OPTIONS = 8;

/** Codes of "parameter problem" (RFC 4443 §3.4, RFC 8883 §3); -1: nothing is to be said. */
const SILENT = -1;
const ERRONEOUS_FIELD = 0;
const UNKNOWN_NEXT_HEADER = 1;
const UNKNOWN_OPTION = 2;
const CHAIN_TOO_LONG = 7;
const TOO_MANY_HEADERS = 8;
const TOO_MANY_OPTIONS = 9;

const PAD_1 = 0;
const PAD_N = 1;
const FIXED_BYTES = 40;
const UNIT_BYTES = 8;

/** Is it a header that `readExtensions` knows? All else is a transport's, or unknown. */
export function isExtension(next: number): boolean {
  return (
    next === NEXT_DESTINATION ||
    next === NEXT_FRAGMENT ||
    next === NEXT_HOP_BY_HOP ||
    next === NEXT_ROUTING
  );
}

/**
 * Walks the chain of the packet at `offset`, whose fixed header `out` holds already: `protocol`,
 * the payload's place and `nextHeaderAt` move on to what stands behind it.
 * @returns IP_OK or IP_BAD_EXTENSION; then `out` says which problem is to be reported
 */
export function readExtensions(offset: number, out: IpHeader): number {
  for (let count = 0; isExtension(out.protocol); count++) {
    const at = out.headerLength;
    if (count === MAX_EXTENSION_HEADERS) return refuse(out, TOO_MANY_HEADERS, at);
    if (out.protocol === NEXT_HOP_BY_HOP && count > 0) {
      return refuse(out, UNKNOWN_NEXT_HEADER, out.nextHeaderAt);
    }
    if (out.payloadLength < UNIT_BYTES) return refuse(out, SILENT, at);
    const wasFragment = out.protocol === NEXT_FRAGMENT;
    if (!(wasFragment ? readFragment(offset, out) : readOne(offset, out))) return IP_BAD_EXTENSION;
    if (wasFragment && out.isFragment) return IP_OK;
  }
  return IP_OK;
}

/** Any header but the fragment header: all say their length in the second byte. */
function readOne(offset: number, out: IpHeader): boolean {
  const view = packetMemory.view;
  const at = out.headerLength;
  const length = (view.getUint8(offset + at + 1) + 1) * UNIT_BYTES;
  if (length > out.payloadLength) {
    refuse(out, SILENT, at);
    return false;
  }
  if (at + length - FIXED_BYTES > MAX_EXTENSION_BYTES) {
    refuse(out, CHAIN_TOO_LONG, at);
    return false;
  }
  const sound =
    out.protocol === NEXT_ROUTING
      ? checkRouting(offset, at, out)
      : checkOptions(offset, at, length, out);
  if (sound) skip(offset, length, out);
  return sound;
}

/** RFC 8200 §4.4, RFC 5095 §3: of every type the only route we are on is one that is done. */
function checkRouting(offset: number, at: number, out: IpHeader): boolean {
  const segmentsLeft = packetMemory.view.getUint8(offset + at + 3);
  if (segmentsLeft === 0) return true;
  refuse(out, ERRONEOUS_FIELD, at + 2);
  return false;
}

/** RFC 8200 §4.2: the two highest bits of an option's type say what to do without knowing it. */
function checkOptions(offset: number, start: number, length: number, out: IpHeader): boolean {
  const view = packetMemory.view;
  const end = start + length;
  let at = start + 2;
  let options = 0;
  while (at < end) {
    const type = view.getUint8(offset + at);
    if (type === PAD_1) {
      at++;
      continue;
    }
    if (at + 2 > end || at + 2 + view.getUint8(offset + at + 1) > end) {
      refuse(out, SILENT, at);
      return false;
    }
    if (type !== PAD_N) {
      const code = problemOf(type, ++options, out);
      if (code !== null) {
        refuse(out, code, at);
        return false;
      }
    }
    at += 2 + view.getUint8(offset + at + 1);
  }
  return true;
}

/** @returns the problem with an option, SILENT for one that nobody is to hear of; null: none */
function problemOf(type: number, count: number, out: IpHeader): number | null {
  if (count > MAX_EXTENSION_OPTIONS) return TOO_MANY_OPTIONS;
  switch (type >>> 6) {
    case 0:
      return null;
    case 1:
      return SILENT;
    case 2:
      return UNKNOWN_OPTION;
    default:
      return out.destination0 >>> 24 === 0xff ? SILENT : UNKNOWN_OPTION;
  }
}

/** @returns whether the fields are sound; `out` then has them */
function readFragment(offset: number, out: IpHeader): boolean {
  const view = packetMemory.view;
  const at = out.headerLength;
  const field = view.getUint16(offset + at + 2);
  out.fragmentOffset = field & 0xfff8;
  out.moreFragments = (field & 1) !== 0;
  out.identification = view.getInt32(offset + at + 4);
  skip(offset, UNIT_BYTES, out);
  // Every fragment but the last is a multiple of eight bytes long (RFC 8200 §4.5).
  if (!out.moreFragments || out.payloadLength % UNIT_BYTES === 0) return true;
  refuse(out, ERRONEOUS_FIELD, 4);
  return false;
}

function skip(offset: number, length: number, out: IpHeader): void {
  out.nextHeaderAt = out.headerLength;
  out.protocol = packetMemory.view.getUint8(offset + out.headerLength);
  out.headerLength += length;
  out.payloadOffset += length;
  out.payloadLength -= length;
}

function refuse(out: IpHeader, code: number, at: number): number {
  out.problemCode = code;
  out.problemAt = at;
  return IP_BAD_EXTENSION;
}
