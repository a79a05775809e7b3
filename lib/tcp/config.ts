/** What the engine does unless told otherwise. Units and meaning: `types/tcp`, `TcpConfig`. */
import type { TcpConfig } from '../../types/tcp';

export const DEFAULT_TCP_CONFIG: Readonly<TcpConfig> = {
  noDelay: false,
  sendBufferBytes: 524_288,
  receiveBufferBytes: 1_048_576,
  sendBufferMaxBytes: 4_194_304,
  receiveBufferMaxBytes: 6_291_456,
  windowScaling: true,
  timestamps: true,
  sack: true,
  rack: true,
  forwardRto: true,
  congestionControl: 'cubic',
  pacing: false,
  initialWindowSegments: 10,
  initialRtoMs: 1000,
  minRtoMs: 200,
  maxRtoMs: 120_000,
  delayedAckMs: 40,
  quickAckSegments: 16,
  swsOverrideMs: 200,
  // Linux keeps TIME-WAIT for 60 s in all, RFC 9293 §3.4.2 suggests an MSL of two minutes.
  mslMs: 30_000,
  // Linux: tcp_retries2 = 15, as the time that takes with doubling timeouts.
  dataTimeoutMs: 924_600,
  // MUST-23: three minutes at least. (Linux gives up after tcp_syn_retries = 6, about two.)
  synTimeoutMs: 180_000,
  retriesBeforeTrouble: 3,
  userTimeoutMs: 0,
  lingerMs: -1,
  keepAlive: false,
  keepAliveDelayMs: 7_200_000,
  keepAliveIntervalMs: 75_000,
  keepAliveProbes: 9,
  finWait2TimeoutMs: 60_000,
  // An overshoot of slow start leaves a gap at every second segment of the window.
  reassemblyRanges: 4096,
  challengeAcksPerSecond: 10,
  ecn: 'accept',
  softErrorsEndOpening: true,
  minPathMtu: 552,
  pathMtuDiscovery: true,
  blackHoleTimeouts: 3,
  trafficClass: 0,
  urgentPointsToLast: false,
};

/** RFC 9293 §3.7.1, MUST-15: what a peer without the MSS option can take over IPv4. */
export const DEFAULT_PEER_MSS = 536;

/** … and over IPv6. */
export const DEFAULT_PEER_MSS_IPV6 = 1220;

/** Headers of IPv4 and TCP without options, bytes. */
export const HEADER_BYTES = 40;

/**
 * A peer's MSS below this is taken as this, so that headers cannot drown the data (CVE-2019-11479).
 */
export const MINIMUM_PEER_MSS = 88;

/** The largest window that RFC 7323 §2.3 can announce. */
export const LARGEST_BUFFER_BYTES = 2 ** 30;

export const ECN_MODES: readonly unknown[] = ['off', 'accept', 'request'] satisfies Array<
  TcpConfig['ecn']
>;

/** RFC 7323 §2.3: a larger shift count is taken as this. */
export const MAXIMUM_WINDOW_SHIFT = 14;

/** Bytes that timestamps take in each segment, with their padding (RFC 7323 appendix A). */
export const TIMESTAMP_OPTION_BYTES = 12;
