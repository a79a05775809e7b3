/**
 * ICMP in: errors to the connection whose segment caused them (RFC 1122 §4.2.3.9, RFC 9293
 * §3.9.2.2), echo requests answered (RFC 1122 §3.2.2.6), everything else counted.
 *
 * Anyone can send an error with a made-up cause. So it counts only if it is addressed to where its
 * cause came from, if there is such a connection, and if the segment it quotes is outstanding (RFC
 * 5927 §4.1).
 */
import { pathErrorOf, TOO_SMALL_A_PATH } from '../ip/icmp-errors';
import { ICMP_OK, ICMP_SOURCE_QUENCH, IcmpMessage, readIcmp } from '../ip/icmp-message';
import { readIcmpv6 } from '../ip/icmpv6-message';
import { plateauBelow } from '../ip/mtu-plateaus';
import { isValidSource } from '../ip/unicast';
import { type IpHeader, PROTOCOL_TCP } from '../wire/ip-header';
import { IPV6_MIN_MTU } from '../wire/ipv6';
import { addressFault } from './addresses';
import type { Attachment } from './attachment';
import type { Counters, InboundFate } from './counters';
import type { Endpoint } from './endpoint';
import { FourTuple } from './four-tuple';
import type { Output } from './output';
import type { PathMtus } from './path-mtu';
import { mssFor, type Registry } from './registry';
import type { Turn } from './turn';

export interface IcmpInputParts {
  registry: Registry;
  counters: Counters;
  output: Output;
  turn: Turn;
  pathMtus: PathMtus;
  /** Smallest MTU that is believed (`TcpConfig.minPathMtu`). */
  minPathMtu: number;
}

export class IcmpInput {
  readonly #parts: IcmpInputParts;
  // One of each, used again for every message.
  readonly #message = new IcmpMessage();
  readonly #tuple = new FourTuple();

  constructor(parts: IcmpInputParts) {
    this.#parts = parts;
  }

  /** Takes the message in the packet whose header was read: its one fate is counted. */
  receive(attachment: Attachment, header: IpHeader, now: number): void {
    const { counters } = this.#parts;
    counters[this.#fateOf(attachment, header, now)]++;
  }

  #fateOf(attachment: Attachment, header: IpHeader, now: number): InboundFate {
    const message = this.#message;
    if (readMessage(header, message) !== ICMP_OK) return 'icmpBad';
    if (message.isEchoRequest) return this.#answerEcho(attachment, header);
    if (message.family === 4 && message.type === ICMP_SOURCE_QUENCH) return 'icmpSourceQuench';
    if (!message.isError || message.protocol !== PROTOCOL_TCP) return 'icmpIgnored';
    const error = pathErrorOf(message);
    if (error === null && !message.isTooBig) return 'icmpIgnored';
    if (!this.#isAddressed(header)) return 'icmpNotPlausible';
    const endpoint = this.#findCause(attachment);
    if (endpoint === null) return 'icmpNoConnection';
    if (error === null) return this.#receiveTooBig(endpoint, now);
    if (!endpoint.engine.handlePathError(error, message.seq, now)) return 'icmpNotPlausible';
    this.#parts.turn.touch(endpoint);
    return 'icmpToConnection';
  }

  #answerEcho(attachment: Attachment, header: IpHeader): InboundFate {
    // Where the kernel has the address too, the kernel answers.
    if (attachment.link.sharesHost || addressFault(attachment, header) !== null) {
      return 'icmpIgnored';
    }
    this.#parts.output.echo(attachment, header);
    return 'icmpEchoed';
  }

  /** Has it come to where the packet that it quotes came from, and from somebody who can be? */
  #isAddressed(header: IpHeader): boolean {
    const { source0, source1, source2, source3 } = this.#message;
    return (
      isValidSource(header) &&
      header.destination3 === source3 &&
      header.destination2 === source2 &&
      header.destination1 === source1 &&
      header.destination0 === source0
    );
  }

  #findCause(attachment: Attachment): Endpoint | null {
    const message = this.#message;
    const tuple = this.#tuple;
    tuple.inside = attachment.inside;
    tuple.localPort = message.sourcePort;
    tuple.remotePort = message.destinationPort;
    tuple.setLocal(message.source0, message.source1, message.source2, message.source3);
    const { destination0, destination1, destination2, destination3 } = message;
    tuple.setRemote(destination0, destination1, destination2, destination3);
    return this.#parts.registry.connections.find(tuple);
  }

  /** The path has an MTU below what was sent (RFC 1191 §3, RFC 8201 §4). */
  #receiveTooBig(endpoint: Endpoint, now: number): InboundFate {
    const { pathMtus, counters, turn, minPathMtu } = this.#parts;
    const { engine } = endpoint;
    const { seq } = this.#message;
    // No SYN is too large for a path.
    if (engine.state === 'SYN-SENT' || engine.state === 'SYN-RECEIVED') return 'icmpNotPlausible';
    const { isIpv6 } = endpoint.tuple;
    const told = this.#nextHopMtu(endpoint);
    // No path of IPv6 carries less than this, and nobody else cuts its packets (RFC 8201 §4).
    if (isIpv6 && told < IPV6_MIN_MTU) return 'icmpNotPlausible';
    const mtu = isIpv6 ? told : Math.max(told, minPathMtu);
    // Below the floor nothing but fragmentation helps: routers may from now on (Linux does the
    // same).
    const mayFragment = told < mtu;
    if (mtu < endpoint.path.mtu) {
      if (!engine.handlePathMtu(mssFor(mtu, isIpv6), seq, now)) return 'icmpNotPlausible';
    } else {
      if (!mayFragment || !endpoint.dontFragment) return 'icmpPathMtuKnown';
      if (!engine.handlePathError(TOO_SMALL_A_PATH, seq, now)) return 'icmpNotPlausible';
    }
    const least = Math.min(endpoint.path.mtu, mtu);
    const isCut = mayFragment || !endpoint.dontFragment;
    endpoint.path = pathMtus.note(endpoint.remoteAddress, least, isCut, now);
    counters.pathMtuReductions++;
    turn.touch(endpoint);
    return 'icmpToConnection';
  }

  /** What fits, as the router says; one that does not say leaves us to guess (RFC 1191 §5). */
  #nextHopMtu(endpoint: Endpoint): number {
    const { mtu, causeBytes } = this.#message;
    if (mtu !== 0) return mtu;
    const known = endpoint.path.mtu;
    return plateauBelow(causeBytes > 0 && causeBytes < known ? causeBytes : known);
  }
}

function readMessage(header: IpHeader, out: IcmpMessage): number {
  const { payloadOffset, payloadLength } = header;
  if (header.family === 4) return readIcmp(payloadOffset, payloadLength, out);
  return readIcmpv6(payloadOffset, payloadLength, header.addressSum(), out);
}
