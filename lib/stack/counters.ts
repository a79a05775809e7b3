/**
 * What a stack has counted since it was made, in the manner of `nstat`. Numbers only ever grow.
 *
 * Every packet that comes in ends in exactly one of the counters of `INBOUND_FATES`, so that their
 * sum is `packetsIn`: nothing is lost without a reason being given.
 */
export class Counters {
  /** Packets from links, of whatever kind. */
  packetsIn = 0;
  packetsOut = 0;

  /** Sound segments for a connection that exists. */
  tcpToConnection = 0;
  /** Segments for a listener: SYNs that opened a connection, … */
  tcpOpened = 0;
  /** … segments that LISTEN ignores or answers with a reset (RFC 9293 §3.10.7.2), … */
  tcpListenIgnored = 0;
  tcpListenReset = 0;
  /** … SYNs for which the listener or the stack was full. */
  tcpListenFull = 0;
  tcpConnectionLimit = 0;
  /** Segments for nobody: answered by a reset, or not to be answered because they are resets. */
  tcpRefused = 0;
  tcpStray = 0;
  /** Segments for ports that belong to the host's kernel. */
  tcpForeign = 0;
  /** Header shorter than it says, or cut off. */
  tcpBadHeader = 0;
  tcpBadChecksum = 0;
  /** To a broadcast or multicast address (MUST-57), or from an address that cannot be (MUST-63). */
  tcpBadDestination = 0;
  tcpBadSource = 0;
  /** A SYN to a listener from the listener's own address and port (LAND). */
  tcpLand = 0;

  /** ICMP echo requests that were answered, and other ICMP messages. */
  icmpEchoed = 0;
  icmpIgnored = 0;
  icmpBad = 0;

  ipShort = 0;
  ipBadVersion = 0;
  ipBadHeader = 0;
  ipBadChecksum = 0;
  /** Pieces of a larger packet, which are not put together. */
  ipFragments = 0;
  ipUnknownProtocol = 0;
  /** For an address that is not the stack's. */
  ipForeign = 0;
  /** Arrived while the stack was closed. */
  packetsAfterClose = 0;

  /** Accepted although the checksum field held only the pseudo-header's sum. */
  tcpPartialChecksum = 0;
  /** Options whose lengths make no sense; the segment was used without them. */
  tcpBadOptions = 0;
  segmentsOut = 0;
  resetsOut = 0;
  activeOpens = 0;
  passiveOpens = 0;
  /** Connections handed to their listener's user. */
  accepted = 0;
  /** Passive opens that ended before ESTABLISHED. */
  abandoned = 0;
  /** Connections that died of an error. */
  failures = 0;
  /** Times that a link had no room, and answers outside of connections lost to that. */
  linkFull = 0;
  repliesLost = 0;
}

/** What becomes of a packet: one of these for each. */
export const INBOUND_FATES = [
  'tcpToConnection',
  'tcpOpened',
  'tcpListenIgnored',
  'tcpListenReset',
  'tcpListenFull',
  'tcpConnectionLimit',
  'tcpRefused',
  'tcpStray',
  'tcpForeign',
  'tcpBadHeader',
  'tcpBadChecksum',
  'tcpBadDestination',
  'tcpBadSource',
  'tcpLand',
  'icmpEchoed',
  'icmpIgnored',
  'icmpBad',
  'ipShort',
  'ipBadVersion',
  'ipBadHeader',
  'ipBadChecksum',
  'ipFragments',
  'ipUnknownProtocol',
  'ipForeign',
  'packetsAfterClose',
] as const satisfies ReadonlyArray<keyof Counters>;

export type InboundFate = (typeof INBOUND_FATES)[number];
