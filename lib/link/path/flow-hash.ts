/** A number for the flow that a packet belongs to: addresses, protocol and ports. */
import { packetMemory } from '../../support/memory';

const TCP = 6;
const UDP = 17;
/** IPv6's header, which is taken to be followed by the transport's. */
const IPV6_BYTES = 40;
const IPV4_BYTES = 20;

/** @returns 0 to 2^32 - 1; packets too short to tell belong to one flow */
export function flowHash(offset: number, length: number): number {
  if (length < IPV4_BYTES) return 0;
  const view = packetMemory.view;
  const first = view.getUint8(offset);
  const isIpv6 = first >>> 4 === 6;
  if (isIpv6 && length < IPV6_BYTES) return 0;
  const protocol = view.getUint8(offset + (isIpv6 ? 6 : 9));
  const addresses = offset + (isIpv6 ? 8 : 12);
  const transport = offset + (isIpv6 ? IPV6_BYTES : (first & 0x0f) << 2);
  let hash = Math.imul(protocol + 1, 0x9e3779b1);
  for (let at = addresses; at < offset + (isIpv6 ? IPV6_BYTES : IPV4_BYTES); at += 4) {
    hash = step(hash, view.getInt32(at));
  }
  const hasPorts = (protocol === TCP || protocol === UDP) && transport + 4 <= offset + length;
  if (hasPorts) hash = step(hash, view.getInt32(transport));
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** One round of MurmurHash3. */
function step(hash: number, word: number): number {
  let mixed = Math.imul(word, 0xcc9e2d51);
  mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  hash ^= mixed;
  return Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
}
