/** What the TCP engine offers, and what it tells about itself. */
import type { NetworkErrorCode } from '../lib/support/network-error';
import type { Segment } from '../lib/wire/segment';

/** The eleven states, in the words of RFC 9293 §3.3.2. */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** A connection's inside, by Linux's `tcp_info` names where Linux has one. */
export interface TcpInfo {
  state: TcpState;
  /** Current retransmission timeout, milliseconds. */
  rto: number;
  /** Smoothed round-trip time and its variation, milliseconds; NaN before the first measurement. */
  rtt: number;
  rttvar: number;
  /** Congestion window and slow-start threshold, bytes (Linux: segments). */
  snd_cwnd: number;
  snd_ssthresh: number;
  /** Largest text we send, and largest the peer was seen to send, bytes. */
  snd_mss: number;
  rcv_mss: number;
  /** Windows in bytes: the peer's offer to us, ours to him. */
  snd_wnd: number;
  rcv_wnd: number;
  /** Shift counts in force; 0 where not negotiated. */
  snd_wscale: number;
  rcv_wscale: number;
  /** Bytes sent and not acknowledged, and bytes waiting to be sent. */
  unacked: number;
  notsent_bytes: number;
  /** Timeouts in a row for what is outstanding now. */
  backoff: number;
  total_retrans: number;
  bytes_acked: number;
  bytes_received: number;
  bytes_sent: number;
  bytes_retrans: number;
  segs_out: number;
  segs_in: number;
  data_segs_out: number;
  data_segs_in: number;
  /** Segments that arrived out of order. */
  rcv_ooopack: number;
  /** Segments that arrived marked by the network, and ones that told us of ours (RFC 3168). */
  delivered_ce: number;
  ecn_seen: number;
  /** Limits in force of the two buffers, bytes. */
  sndbuf: number;
  rcvbuf: number;
  /** Estimated round-trip time as the receiving side sees it, ms; NaN before there is one. */
  rcv_rtt: number;
  /** Time since the last text was sent, and since anything arrived, ms; NaN: never. */
  last_data_sent: number;
  last_data_recv: number;
  /** Of what is outstanding: thought lost, and reported as received, bytes (Linux: segments). */
  lost: number;
  sacked: number;
  /** Segments were seen to arrive in another order than they left. */
  reord_seen: boolean;
  /** Reductions of the window that turned out to be needless and were taken back. */
  undo_count: number;
  /** What the handshake agreed on. */
  timestamps: boolean;
  sack: boolean;
  ecn: boolean;
}

