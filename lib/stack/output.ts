/**
 * Packets out: what an engine wants to send, and answers to what belongs to no connection, written
 * into a link's own memory.
 */
import type { Link } from '../../types/link';
import { echoReplyBytes, writeEchoReply } from '../ip/echo-reply';
import { fragmentPayloadBytes, writeFragment } from '../ip/fragmentation';
import { type IcmpError, icmpErrorBytes, writeIcmpError } from '../ip/icmp-error-packet';
import { packetMemory } from '../support/memory';
import { pseudoHeaderSum } from '../wire/checksum';
import { IpHeader, PROTOCOL_TCP } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, readIpv4, writeIpv4 } from '../wire/ipv4';
import { IPV6_HEADER_BYTES, readIpv6, writeIpv6 } from '../wire/ipv6';
import { RST, Segment } from '../wire/segment';
import {
  segmentHeaderBytes,
  writeGatheredChecksum,
  writeSegment,
  writeSegmentHeader,
  writeWholeSegment,
} from '../wire/tcp-header';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Endpoint } from './endpoint';
import type { Entropy } from './entropy';
import type { FourTuple } from './four-tuple';
import type { SegmentTrace } from './segment-trace';

/** From here on copying the text costs more than naming its place to a link that asks for that. */
const GATHERED_BYTES = 8192;

/** How `transmit` ended. */
export const SENT_ALL = 0;
/** The budget is used up; there may be more. */
export const SENT_SOME = 1;
/** The link has no room; it will say when it has. */
export const NO_ROOM = 2;

export class Output {
  readonly #counters: Counters;
  readonly #trace: SegmentTrace;
  readonly #segment = new Segment();
  readonly #header = new IpHeader();
  #identification: number;
  readonly #entropy: Pick<Entropy, 'int32' | 'below'>;
  /** Of a packet that is cut into fragments. */
  readonly #whole = new IpHeader();

  /**
   * @param identification where the counter of the IP headers starts: unpredictable
   * @param entropy for what must not be predicted of fragments (RFC 7739)
   */
  constructor(
    counters: Counters,
    trace: SegmentTrace,
    identification: number,
    entropy: Pick<Entropy, 'int32' | 'below'>,
  ) {
    this.#entropy = entropy;
    this.#counters = counters;
    this.#trace = trace;
    this.#identification = identification & 0xffff;
    this.#header.protocol = PROTOCOL_TCP;
  }

  /** Sends what the connection owes or may send now, `budget` segments at most. */
  transmit(
    endpoint: Endpoint,
    budget: number,
    now: number,
  ): typeof SENT_ALL | typeof SENT_SOME | typeof NO_ROOM {
    const { attachment, engine } = endpoint;
    const segment = this.#segment;
    if (now >= endpoint.path.expiresAt) endpoint.forgetPath();
    for (let left = budget; left > 0; left--) {
      if (engine.hasNothing) return SENT_ALL;
      // The place comes first: what the engine has handed out, it takes for sent.
      const offset = this.#reserve(attachment, endpoint.largestPacket);
      if (offset === -1) return NO_ROOM;
      const before = engine.state;
      if (!engine.pollTransmit(now, segment)) return SENT_ALL;
      this.#header.dontFragment = endpoint.dontFragment && !attachment.inside;
      this.#header.ttl = endpoint.hopLimit;
      this.#header.flowLabel = endpoint.flowLabel;
      this.#send(attachment, offset, segment, endpoint.tuple, endpoint.addressSum);
      if (this.#trace.active) this.#trace.noteSent(endpoint, segment, before, now);
    }
    return SENT_SOME;
  }

  /**
   * Sends one segment that belongs to no connection. Without room on the link it is lost, as on any
   * network: whoever it answers will ask again.
   */
  reply(
    attachment: Attachment,
    segment: Segment,
    tuple: FourTuple,
    hopLimit: number,
    now: number,
  ): void {
    const headerBytes = tuple.isIpv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
    const offset = this.#reserve(attachment, headerBytes + segmentHeaderBytes(segment));
    if (offset === -1) {
      this.#counters.repliesLost++;
      return;
    }
    this.#header.dontFragment = !attachment.inside;
    this.#header.ttl = hopLimit;
    this.#header.flowLabel = 0;
    this.#send(attachment, offset, segment, tuple, tuple.addressSum());
    if (this.#trace.active) this.#trace.noteReply(tuple, segment, now);
  }

  /** Answers an ICMP echo request whose header is `request`. */
  echo(attachment: Attachment, request: IpHeader): void {
    const length = echoReplyBytes(request);
    if (length > attachment.link.mtu) {
      this.#echoInPieces(attachment, request, length);
      return;
    }
    const offset = this.#reserve(attachment, length);
    if (offset === -1) {
      this.#counters.repliesLost++;
      return;
    }
    attachment.link.commit(writeEchoReply(offset, request));
    this.#counters.packetsOut++;
  }

  /** Sends an ICMP error about the packet whose header is `cause`. */
  icmpError(attachment: Attachment, cause: IpHeader, error: IcmpError): void {
    const offset = this.#reserve(attachment, icmpErrorBytes(cause, error));
    if (offset === -1) {
      this.#counters.repliesLost++;
      return;
    }
    attachment.link.commit(writeIcmpError(offset, cause, error));
    this.#counters.packetsOut++;
    this.#counters.icmpErrorsOut++;
  }

  /** A request came in fragments, and so the reply must leave in some. */
  #echoInPieces(attachment: Attachment, request: IpHeader, length: number): void {
    const counters = this.#counters;
    let place: number;
    try {
      place = packetMemory.allocate(length);
    } catch {
      counters.repliesLost++;
      return;
    }
    writeEchoReply(place, request);
    const whole = this.#whole;
    const isV6 = request.family === 6;
    (isV6 ? readIpv6 : readIpv4)(place, length, whole);
    whole.identification = isV6 ? this.#entropy.int32() : this.#entropy.below(0x10000);
    const created = this.#sendPieces(attachment, whole);
    if (created === 0) counters.repliesLost++;
    else if (isV6) {
      counters.ip6FragOKs++;
      counters.ip6FragCreates += created;
    } else {
      counters.ipFragOKs++;
      counters.ipFragCreates += created;
    }
    packetMemory.release(place, length);
  }

  /** @returns how many fragments were sent; 0: the link had no room for all of them */
  #sendPieces(attachment: Attachment, whole: IpHeader): number {
    const { mtu } = attachment.link;
    const pieceBytes = fragmentPayloadBytes(whole.family, mtu);
    let created = 0;
    for (let from = 0; from < whole.payloadLength; from += pieceBytes) {
      const offset = this.#reserve(attachment, mtu);
      if (offset === -1) return 0;
      attachment.link.commit(writeFragment(offset, whole, from, pieceBytes));
      this.#counters.packetsOut++;
      created++;
    }
    return created;
  }

