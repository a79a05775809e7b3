/**
 * One IP header in plain numbers, of either family: what `readIpv4` and `readIpv6` fill and
 * `writeIpv4` and `writeIpv6` write.
 *
 * A stack keeps one for what arrives and one for what leaves, and uses them again and again.
 * Addresses are four int32 words as in IpAddress, so that nothing above needs to know the family.
 */
import { addressSum } from './checksum';

/** IP protocol numbers (IANA). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_ICMPV6 = 58;

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
/** A chain of IPv6 extension headers that is malformed, too long, or asks for what we do not do. */
export const IP_BAD_EXTENSION = 6;
/** An IPv4 address (::ffff:0:0/96) in an IPv6 header. */
export const IP_BAD_ADDRESS = 7;

/** A fault of a packet, for counters: the codes above in order. */
export const IP_FAULT_NAMES = [
  'ok',
  'short',
  'badVersion',
  'badHeaderLength',
  'badTotalLength',
  'badChecksum',
  'badExtension',
  'badAddress',
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

  /** Of IPv6, 20 bits (RFC 6437); 0 in IPv4. */
  flowLabel = 0;

  /** 16 bits in IPv4, an int32 in IPv6. */
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

  /**
   * Of IPv6: how far into the packet the field stands that names `protocol`; and, for
   * IP_BAD_EXTENSION, the code and pointer of the "parameter problem" that is due (RFC 4443 §3.4),
   * or -1 for none.
   */
  nextHeaderAt = 0;
  problemCode = -1;
  problemAt = 0;

  /** The sum of both addresses, as the checksum's pseudo-header has it. */
  addressSum(): number {
    return addressSum(
      this.source0,
      this.source1,
      this.source2,
      this.source3,
      this.destination0,
      this.destination1,
      this.destination2,
      this.destination3,
    );
  }

  /** Is this a piece of a larger packet (RFC 791 §3.2)? */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0;
  }
}
