/**
 * One neighbour on the same Ethernet, as the cache knows it (RFC 4861 §5.1, §7.3.2).
 *
 * INCOMPLETE: asked for, no answer yet. REACHABLE: known to have answered lately. STALE: that was a
 * while ago. DELAY: used again since, perhaps somebody confirms it. PROBE: asked once more, itself
 * only. PERMANENT: the user has said so, and nobody else is believed.
 */
import { IpAddress } from '../../wire/ip-address';
import { macText } from '../../wire/mac-address';
import type { WaitingPackets } from './waiting-packets';

export type NeighbourState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'PERMANENT';

export class Neighbour {
  /** Its IP address, as four words of IpAddress. */
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  state: NeighbourState = 'INCOMPLETE';
  /** Its hardware address as in MacAddress; means nothing while INCOMPLETE. */
  macHigh = 0;
  macLow = 0;
  /** When something is to be done about it, ms; Infinity: never. */
  deadline = Infinity;
  /** Questions asked since it became INCOMPLETE or PROBE. */
  questions = 0;
  /** When its hardware address was last set, ms. */
  setAt = -Infinity;
  /** Has the cache forgotten it, so that whoever holds it must ask again? */
  isForgotten = false;
  /** What waits for its hardware address; null: nothing. */
  waiting: WaitingPackets | null = null;
  /** The next of those whose addresses have the same hash. */
  next: Neighbour | null = null;

  constructor(w0: number, w1: number, w2: number, w3: number) {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }

  get isIpv4(): boolean {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === 0xffff;
  }

  get addressText(): string {
    return IpAddress.fromWords(this.w0, this.w1, this.w2, this.w3).text;
  }

  get macText(): string {
    return this.state === 'INCOMPLETE' ? '' : macText(this.macHigh, this.macLow);
  }
}
