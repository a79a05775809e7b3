/** An address with the length of its network's prefix, in CIDR notation (RFC 4632 §3.1). */
import { IpAddress } from '../wire/ip-address';
import { ArgumentError } from './argument-error';

export class Cidr {
  readonly address: IpAddress;
  /** Of the address as its family counts: 0 to 32, or 0 to 128. */
  readonly prefixBits: number;

  constructor(address: IpAddress, prefixBits: number) {
    this.address = address;
    this.prefixBits = prefixBits;
  }

  /** @returns null for what is not an address, a slash and a length */
  static parse(text: string): Cidr | null {
    const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
    if (match === null) return null;
    const address = IpAddress.parse(match[1]);
    const prefixBits = Number(match[2]);
    if (address === null || prefixBits > bitsOf(address)) return null;
    return new Cidr(address, prefixBits);
  }

  get text(): string {
    return `${this.address.text}/${this.prefixBits}`;
  }

  /** Bytes of the address as its family writes it: 4 or 16, in network order. */
  get bytes(): Buffer {
    const { isMapped, w0, w1, w2, w3 } = this.address;
    const all = Buffer.alloc(16);
    for (const [i, word] of [w0, w1, w2, w3].entries()) all.writeInt32BE(word, 4 * i);
    return isMapped ? all.subarray(12) : all;
  }

  /** The address by itself. */
  get alone(): Cidr {
    return new Cidr(this.address, bitsOf(this.address));
  }

  /** Is the address in the network? */
  holds(address: IpAddress): boolean {
    if (address.isMapped !== this.address.isMapped) return false;
    const ours = this.bytes;
    const theirs = new Cidr(address, this.prefixBits).bytes;
    const whole = this.prefixBits >> 3;
    if (ours.compare(theirs, 0, whole, 0, whole) !== 0) return false;
    const left = this.prefixBits & 7;
    return left === 0 || (ours[whole] ^ theirs[whole]) >> (8 - left) === 0;
  }

  /**
   * The first address of the network that is another one than this; null where the network has room
   * for one only. A pair of two has no address for the network itself (RFC 3021).
   */
  get neighbour(): Cidr | null {
    const { isMapped, w0, w1, w2, w3 } = this.address;
    const hostBits = bitsOf(this.address) - this.prefixBits;
    if (hostBits < 1) return null;
    const network = hostBits >= 32 ? 0 : w3 & -(2 ** hostBits);
    const first = w3 === (network | 1) ? network | 2 : network | 1;
    const word = hostBits === 1 ? w3 ^ 1 : first;
    const other = isMapped ? IpAddress.fromIpv4(word) : IpAddress.fromWords(w0, w1, w2, word);
    return new Cidr(other, this.prefixBits);
  }
}

/**
 * @param name of the option, for the error
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function readCidrs(name: string, value: string | string[]): Cidr[] {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'string')) {
    const expected = 'a string or an array of strings';
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, expected, value);
  }
  return list.map((text) => {
    const cidr = Cidr.parse(text);
    if (cidr !== null) return cidr;
    const expected = "an address with its prefix length, as in '10.9.0.2/24'";
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', name, expected, text);
  });
}

function bitsOf(address: IpAddress): number {
  return address.isMapped ? 32 : 128;
}