/** What can be chosen for the engine: per stack, and some of it per connection. Durations in ms. */
export interface TcpConfig {
  noDelay: boolean;
  /** Limits of the buffers to begin with, in bytes. */
  sendBufferBytes: number;
  receiveBufferBytes: number;
  /**
   * How far the limits may grow by themselves, as transfer and reader can use it (Linux: the third
   * numbers of tcp_wmem and tcp_rmem). Not above the first limit: no growth.
   */
  sendBufferMaxBytes: number;
  receiveBufferMaxBytes: number;
  /** Options offered on SYN (RFC 7323 §2 and §3). */
  windowScaling: boolean;
  timestamps: boolean;
  /** Selective acknowledgment (RFC 2018, RFC 2883). */
  sack: boolean;
  /**
   * With SACK, losses are told by time, and the tail is probed (RACK-TLP, RFC 8985); else by how
   * much has arrived behind them (RFC 6675).
   */
  rack: boolean;
  /** Without timestamps, needless timeouts are found by F-RTO (RFC 5682). */
  forwardRto: boolean;
  /**
   * Name of the congestion controller: 'cubic' (RFC 9438 with HyStart++, RFC 9406), 'reno' (RFC
   * 5681), 'bbr' (version 3), or one registered by the user (`registerCongestionControl`).
   */
  congestionControl: string;
  /**
   * Spreads what leaves over the round trip, where the controller does not say how: bursts are kept
   * from short queues, at the cost of timers (Linux: the fq qdisc).
   */
  pacing: boolean;
  /** RFC 6928: initial window in full-sized segments. */
  initialWindowSegments: number;
  /** RFC 6298; the minimum follows Linux (200 ms) instead of the RFC's 1 s. */
  initialRtoMs: number;
  minRtoMs: number;
  maxRtoMs: number;
  /** RFC 9293 §3.8.6.3: less than 500. */
  delayedAckMs: number;
  /** The first segments of a connection that are acknowledged at once (Linux: quick-ACK mode). */
  quickAckSegments: number;
  /** RFC 9293 §3.8.6.2.1: how long silly-window avoidance may hold data back. */
  swsOverrideMs: number;
  /** Half of the TIME-WAIT. */
  mslMs: number;
  /** R2 of RFC 9293 §3.8.3: how long data, and a SYN, are repeated before giving up. */
  dataTimeoutMs: number;
  synTimeoutMs: number;
  /** R1 of RFC 9293 §3.8.3: repetitions after which the user is told of trouble. */
  retriesBeforeTrouble: number;
  /**
   * How long sent data may stay unacknowledged, probes included, before the connection is given up
   * (RFC 5482, Linux TCP_USER_TIMEOUT). 0: `dataTimeoutMs` alone decides.
   */
  userTimeoutMs: number;
  /**
   * What `release` does with data not yet acknowledged (SO_LINGER): −1 delivers it however long it
   * takes, 0 resets at once, more resets after that time.
   */
  lingerMs: number;
  keepAlive: boolean;
  keepAliveDelayMs: number;
  keepAliveIntervalMs: number;
  keepAliveProbes: number;
  /** How long a connection whose user is gone waits in FIN-WAIT-2 for the peer's FIN. */
  finWait2TimeoutMs: number;
  /** Most separate out-of-order ranges kept. */
  reassemblyRanges: number;
  /** Challenge ACKs a second for one connection (RFC 5961 §7). */
  challengeAcksPerSecond: number;
  /**
   * Explicit congestion notification (RFC 3168): never, when the peer asks for it (Linux's
   * default), or asked for by us too.
   */
  ecn: 'off' | 'accept' | 'request';
  /**
   * Does an ICMP error that RFC 9293 §3.9.2.2 calls soft (network or host unreachable, …) end a
   * connection that is still opening? Linux says yes, the RFC (MUST-56) no.
   */
  softErrorsEndOpening: boolean;
  /** Smallest path MTU that an ICMP message can make us believe in, bytes (Linux: min_pmtu). */
  minPathMtu: number;
  /**
   * Path MTU discovery in IPv4 (RFC 1191). False: routers may cut packets to pieces, and nobody
   * learns that they do (Linux: IP_PMTUDISC_DONT). IPv6 is never cut on its way.
   */
  pathMtuDiscovery: boolean;
  /**
   * Timeouts in a row after which a path is suspected to swallow large packets without a word, and
   * segments are halved (RFC 4821 §7.7, RFC 2923 §2.1); 0: never.
   */
  blackHoleTimeouts: number;
  /** The old octet of the IP header without its ECN bits: DSCP × 4 (RFC 9293 §3.9.1.9). */
  trafficClass: number;
  /** Does the urgent pointer name the last urgent byte (RFC 1122) or what follows it (RFC 6093)? */
  urgentPointsToLast: boolean;
}

/** What may change while a connection lives; the rest of `TcpConfig` is fixed by its SYN. */
export type TcpTuning = Pick<
  TcpConfig,
  | 'sendBufferBytes'
  | 'receiveBufferBytes'
  | 'sendBufferMaxBytes'
  | 'receiveBufferMaxBytes'
  | 'delayedAckMs'
  | 'quickAckSegments'
  | 'dataTimeoutMs'
  | 'retriesBeforeTrouble'
  | 'userTimeoutMs'
  | 'lingerMs'
  | 'keepAliveIntervalMs'
  | 'keepAliveProbes'
  | 'trafficClass'
  | 'congestionControl'
  | 'pacing'
>;

/** What an ICMP error says of the path to the peer (RFC 9293 §3.9.2.2). */
export interface PathError {
  code: NetworkErrorCode;
  /** Hard errors end a connection that is still opening whatever the options say. */
  hard: boolean;
}

