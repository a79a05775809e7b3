/**
 * What becomes of a packet that the host refuses to send: the connection hears of it as it would of
 * an ICMP error (RFC 1122 §4.2.4.1), without anybody's having to be believed.
 *
 * A packet too long for its path makes the connection send shorter ones; an unreachable network or
 * a firewall ends one that is still opening, and is trouble for one that is not.
 */
import { PACKET_TCP, readInboundPacket } from '../ip/inbound-packet';
import type { NetworkErrorCode } from '../support/network-error';
import { IpHeader } from '../wire/ip-header';
import { Segment } from '../wire/segment';
import { readSegment, SEGMENT_OK } from '../wire/tcp-header';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Endpoint } from './endpoint';
import { FourTuple } from './four-tuple';
import { PATH_MTU_LIFE_MS } from './path-mtu';
import { mssFor, type Registry } from './registry';
import type { Turn } from './turn';

export interface SendFailuresParts {
  registry: Registry;
  counters: Counters;
  turn: Turn;
}

export class SendFailures {
  readonly #parts: SendFailuresParts;
  readonly #header = new IpHeader();
  readonly #segment = new Segment();
  readonly #tuple = new FourTuple();

  constructor(parts: SendFailuresParts) {
    this.#parts = parts;
  }

  /** Takes the packet; its connection hears of it outside of the present call, which is a send. */
  receive(attachment: Attachment, offset: number, length: number, code: NetworkErrorCode): void {
    const { counters, registry, turn } = this.#parts;
    counters.sendsRefused++;
    const header = this.#header;
    if (readInboundPacket(offset, length, header) !== PACKET_TCP) return;
    const { payloadOffset, payloadLength } = header;
    if (readSegment(payloadOffset, payloadLength, this.#segment) !== SEGMENT_OK) return;
    const endpoint = registry.connections.find(this.#tupleOver(attachment));
    if (endpoint === null) return;
    const { seq } = this.#segment;
    turn.defer(() => this.#tell(endpoint, code, seq));
  }

  #tell(endpoint: Endpoint, code: NetworkErrorCode, seq: number): void {
    const { counters, turn } = this.#parts;
    if (endpoint.isForgotten) return;
    const now = turn.time();
    const hears =
      code === 'EMSGSIZE'
        ? this.#narrow(endpoint, seq, now)
        : endpoint.engine.handlePathError({ code, hard: false }, seq, now);
    if (!hears) return;
    counters.sendErrorsToConnection++;
    turn.touch(endpoint);
  }

  /** @returns whether the link knows of a narrower path than the connection does */
  #narrow(endpoint: Endpoint, seq: number, now: number): boolean {
    const { attachment, engine, tuple } = endpoint;
    const mtu = linkMtu(attachment, endpoint);
    const mss = mssFor(mtu, tuple.isIpv6);
    if (mtu >= endpoint.path.mtu || !engine.handlePathMtu(mss, seq, now)) return false;
    endpoint.path = { ...endpoint.path, mtu, expiresAt: now + PATH_MTU_LIFE_MS };
    this.#parts.counters.pathMtuReductions++;
    return true;
  }

  /** Of our own packet: its source is our end. */
  #tupleOver(attachment: Attachment): FourTuple {
    const tuple = this.#tuple;
    const header = this.#header;
    tuple.inside = attachment.inside;
    tuple.localPort = this.#segment.sourcePort;
    tuple.remotePort = this.#segment.destinationPort;
    tuple.setLocal(header.source0, header.source1, header.source2, header.source3);
    const { destination0, destination1, destination2, destination3 } = header;
    tuple.setRemote(destination0, destination1, destination2, destination3);
    return tuple;
  }
}

function linkMtu(attachment: Attachment, { remoteAddress, path }: Endpoint): number {
  try {
    return attachment.link.route(remoteAddress)?.mtu ?? path.mtu;
  } catch {
    return path.mtu; // the host has no descriptor to spare for the question
  }
}
