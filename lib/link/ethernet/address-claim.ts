/**
 * The claim to one address on a network where others may have it already: probed for before it is
 * used, announced, and defended (RFC 5227 for IPv4; for IPv6 duplicate address detection, RFC 4862
 * §5.4).
 *
 * Pure bookkeeping: time comes in, and what is to be sent goes out through `events`.
 */
import type { IpAddress } from '../../wire/ip-address';

/** All probing and waiting of RFC 5227 §1.1 together, at its longest, ms. */
export const IPV4_PROBE_MS = 7_000;
/** Of RFC 4862: the random delay, one solicitation, and RetransTimer, ms. */
export const IPV6_PROBE_MS = 2_000;
/** A second conflict in so short a time is one too many (RFC 5227 §2.4), ms. */
export const DEFEND_INTERVAL_MS = 10_000;
/** RFC 5227 §1.1. */
export const ANNOUNCE_NUM = 2;
export const ANNOUNCE_INTERVAL_MS = 2_000;
const IPV4_PROBES = 3;
const PROBE_WAIT_MS = 1_000;
const PROBE_MIN_MS = 1_000;
const PROBE_MAX_MS = 2_000;
const IPV4_ANNOUNCE_WAIT_MS = 2_000;
const IPV6_RETRANS_MS = 1_000;

export interface ClaimEvents {
  /** Ask whether somebody has the address. */
  handleProbe(claim: AddressClaim): void;
  /** Tell everybody that we have it. */
  handleAnnouncement(claim: AddressClaim): void;
  /** From now on it may be used. */
  handleHeld(claim: AddressClaim): void;
  /** Somebody else has it, at this hardware address: it may not be used any longer. */
  handleLost(claim: AddressClaim, macHigh: number, macLow: number): void;
}

export interface ClaimTerms {
  /** How long to probe at most, ms; 0: not at all. The RFCs' own paces are the constants above. */
  probeMs: number;
  /** Is an address that is held given up at the second conflict, or defended for ever? */
  yields: boolean;
}

export class AddressClaim {
  readonly address: IpAddress;
  state: 'PROBING' | 'HELD' | 'LOST' = 'PROBING';
  /** When `handleTimeout` must be called, ms; Infinity: never. */
  deadline = Infinity;
  readonly #events: ClaimEvents;
  readonly #terms: ClaimTerms;
  readonly #fraction: () => number;
  #probesLeft: number;
  #announcementsLeft = ANNOUNCE_NUM;
  #conflictAt = -Infinity;

  /** @param fraction a random number from 0 to 1 */
  constructor(address: IpAddress, terms: ClaimTerms, events: ClaimEvents, fraction: () => number) {
    this.address = address;
    this.#terms = terms;
    this.#events = events;
    this.#fraction = fraction;
    this.#probesLeft = address.isMapped ? IPV4_PROBES : 1;
  }

  /** Begins. Held at once where nothing is probed. */
  open(now: number): void {
    if (this.#terms.probeMs === 0) this.#hold(now);
    else this.deadline = now + this.#scaled(PROBE_WAIT_MS * this.#fraction());
  }

  handleTimeout(now: number): void {
    if (this.state === 'PROBING') this.#continueProbing(now);
    else if (this.state === 'HELD') this.#announce(now);
  }

  /** Somebody else uses the address, or probes for it while we do. */
  handleConflict(macHigh: number, macLow: number, now: number): void {
    if (this.state === 'LOST') return;
    const isRecent = now - this.#conflictAt < DEFEND_INTERVAL_MS;
    if (this.state === 'PROBING' || (isRecent && this.#terms.yields)) {
      this.state = 'LOST';
      this.deadline = Infinity;
      this.#events.handleLost(this, macHigh, macLow);
      return;
    }
    // Not more often, or two that both defend for ever would talk of nothing else.
    if (isRecent) return;
    this.#conflictAt = now;
    this.#events.handleAnnouncement(this);
  }

  #continueProbing(now: number): void {
    if (this.#probesLeft === 0) {
      this.#hold(now);
      return;
    }
    this.#probesLeft--;
    this.#events.handleProbe(this);
    const pause = PROBE_MIN_MS + (PROBE_MAX_MS - PROBE_MIN_MS) * this.#fraction();
    const last = this.address.isMapped ? IPV4_ANNOUNCE_WAIT_MS : IPV6_RETRANS_MS;
    this.deadline = now + this.#scaled(this.#probesLeft > 0 ? pause : last);
  }

  #hold(now: number): void {
    this.state = 'HELD';
    this.#announce(now);
    this.#events.handleHeld(this);
  }

  #announce(now: number): void {
    this.#announcementsLeft--;
    this.deadline = this.#announcementsLeft > 0 ? now + ANNOUNCE_INTERVAL_MS : Infinity;
    this.#events.handleAnnouncement(this);
  }

  /** @param ms of the RFC's pace */
  #scaled(ms: number): number {
    const whole = this.address.isMapped ? IPV4_PROBE_MS : IPV6_PROBE_MS;
    return (ms * this.#terms.probeMs) / whole;
  }
}
