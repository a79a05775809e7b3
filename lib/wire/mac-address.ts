/**
 * A hardware address of Ethernet (IEEE 802-2014 §8.2): 48 bits, as two numbers and as text.
 *
 * Two numbers, because no bit operation in JavaScript reaches beyond 32 bits: the first two bytes,
 * and the other four as an int32.
 */

const TEXT = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;
/** Bits of the first byte, where it stands in `high`. */
const GROUP_BIT = 0x0100;
const LOCAL_BIT = 0x0200;

export class MacAddress {
  /** The first two bytes, 0 to 0xffff. */
  readonly high: number;
  /** The other four, int32. */
  readonly low: number;

  constructor(high: number, low: number) {
    this.high = high & 0xffff;
    this.low = low | 0;
  }

  /** @returns null for anything but six pairs of hex digits with colons, or hyphens, between */
  static parse(text: string): MacAddress | null {
    if (!TEXT.test(text)) return null;
    const digits = text.replace(/[:-]/g, '');
    return new MacAddress(
      Number.parseInt(digits.slice(0, 4), 16),
      Number.parseInt(digits.slice(4), 16),
    );
  }

  /**
   * An address of nobody's making: locally administered, for one station.
   * @param random fills an array with unpredictable bytes
   */
  static generate(random: (target: Uint8Array) => void): MacAddress {
    const bytes = new Uint8Array(6);
    random(bytes);
    const high = ((bytes[0] << 8) | bytes[1] | LOCAL_BIT) & ~GROUP_BIT;
    return new MacAddress(high, (bytes[2] << 24) | (bytes[3] << 16) | (bytes[4] << 8) | bytes[5]);
  }

  /** Does it name many stations: a multicast address, or the broadcast? */
  get isGroup(): boolean {
    return isGroupMac(this.high);
  }

  /** Can one station bear it: no group's, and not all zeros? */
  get isStation(): boolean {
    return isStationMac(this.high, this.low);
  }

  equals(other: MacAddress): boolean {
    return this.low === other.low && this.high === other.high;
  }

  get text(): string {
    return macText(this.high, this.low);
  }

  toString(): string {
    return this.text;
  }
}

export const MAC_BROADCAST = new MacAddress(0xffff, -1);

/** The same questions about an address in two numbers. */
export function isGroupMac(high: number): boolean {
  return (high & GROUP_BIT) !== 0;
}

export function isStationMac(high: number, low: number): boolean {
  return !isGroupMac(high) && (high !== 0 || low !== 0);
}

export function macText(high: number, low: number): string {
  const digits = high.toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0');
  return digits.replace(/(..)(?=.)/g, '$1:');
}
