/**
 * Packets in: from a link to the connection, the listener or the counter that they are for.
 *
 * The connection is looked up before the checksum is verified and before addresses are checked: a
 * link that shares the host sees the host's own traffic, too, and that must cost little; and a
 * four-tuple that is in the table has passed its checks. Nothing here throws, whatever the bytes
 * say.
 */
import { MAX_QUOTE_BYTES } from '../ip/icmp-error-packet';
import {
  PACKET_FRAGMENT,
  PACKET_ICMP,
  PACKET_OTHER,
  PACKET_TCP,
  readInboundPacket,
} from '../ip/inbound-packet';
import { packetMemory } from '../support/memory';
import { isFirst } from '../tcp/reopen';
import { writeResetFor } from '../tcp/stray';
import { pseudoHeaderSum } from '../wire/checksum';
import {
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
  type ChecksumNote,
} from '../wire/checksum-note';
import { ICMPV6_PARAMETER_PROBLEM } from '../wire/icmpv6';
import {
  IP_BAD_ADDRESS,
  IP_BAD_CHECKSUM,
  IP_BAD_EXTENSION,
  IP_BAD_VERSION,
  IP_SHORT,
  IpHeader,
  PROTOCOL_TCP,
} from '../wire/ip-header';
import { Segment } from '../wire/segment';
import {
  CHECKSUM_FULL,
  holdsPartialChecksum,
  readSegment,
  SEGMENT_BAD_OPTIONS,
  SEGMENT_OK,
  verifyTcpChecksum,
} from '../wire/tcp-header';
import { addressFault } from './addresses';
import type { Attachment } from './attachment';
import type { Counters, InboundFate } from './counters';
import type { Endpoint } from './endpoint';
import { FourTuple } from './four-tuple';
import type { FragmentInput } from './fragment-input';
import type { IcmpInput } from './icmp-input';
import type { IcmpOutput } from './icmp-output';
import { DEFAULT_HOP_LIMIT } from './limits';
import type { ListenInput } from './listen-input';
import type { Output } from './output';
import type { Registry } from './registry';
import type { SegmentTrace } from './segment-trace';
import type { Turn } from './turn';

export interface InputParts {
  registry: Registry;
  counters: Counters;
  output: Output;
  turn: Turn;
  trace: SegmentTrace;
  /** Where segments for listeners go, and ICMP messages. */
  listen: ListenInput;
  icmp: IcmpInput;
  fragments: FragmentInput;
  /** Where it is told what is wrong with a packet. */
  icmpOutput: IcmpOutput;
}

/** A next header that says: nothing follows (RFC 8200 §4.7). */
const NO_NEXT_HEADER = 59;
/** Code of "parameter problem". */
const UNKNOWN_NEXT_HEADER = 1;

export class Input {
  readonly #registry: Registry;
  readonly #counters: Counters;
  readonly #output: Output;
  readonly #turn: Turn;
  readonly #trace: SegmentTrace;
  readonly #listen: ListenInput;
  readonly #icmp: IcmpInput;
  readonly #icmpOutput: IcmpOutput;
  readonly #fragments: FragmentInput;
  // One of each, used again for every packet.
  readonly #header = new IpHeader();
  readonly #segment = new Segment();
  readonly #answer = new Segment();
  readonly #tuple = new FourTuple();
  /** Of the present packet; 0: behind its headers. */
  #textOffset = 0;

  constructor(parts: InputParts) {
    this.#registry = parts.registry;
    this.#counters = parts.counters;
    this.#output = parts.output;
    this.#turn = parts.turn;
    this.#trace = parts.trace;
    this.#listen = parts.listen;
    this.#icmp = parts.icmp;
    this.#icmpOutput = parts.icmpOutput;
    this.#fragments = parts.fragments;
  }

