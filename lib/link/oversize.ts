/**
 * IPv4 packets longer than their header can say, which the kernel takes from a device as one thing
 * that is still to be cut into segments ("BIG TCP" for IPv4): their total length is 0, and how long
 * they are is known from what was handed over. In Linux since 6.3; before, they are malformed.
 *
 * Four times as much text a packet is a quarter of the system calls, of the ACKs that answer, and
 * of what either end does for a segment.
 */
import { release } from 'node:os';

/** Longest such packet. A power of two has room for it and for the header before it. */
export const OVERSIZE_BYTES = 262_144 - 64;

/** The first kernel that takes them. */
const FIRST_MAJOR = 6;
const FIRST_MINOR = 3;

/** @param kernel its release, as `uname -r` says it */
export function takesOversize(kernel = release()): boolean {
  const [major, minor] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > FIRST_MAJOR || (major === FIRST_MAJOR && minor >= FIRST_MINOR);
}
