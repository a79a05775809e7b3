/**
 * One TCP segment in plain numbers: what `readSegment` fills and `writeSegment` writes.
 *
 * A stack keeps one for what arrives and one for what leaves, and uses them again and again, so
 * that a segment costs no allocation. Sequence numbers, acknowledgments and timestamps are int32
 * (`| 0`).
 */

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

/** Most SACK blocks that fit into 40 bytes of options (RFC 2018 §3). */
export const MAX_SACK_BLOCKS = 4;

export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  /** FIN … CWR, or-ed. */
  flags = 0;
  /** The window field as it stands in the header: 16 bits, unscaled, unsigned. */
  window = 0;
  /** The urgent pointer field: 16 bits, an offset from `seq`. */
  urgentPointer = 0;

  /** MSS option in bytes; -1: absent. */
  mss = -1;
  /** Window scale shift count as sent; -1: absent. */
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  tsval = 0;
  tsecr = 0;
  sackCount = 0;
  /** Left and right edges, in pairs; the first `sackCount` pairs count. */
  readonly sackEdges = new Int32Array(2 * MAX_SACK_BLOCKS);

  /** Where the text lies in packet memory, and its bytes. */
  textOffset = 0;
  textLength = 0;
  /** Second piece of an outgoing text that wraps round a ring; 0 bytes when there is none. */
  moreOffset = 0;
  moreLength = 0;
  /** An outgoing text that is longer than this is for the link to cut up; 0: it is not. */
  pieceBytes = 0;

  /** ECN field and DSCP of the IP header (the old TOS octet), both ways. */
  trafficClass = 0;

  /** SEG.LEN of RFC 9293 §3.4: text plus one each for SYN and FIN. */
  get length(): number {
    const flags = this.flags;
    return this.textLength + this.moreLength + (flags & FIN) + ((flags & SYN) >> 1);
  }

  /** Forgets options and text; the header fields are the caller's to set. */
  clear(): void {
    this.flags = 0;
    this.window = 0;
    this.urgentPointer = 0;
    this.mss = -1;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.tsval = 0;
    this.tsecr = 0;
    this.sackCount = 0;
    this.textOffset = 0;
    this.textLength = 0;
    this.moreOffset = 0;
    this.moreLength = 0;
    this.pieceBytes = 0;
    this.trafficClass = 0;
  }
}