  /**
   * Takes the packet at packetMemory.bytes[offset, offset + length): its one fate is counted.
   * @param textOffset where its text is, if not there; else 0
   */
  receive(
    attachment: Attachment,
    offset: number,
    length: number,
    note: ChecksumNote,
    textOffset: number,
  ): void {
    const counters = this.#counters;
    counters.packetsIn++;
    const now = this.#turn.beginBatch();
    const kind = readInboundPacket(offset, length, this.#header);
    this.#textOffset = textOffset;
    this.#dispatch(attachment, kind, note, now);
  }

  #dispatch(attachment: Attachment, kind: number, note: ChecksumNote, now: number): void {
    const counters = this.#counters;
    if (kind === PACKET_TCP) this.#receiveTcp(attachment, note, now);
    else if (kind === PACKET_ICMP) this.#icmp.receive(attachment, this.#header, now);
    else if (kind === PACKET_FRAGMENT) this.#receiveFragment(attachment, note, now);
    else {
      counters[kind < 0 ? ipFault(-kind) : 'ipUnknownProtocol']++;
      this.#reportProblem(attachment, kind, now);
    }
  }

  #receiveFragment(attachment: Attachment, note: ChecksumNote, now: number): void {
    const fragments = this.#fragments;
    const fault = addressFault(attachment, this.#header);
    if (fault !== null) {
      this.#counters[fault]++;
      return;
    }
    // What was put together of fragments is no fragment again.
    if (fragments.offset !== -1) {
      this.#counters.ipFragmentsRefused++;
      return;
    }
    if (!fragments.receive(attachment, this.#header, now)) return;
    const kind = readInboundPacket(fragments.offset, fragments.length, this.#header);
    this.#dispatch(attachment, kind, note, now);
    fragments.release();
  }

  /** What a sender of IPv6 must be told of his headers (RFC 8200 §4, RFC 4443 §3.4). */
  #reportProblem(attachment: Attachment, kind: number, now: number): void {
    const header = this.#header;
    const isUnknown = kind === PACKET_OTHER && header.protocol !== NO_NEXT_HEADER;
    if (header.family !== 6 || !(isUnknown || kind === -IP_BAD_EXTENSION)) return;
    const code = isUnknown ? UNKNOWN_NEXT_HEADER : header.problemCode;
    if (code < 0 || addressFault(attachment, header) !== null) return;
    const second = isUnknown ? header.nextHeaderAt : header.problemAt;
    const offset = header.payloadOffset - header.headerLength;
    const length = Math.min(header.totalLength, MAX_QUOTE_BYTES);
    const quote = packetMemory.bytes.slice(offset, offset + length);
    const type = ICMPV6_PARAMETER_PROBLEM;
    this.#icmpOutput.report(attachment, header, { type, code, second, quote }, now);
  }

  #receiveTcp(attachment: Attachment, note: ChecksumNote, now: number): void {
    const header = this.#header;
    const segment = this.#segment;
    const counters = this.#counters;
    const fault = readSegment(header.payloadOffset, header.payloadLength, segment);
    if (fault !== SEGMENT_OK) {
      if (fault !== SEGMENT_BAD_OPTIONS) {
        counters.tcpBadHeader++;
        return;
      }
      counters.tcpBadOptions++;
    }
    segment.trafficClass = header.trafficClass;
    if (this.#textOffset !== 0) segment.textOffset = this.#textOffset;
    this.#setTuple(attachment.inside);
    const endpoint = this.#registry.connections.find(this.#tuple);
    if (endpoint === null) {
      this.#receiveUnconnected(attachment, note, now);
      return;
    }
    if (!this.#isIntact(note, endpoint.addressSum)) {
      counters.tcpBadChecksum++;
      return;
    }
    const before = endpoint.engine.state;
    const isOver = before === 'TIME-WAIT' || before === 'CLOSED';
    if (isOver && this.#reopen(attachment, endpoint, now)) return;
    counters.tcpToConnection++;
    if (this.#trace.active) this.#trace.beginReceived(endpoint, segment);
    endpoint.engine.handleSegment(segment, now);
    if (this.#trace.active) this.#trace.noteReceived(endpoint, before, now);
    this.#turn.touch(endpoint);
  }

  /** There is no such connection: a listener's, a stray one, or the host's own. */
  #receiveUnconnected(attachment: Attachment, note: ChecksumNote, now: number): void {
    const tuple = this.#tuple;
    const counters = this.#counters;
    const { listeners, ports } = this.#registry;
    const { local0, local1, local2, local3, localPort } = tuple;
    const listener = listeners.find(localPort, local0, local1, local2, local3, tuple.spread);
    const shared = attachment.link.sharesHost;
    if (shared && listener === null && !ports.isHeldOver(attachment, tuple)) {
      counters.tcpForeign++;
      return;
    }
    const fault = addressFault(attachment, this.#header);
    if (fault !== null) {
      counters[fault]++;
      return;
    }
    if (!this.#isIntact(note, tuple.addressSum())) {
      counters.tcpBadChecksum++;
      return;
    }
    if (this.#trace.active) this.#trace.beginReceived(null, this.#segment);
    if (listener === null) this.#receiveStray(attachment, now);
    else this.#listen.receive(attachment, listener, tuple, this.#segment, null, now);
  }

  /**
   * A SYN that is no old duplicate ends TIME-WAIT, where somebody listens (RFC 6191, RFC 9293
   * §3.6.1); and what is CLOSED, but not yet out of the tables, does not stand in its way.
   * @returns false where it does not
   */
  #reopen(attachment: Attachment, endpoint: Endpoint, now: number): boolean {
    const { engine } = endpoint;
    const segment = this.#segment;
    if (!(engine.finished ? isFirst(segment) : engine.mayReopen(segment))) return false;
    const tuple = this.#tuple;
    const { local0, local1, local2, local3, localPort } = tuple;
    const { listeners } = this.#registry;
    const listener = listeners.find(localPort, local0, local1, local2, local3, tuple.spread);
    if (listener === null) return false;
    const behind = this.#registry.replace(endpoint);
    if (this.#trace.active) this.#trace.beginReceived(null, this.#segment);
    this.#listen.receive(attachment, listener, tuple, segment, behind, now);
    return true;
  }

  /** RFC 9293 §3.10.7.1. */
  #receiveStray(attachment: Attachment, now: number): void {
    if (this.#trace.active) this.#trace.noteStray(this.#tuple, 'CLOSED', now);
    if (!writeResetFor(this.#segment, this.#answer)) {
      this.#counters.tcpStray++;
      return;
    }
    this.#counters.tcpRefused++;
    this.#output.reply(attachment, this.#answer, this.#tuple, DEFAULT_HOP_LIMIT, now);
  }

  /** @param addresses the sum of both addresses */
  #isIntact(note: ChecksumNote, addresses: number): boolean {
    if (note === CHECKSUM_VERIFIED) return true;
    const { payloadOffset, payloadLength } = this.#header;
    const pseudoSum = pseudoHeaderSum(addresses, PROTOCOL_TCP, payloadLength);
    // The cheap question first: from a kernel of the same host most segments are like that.
    if (note === CHECKSUM_MAYBE_PARTIAL && holdsPartialChecksum(payloadOffset, pseudoSum)) {
      this.#counters.tcpPartialChecksum++;
      return true;
    }
    return verifyTcpChecksum(payloadOffset, payloadLength, pseudoSum) === CHECKSUM_FULL;
  }

  #setTuple(inside: boolean): void {
    const tuple = this.#tuple;
    const header = this.#header;
    const segment = this.#segment;
    tuple.inside = inside;
    tuple.localPort = segment.destinationPort;
    tuple.remotePort = segment.sourcePort;
    tuple.local0 = header.destination0;
    tuple.local1 = header.destination1;
    tuple.local2 = header.destination2;
    tuple.local3 = header.destination3;
    tuple.remote0 = header.source0;
    tuple.remote1 = header.source1;
    tuple.remote2 = header.source2;
    tuple.remote3 = header.source3;
  }
}

function ipFault(fault: number): InboundFate {
  switch (fault) {
    case IP_SHORT:
      return 'ipShort';
    case IP_BAD_VERSION:
      return 'ipBadVersion';
    case IP_BAD_CHECKSUM:
      return 'ipBadChecksum';
    case IP_BAD_EXTENSION:
      return 'ipBadExtension';
    case IP_BAD_ADDRESS:
      return 'ipBadAddress';
    default:
      return 'ipBadHeader';
  }
}
