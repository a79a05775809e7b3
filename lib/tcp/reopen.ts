/** May a SYN end a TIME-WAIT early? (RFC 6191; RFC 9293 §3.6.1, MAY-2) */
import { ACK, RST, type Segment, SYN } from '../wire/segment';
import { seqGt } from './seq';
import type { LastNumbers } from './tcb-rows';

/** A SYN that answers nothing. */
export function isFirst({ flags }: Segment): boolean {
  return (flags & (SYN | ACK | RST)) === SYN;
}

/**
 * Yes, if it cannot be an old duplicate: its timestamp is later than the last one of the old
 * connection, or, where that says nothing, its sequence number is beyond what the old one used.
 */
export function mayReopen({ rcv, ts }: Pick<LastNumbers, 'rcv' | 'ts'>, seg: Segment): boolean {
  if (!isFirst(seg)) return false;
  const isBeyond = seqGt(seg.seq, rcv.nxt);
  if (!ts.on || !seg.hasTimestamps) return isBeyond;
  if (seg.tsval === ts.recent) return isBeyond;
  return seqGt(seg.tsval, ts.recent);
}
