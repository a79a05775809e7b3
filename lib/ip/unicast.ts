/**
 * Which addresses one host can have: the check of both ends of a packet before anything is
 * answered.
 */
import type { IpHeader } from '../wire/ip-header';

const MAPPED_PREFIX = 0xffff;

/**
 * May a packet come from there? RFC 9293 MUST-63, RFC 1122 §3.2.1.3: not from a multicast or
 * broadcast address, nor from the unspecified one. (A subnet's own broadcast address is for its
 * link to know.)
 */
export function isValidSource(header: IpHeader): boolean {
  return isUnicast(header.source0, header.source1, header.source2, header.source3);
}

/** Is the packet for one host? RFC 9293 MUST-57 and RFC 1122 §3.2.2 forbid to answer others. */
export function isValidDestination(header: IpHeader): boolean {
  return isUnicast(
    header.destination0,
    header.destination1,
    header.destination2,
    header.destination3,
  );
}

/** @param w0 … w3: the words of an address as in IpAddress */
export function isUnicast(w0: number, w1: number, w2: number, w3: number): boolean {
  if (w2 === MAPPED_PREFIX && w0 === 0 && w1 === 0) {
    // 0.0.0.0/8 is "this network", 224.0.0.0/4 multicast, 255.255.255.255 the limited broadcast.
    return w3 >>> 24 !== 0 && w3 >>> 28 !== 0xe && w3 !== -1;
  }
  if (w0 >>> 24 === 0xff) return false;
  return w0 !== 0 || w1 !== 0 || w2 !== 0 || w3 !== 0;
}
