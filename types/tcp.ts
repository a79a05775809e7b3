/** What the TCP engine tells about itself. */

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
