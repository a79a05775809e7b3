/**
 * Who listens where (RFC 9293 §3.9.1.1, MUST-43): by port, the exact address preferred to the
 * unspecified.
 *
 * `::` takes both families, as Node's servers do, unless it is told not to; `0.0.0.0` takes IPv4
 * only.
 */
import type { IpAddress } from '../wire/ip-address';

/** Where something is bound. */
export interface Bound {
  readonly address: IpAddress;
  /** Of `::` that IPv4 is not meant. */
  readonly ipv6Only: boolean;
  /** May others that say so, too, be bound to the same (SO_REUSEPORT)? */
  readonly reusePort?: boolean;
}

export interface Listening extends Bound {
  readonly port: number;
}

export class ListenerTable<Entry extends Listening> {
  readonly #byPort = new Map<number, Entry[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * The listener for segments to this address and port, or null.
   * @param spread tells peers apart: where several share the place, one of them by this number
   */
  find(port: number, w0: number, w1: number, w2: number, w3: number, spread: number): Entry | null {
    const entries = this.#byPort.get(port);
    if (entries === undefined) return null;
    let best: Entry | null = null;
    let bestRank = 0;
    let equals = 0;
    for (let i = 0; i < entries.length; i++) {
      const rank = rankOf(entries[i], w0, w1, w2, w3);
      if (rank > bestRank) {
        best = entries[i];
        bestRank = rank;
        equals = 1;
      } else if (rank === bestRank) equals++;
    }
    if (best === null || equals === 1) return best;
    let place = (spread >>> 0) % equals;
    for (let i = 0; i < entries.length; i++) {
      if (rankOf(entries[i], w0, w1, w2, w3) === bestRank && place-- === 0) return entries[i];
    }
    return best;
  }

  /**
   * A listener at this port that shares an address with `bound`: a new one there is EADDRINUSE,
   * unless both may share it.
   */
  findOverlap(bound: Bound, port: number): Entry | null {
    const entries = this.#byPort.get(port);
    if (entries === undefined) return null;
    const overlaps = (one: Entry): boolean =>
      !(bound.reusePort && one.reusePort) && (covers(one, bound) || covers(bound, one));
    return entries.find(overlaps) ?? null;
  }

  add(entry: Entry): void {
    const entries = this.#byPort.get(entry.port);
    if (entries === undefined) this.#byPort.set(entry.port, [entry]);
    else entries.push(entry);
    this.#size++;
  }

  /** Does nothing with one that is not in the table. */
  remove(entry: Entry): void {
    const entries = this.#byPort.get(entry.port);
    const place = entries?.indexOf(entry) ?? -1;
    if (entries === undefined || place < 0) return;
    entries.splice(place, 1);
    if (entries.length === 0) this.#byPort.delete(entry.port);
    this.#size--;
  }

  list(): Entry[] {
    return [...this.#byPort.values()].flat();
  }
}

/** Does a socket bound to `wide` hear everything that is sent to `narrow`? */
export function covers(wide: Bound, narrow: Bound): boolean {
  const { w0, w1, w2, w3, isUnspecified, isMapped } = narrow.address;
  // An address of one family cannot be all that a dual-stack socket hears.
  if (isUnspecified && !isMapped && !narrow.ipv6Only && wide.ipv6Only) return false;
  return rankOf(wide, w0, w1, w2, w3) > 0;
}

/** 3: the very address · 2: 0.0.0.0 for IPv4 · 1: `::` for everything · 0: does not match */
function rankOf(bound: Bound, w0: number, w1: number, w2: number, w3: number): number {
  const { address } = bound;
  if (address.sameWords(w0, w1, w2, w3)) return 3;
  if (!address.isUnspecified) return 0;
  const isIpv4 = w2 === 0xffff && w1 === 0 && w0 === 0;
  if (address.isMapped) return isIpv4 ? 2 : 0;
  return isIpv4 && bound.ipv6Only ? 0 : 1;
}
