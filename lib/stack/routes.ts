/**
 * Over which link a destination is reached, and which addresses are the stack's own.
 *
 * A connection between two sockets of one stack always stays inside. Where an own address is also
 * the host's, and nobody listens here, the host's kernel may have somebody who does.
 */
import type { Link, LinkRoute } from '../../types/link';
import { isUnicast } from '../ip/unicast';
import { NetworkError } from '../support/network-error';
import { IPV4_LOOPBACK, IPV6_LOOPBACK, type IpAddress } from '../wire/ip-address';
import type { Attachment } from './attachment';

export interface Route {
  attachment: Attachment;
  /** What the link says: source address and MTU. */
  link: LinkRoute;
}

export class Routes {
  /** For what stays inside the stack. */
  readonly loopback: Attachment;
  readonly #inside: readonly Attachment[];
  readonly #outside: readonly Attachment[];
  /** Those of them that share the host's addresses. */
  readonly #sharing: readonly Attachment[];

  /** @param outside in the order in which they are asked */
  constructor(loopback: Attachment, outside: readonly Attachment[]) {
    this.loopback = loopback;
    this.#inside = [loopback];
    this.#outside = outside;
    this.#sharing = outside.filter(({ link }) => link.sharesHost);
  }

  /**
   * A link-local address with the number of its zone in it (`IpAddress.scoped`).
   * @throws NetworkError EINVAL where it has no zone, or one that is not there, as on Linux
   */
  scope(address: IpAddress): IpAddress {
    if (!address.isLinkLocal) return address;
    const { zone } = address;
    for (const { link } of this.#outside) {
      const index = indexOfZone(link, zone);
      if (index >= 0) return address.scoped(index, zone);
    }
    const reason = zone === '' ? 'needs the zone that it is in' : `is in no zone of this stack`;
    throw new NetworkError('EINVAL', `${address.text} ${reason}, as in fe80::1%eth0`);
  }

  /** May a socket of this stack be bound to the address? */
  isLocal(address: IpAddress): boolean {
    return address.isLoopback || this.isLocalOutside(address);
  }

  /** Is it an address of one of the links? */
  isLocalOutside(address: IpAddress): boolean {
    return this.#outside.some(({ link }) => link.isLocal(address));
  }

  /** The links over which a listener bound to `address` is reached from outside. */
  over(address: IpAddress): Attachment[] {
    if (address.isUnspecified) return [...this.#outside];
    return this.#outside.filter(({ link }) => link.isLocal(address));
  }

  /**
   * @param hasListener whether a listener of this stack waits at the destination
   * @throws NetworkError ENETUNREACH; what a link says
   */
  pick(destination: IpAddress, hasListener: boolean): Route {
    if (!isUnicast(destination.w0, destination.w1, destination.w2, destination.w3)) {
      // RFC 9293 MUST-46; the code is Linux's.
      throw unreachable(destination);
    }
    if (!this.isLocal(destination)) return this.#firstOf(this.#outside, destination);
    const found = hasListener ? null : firstRoute(this.#sharing, destination);
    return found ?? this.#firstOf(this.#inside, destination);
  }

  #firstOf(attachments: readonly Attachment[], destination: IpAddress): Route {
    const route = firstRoute(attachments, destination);
    if (route === null) throw unreachable(destination);
    return route;
  }
}

/** The unspecified address as a destination means this host, as on Linux. */
export function destinationOf(address: IpAddress): IpAddress {
  if (!address.isUnspecified) return address;
  return address.isMapped ? IPV4_LOOPBACK : IPV6_LOOPBACK;
}

/** @returns -1 where the link has no such zone */
function indexOfZone(link: Link, zone: string): number {
  if (link.zones === undefined) return zone === link.name ? 0 : -1;
  return link.zones.indexOf(zone) || -1;
}

/** An address out of a packet, with the name of its zone. */
export function withZone(address: IpAddress, { link }: Attachment): IpAddress {
  if (!address.isLinkLocal) return address;
  const name = link.zones === undefined ? link.name : link.zones.nameOf(address.w1);
  return address.scoped(address.w1, name);
}

function firstRoute(attachments: readonly Attachment[], destination: IpAddress): Route | null {
  for (const attachment of attachments) {
    const link = attachment.link.route(destination);
    if (link !== null) return { attachment, link };
  }
  return null;
}

function unreachable(destination: IpAddress): NetworkError {
  return new NetworkError('ENETUNREACH', `no link of this stack reaches ${destination.text}`);
}
