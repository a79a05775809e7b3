/**
 * A connection's inside for the curious, by Linux's `tcp_info` names; units: `types/tcp`,
 * `TcpInfo`.
 */
import type { TcpInfo } from '../../types/tcp';
import { Sending } from './sending';
import { seqDiff } from './seq';
import { isSynchronized } from './state';
import type { Tcb } from './tcb';
import { endOfText } from './transmit';

export function describe(tcb: Tcb, now: number): TcpInfo {
  const { snd, rcv, rtt, count } = tcb;
  // To be looked at does not make a connection larger.
  const { cc, scoreboard, undo } = tcb.sending ?? new Sending(tcb);
  return {
    state: tcb.state,
    rto: rtt.rto,
    rtt: rtt.srtt,
    rttvar: rtt.rttvar,
    snd_cwnd: cc.cwnd,
    snd_ssthresh: cc.ssthresh,
    snd_mss: snd.mss,
    rcv_mss: rcv.seenMss,
    snd_wnd: snd.wnd,
    rcv_wnd: rcv.wnd,
    snd_wscale: snd.shift,
    rcv_wscale: rcv.shift,
    unacked: seqDiff(snd.nxt, snd.una),
    notsent_bytes: isSynchronized(tcb.state) ? unsentBytes(tcb) : tcb.sendBuffer.length,
    backoff: rtt.backoff,
    total_retrans: count.retransmits,
    bytes_acked: count.bytesAcked,
    bytes_received: count.bytesReceived,
    bytes_sent: count.bytesSent,
    bytes_retrans: count.bytesRetransmitted,
    segs_out: count.segmentsOut,
    segs_in: count.segmentsIn,
    data_segs_out: count.dataSegmentsOut,
    data_segs_in: count.dataSegmentsIn,
    rcv_ooopack: count.outOfOrder,
    delivered_ce: tcb.ecn.marksReceived,
    ecn_seen: tcb.ecn.echoesTaken,
    sndbuf: tcb.sendBuffer.limit,
    rcvbuf: tcb.receiveBuffer.limit,
    rcv_rtt: tcb.readRate.rtt,
    last_data_sent: now - snd.lastAt,
    last_data_recv: now - rcv.lastAt,
    lost: scoreboard.lostBytes,
    sacked: scoreboard.sackedBytes,
    reord_seen: scoreboard.reordered,
    undo_count: undo.count,
    timestamps: tcb.ts.on,
    sack: tcb.sack.on,
    ecn: tcb.ecn.on,
  };
}

/** The FIN, once it has left, lies behind the last byte. */
function unsentBytes(tcb: Tcb): number {
  return Math.max(0, seqDiff(endOfText(tcb), tcb.snd.nxt));
}
