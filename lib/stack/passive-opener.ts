/**
 * How a SYN at a listener becomes a connection (RFC 9293 §3.10.7.2): at once, in SYN-RECEIVED; or,
 * while the SYN queue is full, by way of a SYN cookie, when the peer has shown that he hears us.
 */
import { COOKIE_PERIOD_MS, type SynCookies } from '../tcp/syn-cookies';
import type { IpAddress } from '../wire/ip-address';
import { ACK, RST, Segment, SYN } from '../wire/segment';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Endpoint } from './endpoint';
import type { FourTuple } from './four-tuple';
import type { ListeningEndpoint } from './listening-endpoint';
import { type PathMtu, pathOfLink } from './path-mtu';
import { mssFor, type Registry } from './registry';
import { withZone } from './routes';

/** How long after its queue was full a listener still looks for cookies in ACKs, as Linux does. */
const COOKIE_LIFE_MS = 2 * COOKIE_PERIOD_MS;

export interface PassiveOpenerParts {
  registry: Registry;
  counters: Counters;
  /** Null: a SYN that finds the queue full is dropped. */
  cookies: SynCookies | null;
}

export class PassiveOpener {
  readonly #parts: PassiveOpenerParts;
  /** What a cookie has kept of its SYN. */
  readonly #kept = new Segment();

  constructor(parts: PassiveOpenerParts) {
    this.#parts = parts;
  }

  /**
   * The SYN has met a listener with room: SYN-RECEIVED.
   * @param behind highest sequence number of a connection whose place it takes, or null
   * @returns null when the stack is full
   */
  open(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    syn: Segment,
    behind: number | null,
    now: number,
  ): Endpoint | null {
    const { registry, counters } = this.#parts;
    if (registry.isFull) return null;
    const endpoint = this.#create(attachment, listener, tuple, now);
    counters.passiveOpens++;
    endpoint.engine.openPassive(syn, registry.initialSequence(endpoint, behind, now), now);
    return endpoint;
  }

  /**
   * The SYN has met a full queue: writes the SYN-ACK with a cookie into `out`.
   * @returns false where there are no cookies
   */
  writeCookie(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    syn: Segment,
    now: number,
    out: Segment,
  ): boolean {
    const { registry, cookies } = this.#parts;
    if (cookies === null) return false;
    listener.queueFullAt = now;
    const local = tuple.localAddress();
    const remote = tuple.remoteAddress();
    const { localPort, remotePort } = tuple;
    const path = registry.pathTo(remote, linkPathTo(attachment, remote), now);
    const offset = registry.timestampOffset(local, localPort, remote, remotePort);
    const offer = {
      config: listener.config,
      mss: mssFor(path.mtu, tuple.isIpv6),
      timestamp: (Math.floor(now) + offset) | 0,
    };
    const secret = registry.tupleSecret(local, localPort, remote, remotePort);
    cookies.answer(secret, syn, offer, now, out);
    return true;
  }

  /** Might `seg`, which has met a listener and no connection, bring a cookie back? */
  mayBearCookie(listener: ListeningEndpoint, seg: Segment, now: number): boolean {
    if (this.#parts.cookies === null || (seg.flags & (SYN | ACK | RST)) !== ACK) return false;
    return now - listener.queueFullAt <= COOKIE_LIFE_MS; // false, too, if it never was full
  }

  /** Is it one of ours? Then the connection can begin: `openFromCookie`. */
  redeem(tuple: FourTuple, ack: Segment, now: number): boolean {
    const { registry, cookies } = this.#parts;
    const local = tuple.localAddress();
    const remote = tuple.remoteAddress();
    const secret = registry.tupleSecret(local, tuple.localPort, remote, tuple.remotePort);
    return cookies?.redeem(secret, ack, now, this.#kept) ?? false;
  }

  /**
   * `redeem` has said yes to `ack`: the handshake is over.
   * @returns null when the stack is full
   */
  openFromCookie(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    ack: Segment,
    now: number,
  ): Endpoint | null {
    const { registry, counters } = this.#parts;
    if (registry.isFull) return null;
    const endpoint = this.#create(attachment, listener, tuple, now);
    counters.passiveOpens++;
    endpoint.engine.openFromCookie(ack, this.#kept, (ack.ack - 1) | 0, now);
    return endpoint;
  }

  #create(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    now: number,
  ): Endpoint {
    const { registry } = this.#parts;
    const dualStack = listener.address.family === 6;
    const remote = withZone(tuple.remoteAddress(), attachment);
    const linkPath = linkPathTo(attachment, remote);
    const endpoint = registry.create({
      attachment,
      tuple: tuple.clone(),
      localAddress: shownAddress(withZone(tuple.localAddress(), attachment), dualStack),
      remoteAddress: shownAddress(remote, dualStack),
      path: registry.pathTo(remote, linkPath, now),
      linkPath,
      config: listener.config,
      hopLimit: listener.hopLimit,
      heldPort: listener.portOver(attachment)?.share() ?? null,
      listener,
    });
    listener.engine.handleOpened();
    return endpoint;
  }
}

/** A dual-stack socket shows its IPv4 peers as ::ffff:a.b.c.d (RFC 3493 §3.7). */
function shownAddress(address: IpAddress, dualStack: boolean): IpAddress {
  return dualStack ? address.mapped() : address;
}

/** Called for packets, so it does not throw: what the link says of itself is the worst answer. */
function linkPathTo({ link }: Attachment, remote: IpAddress): PathMtu {
  try {
    return pathOfLink(link.route(remote)?.mtu ?? link.mtu);
  } catch {
    return pathOfLink(link.mtu);
  }
}
