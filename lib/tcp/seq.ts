/**
 * Sequence-number arithmetic modulo 2^32 on int32 (RFC 9293 §3.4).
 *
 * Two numbers compare by the sign of their difference, which is right while they lie less than 2^31
 * apart; windows are at most 2^30 (RFC 7323 §2.3).
 */

export function seqLt(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function seqLeq(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function seqGt(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function seqGeq(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** How far `a` lies after `b`; negative when before. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

export function seqAdd(a: number, bytes: number): number {
  return (a + bytes) | 0;
}

export function seqMax(a: number, b: number): number {
  return ((a - b) | 0) >= 0 ? a : b;
}

export function seqMin(a: number, b: number): number {
  return ((a - b) | 0) <= 0 ? a : b;
}
