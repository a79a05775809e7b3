/**
 * The header of an Ethernet frame in packet memory (IEEE 802.3 clause 3, as RFC 894 and RFC 2464
 * use it): destination, source, type. One 802.1Q tag is read; none is ever written.
 */
import { packetMemory } from '../support/memory';

/** Bytes of a header without a tag: the only kind that is written. */
export const ETHERNET_HEADER_BYTES = 14;
/** Shorter frames are padded with zeros (RFC 894; 64 bytes on the wire, with its checksum). */
export const ETHERNET_MIN_BYTES = 60;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
/** What stands in the place of the type where a tag follows (802.1Q, and 802.1ad's outer one). */
const TAG_CUSTOMER = 0x8100;
const TAG_SERVICE = 0x88a8;
const TAG_BYTES = 4;
const VLAN_MASK = 0x0fff;
/** Smaller numbers are lengths: a frame of 802.3 in the old style, with LLC inside. */
const LEAST_TYPE = 0x0600;

export const ETHERNET_OK = 0;
/** Fewer bytes than the header. */
export const ETHERNET_SHORT = 1;
/** No type, but the length of an LLC frame; nobody sends IP in those. */
export const ETHERNET_LENGTH = 2;
/** A second tag inside the first. */
export const ETHERNET_STACKED = 3;

export class EthernetHeader {
  /** Addresses as in MacAddress. */
  destinationHigh = 0;
  destinationLow = 0;
  sourceHigh = 0;
  sourceLow = 0;
  /** What the payload is: ETHERTYPE_IPV4, … */
  type = 0;
  /** The VLAN that a tag names, 1 to 4095; 0: no tag, or one that gives a priority only. */
  vlan = 0;
  headerLength = ETHERNET_HEADER_BYTES;
}

/** @returns ETHERNET_OK, or the fault, after which `out` means nothing */
export function readEthernet(offset: number, length: number, out: EthernetHeader): number {
  if (length < ETHERNET_HEADER_BYTES) return ETHERNET_SHORT;
  const view = packetMemory.view;
  out.destinationHigh = view.getUint16(offset);
  out.destinationLow = view.getInt32(offset + 2);
  out.sourceHigh = view.getUint16(offset + 6);
  out.sourceLow = view.getInt32(offset + 8);
  out.headerLength = ETHERNET_HEADER_BYTES;
  out.vlan = 0;
  out.type = view.getUint16(offset + 12);
  if (isTag(out.type)) {
    if (length < ETHERNET_HEADER_BYTES + TAG_BYTES) return ETHERNET_SHORT;
    out.headerLength += TAG_BYTES;
    out.vlan = view.getUint16(offset + 14) & VLAN_MASK;
    out.type = view.getUint16(offset + 16);
    if (isTag(out.type)) return ETHERNET_STACKED;
  }
  return out.type < LEAST_TYPE ? ETHERNET_LENGTH : ETHERNET_OK;
}

/** Writes ETHERNET_HEADER_BYTES. Addresses as in MacAddress. */
export function writeEthernet(
  offset: number,
  destinationHigh: number,
  destinationLow: number,
  sourceHigh: number,
  sourceLow: number,
  type: number,
): void {
  const view = packetMemory.view;
  view.setUint16(offset, destinationHigh);
  view.setInt32(offset + 2, destinationLow);
  view.setUint16(offset + 6, sourceHigh);
  view.setInt32(offset + 8, sourceLow);
  view.setUint16(offset + 12, type);
}

function isTag(type: number): boolean {
  return type === TAG_CUSTOMER || type === TAG_SERVICE;
}
