/**
 * ARP spoken and understood (RFC 826), for the neighbour cache and for the claims to our own
 * addresses (RFC 5227).
 *
 * Anyone on the network can say anything. So nobody is remembered for an answer that was not asked
 * for, or for a question to others; one who is known already is believed, as by Linux, but not when
 * he contradicts what was learnt a moment ago, and he is verified before he is relied on.
 */
import {
  ARP_BYTES,
  ARP_OK,
  ARP_REPLY,
  ARP_REQUEST,
  ArpMessage,
  readArp,
  writeArp,
} from '../../wire/arp';
import { ETHERTYPE_ARP } from '../../wire/ethernet';
import { isStationMac, MAC_BROADCAST, type MacAddress } from '../../wire/mac-address';
import type { AddressClaim } from './address-claim';
import type { AddressPlan } from './address-plan';
import type { EthernetCounters } from './ethernet-counters';
import type { FrameOutput } from './frame-output';
import type { Neighbour } from './neighbour';
import type { NeighbourCache } from './neighbour-cache';

/** What stands before an IPv4 address in the four words of IpAddress. */
const MAPPED_PREFIX = 0xffff;

/**
 * Of several answers the first counts: for so long a hardware address that was just learnt is not
 * replaced by another one, ms. Linux: locktime.
 */
export const LOCK_MS = 1_000;

export interface ArpParts {
  mac: MacAddress;
  plan: AddressPlan;
  cache: NeighbourCache;
  /** To all our addresses. */
  claims: readonly AddressClaim[];
  output: FrameOutput;
  counters: EthernetCounters;
}

export class Arp {
  readonly #parts: ArpParts;
  // One of each, used again for every message.
  readonly #heard = new ArpMessage();
  readonly #said = new ArpMessage();

  constructor(parts: ArpParts) {
    this.#parts = parts;
    this.#said.senderHigh = parts.mac.high;
    this.#said.senderLow = parts.mac.low;
  }

  /** @param toUs was the frame sent to our own hardware address alone? */
  receive(offset: number, length: number, toUs: boolean, now: number): void {
    const { mac, counters } = this.#parts;
    const heard = this.#heard;
    const fault = readArp(offset, length, heard);
    if (fault !== ARP_OK || !isStationMac(heard.senderHigh, heard.senderLow)) {
      counters.resolutionBad++;
      return;
    }
    counters.resolutionReceived++;
    if (heard.senderHigh === mac.high && heard.senderLow === mac.low) counters.resolutionIgnored++;
    else if (!this.#meetsClaim(now)) this.#learn(toUs, now);
  }

  /** Asks for the neighbour's hardware address. */
  ask(neighbour: Neighbour, toItself: boolean): void {
    const { w0, w1, w2, w3, macHigh, macLow } = neighbour;
    const source = this.#parts.plan.sourceOnLink(w0, w1, w2, w3);
    this.#fill(ARP_REQUEST, source?.w3 ?? 0, 0, 0, w3);
    if (toItself) this.#send(macHigh, macLow);
    else this.#send(MAC_BROADCAST.high, MAC_BROADCAST.low);
  }

  /** Asks everybody whether they have the address, without a word on who wants it. */
  probe(claim: AddressClaim): void {
    this.#fill(ARP_REQUEST, 0, 0, 0, claim.address.w3);
    this.#send(MAC_BROADCAST.high, MAC_BROADCAST.low);
  }

  /** Tells everybody that the address is ours (gratuitous ARP). */
  announce(claim: AddressClaim): void {
    this.#fill(ARP_REQUEST, claim.address.w3, 0, 0, claim.address.w3);
    this.#send(MAC_BROADCAST.high, MAC_BROADCAST.low);
  }

  /**
   * Does it come from one of our own addresses, or probe for one that we are probing for (RFC 5227
   * §2.1.1)?
   */
  #meetsClaim(now: number): boolean {
    const { operation, sender, target, senderHigh, senderLow } = this.#heard;
    for (const claim of this.#parts.claims) {
      if (!claim.address.isMapped) continue;
      const word = claim.address.w3;
      const isRival =
        claim.state === 'PROBING' && operation === ARP_REQUEST && sender === 0 && target === word;
      if (sender !== word && !isRival) continue;
      this.#parts.counters.conflicts++;
      claim.handleConflict(senderHigh, senderLow, now);
      return true;
    }
    return false;
  }

  #learn(toUs: boolean, now: number): void {
    const { operation, sender, senderHigh, senderLow, target } = this.#heard;
    const { plan, cache, counters } = this.#parts;
    const isKnowable = sender !== 0 && plan.isOnLink(0, 0, MAPPED_PREFIX, sender);
    const known = isKnowable ? cache.find(0, 0, MAPPED_PREFIX, sender) : null;
    const isForUs = this.#isHeld(target);
    const isLocked = known !== null && this.#contradicts(known, now);
    if (operation === ARP_REQUEST && isForUs) {
      const mayLearn = isKnowable && !isLocked;
      if (mayLearn) cache.handleQuestion(0, 0, MAPPED_PREFIX, sender, senderHigh, senderLow, now);
      this.#answer();
    } else if (known === null || isLocked) {
      counters.resolutionIgnored++;
    } else {
      const isAsked = known.state === 'INCOMPLETE' || known.state === 'PROBE';
      const solicited = operation === ARP_REPLY && toUs && isForUs && isAsked;
      cache.handleAnswer(known, senderHigh, senderLow, { solicited, override: true }, now);
    }
  }

  /** Is it another hardware address than the one that was learnt a moment ago? */
  #contradicts(known: Neighbour, now: number): boolean {
    if (known.state === 'INCOMPLETE' || now - known.setAt >= LOCK_MS) return false;
    return known.macHigh !== this.#heard.senderHigh || known.macLow !== this.#heard.senderLow;
  }

  #isHeld(word: number): boolean {
    return this.#parts.claims.some(
      ({ address, state }) => state === 'HELD' && address.isMapped && address.w3 === word,
    );
  }

  #answer(): void {
    const { sender, senderHigh, senderLow, target } = this.#heard;
    this.#fill(ARP_REPLY, target, senderHigh, senderLow, sender);
    this.#send(senderHigh, senderLow);
  }

  #fill(operation: number, sender: number, high: number, low: number, target: number): void {
    const said = this.#said;
    said.operation = operation;
    said.sender = sender;
    said.targetHigh = high;
    said.targetLow = low;
    said.target = target;
  }

  #send(macHigh: number, macLow: number): void {
    const { output, counters } = this.#parts;
    const offset = output.reserve(ARP_BYTES);
    if (offset < 0) {
      counters.resolutionLost++;
      return;
    }
    writeArp(offset, this.#said);
    output.commit(macHigh, macLow, ETHERTYPE_ARP, ARP_BYTES, 0);
    counters.resolutionSent++;
  }
}
