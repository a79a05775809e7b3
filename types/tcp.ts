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
  timestamps: boolean;
}

/** What can be chosen for the engine: per stack, and some of it per connection. Durations in ms. */
export interface TcpConfig {
  noDelay: boolean;
  /** Limits of the buffers, in bytes. */
  sendBufferBytes: number;
  receiveBufferBytes: number;
  /** Options offered on SYN (RFC 7323 §2 and §3). */
  windowScaling: boolean;
  timestamps: boolean;
  /** RFC 6928: initial window in full-sized segments. */
  initialWindowSegments: number;
  /** RFC 6298; the minimum follows Linux (200 ms) instead of the RFC's 1 s. */
  initialRtoMs: number;
  minRtoMs: number;
  maxRtoMs: number;
  /** RFC 9293 §3.8.6.3: less than 500. */
  delayedAckMs: number;
  /** RFC 9293 §3.8.6.2.1: how long silly-window avoidance may hold data back. */
  swsOverrideMs: number;
  /** Half of the TIME-WAIT. */
  mslMs: number;
  /** R2 of RFC 9293 §3.8.3: how long data, and a SYN, are repeated before giving up. */
  dataTimeoutMs: number;
  synTimeoutMs: number;
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
  readonly readEnded: boolean;
  readonly sendQueueBytes: number;
  shutdown(now: number): void;
  abort(now: number): void;
  release(now: number): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delayMs: number, now: number): void;
  info(): TcpInfo;

  handleSegment(seg: Segment, now: number): void;
  /** Called at or after `deadline`. */
  handleTimeout(now: number): void;
  /**
   * The next segment that is owed or allowed now, written into `out` (ports, seq, …, text places;
   * not the checksum). Call until false.
   */
  pollTransmit(now: number, out: Segment): boolean;
  /** Earliest time at which `handleTimeout` must be called; Infinity: none. */
  readonly deadline: number;
  /** Bits of `lib/tcp/events` that have come up since the last call. */
  pollEvents(): number;
  /** Why the connection died; null while it has not. */
  readonly error: NetworkErrorCode | null;
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
