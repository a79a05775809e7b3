/**
 * Which of a link's own addresses speaks to a destination (RFC 6724 §5), as far as the rules apply
 * to one link without deprecated, temporary or home addresses: rules 1, 2, 6 and 8.
 *
 * Of IPv4's addresses the first speaks, unless the destination is one of them: RFC 6724 leaves
 * IPv4 to the host, and the order is then the user's choice.
 */
import type { IpAddress } from '../wire/ip-address';

/** RFC 6724 §3.1, the values of RFC 4291 §2.7. */
const SCOPE_INTERFACE = 1;
const SCOPE_LINK = 2;
const SCOPE_GLOBAL = 14;

/** The default policy table of RFC 6724 §2.1: [first word, second word, prefix bits, label]. */
const LABELS: readonly (readonly [number, number, number, number])[] = [
  [0x20010000, 0, 32, 5], // Teredo
  [0x20020000, 0, 16, 2], // 6to4
  [0xfc000000, 0, 7, 13], // unique local
  [0x3ffe0000, 0, 16, 12], // 6bone
];
const LABEL_LOOPBACK = 0;
const LABEL_ANY = 1;

/** @returns null where none of `own` is of the destination's family */
export function selectSource(own: readonly IpAddress[], destination: IpAddress): IpAddress | null {
  let best: IpAddress | null = null;
  for (const address of own) {
    if (address.isMapped !== destination.isMapped) continue;
    if (best === null || isBetter(address, best, destination)) best = address;
  }
  return best;
}

/** Is `a` strictly better than `b`? */
function isBetter(a: IpAddress, b: IpAddress, destination: IpAddress): boolean {
  const isDestination = a.equals(destination);
  if (isDestination !== b.equals(destination)) return isDestination; // rule 1
  if (destination.isMapped) return false;
  const scopeA = scopeOf(a);
  const scopeB = scopeOf(b);
  const wanted = scopeOf(destination);
  if (scopeA !== scopeB) return scopeA < scopeB ? scopeA >= wanted : scopeB < wanted; // rule 2
  const label = labelOf(destination);
  const hasLabel = labelOf(a) === label;
  if (hasLabel !== (labelOf(b) === label)) return hasLabel; // rule 6
  return commonBits(a, destination) > commonBits(b, destination); // rule 8
}

function scopeOf(address: IpAddress): number {
  if (address.isMulticast) return (address.w0 >>> 16) & 0xf;
  if (address.isLoopback) return SCOPE_INTERFACE;
  return address.isLinkLocal ? SCOPE_LINK : SCOPE_GLOBAL;
}

function labelOf(address: IpAddress): number {
  if (address.isLoopback) return LABEL_LOOPBACK;
  for (const [word, second, bits, label] of LABELS) {
    const same = leadingZeros(address.w0 ^ word, address.w1 ^ second);
    if (same >= bits) return label;
  }
  return LABEL_ANY;
}

/** At most the 64 bits of a prefix: what follows says nothing of where an address is (§2.2). */
function commonBits(a: IpAddress, b: IpAddress): number {
  return leadingZeros(a.w0 ^ b.w0, a.w1 ^ b.w1);
}

function leadingZeros(high: number, low: number): number {
  return high === 0 ? 32 + Math.clz32(low) : Math.clz32(high);
}
