/**
 * SYN cookies (RFC 4987 §3.6): a listener whose queue is full answers a SYN without remembering it,
 * and finds in the ACK what it would have remembered.
 *
 * The initial sequence number is a keyed hash of the four-tuple, the peer's sequence number and a
 * slow counter, with the MSS in three of its bits; window scale and SACK ride in the low bits of
 * the timestamp, which the peer echoes. Without timestamps they are lost, as on Linux.
 */
import type { TcpConfig } from '../../types/tcp';
import { SipHash } from '../support/siphash';
import { ACK, type Segment, SYN } from '../wire/segment';
import { offeredShift } from './options';
import { seqAdd } from './seq';

/**
 * The segment sizes that a cookie can tell apart, bytes: the largest not above the peer's is kept.
 */
export const COOKIE_MSS = [88, 536, 1300, 1440, 1460, 4312, 8960, 65_495] as const;

/** How often the counter moves; a cookie is good for this period and the next. */
export const COOKIE_PERIOD_MS = 60_000;

const MSS_BITS = 3;
const HASH_MASK = 0xffff_ffff << MSS_BITS;
/** Low bits of the timestamp: four of window scale (15: none), one of SACK-permitted. */
const TIMESTAMP_BITS = 5;
const TIMESTAMP_MASK = (1 << TIMESTAMP_BITS) - 1;
const NO_SCALE = 15;

/** What the connection would offer if there were one. */
export interface CookieOffer {
  config: TcpConfig;
  /** The MSS to announce, bytes. */
  mss: number;
  /** What the connection's timestamp clock shows now. */
  timestamp: number;
}

export class SynCookies {
  readonly #hash: SipHash;
  readonly #words = new Int32Array(3);

  /** @param key 16 unpredictable bytes */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /**
   * Writes the SYN-ACK that answers `syn`, after which nothing is kept of it. Window scaling and
   * SACK are offered only beside timestamps, which bring the peer's word of them back; ECN is not.
   */
  answer(tuple: number, syn: Segment, offer: CookieOffer, now: number, out: Segment): void {
    const { config } = offer;
    out.clear();
    out.sourcePort = syn.destinationPort;
    out.destinationPort = syn.sourcePort;
    out.flags = SYN | ACK;
    out.seq = this.issue(tuple, syn, now);
    out.ack = seqAdd(syn.seq, 1);
    out.window = Math.min(config.receiveBufferBytes, 65_535);
    out.mss = offer.mss;
    out.trafficClass = config.trafficClass;
    if (!config.timestamps || !syn.hasTimestamps) return;
    out.hasTimestamps = true;
    out.tsval = this.stampOptions(offer.timestamp, syn);
    out.tsecr = syn.tsval;
    out.sackPermitted = config.sack && syn.sackPermitted;
    if (config.windowScaling && syn.windowScale >= 0) out.windowScale = offeredShift(config);
  }

  /**
   * The sequence number of the SYN-ACK that answers `syn`.
   * @param tuple a secret hash of the four-tuple
   */
  issue(tuple: number, syn: Segment, now: number): number {
    return this.#cookie(tuple, syn.seq, periodOf(now), mssIndexOf(syn.mss));
  }

  /** Our timestamp clock's `value`, with what must be remembered of `syn` in its low bits. */
  stampOptions(value: number, syn: Segment): number {
    const scale = syn.windowScale < 0 ? NO_SCALE : Math.min(syn.windowScale, 14);
    const bits = (scale << 1) | (syn.sackPermitted ? 1 : 0);
    const stamped = (value & ~TIMESTAMP_MASK) | bits;
    // Never ahead of the clock, or the connection's next segment would seem older.
    return ((stamped - value) | 0) > 0 ? (stamped - (1 << TIMESTAMP_BITS)) | 0 : stamped;
  }

  /**
   * Is `ack` the answer to a cookie of ours? Then `syn` is filled in with what the peer's SYN had.
   * @returns false for anything else
   */
  redeem(tuple: number, ack: Segment, now: number, syn: Segment): boolean {
    const cookie = (ack.ack - 1) | 0;
    const peerIss = (ack.seq - 1) | 0;
    const index = cookie & ~HASH_MASK;
    const period = periodOf(now);
    const isOurs =
      this.#cookie(tuple, peerIss, period, index) === cookie ||
      this.#cookie(tuple, peerIss, period - 1, index) === cookie;
    if (!isOurs) return false;
    syn.clear();
    syn.seq = peerIss;
    syn.window = ack.window;
    syn.mss = COOKIE_MSS[index];
    syn.hasTimestamps = ack.hasTimestamps;
    if (ack.hasTimestamps) {
      const scale = (ack.tsecr & TIMESTAMP_MASK) >> 1;
      syn.windowScale = scale === NO_SCALE ? -1 : scale;
      syn.sackPermitted = (ack.tsecr & 1) === 1;
      syn.tsval = ack.tsval;
    }
    return true;
  }

  #cookie(tuple: number, peerIss: number, period: number, mssIndex: number): number {
    const words = this.#words;
    words[0] = tuple;
    words[1] = peerIss;
    words[2] = (period << MSS_BITS) | mssIndex;
    return (this.#hash.hash(words, 3) & HASH_MASK) | mssIndex;
  }
}

function periodOf(now: number): number {
  return Math.floor(now / COOKIE_PERIOD_MS);
}

function mssIndexOf(mss: number): number {
  const wanted = mss < 0 ? 536 : mss;
  let index = COOKIE_MSS.length - 1;
  while (index > 0 && COOKIE_MSS[index] > wanted) index--;
  return index;
}
