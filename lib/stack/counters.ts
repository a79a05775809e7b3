/**
 * What a stack has counted since it was made, in the manner of `nstat`. Numbers only ever grow.
 *
 * Every packet that comes in ends in exactly one of the counters of `INBOUND_FATES`, so that their
 * sum is `packetsIn`: nothing is lost without a reason being given. Where Linux counts the same, or
 * nearly, its name stands in brackets.
 */
export class Counters {
  /** Packets from links, of whatever kind [IpInReceives], and to links [IpOutRequests]. */
  packetsIn = 0;
  packetsOut = 0;

  /** Sound segments for a connection that exists. */
  tcpToConnection = 0;
  /** Segments for a listener: SYNs that opened a connection, … */
  tcpOpened = 0;
  /** … segments that LISTEN ignores or answers with a reset (RFC 9293 §3.10.7.2), … */
  tcpListenIgnored = 0;
  tcpListenReset = 0;
  /** … SYNs for which the SYN queue was full, without cookies [TcpExtTCPReqQFullDrop], … */
  tcpListenFull = 0;
  /** … what came while too many waited to be accepted [TcpExtListenOverflows], … */
  tcpBacklogFull = 0;
  /** … and what the stack had no room for [TcpExtListenDrops]. */
  tcpConnectionLimit = 0;
  /** SYNs that were answered and not remembered [TcpExtSyncookiesSent] … */
  synCookiesSent = 0;
  /** … and ACKs that then opened a connection [TcpExtSyncookiesRecv]. */
  synCookiesReceived = 0;
  /** Segments for nobody: answered by a reset, or not to be answered because they are resets. */
  tcpRefused = 0;
  tcpStray = 0;
  /** Segments for ports that belong to the host's kernel. */
  tcpForeign = 0;
  /** Header shorter than it says, or cut off [TcpInErrs]. */
  tcpBadHeader = 0;
  /** [TcpInCsumErrors] */
  tcpBadChecksum = 0;
  /** To a broadcast or multicast address (MUST-57), or from an address that cannot be (MUST-63). */
  tcpBadDestination = 0;
  tcpBadSource = 0;
  /** A SYN to a listener from the listener's own address and port (LAND). */
  tcpLand = 0;

  /** ICMP echo requests that were answered [IcmpInEchos]. */
  icmpEchoed = 0;
  /** ICMP errors that a connection took notice of [IcmpInDestUnreachs, IcmpInTimeExcds, …]. */
  icmpToConnection = 0;
  /** "Fragmentation needed" that told a connection nothing new. */
  icmpPathMtuKnown = 0;
  /** ICMP errors about a segment of no connection [IcmpInErrors]. */
  icmpNoConnection = 0;
  /** … or of nothing that is outstanding, so perhaps forged [TcpExtOutOfWindowIcmps]. */
  icmpNotPlausible = 0;
  /** Discarded (MUST-55) [IcmpInSrcQuenchs]. */
  icmpSourceQuench = 0;
  /** ICMP messages of other kinds, or about other protocols. */
  icmpIgnored = 0;
  /** Cut off, or with a wrong checksum [IcmpInCsumErrors]. */
  icmpBad = 0;

  /** Headers that cannot be [IpInHdrErrors; IpExtInCsumErrors]. */
  ipShort = 0;
  ipBadVersion = 0;
  ipBadHeader = 0;
  ipBadChecksum = 0;
  /** IPv6 extension headers that are malformed, too many, or ask for what is not done here. */
  ipBadExtension = 0;
  /** An IPv4 address in an IPv6 header. */
  ipBadAddress = 0;
  /** Pieces of a larger packet that wait for the others, … */
  ipFragments = 0;
  /** … and those that cannot be, overlap, were there already, or are too many. */
  ipFragmentsRefused = 0;
  /** [IpInUnknownProtos] */
  ipUnknownProtocol = 0;
  /** For an address that is not the stack's [IpInAddrErrors]. */
  ipForeign = 0;
  /** Arrived while the stack was closed. */
  packetsAfterClose = 0;

  /** Accepted although the checksum field held only the pseudo-header's sum. */
  tcpPartialChecksum = 0;
  /** Options whose lengths make no sense; the segment was used without them. */
  tcpBadOptions = 0;
  /** [TcpOutSegs] */
  segmentsOut = 0;
  /** [TcpOutRsts] */
  resetsOut = 0;
  /** [TcpActiveOpens] */
  activeOpens = 0;
  /** SYNs that were given a connection, and cookies that brought one back [TcpPassiveOpens]. */
  passiveOpens = 0;
  /** Connections handed to their listener's user. */
  accepted = 0;
  /** Passive opens that ended before ESTABLISHED [TcpAttemptFails]. */
  abandoned = 0;
  /** Connections that died of an error [TcpEstabResets]. */
  failures = 0;
  /** TIME-WAITs that gave way to a new connection, here or there begun [TcpExtTWRecycled]. */
  timeWaitReused = 0;
  /** TIME-WAITs ended early: they held too many ports of the host [TcpExtTCPTimeWaitOverflow]. */
  timeWaitRetired = 0;
  /** ACKs to a listener that seemed to bear a cookie and did not [TcpExtSyncookiesFailed]. */
  synCookiesFailed = 0;
  /** Paths that turned out narrower than was thought. */
  pathMtuReductions = 0;
  /** Packets that the host refused to send, and those of them whose connection heard of it. */
  sendsRefused = 0;
  sendErrorsToConnection = 0;
  /** All fragments, packets made whole of them, given up, and of those for lack of time. */
  ipReasmReqds = 0;
  ipReasmOKs = 0;
  ipReasmFails = 0;
  ipReasmTimeout = 0;
  ip6ReasmReqds = 0;
  ip6ReasmOKs = 0;
  ip6ReasmFails = 0;
  ip6ReasmTimeout = 0;
  /** Packets that we have cut into fragments, and those fragments. */
  ipFragOKs = 0;
  ipFragCreates = 0;
  ip6FragOKs = 0;
  ip6FragCreates = 0;
  /** ICMP errors sent [IcmpOutErrors], and ones that would have been too many. */
  icmpErrorsOut = 0;
  icmpErrorsHeldBack = 0;
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
  'tcpBacklogFull',
  'tcpConnectionLimit',
  'synCookiesSent',
  'synCookiesReceived',
  'tcpRefused',
  'tcpStray',
  'tcpForeign',
  'tcpBadHeader',
  'tcpBadChecksum',
  'tcpBadDestination',
  'tcpBadSource',
  'tcpLand',
  'icmpEchoed',
  'icmpToConnection',
  'icmpPathMtuKnown',
  'icmpNoConnection',
  'icmpNotPlausible',
  'icmpSourceQuench',
  'icmpIgnored',
  'icmpBad',
  'ipShort',
  'ipBadVersion',
  'ipBadHeader',
  'ipBadChecksum',
  'ipBadExtension',
  'ipBadAddress',
  'ipFragments',
  'ipFragmentsRefused',
  'ipUnknownProtocol',
  'ipForeign',
  'packetsAfterClose',
] as const satisfies ReadonlyArray<keyof Counters>;

export type InboundFate = (typeof INBOUND_FATES)[number];
