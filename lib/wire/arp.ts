/**
 * The Address Resolution Protocol in packet memory (RFC 826), for IPv4 over Ethernet and nothing
 * else: who has this IPv4 address, and what is its hardware address?
 */
import { packetMemory } from '../support/memory';

export const ARP_BYTES = 28;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

export const ARP_OK = 0;
/** Fewer bytes than a message for IPv4 over Ethernet has. */
export const ARP_SHORT = 1;
/** About other kinds of addresses, or of other lengths than theirs. */
export const ARP_FOREIGN = 2;
/** Neither request nor reply (reverse ARP, …). */
export const ARP_BAD_OPERATION = 3;

/** ar$hrd and ar$pro, then ar$hln and ar$pln: Ethernet and IPv4, six bytes and four. */
const KINDS = 0x00010800;
const LENGTHS = 0x0604;

export class ArpMessage {
  operation = ARP_REQUEST;
  /** Addresses of the two parties: hardware as in MacAddress, IPv4 as one int32. */
  senderHigh = 0;
  senderLow = 0;
  sender = 0;
  targetHigh = 0;
  targetLow = 0;
  target = 0;
}

/**
 * Reads the message at `offset`. Bytes behind it are a frame's padding.
 * @returns ARP_OK, or the fault, after which `out` means nothing
 */
export function readArp(offset: number, length: number, out: ArpMessage): number {
  if (length < ARP_BYTES) return ARP_SHORT;
  const view = packetMemory.view;
  if (view.getInt32(offset) !== KINDS || view.getUint16(offset + 4) !== LENGTHS) {
    return ARP_FOREIGN;
  }
  out.operation = view.getUint16(offset + 6);
  out.senderHigh = view.getUint16(offset + 8);
  out.senderLow = view.getInt32(offset + 10);
  out.sender = view.getInt32(offset + 14);
  out.targetHigh = view.getUint16(offset + 18);
  out.targetLow = view.getInt32(offset + 20);
  out.target = view.getInt32(offset + 24);
  return out.operation === ARP_REQUEST || out.operation === ARP_REPLY ? ARP_OK : ARP_BAD_OPERATION;
}

/** Writes ARP_BYTES. */
export function writeArp(offset: number, message: ArpMessage): void {
  const view = packetMemory.view;
  view.setInt32(offset, KINDS);
  view.setUint16(offset + 4, LENGTHS);
  view.setUint16(offset + 6, message.operation);
  view.setUint16(offset + 8, message.senderHigh);
  view.setInt32(offset + 10, message.senderLow);
  view.setInt32(offset + 14, message.sender);
  view.setUint16(offset + 18, message.targetHigh);
  view.setInt32(offset + 20, message.targetLow);
  view.setInt32(offset + 24, message.target);
}
