/**
 * Neighbour solicitations and advertisements in packet memory (RFC 4861 §4.3, §4.4): who has this
 * IPv6 address, and what is its hardware address?
 *
 * Only the ICMPv6 message, whose checksum is its packet's business.
 */
import { packetMemory } from '../support/memory';
import { ICMPV6_NEIGHBOR_ADVERTISEMENT, ICMPV6_NEIGHBOR_SOLICITATION } from './icmpv6';

/** Without options. */
const MESSAGE_BYTES = 24;
/** Every option's length counts in these. */
const OPTION_UNIT_BYTES = 8;
/** Most bytes that are written: a message and the option with a hardware address. */
export const NEIGHBOUR_MESSAGE_BYTES = MESSAGE_BYTES + OPTION_UNIT_BYTES;

const TARGET_AT = 8;
const SOURCE_LINK_LAYER = 1;
const TARGET_LINK_LAYER = 2;
const ROUTER = 0x80;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

export const NEIGHBOUR_OK = 0;
/** Fewer bytes than a message has. */
export const NEIGHBOUR_SHORT = 1;
/** The code is none, or the type another. */
export const NEIGHBOUR_BAD_TYPE = 2;
/** About a group's address. */
export const NEIGHBOUR_BAD_TARGET = 3;
/** An option without length, or longer than the message. */
export const NEIGHBOUR_BAD_OPTION = 4;

export class NeighbourMessage {
  /** ICMPV6_NEIGHBOR_SOLICITATION or …_ADVERTISEMENT. */
  type = ICMPV6_NEIGHBOR_SOLICITATION;
  /** Whom it is about. */
  target0 = 0;
  target1 = 0;
  target2 = 0;
  target3 = 0;
  /** Flags of an advertisement. */
  router = false;
  solicited = false;
  override = false;
  /** Is there a hardware address, the sender's or the target's as the type has it? */
  hasMac = false;
  macHigh = 0;
  macLow = 0;
}

/** @returns NEIGHBOUR_OK, or the fault, after which `out` means nothing */
export function readNeighbourMessage(
  offset: number,
  length: number,
  out: NeighbourMessage,
): number {
  if (length < MESSAGE_BYTES) return NEIGHBOUR_SHORT;
  const view = packetMemory.view;
  out.type = view.getUint8(offset);
  const isAnswer = out.type === ICMPV6_NEIGHBOR_ADVERTISEMENT;
  if (!isAnswer && out.type !== ICMPV6_NEIGHBOR_SOLICITATION) return NEIGHBOUR_BAD_TYPE;
  if (view.getUint8(offset + 1) !== 0) return NEIGHBOUR_BAD_TYPE;
  out.target0 = view.getInt32(offset + TARGET_AT);
  out.target1 = view.getInt32(offset + TARGET_AT + 4);
  out.target2 = view.getInt32(offset + TARGET_AT + 8);
  out.target3 = view.getInt32(offset + TARGET_AT + 12);
  if (out.target0 >>> 24 === 0xff) return NEIGHBOUR_BAD_TARGET;
  const flags = isAnswer ? view.getUint8(offset + 4) : 0;
  out.router = (flags & ROUTER) !== 0;
  out.solicited = (flags & SOLICITED) !== 0;
  out.override = (flags & OVERRIDE) !== 0;
  return readOptions(offset, length, isAnswer ? TARGET_LINK_LAYER : SOURCE_LINK_LAYER, out);
}

/** Options of other kinds are skipped (RFC 4861 §4.6). Each is eight bytes at least. */
function readOptions(
  offset: number,
  length: number,
  wanted: number,
  out: NeighbourMessage,
): number {
  const view = packetMemory.view;
  out.hasMac = false;
  const end = offset + length;
  let at = offset + MESSAGE_BYTES;
  while (at < end) {
    if (end - at < OPTION_UNIT_BYTES) return NEIGHBOUR_BAD_OPTION;
    const bytes = view.getUint8(at + 1) * OPTION_UNIT_BYTES;
    if (bytes === 0 || bytes > end - at) return NEIGHBOUR_BAD_OPTION;
    if (view.getUint8(at) === wanted && bytes === OPTION_UNIT_BYTES) {
      out.hasMac = true;
      out.macHigh = view.getUint16(at + 2);
      out.macLow = view.getInt32(at + 4);
    }
    at += bytes;
  }
  return NEIGHBOUR_OK;
}

/** Writes a message, its checksum left zero. @returns its bytes */
export function writeNeighbourMessage(offset: number, message: NeighbourMessage): number {
  const view = packetMemory.view;
  const isAnswer = message.type === ICMPV6_NEIGHBOR_ADVERTISEMENT;
  const flags =
    (message.router ? ROUTER : 0) |
    (message.solicited ? SOLICITED : 0) |
    (message.override ? OVERRIDE : 0);
  view.setInt32(offset, message.type << 24);
  view.setInt32(offset + 4, isAnswer ? flags << 24 : 0);
  view.setInt32(offset + TARGET_AT, message.target0);
  view.setInt32(offset + TARGET_AT + 4, message.target1);
  view.setInt32(offset + TARGET_AT + 8, message.target2);
  view.setInt32(offset + TARGET_AT + 12, message.target3);
  if (!message.hasMac) return MESSAGE_BYTES;
  const at = offset + MESSAGE_BYTES;
  view.setUint8(at, isAnswer ? TARGET_LINK_LAYER : SOURCE_LINK_LAYER);
  view.setUint8(at + 1, 1);
  view.setUint16(at + 2, message.macHigh);
  view.setInt32(at + 4, message.macLow);
  return NEIGHBOUR_MESSAGE_BYTES;
}
