/**
 * The options of the handshake: what we offer, and what both have agreed on (RFC 9293 §3.7.1, RFC
 * 7323).
 */
import type { TcpConfig } from '../../types/tcp';
import { type Segment, SYN } from '../wire/segment';
import { MAXIMUM_WINDOW_SHIFT, MINIMUM_PEER_MSS } from './config';
import { agreeOnEcn } from './ecn';
import { updateSendMss } from './path';
import type { Tcb } from './tcb';
import { shiftFor } from './window';

/** What the peer's SYN brings. */
export function processSynOptions(tcb: Tcb, seg: Segment, now: number): void {
  const { snd, rcv, ts, config } = tcb;
  if (config.windowScaling && seg.windowScale >= 0) {
    snd.shift = Math.min(seg.windowScale, MAXIMUM_WINDOW_SHIFT);
    rcv.shift = rcv.offeredShift;
    rcv.scaleAgreed = true;
  } else {
    snd.shift = 0;
    rcv.shift = 0;
  }
  tcb.sack.on = config.sack && seg.sackPermitted;
  ts.on = config.timestamps && seg.hasTimestamps;
  if (ts.on) {
    ts.recent = ts.earlier = ts.next = seg.tsval;
    ts.recentAt = ts.nextAt = now;
  }
  tcb.peerMss = seg.mss < 0 ? tcb.defaultPeerMss : Math.max(seg.mss, MINIMUM_PEER_MSS);
  updateSendMss(tcb);
  agreeOnEcn(tcb, seg);
  tcb.sending?.agree(tcb);
}

/** Options on our SYN: all we can; on a SYN-ACK only what the SYN had (RFC 7323 §1.3). */
export function writeSynOptions(tcb: Tcb, out: Segment, now: number): void {
  const { config, rcv, ts } = tcb;
  const answer = tcb.state === 'SYN-RECEIVED';
  out.mss = rcv.mss;
  if (answer ? rcv.scaleAgreed : config.windowScaling) {
    out.windowScale = rcv.offeredShift;
  }
  out.sackPermitted = answer ? tcb.sack.on : config.sack;
  if (answer ? ts.on : config.timestamps) writeTimestamps(tcb, out, now);
}

/** Timestamps on every segment once both have agreed, and TSecr only with ACK (RFC 7323 §3.2). */
export function writeTimestamps(tcb: Tcb, out: Segment, now: number): void {
  out.hasTimestamps = true;
  out.tsval = tcb.ts.value(now);
  out.tsecr = tcb.state === 'SYN-SENT' ? 0 : tcb.ts.recent;
}

/** Large enough for all that the receive buffer may grow to. */
export function offeredShift(config: TcpConfig): number {
  const { receiveBufferBytes, receiveBufferMaxBytes } = config;
  return shiftFor(Math.max(receiveBufferBytes, receiveBufferMaxBytes));
}

/** The window field in bytes: a SYN's is never scaled (RFC 7323 §2.2). */
export function scaledWindow(tcb: Tcb, seg: Segment): number {
  return (seg.flags & SYN) !== 0 ? seg.window : seg.window << tcb.snd.shift;
}
