/**
 * The ends of a stack's queues, and what happens there: `StackLimits` of types/stack with its
 * reasons.
 */
import type { StackLimits } from '../../types/stack';

export const DEFAULT_LIMITS: Readonly<StackLimits> = {
  // About 1.4 KB each while idle (`npm run bench -- idle`), four times that while text moves, and
  // its buffers. Past it `connect` throws ENOBUFS and a SYN is dropped and counted
  // (`tcpConnectionLimit`): the peer repeats it, as with any full host.
  connections: 65_536,
  // Linux: net.ipv4.tcp_max_syn_backlog on a small host; a listener's backlog may set it lower.
  // Past it a SYN is answered by a cookie, or dropped (`synCookiesSent`, `tcpListenFull`).
  synQueue: 1024,
  // About half a millisecond of small segments, two to four of 64 KiB ones; then timers, other
  // sockets and the program have their turn.
  packetsPerTurn: 512,
  // About 100 bytes each. Past it the oldest is forgotten.
  pathMtus: 4096,
  // Linux: net.ipv4.ipfrag_high_thresh, ipfrag_max_dist. Past each of them the oldest packet is
  // given up (`ipReasmFails`).
  fragmentBytes: 4 * 1024 * 1024,
  fragmentPackets: 256,
  fragmentPacketsPerSource: 64,
};

/** The time to live of a packet whose connection has not chosen another (RFC 1700; Linux too). */
export const DEFAULT_HOP_LIMIT = 64;

/**
 * Segments that one connection may send before the next one has its turn: a usual window's worth.
 */
export const SEGMENTS_PER_PASS = 64;

/** The same, while others wait for room on the link: few enough that an ACK need not wait long. */
export const SEGMENTS_WHEN_CROWDED = 4;

/** @throws RangeError for a limit that is not a positive number */
export function applyLimits(limits: Partial<StackLimits> | undefined): StackLimits {
  const result = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as Array<keyof StackLimits>) {
    const value = limits?.[name];
    if (value === undefined) continue;
    if (!(value >= 1)) throw new RangeError(`limits.${name} must be 1 or more, not ${value}`);
    result[name] = value;
  }
  return result;
}
