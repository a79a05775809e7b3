/** A segment for which there is no connection (RFC 9293 §3.10.7.1, state CLOSED). */
import { ACK, RST, type Segment } from '../wire/segment';
import { seqAdd } from './seq';

/**
 * Writes the RST that answers `seg` into `out`.
 * @returns false when none is due: a reset is never answered (MUST NOT, RFC 9293 §3.5.2)
 */
export function writeResetFor(seg: Segment, out: Segment): boolean {
  if ((seg.flags & RST) !== 0) return false;
  const { length, flags, seq, ack } = seg;
  out.clear();
  out.sourcePort = seg.destinationPort;
  out.destinationPort = seg.sourcePort;
  if ((flags & ACK) !== 0) {
    out.flags = RST;
    out.seq = ack;
    out.ack = 0;
  } else {
    out.flags = RST | ACK;
    out.seq = 0;
    out.ack = seqAdd(seq, length);
  }
  return true;
}
