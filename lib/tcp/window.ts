/** The windows, and the avoidance of silly ones at both ends (RFC 9293 §3.8.6). */
import { DEFAULT_PEER_MSS, MAXIMUM_WINDOW_SHIFT, TIMESTAMP_OPTION_BYTES } from './config';
import { pacingRate, trainRate } from './pacing';
import { seqAdd, seqDiff, seqGt } from './seq';
import type { Tcb } from './tcb';

const MAX_FIELD = 65_535;

/** The shift count that lets a buffer of `bytes` be offered in 16 bits (RFC 7323 §2.3). */
export function shiftFor(bytes: number): number {
  let shift = 0;
  while (shift < MAXIMUM_WINDOW_SHIFT && bytes > MAX_FIELD << shift) shift++;
  return shift;
}

/**
 * The window field for a segment that leaves now; what it offers is remembered as `rcv.edge`.
 *
 * The right edge moves only if it can move by a full segment or half the buffer (MUST-39), and
 * never moves left (SHLD-14): scaling rounds up, so up to 2^shift − 1 bytes more than the buffer
 * may come, and are taken. Beyond that it rounds down (RFC 7323 §2.4), or each ACK would offer some
 * more.
 */
export function offerWindow(tcb: Tcb, isSyn: boolean): number {
  const { rcv } = tcb;
  const offered = rcv.wnd;
  const free = freeWindow(tcb);
  const window = free - offered >= worthOffering(tcb) ? free : offered;
  const shift = isSyn ? 0 : rcv.shift;
  const slack = (1 << shift) - 1;
  const up = (window + slack) >> shift;
  const field = Math.min(up << shift <= free + slack ? up : window >> shift, MAX_FIELD);
  const edge = seqAdd(rcv.nxt, field << shift);
  if (seqDiff(edge, rcv.edge) > 0) rcv.edge = edge;
  return field;
}

/**
 * The user has read: should the peer hear now that the window is larger? When it has doubled and
 * grown by a full segment or half the buffer, as on Linux; or by two segments that are an eighth of
 * the buffer, much as in BSD: the last ACK left before the user could read, and until the next one
 * the peer would do without that part of the window.
 */
export function shouldUpdateWindow(tcb: Tcb): boolean {
  const { rcv, receiveBuffer } = tcb;
  const offered = rcv.wnd;
  const free = freeWindow(tcb);
  const growth = free - offered;
  if (free >= 2 * offered) return growth >= worthOffering(tcb);
  return growth >= 2 * rcv.mss && growth >= receiveBuffer.limit >> 3;
}

/**
 * Least growth of the window that the peer is told of: half the buffer, or what he sends in a full
 * segment, which has less text than our MSS says where options take their part of it.
 */
function worthOffering(tcb: Tcb): number {
  const options = tcb.ts.on ? TIMESTAMP_OPTION_BYTES : 0;
  return Math.min(tcb.receiveBuffer.limit >> 1, tcb.rcv.mss - options);
}

function freeWindow(tcb: Tcb): number {
  const { receiveBuffer, rcv } = tcb;
  return Math.max(0, Math.min(receiveBuffer.limit - receiveBuffer.length, MAX_FIELD << rcv.shift));
}

/**
 * How much of `unsent` bytes to send now, by the sender's rules against silly windows (RFC 9293
 * §3.8.6.2.1) and Nagle's (§3.7.4); 0: wait.
 * @param usable what both windows allow
 * @param idle nothing is outstanding
 */
export function sendableLength(tcb: Tcb, unsent: number, usable: number, idle: boolean): number {
  const { snd } = tcb;
  const full = Math.min(snd.mss, halfOfBuffer(tcb));
  const length = Math.min(unsent, usable, full);
  if (length <= 0) return 0;
  if (length === full) return full < snd.mss ? full : fullLength(tcb, unsent, usable); // (1)
  // (2), (3): everything there is, unless Nagle waits for the acknowledgment of what is outstanding
  if (length === unsent && (idle || tcb.noDelay || tcb.finQueued || seqGt(snd.up, snd.nxt))) {
    return length;
  }
  // (3) half the largest window, with the same proviso
  if (length < unsent && length >= snd.maxWnd >> 1 && (idle || tcb.noDelay)) return length;
  return 0;
}

/**
 * No segment is more than that. Who gets only one at a time puts off its ACK (RFC 9293 §3.8.6.3),
 * and we, with no room for another, would wait for him. (BSD limits its MSS like this, too.)
 */
function halfOfBuffer({ sendBuffer }: Tcb): number {
  const most = Math.max(sendBuffer.capacity, sendBuffer.length); // the limit may be lower now
  return Math.max(most >> 1, DEFAULT_PEER_MSS);
}

/**
 * One full segment, or as many as the link takes in one piece; with what is left behind them, where
 * that may leave by itself, too.
 */
function fullLength(tcb: Tcb, unsent: number, usable: number): number {
  const { snd } = tcb;
  // Urgent text goes by itself: each segment of a piece would bear the same pointer.
  if (snd.burst === snd.mss || seqGt(snd.up, snd.nxt)) return snd.mss;
  const most = Math.min(unsent, usable, burstNow(tcb));
  if (most === unsent && (tcb.noDelay || tcb.finQueued)) return most;
  return most - (most % snd.mss);
}

/**
 * With pacing, and of a train, not more at once than leaves in a millisecond, but two segments
 * (Linux: TSO).
 */
function burstNow(tcb: Tcb): number {
  const { snd } = tcb;
  const rate = tcb.train === null ? pacingRate(tcb) : trainRate(tcb);
  if (rate === Infinity) return snd.burst;
  return Math.min(snd.burst, Math.max(2 * snd.mss, Math.floor(rate)));
}
