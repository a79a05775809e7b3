/**
 * Packets in: from a link to the connection, the listener or the counter that they are for.
 *
 * The connection is looked up before the checksum is verified and before addresses are checked: a
 * link that shares the host sees the host's own traffic, too, and that must cost little; and a
 * four-tuple that is in the table has passed its checks. Nothing here throws, whatever the bytes
 * say.
 */
import { ICMP_ECHO_REQUEST, ICMP_OK, IcmpMessage, readIcmp } from '../ip/icmp-message';
import { PACKET_FRAGMENT, PACKET_ICMP, PACKET_TCP, readInboundPacket } from '../ip/inbound-packet';
import { isValidDestination, isValidSource } from '../ip/unicast';
import { LISTEN_OPEN, LISTEN_OVERFLOW, LISTEN_RESET } from '../tcp/listener';
import { writeResetFor } from '../tcp/stray';
import { pseudoHeaderSum } from '../wire/checksum';
import {
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
  type ChecksumNote,
} from '../wire/checksum-note';
import {
  IP_BAD_CHECKSUM,
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
import type { Attachment } from './attachment';
import type { Counters, InboundFate } from './counters';
import { FourTuple } from './four-tuple';
import type { ListeningEndpoint } from './listening-endpoint';
import type { Output } from './output';
import type { Registry } from './registry';
import type { SegmentTrace } from './segment-trace';
import type { Turn } from './turn';

export class Input {
  readonly #registry: Registry;
  readonly #counters: Counters;
  readonly #output: Output;
  readonly #turn: Turn;
  readonly #trace: SegmentTrace;
  // One of each, used again for every packet.
  readonly #header = new IpHeader();
  readonly #segment = new Segment();
  readonly #answer = new Segment();
  readonly #tuple = new FourTuple();
  readonly #icmp = new IcmpMessage();

  constructor(
    registry: Registry,
    counters: Counters,
    output: Output,
    turn: Turn,
    trace: SegmentTrace,
  ) {
    this.#registry = registry;
    this.#counters = counters;
    this.#output = output;
    this.#turn = turn;
    this.#trace = trace;
  }

  /** Takes the packet at packetMemory.bytes[offset, offset + length): its one fate is counted. */
  receive(attachment: Attachment, offset: number, length: number, note: ChecksumNote): void {
    const counters = this.#counters;
    counters.packetsIn++;
    const now = this.#turn.beginBatch();
    const kind = readInboundPacket(offset, length, this.#header);
    if (kind === PACKET_TCP) this.#receiveTcp(attachment, note, now);
    else if (kind === PACKET_ICMP) this.#receiveIcmp(attachment);
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
    counters.tcpToConnection++;
    const before = endpoint.engine.state;
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
    const listener = listeners.find(localPort, local0, local1, local2, local3);
    const shared = attachment.link.sharesHost;
    if (shared && listener === null && !ports.isHeldOver(attachment, tuple)) {
      counters.tcpForeign++;
      return;
    }
    const fault = this.#addressFault(attachment);
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
    else this.#receiveListen(attachment, listener, now);
  }

  /** RFC 9293 §3.10.7.2. */
  #receiveListen(attachment: Attachment, listener: ListeningEndpoint, now: number): void {
    const counters = this.#counters;
    const tuple = this.#tuple;
    const segment = this.#segment;
    // Source and destination the same, and no connection: nobody but an attacker sends that.
    if (tuple.isItself) {
      counters.tcpLand++;
      return;
    }
    const verdict = listener.engine.handleSegment(segment);
    if (verdict === LISTEN_OPEN) {
      const endpoint = this.#registry.openPassive(attachment, listener, tuple, segment, now);
      if (endpoint === null) {
        counters.tcpConnectionLimit++;
        return;
      }
      counters.tcpOpened++;
      if (this.#trace.active) this.#trace.noteReceived(endpoint, 'LISTEN', now);
      this.#turn.touch(endpoint);
      return;
    }
    if (this.#trace.active) this.#trace.noteStray(tuple, 'LISTEN', now);
    if (verdict === LISTEN_RESET && writeResetFor(segment, this.#answer)) {
      counters.tcpListenReset++;
      this.#output.reply(attachment, this.#answer, tuple, now);
    } else if (verdict === LISTEN_OVERFLOW) counters.tcpListenFull++;
    else counters.tcpListenIgnored++;
  }

  /** RFC 9293 §3.10.7.1. */
  #receiveStray(attachment: Attachment, now: number): void {
    if (this.#trace.active) this.#trace.noteStray(this.#tuple, 'CLOSED', now);
    if (!writeResetFor(this.#segment, this.#answer)) {
      this.#counters.tcpStray++;
      return;
    }
    this.#counters.tcpRefused++;
    this.#output.reply(attachment, this.#answer, this.#tuple, now);
  }

  #receiveIcmp(attachment: Attachment): void {
    const header = this.#header;
    const counters = this.#counters;
    const icmp = this.#icmp;
    if (readIcmp(header.payloadOffset, header.payloadLength, icmp) !== ICMP_OK) {
      counters.icmpBad++;
      return;
    }
    this.#setTuple(attachment.inside);
    // Where the kernel has the address too, the kernel answers.
    const answers = icmp.type === ICMP_ECHO_REQUEST && !attachment.link.sharesHost;
    if (!answers || this.#addressFault(attachment) !== null) {
      counters.icmpIgnored++;
      return;
    }
    counters.icmpEchoed++;
    this.#output.echo(attachment, header);
  }

  /** May this packet be answered? RFC 9293 §3.9.2.3, RFC 1122 §3.2.1.3. */
  #addressFault(attachment: Attachment): InboundFate | null {
    const header = this.#header;
    if (!isValidDestination(header)) return 'tcpBadDestination';
    if (!isValidSource(header)) return 'tcpBadSource';
    // On the host's own links the kernel has looked already, and inside nobody else sends.
    if (attachment.link.sharesHost || attachment.inside) return null;
    if (!attachment.link.isLocal(this.#tuple.localAddress())) return 'ipForeign';
    // From outside comes nothing that we have sent ourselves, and nothing of 127.0.0.0/8.
    const source = this.#tuple.remoteAddress();
    return source.isLoopback || attachment.link.isLocal(source) ? 'tcpBadSource' : null;
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
    default:
      return 'ipBadHeader';
  }
}
