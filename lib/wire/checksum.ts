/**
 * The Internet checksum (RFC 1071) of bytes in packet memory.
 *
 * A "sum" here is the ones'-complement sum of big-endian 16-bit words, folded to 16 bits and not
 * complemented, so that sums of pieces can be added. Long stretches are summed by SIMD in
 * WebAssembly, which has the packet memory as its own; short ones cost less in place than the call
 * would.
 */
import { packetMemory } from '../support/memory';
import { CHECKSUM_MODULE } from './checksum-module';

/** Up to here the call into WebAssembly, 5 ns, costs more than it saves, in bytes (measured). */
const SHORT_BYTES = 16;
/**
 * Most that the functions of checksum.wat take at once without overflow. Even, as every piece but
 * the last.
 */
const PIECE_BYTES = 512 * 1024;

/** What checksum.wat exports. */
interface SimdModule {
  sum(offset: number, length: number): number;
  copySum(to: number, from: number, length: number): number;
}

const simd = instantiate();
const simdSum = simd === null ? null : simd.sum;
const simdCopySum = simd === null ? null : simd.copySum;

/** Is the SIMD module in use? Where the engine lacks it, `sumBytesJs` takes its place. */
export const usesSimd = simdSum !== null;

/**
 * The sum of `length` bytes at `offset`, both of any parity; an odd last byte is padded with zero.
 * @returns 0 … 0xffff; 0 only when every byte is 0
 */
export function sumBytes(offset: number, length: number): number {
  if (length <= SHORT_BYTES) return sumShort(offset, length);
  if (simdSum === null || length > PIECE_BYTES) return sumLong(offset, length);
  return simdSum(offset, length);
}

/**
 * Copies `length` bytes from `from` to `to`, which must not overlap, in packet memory: one pass
 * over the bytes where `sumBytes` would need another.
 * @returns their sum, like `sumBytes`
 */
export function copyBytes(to: number, from: number, length: number): number {
  if (simdCopySum === null || length > PIECE_BYTES) return copyBytesJs(to, from, length);
  return simdCopySum(to, from, length);
}

/** `copyBytes` in two passes. */
export function copyBytesJs(to: number, from: number, length: number): number {
  packetMemory.bytes.copyWithin(to, from, from + length);
  return sumBytes(to, length);
}

/** `sumBytes` without WebAssembly. */
export function sumBytesJs(offset: number, length: number): number {
  const view = packetMemory.view;
  const end = offset + length;
  let at = offset;
  // Sums of 32-bit words are exact in a double up to 2^53: 8 MiB of them, far more than a packet.
  let even = 0;
  let odd = 0;
  for (const last = end - 16; at <= last; at += 16) {
    even += view.getUint32(at) + view.getUint32(at + 4);
    odd += view.getUint32(at + 8) + view.getUint32(at + 12);
  }
  return addSums(foldDouble(even + odd), sumShort(at, end - at));
}

/** The sum of two stretches, the first of which has an even length. */
export function addSums(a: number, b: number): number {
  const sum = a + b;
  return (sum & 0xffff) + (sum >>> 16);
}

/**
 * What the sum `b` of a stretch becomes behind one of `length` bytes, before it is added: behind an
 * odd number of bytes, high and low ones change places (RFC 1071 §2).
 */
export function sumBehind(length: number, b: number): number {
  return (length & 1) === 0 ? b : ((b & 0xff) << 8) | (b >>> 8);
}

/** Folds an unfolded sum (a non-negative int32) to 16 bits. */
export function foldSum(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/**
 * The sum of two addresses as IpAddress has them: the constant part of a connection's
 * pseudo-header. The words before an IPv4 address are 0xffff together, which is zero in ones'
 * complement: they change nothing, so that both families are summed alike. Of a link-local address
 * the second word may hold a scope, which is not on the wire (see `IpAddress.scoped`).
 */
export function addressSum(
  s0: number,
  s1: number,
  s2: number,
  s3: number,
  d0: number,
  d1: number,
  d2: number,
  d3: number,
): number {
  const source = halves(s0) + wireHalves(s0, s1) + halves(s2) + halves(s3);
  const destination = halves(d0) + wireHalves(d0, d1) + halves(d2) + halves(d3);
  return foldSum(source + destination);
}

/**
 * The sum of the pseudo-header of RFC 9293 §3.1 (IPv4) or RFC 8200 §8.1 (IPv6).
 * @param addresses what `addressSum` returned
 * @param length bytes of the transport's header and payload
 */
export function pseudoHeaderSum(addresses: number, protocol: number, length: number): number {
  return foldSum(addresses + protocol + halves(length));
}

/** What goes into a header's checksum field: the complement. */
export function finishSum(sum: number): number {
  return ~sum & 0xffff;
}

/** At most SHORT_BYTES: the words fit an int32 without carrying. */
function sumShort(offset: number, length: number): number {
  const view = packetMemory.view;
  const end = offset + length;
  let at = offset;
  let sum = 0;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at);
    sum += (word >>> 16) + (word & 0xffff);
  }
  if (end - at >= 2) {
    sum += view.getUint16(at);
    at += 2;
  }
  if (at < end) sum += view.getUint8(at) << 8;
  return foldSum(sum);
}

function sumLong(offset: number, length: number): number {
  const sumPiece = simdSum ?? sumBytesJs;
  const end = offset + length;
  let sum = 0;
  for (let at = offset; at < end; at += PIECE_BYTES) {
    sum = addSums(sum, sumPiece(at, Math.min(PIECE_BYTES, end - at)));
  }
  return sum;
}

/** @returns the halves of `w1`; 0 behind fe80::/10, where RFC 4291 §2.5.6 has nothing but zeros */
function wireHalves(w0: number, w1: number): number {
  return w0 >>> 22 === 0x3fa ? 0 : halves(w1);
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/** Folds a non-negative integer below 2^53. */
function foldDouble(sum: number): number {
  const high = Math.floor(sum / 2 ** 32);
  return foldSum(halves(sum | 0) + halves(high));
}

function instantiate(): SimdModule | null {
  try {
    const module = new WebAssembly.Module(Buffer.from(CHECKSUM_MODULE, 'base64'));
    const instance = new WebAssembly.Instance(module, { env: { memory: packetMemory.wasm } });
    return instance.exports as unknown as SimdModule;
  } catch {
    return null; // no SIMD on this processor, or WebAssembly switched off
  }
}
