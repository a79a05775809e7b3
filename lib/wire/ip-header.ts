/**
 * One IP header in plain numbers, of either family: what `readIpv4` fills and `writeIpv4` writes.
 *
 * A stack keeps one for what arrives and one for what leaves, and uses them again and again.
 * Addresses are four int32 words as in IpAddress, so that nothing above needs to know the family.
 */

/** IP protocol numbers (IANA). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;

/** The packet is sound. */
export const IP_OK = 0;
/** Fewer bytes than the smallest header. */
export const IP_SHORT = 1;
/** The version field says another family. */
export const IP_BAD_VERSION = 2;
/** The header length is below the smallest, or beyond the bytes received. */
export const IP_BAD_HEADER_LENGTH = 3;
/** The total length is below the header's, or beyond the bytes received. */
export const IP_BAD_TOTAL_LENGTH = 4;
/** The header checksum is wrong. */
export const IP_BAD_CHECKSUM = 5;

/** A fault of `readIpv4`, for counters: the codes above in order. */
export const IP_FAULT_NAMES = [
  'ok',
  'short',
  'badVersion',
  'badHeaderLength',
  'badTotalLength',
  'badChecksum',
] as const;

export class IpHeader {
  family: 4 | 6 = 4;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;

  /** The transport above: PROTOCOL_TCP, … */
  protocol = PROTOCOL_TCP;
  /** DSCP and ECN: the old TOS octet. */
  trafficClass = 0;
  /** Time to live, hop limit. */
  ttl = 64;

  identification = 0;
  dontFragment = false;
  moreFragments = false;
  /** Where this fragment's payload belongs, in bytes. */
  fragmentOffset = 0;

  /** Bytes of the header with its options, and of the whole packet. */
  headerLength = 20;
  totalLength = 20;
  /** Where the payload lies in packet memory, and its bytes. */
  payloadOffset = 0;
  payloadLength = 0;

  /** Is this a piece of a larger packet (RFC 791 §3.2)? */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0;
  }
}