/**
 * The engine's end of one connection, without I/O, clock or randomness (`lib/tcp/connection`).
 * `now` is in ms on a monotonic clock.
 */
export interface TcpEngine {
  readonly state: TcpState;
  /** Active OPEN: SYN-SENT, a SYN is owed. */
  open(iss: number, now: number): void;
  /** Passive OPEN has met a SYN: SYN-RECEIVED, a SYN-ACK is owed. `seg` is that SYN. */
  openPassive(seg: Segment, iss: number, now: number): void;

  send(chunk: Uint8Array, from: number, urgent: boolean, now: number): number;
  receive(now: number): Buffer | null;
  receiveInto(target: Uint8Array, now: number): number;
  readonly receiveQueueBytes: number;
  readonly readEnded: boolean;
  readonly sendQueueBytes: number;
  shutdown(now: number): void;
  abort(now: number): void;
  release(now: number): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delayMs: number, now: number): void;
  /** Changes what may change while the connection lives. */
  tune(changes: Partial<TcpTuning>): void;
  info(now: number): TcpInfo;

  /**
   * A SYN cookie has come back with `seg`, the ACK that completes the handshake: the connection
   * begins as if it had been SYN-RECEIVED all the time. `syn` has the options that the cookie kept.
   */
  openFromCookie(seg: Segment, syn: Segment, iss: number, now: number): void;
  /**
   * Is `seg`, which has met this connection in TIME-WAIT, the SYN of a new one that may take its
   * place (RFC 6191, RFC 9293 §3.6.1)?
   */
  mayReopen(seg: Segment): boolean;
  /** The highest sequence number sent: a connection in its place must begin behind it. */
  readonly lastSent: number;
  /**
   * An ICMP error about a segment of ours that began at `seq`. @returns false when it cannot be
   * about this connection's outstanding data (RFC 5927 §4.1), and is ignored
   */
  handlePathError(error: PathError, seq: number, now: number): boolean;
  /**
   * The path carries text of no more than `mss` bytes in a segment (ICMP: fragmentation needed).
   * @returns false like `handlePathError`, or when nothing is new in it
   */
  handlePathMtu(mss: number, seq: number, now: number): boolean;
  /** What was known of the path has grown old: it may carry `bytes` more than was believed. */
  handleWiderPath(bytes: number): void;
  handleSegment(seg: Segment, now: number): void;
  /** Called at or after `deadline`. */
  handleTimeout(now: number): void;
  /**
   * The next segment that is owed or allowed now, written into `out` (ports, seq, …, text places;
   * not the checksum). Call until false.
   */
  pollTransmit(now: number, out: Segment): boolean;
  /** Is it plain that `pollTransmit` would say false? It costs less to ask; false: maybe not. */
  readonly hasNothing: boolean;
  /** Earliest time at which `handleTimeout` must be called; Infinity: none. */
  readonly deadline: number;
  /** Bits of `lib/tcp/events` that have come up since the last call. */
  pollEvents(): number;
  /**
   * Makes itself small until something concerns it, if there is nothing it must do: at once where
   * there was never any text, else after some silence.
   * @returns false when it is too early to say, so that it is worth asking again
   */
  rest(now: number): boolean;
  /** Why the connection died; null while it has not. */
  readonly error: NetworkErrorCode | null;
  /** The last trouble that did not end it: EHOSTUNREACH, ETIMEDOUT after R1, …; null: none. */
  readonly softError: NetworkErrorCode | null;
  /** Bytes up to the end of the urgent data that the user has not read; 0: none (MUST-33). */
  readonly urgentBytes: number;
  /**
   * Must the process stay alive for it even without its user: is there data, a SYN or a FIN the
   * peer has not acknowledged? (Not in FIN-WAIT-2 and TIME-WAIT.)
   */
  readonly unfinished: boolean;
  /** Has CLOSED been reached and everything been sent, so that the stack can forget it? */
  readonly finished: boolean;
  /** Gives back buffers; nothing may be called afterwards. */
  dispose(): void;
}
