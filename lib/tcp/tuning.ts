/**
 * Buffers that grow as far as the transfer can use them (Linux: tcp_moderate_rcvbuf and the growth
 * of tcp_wmem), so that an idle connection is small and a long fat one is not held back.
 */
import { seqDiff } from './seq';
import type { Tcb } from './tcb';

/** So much is still in a processor's cache when it is sent. */
const CACHED_BYTES = 524_288;
/** On a path shorter than this a round trip so many times as long as the shortest is a queue's. */
const QUEUED_ROUND_TRIPS = 4;
const SHORT_PATH_MS = 1;

/** What the receiver has seen since it last looked. */
export class ReadRate {
  /** Bytes that the user has taken since `since`. */
  bytes = 0;
  since = Number.NaN;
  /** Round-trip time as the receiver can tell it from timestamp echoes, ms. */
  rtt = Number.NaN;
}

/**
 * The user has read `count` bytes: if he takes more than half a buffer in a round trip, the window
 * is what holds the peer back, and the buffer doubles.
 */
export function noteReadRate(tcb: Tcb, count: number, now: number): void {
  const { readRate, receiveBuffer, config } = tcb;
  if (receiveBuffer.limit >= config.receiveBufferMaxBytes) return;
  readRate.bytes += count;
  if (Number.isNaN(readRate.since)) readRate.since = now;
  const roundTrip = Number.isNaN(readRate.rtt) ? tcb.rtt.srtt : readRate.rtt;
  if (!(now - readRate.since >= roundTrip)) return;
  if (readRate.bytes * 2 > receiveBuffer.limit) {
    receiveBuffer.limit = Math.min(receiveBuffer.limit * 2, config.receiveBufferMaxBytes);
  }
  readRate.bytes = 0;
  readRate.since = now;
}

/** Text with a timestamp echo: how long ago did we send what the peer had last heard? */
export function noteReceiverRtt(tcb: Tcb, tsecr: number, now: number): void {
  const { readRate, ts } = tcb;
  if (tsecr === 0) return;
  const sample = Math.max(seqDiff(ts.value(now), tsecr), 1);
  // The peer may have paused before he sent: the smallest samples are the true ones.
  if (Number.isNaN(readRate.rtt) || sample < readRate.rtt) readRate.rtt = sample;
  else readRate.rtt += (sample - readRate.rtt) / 8;
}

/**
 * The congestion window has outgrown half the send buffer, and the user waits for room. Where a
 * short path takes many segments at once, it does not outgrow the cache for a queue's sake: what
 * waits in one comes no sooner for being more, and costs more to copy.
 */
export function growSendBuffer(tcb: Tcb): void {
  const { sendBuffer, cc, config } = tcb;
  if (!tcb.sendBlocked || sendBuffer.limit >= config.sendBufferMaxBytes) return;
  if (cc.cwnd * 2 <= sendBuffer.limit) return;
  if (sendBuffer.limit >= CACHED_BYTES && isQueueing(tcb)) return;
  sendBuffer.limit = Math.min(sendBuffer.limit * 2, config.sendBufferMaxBytes);
}

function isQueueing({ rtt, snd }: Tcb): boolean {
  const { min, srtt } = rtt;
  return snd.burst > snd.mss && min < SHORT_PATH_MS && srtt > QUEUED_ROUND_TRIPS * min;
}
