/**
 * IP packets out: to the neighbour that is their next hop, at once where its hardware address is
 * known, and where it is not when it has answered.
 */
import type { LinkHost } from '../../../types/link';
import { packetMemory } from '../../support/memory';
import { CHECKSUM_COMPLETE } from '../../wire/checksum-note';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../wire/ethernet';
import { UNREACHABLE_BYTES, writeUnreachable } from '../../wire/local-error';
import { type AddressPlan, ITSELF } from './address-plan';
import type { EthernetCounters } from './ethernet-counters';
import type { FrameOutput } from './frame-output';
import type { Neighbour } from './neighbour';
import { NeighbourCache, type NeighbourEvents } from './neighbour-cache';
import { WaitingBudget, WaitingPackets } from './waiting-packets';

const MAPPED_PREFIX = 0xffff;
const IPV4_DESTINATION = 16;
const IPV6_DESTINATION = 24;

export interface NextHopsParts {
  plan: AddressPlan;
  output: FrameOutput;
  host: LinkHost;
  counters: EthernetCounters;
  /** A random number from 0 to 1. */
  fraction: () => number;
  /** Asks for a neighbour's hardware address, everybody or itself. */
  ask: (neighbour: Neighbour, toItself: boolean) => void;
}

export class NextHops implements NeighbourEvents {
  readonly cache: NeighbourCache;
  readonly #parts: NextHopsParts;
  readonly #budget = new WaitingBudget();
  /** The last packet's destination, and its next hop: mostly the next packet's, too. */
  #w0 = 0;
  #w1 = 0;
  #w2 = 0;
  #w3 = 0;
  #last: Neighbour | null = null;
  /** While a packet's neighbour is looked up, a question would be written over the packet. */
  #isChoosing = false;
  #toAsk: Neighbour | null = null;
  /** What nobody takes, until its senders are told. */
  readonly #unreachable: WaitingPackets[] = [];

  constructor(parts: NextHopsParts) {
    this.#parts = parts;
    this.cache = new NeighbourCache(this, parts.fraction);
  }

  /**
   * Sends the packet in the place that the output has reserved last, or keeps a copy of it.
   * @param pieceBytes as for Link.commit
   */
  send(offset: number, length: number, pieceBytes: number): void {
    const { view } = packetMemory;
    const isIpv4 = view.getUint8(offset) >>> 4 === 4;
    const w3 = view.getInt32(offset + (isIpv4 ? IPV4_DESTINATION : IPV6_DESTINATION + 12));
    const w0 = isIpv4 ? 0 : view.getInt32(offset + IPV6_DESTINATION);
    const w1 = isIpv4 ? 0 : view.getInt32(offset + IPV6_DESTINATION + 4);
    const w2 = isIpv4 ? MAPPED_PREFIX : view.getInt32(offset + IPV6_DESTINATION + 8);
    const neighbour = this.#neighbourFor(w0, w1, w2, w3);
    if (neighbour === null) this.#parts.counters.droppedNoRoute++;
    else if (neighbour.state === 'INCOMPLETE') this.#keep(neighbour, offset, length, pieceBytes);
    else this.#sendTo(neighbour, isIpv4, length, pieceBytes);
  }

  handleQuestion(neighbour: Neighbour, toItself: boolean): void {
    if (this.#isChoosing) this.#toAsk = neighbour;
    else this.#parts.ask(neighbour, toItself);
  }

  handleResolved(neighbour: Neighbour): void {
    const { waiting } = neighbour;
    neighbour.waiting = null;
    waiting?.drain((offset, length, pieceBytes) => {
      const { output, counters } = this.#parts;
      const place = output.reserve(length);
      if (place < 0) {
        counters.droppedUnresolved++;
        return;
      }
      packetMemory.bytes.copyWithin(place, offset, offset + length);
      const isIpv4 = packetMemory.bytes[place] >>> 4 === 4;
      this.#sendTo(neighbour, isIpv4, length, pieceBytes);
    });
  }

  /** Whoever sent what waits is told, but not now: he may be the one who is calling. */
  handleUnresolved(neighbour: Neighbour): void {
    const { waiting } = neighbour;
    neighbour.waiting = null;
    this.#parts.counters.neighboursUnreachable++;
    if (waiting === null) return;
    if (this.#unreachable.length === 0) this.#parts.host.defer(this.#tellUnreachable);
    this.#unreachable.push(waiting);
  }

  close(): void {
    for (const one of this.cache.list()) one.waiting?.drop();
    for (const waiting of this.#unreachable) waiting.drop();
    this.#unreachable.length = 0;
    this.cache.clear();
    this.#last = null;
  }

  #neighbourFor(w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    const last = this.#last;
    const isSame =
      last !== null && w3 === this.#w3 && w2 === this.#w2 && w1 === this.#w1 && w0 === this.#w0;
    // One that is STALE is to be told that it is used again.
    if (isSame && last.state !== 'STALE' && !last.isForgotten) return last;
    const { plan, host } = this.#parts;
    const hop = plan.hopTo(w0, w1, w2, w3);
    if (hop === null) return null;
    const now = host.clock.now();
    this.#isChoosing = true;
    if (hop === ITSELF) this.#last = this.cache.use(w0, w1, w2, w3, now);
    else this.#last = this.cache.use(hop.w0, hop.w1, hop.w2, hop.w3, now);
    this.#isChoosing = false;
    this.#w0 = w0;
    this.#w1 = w1;
    this.#w2 = w2;
    this.#w3 = w3;
    return this.#last;
  }

  #keep(neighbour: Neighbour, offset: number, length: number, pieceBytes: number): void {
    neighbour.waiting ??= new WaitingPackets(this.#budget);
    const lost = neighbour.waiting.push(offset, length, pieceBytes);
    this.#parts.counters.droppedUnresolved += lost;
    if (this.#toAsk === null) return;
    this.#toAsk = null;
    this.#parts.ask(neighbour, false);
  }

  #sendTo(to: Neighbour, isIpv4: boolean, length: number, pieceBytes: number): void {
    const { output, counters } = this.#parts;
    const type = isIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    output.commit(to.macHigh, to.macLow, type, length, pieceBytes);
    counters.sentPackets++;
    counters.sentBytes += length;
  }

  readonly #tellUnreachable = (): void => {
    const { host, counters } = this.#parts;
    const queues = this.#unreachable.splice(0);
    if (queues.length === 0) return;
    const scratch = packetMemory.allocate(UNREACHABLE_BYTES);
    for (const queue of queues) {
      queue.drain((offset, length) => {
        counters.droppedUnresolved++;
        const bytes = writeUnreachable(scratch, offset, length);
        if (bytes > 0) host.receive(scratch, bytes, CHECKSUM_COMPLETE);
      });
    }
    packetMemory.release(scratch, UNREACHABLE_BYTES);
    host.receivedBatch();
  };
}
