/**
 * IPv4 packets longer than their header can say, which the kernel takes from a device as one thing
 * that is still to be cut into segments ("BIG TCP" for IPv4): their total length is 0, and how long
 * they are is known from what was handed over. In Linux since 6.3; before, they are malformed.
 *
 * Three times as much text a packet is a third of the system calls, of the ACKs that answer, and of
 * what either end does for a packet.
 */
import { release } from 'node:os';

/** Longest such packet: of more, what one end has copied leaves its cache before it is read. */
export const OVERSIZE_BYTES = 196_608;

/** The first kernel that takes them. */
const FIRST_MAJOR = 6;
const FIRST_MINOR = 3;

/** @param kernel its release, as `uname -r` says it */
export function takesOversize(kernel = release()): boolean {
  const [major, minor] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > FIRST_MAJOR || (major === FIRST_MAJOR && minor >= FIRST_MINOR);
}
