/**
 * Local ports: which are held on the host, and which are free for an outgoing connection.
 *
 * Over a link that shares the host's addresses a port must be claimed from the host's kernel, once
 * for all that use it here: a listener, the connections it accepted, connections that chose the
 * port themselves. They share a `HeldPort`, which lets go when its last user does. Inside the stack
 * and over links of its own addresses a port is free for a connection whose four-tuple is new.
 */
import type { PortClaim } from '../../types/link';
import { NetworkError } from '../support/network-error';
import type { IpAddress } from '../wire/ip-address';
import type { Attachment } from './attachment';
import type { Entropy } from './entropy';
import type { FourTuple } from './four-tuple';
import { type Bound, covers } from './listener-table';

/** RFC 6335 §6: the Dynamic Ports. */
export const FIRST_EPHEMERAL_PORT = 49_152;
export const EPHEMERAL_PORTS = 16_384;

export class HeldPort implements PortClaim {
  readonly attachment: Attachment;
  readonly address: IpAddress;
  readonly ipv6Only: boolean;
  readonly port: number;
  #claim: PortClaim;
  #users = 1;
  readonly #forget: (held: HeldPort) => void;

  constructor(
    attachment: Attachment,
    bound: Bound,
    claim: PortClaim,
    forget: (held: HeldPort) => void,
  ) {
    this.attachment = attachment;
    this.address = bound.address;
    this.ipv6Only = bound.ipv6Only;
    this.port = claim.port;
    this.#claim = claim;
    this.#forget = forget;
  }

  /** Do several rest on it, so that it outlives each of them? */
  get isShared(): boolean {
    return this.#users > 1;
  }

  /** One more user. @returns itself */
  share(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#forget(this);
    this.#claim.release();
  }

  /** Lets the host have the port back for a moment; `regain` follows. */
  suspend(): void {
    this.#claim.release();
  }

  /** From now on it rests on another claim. */
  regain(claim: PortClaim): void {
    this.#claim = claim;
  }
}

export class Ports {
  readonly #entropy: Entropy;
  readonly #held = new Map<number, HeldPort[]>();

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** Is the local end of this four-tuple, over this link, ours and not the host's? */
  isHeldOver(attachment: Attachment, tuple: FourTuple): boolean {
    const held = this.#held.get(tuple.localPort);
    if (held === undefined) return false;
    const local = { address: tuple.localAddress(), ipv6Only: false };
    return held.some((one) => one.attachment === attachment && covers(one, local));
  }

  /** How many ports of the host are held. */
  get size(): number {
    let size = 0;
    for (const held of this.#held.values()) size += held.length;
    return size;
  }

  /**
   * Holds a port of the host, or shares one that is held here already. Port 0: a free one.
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  hold(attachment: Attachment, bound: Bound, port: number): HeldPort {
    const same = (this.#held.get(port) ?? []).filter((one) => one.attachment === attachment);
    const wide = same.find((one) => covers(one, bound));
    if (wide !== undefined) return wide.share();
    const narrow = same.filter((one) => covers(bound, one));
    const held = this.#claim(attachment, bound, port, narrow);
    const others = this.#held.get(held.port);
    if (others === undefined) this.#held.set(held.port, [held]);
    else others.push(held);
    return held;
  }

  /**
   * A free ephemeral port: a random start, then one after the other (RFC 6056 §3.3.1).
   * @throws NetworkError EADDRNOTAVAIL when none is free
   */
  chooseEphemeral(isFree: (port: number) => boolean): number {
    const start = this.#entropy.below(EPHEMERAL_PORTS);
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const port = FIRST_EPHEMERAL_PORT + ((start + i) % EPHEMERAL_PORTS);
      if (isFree(port)) return port;
    }
    throw new NetworkError('EADDRNOTAVAIL', 'every ephemeral port is in use');
  }

  /**
   * The kernel refuses a claim on every address while one on a single address stands, though both
   * are ours (say, of connections that outlived an earlier listener). Then the narrow ones step
   * aside and rest on the wide one from there on.
   */
  #claim(attachment: Attachment, bound: Bound, port: number, narrow: HeldPort[]): HeldPort {
    const { link } = attachment;
    for (const one of narrow) one.suspend();
    let held: HeldPort;
    try {
      const claim = link.claimPort!(bound.address, port, bound.ipv6Only);
      held = new HeldPort(attachment, bound, claim, this.#forget);
    } catch (error) {
      for (const one of narrow) {
        one.regain(link.claimPort!(one.address, one.port, one.ipv6Only));
      }
      throw error;
    }
    for (const one of narrow) one.regain(held.share());
    return held;
  }

  readonly #forget = (held: HeldPort): void => {
    const left = this.#held.get(held.port)!.filter((one) => one !== held);
    if (left.length === 0) this.#held.delete(held.port);
    else this.#held.set(held.port, left);
  };
}