  /** A full link may only be waiting to be flushed. */
  #reserve(attachment: Attachment, length: number): number {
    const { link } = attachment;
    let offset = link.reserve(length);
    if (offset === -1) {
      this.#counters.linkFull++;
      if (!attachment.needsFlush) return -1;
      attachment.needsFlush = false;
      link.flush();
      offset = link.reserve(length);
    }
    if (offset !== -1) attachment.needsFlush = true;
    return offset;
  }

  /** The header's TTL, DF and flow label are set already. */
  #send(
    attachment: Attachment,
    offset: number,
    segment: Segment,
    tuple: FourTuple,
    addresses: number,
  ): void {
    const headerBytes = tuple.isIpv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
    const textBytes = segment.textLength + segment.moreLength;
    this.#header.trafficClass = segment.trafficClass;
    if (attachment.link.commitText !== undefined && textBytes >= GATHERED_BYTES) {
      const written = writeSegmentHeader(offset + headerBytes, segment);
      this.#writeIp(offset, tuple, written + textBytes);
      if (attachment.link.needsChecksum) {
        const pseudoSum = pseudoHeaderSum(addresses, PROTOCOL_TCP, written + textBytes);
        writeGatheredChecksum(offset + headerBytes, written, segment, pseudoSum);
      }
      commitGathered(attachment.link, headerBytes + written, segment);
    } else if (attachment.link.mayLeaveText === true && isInOnePlace(segment)) {
      const written = writeSegmentHeader(offset + headerBytes, segment);
      this.#writeIp(offset, tuple, written + textBytes);
      attachment.link.commitInPlace!(headerBytes + written, segment.textOffset, textBytes);
    } else {
      const written = attachment.link.needsChecksum
        ? writeWholeSegment(offset + headerBytes, segment, addresses)
        : writeSegment(offset + headerBytes, segment);
      this.#writeIp(offset, tuple, written);
      attachment.link.commit(headerBytes + written, segment.pieceBytes);
    }
    const counters = this.#counters;
    counters.packetsOut++;
    counters.segmentsOut++;
    if ((segment.flags & RST) !== 0) counters.resetsOut++;
  }

  #writeIp(offset: number, tuple: FourTuple, segmentLength: number): void {
    if (tuple.isIpv6) this.#writeIpv6(offset, tuple, segmentLength);
    else this.#writeIpv4(offset, tuple, segmentLength);
  }

  #writeIpv4(offset: number, tuple: FourTuple, length: number): void {
    const header = this.#header;
    header.source3 = tuple.local3;
    header.destination3 = tuple.remote3;
    // Where packets may be fragmented on their way (RFC 791 §2.3) each needs a number of its own.
    this.#identification = (this.#identification + 1) & 0xffff;
    header.identification = this.#identification;
    writeIpv4(offset, header, length);
  }

  #writeIpv6(offset: number, tuple: FourTuple, length: number): void {
    const header = this.#header;
    header.source0 = tuple.local0;
    header.source1 = tuple.local1;
    header.source2 = tuple.local2;
    header.source3 = tuple.local3;
    header.destination0 = tuple.remote0;
    header.destination1 = tuple.remote1;
    header.destination2 = tuple.remote2;
    header.destination3 = tuple.remote3;
    writeIpv6(offset, header, length);
  }
}

/** And is it enough of it that copying costs more? */
function isInOnePlace(segment: Segment): boolean {
  return segment.textLength >= GATHERED_BYTES && segment.moreLength === 0;
}

/** The text stays where it is: the link takes it from there. */
function commitGathered(link: Link, headerBytes: number, segment: Segment): void {
  const { textOffset, textLength, moreOffset, moreLength, pieceBytes } = segment;
  link.commitText!(headerBytes, textOffset, textLength, moreOffset, moreLength, pieceBytes);
}
