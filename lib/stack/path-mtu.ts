/**
 * Paths that are known to carry less than their link does (RFC 1191 §3), so that the next
 * connection to the same destination need not learn it again.
 *
 * An entry lives ten minutes (RFC 1191 §6.3; Linux: net.ipv4.route.mtu_expires), for routes change.
 * The table has an end: past it the entry that was told of least recently goes, and its connections
 * learn again.
 */
import type { IpAddress } from '../wire/ip-address';

/** How long what is known of a path is believed, ms. */
export const PATH_MTU_LIFE_MS = 600_000;

/** Shared by all who use the path, and by many who know of nothing but their link. */
export interface PathMtu {
  /** Largest packet to send there, bytes. */
  readonly mtu: number;
  /** The path is narrower still, so that routers must be allowed to cut packets to pieces. */
  readonly mayFragment: boolean;
  /** When that is too old to count, ms; Infinity: nothing but the link's own MTU is known. */
  readonly expiresAt: number;
}

export class PathMtus {
  /** In the order in which they were noted, the oldest first. */
  readonly #entries = new Map<number | string, PathMtu>();
  readonly #limit: number;

  /** @param limit most destinations remembered */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(destination: IpAddress, now: number): PathMtu | null {
    if (this.#entries.size === 0) return null;
    const key = keyOf(destination);
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (now < entry.expiresAt) return entry;
    this.#entries.delete(key);
    return null;
  }

  /** A plausible message has said so. @returns what is known of the path now */
  note(destination: IpAddress, mtu: number, mayFragment: boolean, now: number): PathMtu {
    const key = keyOf(destination);
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    const path = { mtu, mayFragment, expiresAt: now + PATH_MTU_LIFE_MS };
    this.#entries.set(key, path);
    return path;
  }
}

/** Made for whoever asked last: mostly the next one asks for the same. */
let latest: PathMtu = { mtu: 0, mayFragment: false, expiresAt: Number.POSITIVE_INFINITY };

/** A path of which nothing is known but what its link carries. */
export function pathOfLink(mtu: number): PathMtu {
  if (latest.mtu !== mtu) latest = { ...latest, mtu };
  return latest;
}

function keyOf({ isMapped, w0, w1, w2, w3 }: IpAddress): number | string {
  return isMapped ? w3 : `${w0} ${w1} ${w2} ${w3}`;
}
