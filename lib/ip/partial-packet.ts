/**
 * One packet whose fragments are coming in (RFC 791 §3.2, RFC 8200 §4.5).
 *
 * Fragments that overlap make the whole packet void, those to come included (RFC 5722; Linux and
 * RFC 8900 have the same for IPv4): nobody sends such, except to show a filter one thing and the
 * host another. An exact repetition is only a repetition.
 */
import { packetMemory } from '../support/memory';
import { IpHeader, PROTOCOL_TCP } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, IPV4_MAX_BYTES, writeIpv4 } from '../wire/ipv4';
import { IPV6_HEADER_BYTES, writeIpv6 } from '../wire/ipv6';

/** What became of a fragment. */
export const PIECE_KEPT = 0;
/** It was there already. */
export const PIECE_REPEATED = 1;
/** It cannot be, or not beside the others: the packet is void. */
export const PIECE_WRONG = 2;
/** It was the last that was missing. */
export const PIECE_COMPLETES = 3;

/** As many fragments as the longest packet has on the narrowest path (RFC 791: 68 bytes). */
export const MAX_PIECES = 1366;
/** What a piece costs besides its bytes: an object, an array and their places in others. */
export const PIECE_OVERHEAD_BYTES = 128;

const TCP_HEADER_BYTES = 20;
const UNIT_BYTES = 8;
/** Of the first fragment, enough for an ICMP error about it (RFC 792; RFC 4443 §3.3). */
const QUOTE_PAYLOAD_BYTES = 8;
const QUOTE_BYTES_V6 = 1232;

const NOT_ECT = 1;
const CE = 3;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

export class PartialPacket {
  /** What is held for it, overhead included, bytes. */
  heldBytes = PIECE_OVERHEAD_BYTES;
  /** When it is given up, ms. */
  readonly deadline: number;
  isVoid = false;
  /** The head of the first fragment; null until that has come. */
  quote: Uint8Array | null = null;
  /** The header of the whole, from the first fragment where that has come. */
  readonly header = new IpHeader();
  /** Ascending, without overlaps. */
  #pieces: Piece[] = [];
  #receivedBytes = 0;
  /** -1: the last fragment has not come. */
  #totalBytes = -1;
  /** A bit for each ECN field seen. */
  #ecnSeen = 0;

  constructor(header: IpHeader, deadline: number) {
    this.deadline = deadline;
    copyHeader(header, this.header);
  }

  /** Takes the fragment whose header was read. */
  add(header: IpHeader): number {
    if (this.isVoid || !isSound(header) || !this.#agrees(header)) return PIECE_WRONG;
    const { fragmentOffset: start, payloadLength, payloadOffset } = header;
    const end = start + payloadLength;
    const index = this.#indexOf(start);
    const before = this.#pieces[index - 1];
    const behind = this.#pieces[index];
    if (behind !== undefined && behind.start === start && behind.end === end) {
      return isSame(behind.bytes, payloadOffset) ? PIECE_REPEATED : PIECE_WRONG;
    }
    if (before !== undefined && before.end > start) return PIECE_WRONG;
    if (behind !== undefined && behind.start < end) return PIECE_WRONG;
    if (this.#pieces.length === MAX_PIECES) return PIECE_WRONG;

    const bytes = packetMemory.bytes.slice(payloadOffset, payloadOffset + payloadLength);
    this.#pieces.splice(index, 0, { start, end, bytes });
    this.heldBytes += payloadLength + PIECE_OVERHEAD_BYTES;
    this.#receivedBytes += payloadLength;
    this.#ecnSeen |= 1 << (header.trafficClass & CE);
    if (!header.moreFragments) this.#totalBytes = end;
    if (start === 0) this.#noteFirst(header);
    return this.#receivedBytes === this.#totalBytes ? PIECE_COMPLETES : PIECE_KEPT;
  }

  /** Forgets what has come; what is still to come is wrong. */
  makeVoid(): void {
    this.isVoid = true;
    this.#pieces = [];
    this.quote = null;
    this.heldBytes = PIECE_OVERHEAD_BYTES;
  }

  /** Was it marked by the network and also declared unmarkable (RFC 3168 §5.3)? Then it is void. */
  get hasBadEcn(): boolean {
    return (this.#ecnSeen & (1 << CE)) !== 0 && (this.#ecnSeen & NOT_ECT) !== 0;
  }

  /** Bytes of the complete packet, header included. */
  get length(): number {
    return headerBytesOf(this.header) + this.#totalBytes;
  }

  /** Writes the complete packet at `offset`: `length` bytes. */
  write(offset: number): void {
    const { header } = this;
    if ((this.#ecnSeen & (1 << CE)) !== 0) header.trafficClass |= CE;
    const headerBytes =
      header.family === 6
        ? writeIpv6(offset, header, this.#totalBytes)
        : writeIpv4(offset, header, this.#totalBytes);
    for (const { start, bytes } of this.#pieces) {
      packetMemory.bytes.set(bytes, offset + headerBytes + start);
    }
  }

  /** Does its end fit what is known of the whole packet's? */
  #agrees({ fragmentOffset, payloadLength, moreFragments }: IpHeader): boolean {
    const end = fragmentOffset + payloadLength;
    if (moreFragments) return this.#totalBytes === -1 || end < this.#totalBytes;
    if (this.#totalBytes !== -1) return end === this.#totalBytes;
    const last = this.#pieces.at(-1);
    return last === undefined || last.end <= fragmentOffset;
  }

  /** The first of the pieces that does not begin before `start`. */
  #indexOf(start: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle].start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** RFC 8200 §4.5: what is not in every fragment is the first one's. */
  #noteFirst(header: IpHeader): void {
    copyHeader(header, this.header);
    const start = header.payloadOffset - header.headerLength;
    const most = header.family === 6 ? QUOTE_BYTES_V6 : header.headerLength + QUOTE_PAYLOAD_BYTES;
    const length = Math.min(most, header.totalLength);
    this.quote = packetMemory.bytes.slice(start, start + length);
    this.heldBytes += length;
  }
}

/** May there be such a fragment at all? */
function isSound(header: IpHeader): boolean {
  const { fragmentOffset, payloadLength, moreFragments, protocol } = header;
  if (payloadLength === 0) return false;
  if (moreFragments && payloadLength % UNIT_BYTES !== 0) return false;
  const end = headerBytesOf(header) + fragmentOffset + payloadLength;
  if (end > IPV4_MAX_BYTES) return false; // "ping of death"
  if (protocol !== PROTOCOL_TCP) return true;
  // RFC 1858 §3, RFC 3128, RFC 7112: nobody has to split the TCP header, except to get past a
  // filter.
  if (fragmentOffset === 0) return payloadLength >= TCP_HEADER_BYTES;
  return fragmentOffset >= TCP_HEADER_BYTES;
}

function isSame(bytes: Uint8Array, offset: number): boolean {
  const memory = packetMemory.bytes;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== memory[offset + i]) return false;
  return true;
}

function headerBytesOf({ family }: IpHeader): number {
  return family === 6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
}

/** Everything but the fragment's own: where it belongs, and whether there are more. */
function copyHeader(from: IpHeader, to: IpHeader): void {
  Object.assign(to, from);
  to.moreFragments = false;
  to.fragmentOffset = 0;
}
