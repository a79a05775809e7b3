/**
 * Packets in: from a link to the connection, the listener or the counter that they are for.
 *
 * The connection is looked up before the checksum is verified and before addresses are checked: a
 * link that shares the host sees the host's own traffic, too, and that must cost little; and a
 * four-tuple that is in the table has passed its checks. Nothing here throws, whatever the bytes
 * say.
 */
import { PACKET_FRAGMENT, PACKET_ICMP, PACKET_TCP, readInboundPacket } from '../ip/inbound-packet';
import { writeResetFor } from '../tcp/stray';
import { pseudoHeaderSum } from '../wire/checksum';
import {
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
  type ChecksumNote,
} from '../wire/checksum-note';
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
import type { IcmpInput } from './icmp-input';
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
}

export class Input {
  readonly #registry: Registry;
  readonly #counters: Counters;
  readonly #output: Output;
  readonly #turn: Turn;
  readonly #trace: SegmentTrace;
  readonly #listen: ListenInput;
  readonly #icmp: IcmpInput;
  // One of each, used again for every packet.
  readonly #header = new IpHeader();
  readonly #segment = new Segment();
  readonly #answer = new Segment();
  readonly #tuple = new FourTuple();

  constructor(parts: InputParts) {
    this.#registry = parts.registry;
    this.#counters = parts.counters;
    this.#output = parts.output;
    this.#turn = parts.turn;
    this.#trace = parts.trace;
    this.#listen = parts.listen;
    this.#icmp = parts.icmp;
  }

  /** Takes the packet at packetMemory.bytes[offset, offset + length): its one fate is counted. */
  receive(attachment: Attachment, offset: number, length: number, note: ChecksumNote): void {
    const counters = this.#counters;
    counters.packetsIn++;
    const now = this.#turn.beginBatch();
    const kind = readInboundPacket(offset, length, this.#header);
    if (kind === PACKET_TCP) this.#receiveTcp(attachment, note, now);
    else if (kind === PACKET_ICMP) this.#icmp.receive(attachment, this.#header, now);
    else if (kind === PACKET_FRAGMENT) counters.ipFragments++;
    else if (kind < 0) counters[ipFault(-kind)]++;
    else counters.ipUnknownProtocol++;
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
    if (before === 'TIME-WAIT' && this.#reopen(attachment, endpoint, now)) return;
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
   * §3.6.1).
   * @returns false where it does not
   */
  #reopen(attachment: Attachment, endpoint: Endpoint, now: number): boolean {
    if (!endpoint.engine.mayReopen(this.#segment)) return false;
    const tuple = this.#tuple;
    const { local0, local1, local2, local3, localPort } = tuple;
    const { listeners } = this.#registry;
    const listener = listeners.find(localPort, local0, local1, local2, local3, tuple.spread);
    if (listener === null) return false;
    const behind = this.#registry.replace(endpoint);
    if (this.#trace.active) this.#trace.beginReceived(null, this.#segment);
    this.#listen.receive(attachment, listener, tuple, this.#segment, behind, now);
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
