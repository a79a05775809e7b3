/**
 * What tests send: bytes that tell where in the stream they belong.
 *
 * A byte depends on its position and a seed only, so both ends can make and check any stretch of it, and
 * text that arrives at the wrong place is not mistaken for the right one.
 */

/** The byte at `position` of the stream of `seed`. */
export function patternByte(position: number, seed = 0): number {
  const mixed = Math.imul(position ^ seed, 0x9e3779b1);
  return (mixed >>> 24) ^ ((mixed >>> 13) & 0xff);
}

export function fillPattern(target: Uint8Array, position: number, seed = 0): void {
  for (let i = 0; i < target.length; i++) target[i] = patternByte(position + i, seed);
}

export function patternBytes(position: number, length: number, seed = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  fillPattern(bytes, position, seed);
  return bytes;
}

/** @returns index of the first byte that does not belong at `position` + index, or -1 */
export function findForeignByte(bytes: Uint8Array, position: number, seed = 0): number {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== patternByte(position + i, seed)) return i;
  }
  return -1;
}
