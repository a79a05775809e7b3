/**
 * Fragments put together again (RFC 791 §3.2, RFC 815, RFC 8200 §4.5), in bounded memory.
 *
 * What never becomes whole is given up after a minute (RFC 1122 §3.3.2, RFC 8200 §4.5). Each source
 * has its own share of the table, and at every limit the oldest goes, so that a flood of fragments
 * (CVE-2018-5391) costs no more than its share, and mostly itself.
 */
import type { IpHeader } from '../wire/ip-header';
import { PartialPacket, PIECE_COMPLETES, PIECE_KEPT, PIECE_REPEATED } from './partial-packet';

/** How long fragments wait for the others, ms. */
export const REASSEMBLY_MS = 60_000;

export interface ReassemblyLimits {
  /** Bytes held, overhead included. */
  bytes: number;
  /** Packets that are not whole, and of those the ones from one source. */
  packets: number;
  packetsPerSource: number;
}

/** What has happened, by nstat's names without the family (IpReasmOKs, Ip6ReasmOKs, …). */
export interface ReassemblyCounts {
  reqds: number;
  oks: number;
  fails: number;
  timeouts: number;
}

/** What became of a fragment. */
export const FRAGMENT_HELD = 0;
/** Repeated, impossible, overlapping, or too much. */
export const FRAGMENT_REFUSED = 1;
/** The packet is whole: `whole` is it, until the next call. */
export const FRAGMENT_COMPLETES = 2;

interface Entry<Owner> {
  readonly packet: PartialPacket;
  readonly key: string;
  readonly source: string;
  readonly owner: Owner;
}

export class Reassembly<Owner> {
  whole: PartialPacket | null = null;
  readonly ipv4: ReassemblyCounts = { reqds: 0, oks: 0, fails: 0, timeouts: 0 };
  readonly ipv6: ReassemblyCounts = { reqds: 0, oks: 0, fails: 0, timeouts: 0 };
  readonly #limits: ReassemblyLimits;
  /** In the order in which they began, which is also that of their deadlines. */
  readonly #entries = new Map<string, Entry<Owner>>();
  readonly #bySource = new Map<string, number>();
  #bytes = 0;

  constructor(limits: ReassemblyLimits) {
    this.#limits = limits;
  }

  /** Packets that are not whole. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes held for them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the first of them is to be given up, ms; Infinity: there is none. */
  get deadline(): number {
    for (const { packet } of this.#entries.values()) return packet.deadline;
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Takes the fragment whose header was read; its addresses have been checked.
   * @param owner where it came in: fragments of two owners do not fit together
   * @param ownerName the same, as text
   */
  receive(header: IpHeader, owner: Owner, ownerName: string, now: number): number {
    this.whole = null;
    const counts = header.family === 6 ? this.ipv6 : this.ipv4;
    counts.reqds++;
    const entry = this.#entryFor(header, owner, ownerName, now);
    const { packet } = entry;
    const before = packet.heldBytes;
    const wasVoid = packet.isVoid;
    const verdict = packet.add(header);
    this.#bytes += packet.heldBytes - before;
    if (verdict === PIECE_REPEATED) return FRAGMENT_REFUSED;
    if (verdict === PIECE_COMPLETES && !packet.hasBadEcn) {
      this.#remove(entry);
      counts.oks++;
      this.whole = packet;
      return FRAGMENT_COMPLETES;
    }
    if (verdict === PIECE_KEPT) {
      this.#shrink();
      return this.#entries.has(entry.key) ? FRAGMENT_HELD : FRAGMENT_REFUSED;
    }
    if (!wasVoid) {
      counts.fails++;
      this.#bytes -= packet.heldBytes;
      packet.makeVoid();
      this.#bytes += packet.heldBytes;
    }
    return FRAGMENT_REFUSED;
  }

  /**
   * Gives up one packet whose time is over, or none. Where its first fragment had come, the sender
   * is to hear of it.
   */
  pollExpired(now: number): { packet: PartialPacket; owner: Owner } | null {
    for (const entry of this.#entries.values()) {
      if (now < entry.packet.deadline) return null;
      this.#remove(entry);
      const { packet, owner } = entry;
      if (packet.isVoid) continue;
      const counts = packet.header.family === 6 ? this.ipv6 : this.ipv4;
      counts.timeouts++;
      counts.fails++;
      return { packet, owner };
    }
    return null;
  }

  clear(): void {
    this.#entries.clear();
    this.#bySource.clear();
    this.#bytes = 0;
  }

  #entryFor(header: IpHeader, owner: Owner, ownerName: string, now: number): Entry<Owner> {
    const source = `${header.source0} ${header.source1} ${header.source2} ${header.source3}`;
    const key = `${ownerName} ${source} ${rest(header)}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const { packets, packetsPerSource } = this.#limits;
    if ((this.#bySource.get(source) ?? 0) >= packetsPerSource) this.#dropOldest(source);
    if (this.#entries.size >= packets) this.#dropOldest(null);
    const entry = { packet: new PartialPacket(header, now + REASSEMBLY_MS), key, source, owner };
    this.#entries.set(key, entry);
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    this.#bytes += entry.packet.heldBytes;
    return entry;
  }

  #shrink(): void {
    while (this.#bytes > this.#limits.bytes) this.#dropOldest(null);
  }

  /** @param source whose; null: anybody's */
  #dropOldest(source: string | null): void {
    for (const entry of this.#entries.values()) {
      if (source !== null && entry.source !== source) continue;
      const { packet } = entry;
      if (!packet.isVoid) (packet.header.family === 6 ? this.ipv6 : this.ipv4).fails++;
      this.#remove(entry);
      return;
    }
  }

  #remove({ key, source, packet }: Entry<Owner>): void {
    this.#entries.delete(key);
    this.#bytes -= packet.heldBytes;
    const left = this.#bySource.get(source)! - 1;
    if (left === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, left);
  }
}

/**
 * What else makes fragments those of one packet: in IPv6 not the protocol, for it may differ (RFC
 * 8200 §4.5).
 */
function rest(header: IpHeader): string {
  const { destination0, destination1, destination2, destination3, identification } = header;
  const destination = `${destination0} ${destination1} ${destination2} ${destination3}`;
  const protocol = header.family === 6 ? 6 : `4 ${header.protocol}`;
  return `${destination} ${identification} ${protocol}`;
}
