/**
 * The addresses of a host on one Ethernet, and where it sends what: to whoever shares a prefix with
 * it directly, to everybody else through the gateway (RFC 1122 §3.3.1.1, RFC 4861 §5.2).
 */
import type { IpAddress } from '../../wire/ip-address';
import type { Cidr } from '../cidr';

/** Said of a destination that is its own next hop. */
export const ITSELF = 'itself';

interface Prefix {
  readonly address: IpAddress;
  readonly bits: number;
  /** Which bits of each word belong to the prefix. */
  readonly masks: readonly [number, number, number, number];
}

export class AddressPlan {
  /** Our own, in the order in which they were given. */
  readonly addresses: readonly IpAddress[];
  /** Longest prefix first; of equally long ones the first that was given. */
  readonly #prefixes: readonly Prefix[];
  readonly #gateways: readonly IpAddress[];

  constructor(cidrs: readonly Cidr[], gateways: readonly IpAddress[]) {
    this.addresses = cidrs.map(({ address }) => address);
    this.#prefixes = cidrs.map(prefixOf).sort((a, b) => b.bits - a.bits);
    this.#gateways = gateways;
  }

  isLocal(address: IpAddress): boolean {
    return this.addresses.some((own) => own.equals(address));
  }

  /** Is it somebody's who shares a prefix with us? */
  isOnLink(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.#covering(w0, w1, w2, w3) !== null;
  }

  /** The address of ours that shares a prefix with that one. */
  sourceOnLink(w0: number, w1: number, w2: number, w3: number): IpAddress | null {
    return this.#covering(w0, w1, w2, w3)?.address ?? null;
  }

  /** @returns ITSELF where the destination needs no gateway; null: it cannot be reached */
  hopTo(w0: number, w1: number, w2: number, w3: number): IpAddress | typeof ITSELF | null {
    const prefix = this.#covering(w0, w1, w2, w3);
    const isIpv4 = isMapped(w0, w1, w2);
    if (prefix !== null) return isIpv4 && !isHost(prefix, w3) ? null : ITSELF;
    const isGroup = isIpv4 ? w3 >>> 28 === 0xe || w3 === -1 : w0 >>> 24 === 0xff;
    return isGroup ? null : this.#gatewayFor(isIpv4);
  }

  /** @returns the destination, a gateway, or null: it cannot be reached */
  nextHop(destination: IpAddress): IpAddress | null {
    const { w0, w1, w2, w3 } = destination;
    const hop = this.hopTo(w0, w1, w2, w3);
    return hop === ITSELF ? destination : hop;
  }

  /** @returns the source address of packets to the destination; null: it cannot be reached */
  source(destination: IpAddress): IpAddress | null {
    const hop = this.nextHop(destination);
    if (hop === null) return null;
    // Off the link, the address that the gateway shares a prefix with: it answers to the same side.
    const near = this.sourceOnLink(hop.w0, hop.w1, hop.w2, hop.w3);
    const isFar = hop !== destination;
    if (near !== null && !(isFar && near.isLinkLocal)) return near;
    const { isMapped } = destination;
    return this.addresses.find((own) => own.isMapped === isMapped && !own.isLinkLocal) ?? near;
  }

  #gatewayFor(isIpv4: boolean): IpAddress | null {
    return this.#gateways.find((one) => one.isMapped === isIpv4) ?? null;
  }

  #covering(w0: number, w1: number, w2: number, w3: number): Prefix | null {
    for (const prefix of this.#prefixes) {
      const { address, masks } = prefix;
      if (((address.w3 ^ w3) & masks[3]) !== 0 || ((address.w2 ^ w2) & masks[2]) !== 0) continue;
      if (((address.w1 ^ w1) & masks[1]) === 0 && ((address.w0 ^ w0) & masks[0]) === 0) {
        return prefix;
      }
    }
    return null;
  }
}

function prefixOf({ address, prefixBits }: Cidr): Prefix {
  const bits = prefixBits + (address.isMapped ? 96 : 0);
  return { address, bits, masks: [mask(bits), mask(bits - 32), mask(bits - 64), mask(bits - 96)] };
}

/** Of one word: as many leading ones, of 32. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/**
 * An IPv4 network's first and last address are nobody's (RFC 1122 §3.2.1.3), unless the network
 * has two only (RFC 3021).
 */
function isHost({ bits, masks }: Prefix, w3: number): boolean {
  if (bits > 126) return true;
  const host = w3 & ~masks[3];
  return host !== 0 && host !== ~masks[3];
}

function isMapped(w0: number, w1: number, w2: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0xffff;
}
