/**
 * What the network says of the path: ICMP errors (RFC 9293 §3.9.2.2, RFC 5927) and its MTU (RFC
 * 1191, RFC 4821).
 */
import type { PathError } from '../../types/tcp';
import { TIMESTAMP_OPTION_BYTES } from './config';
import { EVENT_TROUBLE } from './events';
import { resend } from './recovery';
import { seqDiff, seqGeq, seqLeq, seqLt } from './seq';
import { die, isSynchronized } from './state';
import type { Tcb } from './tcb';

/** How long smaller segments are sent on suspicion, ms: at first, doubled each time, at most. */
const FIRST_SUSPICION_MS = 10_000;
const LONGEST_SUSPICION_MS = 600_000;

/** A black hole that is suspected. */
export class BlackHole {
  /** What the path carried before; 0: none is suspected. */
  fullMss = 0;
  retryAt = Number.NaN;
  waitMs = FIRST_SUSPICION_MS;
}

/**
 * @returns false when the message cannot be about a segment that is outstanding: anyone can forge
 *   one
 */
export function handlePathError(tcb: Tcb, error: PathError, seq: number): boolean {
  if (!isOutstanding(tcb, seq)) return false;
  if (isSynchronized(tcb.state)) {
    // RFC 5927 §5.2: once synchronised even a hard error is soft; the timeouts decide.
    noteTrouble(tcb, error);
    return true;
  }
  if (error.hard || tcb.config.softErrorsEndOpening) die(tcb, error.code);
  else noteTrouble(tcb, error);
  return true;
}

/** @returns false when it cannot be true of an outstanding segment, or says nothing new */
export function handlePathMtu(tcb: Tcb, mss: number, seq: number): boolean {
  if (!isOutstanding(tcb, seq) || !isSynchronized(tcb.state)) return false;
  // Nobody can tell us to send tiny packets (RFC 5927 §7.2).
  const believed = Math.max(mss, tcb.minPathMss);
  if (believed >= tcb.pathMss) return false;
  tcb.blackHole.fullMss = 0; // now it is known
  shrinkPath(tcb, believed);
  return true;
}

/**
 * What was known of the path is too old to count: it may carry `bytes` more (RFC 1191 §6.3). Should
 * that be wrong, the next message says so; and where none comes, a black hole is suspected.
 */
export function handleWiderPath(tcb: Tcb, bytes: number): void {
  const { blackHole } = tcb;
  if (blackHole.fullMss === 0) blackHole.fullMss = tcb.pathMss;
  blackHole.fullMss += bytes;
  restorePath(tcb);
}

/**
 * Several timeouts in a row although full segments were sent: perhaps the path swallows large
 * packets and no ICMP message comes through. Smaller ones will show (RFC 4821 §7.7).
 */
export function suspectBlackHole(tcb: Tcb, now: number): void {
  const { config, rtt, snd } = tcb;
  // A path that has carried full segments more likely loses them for other reasons: it gets twice
  // the time, since it may have changed.
  const isProven = tcb.scoreboard.largestDelivered >= snd.mss;
  const patience = isProven ? 2 : 1;
  const timeouts = config.blackHoleTimeouts * patience;
  if (timeouts === 0 || rtt.backoff < timeouts) return;
  const floor = tcb.minPathMss;
  if (tcb.pathMss <= floor || tcb.snd.mss < floor || seqDiff(snd.nxt, snd.una) < snd.mss) return;
  const { blackHole } = tcb;
  if (blackHole.fullMss === 0) blackHole.fullMss = tcb.pathMss;
  if (isProven) {
    // And they are tried again as soon as anything arrives: where every second packet is lost, as
    // many timeouts in a row are nothing unusual.
    blackHole.retryAt = now;
    blackHole.waitMs = FIRST_SUSPICION_MS;
  } else {
    blackHole.retryAt = now + blackHole.waitMs;
    blackHole.waitMs = Math.min(blackHole.waitMs * 2, LONGEST_SUSPICION_MS);
  }
  tcb.scoreboard.largestDelivered = 0;
  shrinkPath(tcb, Math.max(floor, tcb.pathMss >> 1));
}

/**
 * The path carries something again: after a while full segments are tried once more (RFC 4821
 * §7.3), because it may only have been loss.
 */
export function reconsiderBlackHole(tcb: Tcb, now: number): void {
  if (now >= tcb.blackHole.retryAt) restorePath(tcb);
}

function restorePath(tcb: Tcb): void {
  const { blackHole } = tcb;
  tcb.pathMss = blackHole.fullMss;
  blackHole.fullMss = 0;
  if (!isSynchronized(tcb.state)) return; // the peer's SYN will say what he takes
  changeSendMss(tcb);
}

/**
 * The effective send MSS from the peer's option, the path and our options (RFC 9293 §3.7.1); and
 * how many of such segments in one piece the link takes, to cut it up itself.
 */
export function updateSendMss(tcb: Tcb): void {
  const { snd } = tcb;
  const options = tcb.ts.on ? TIMESTAMP_OPTION_BYTES : 0;
  snd.mss = Math.min(tcb.peerMss, tcb.pathMss) - options;
  snd.burst = Math.max(1, Math.floor((tcb.linkText - options) / snd.mss)) * snd.mss;
  tcb.sending?.noteSize(tcb);
}

/**
 * What is outstanding was too large to arrive: it goes again in smaller pieces, which is no
 * congestion.
 */
function shrinkPath(tcb: Tcb, mss: number): void {
  tcb.pathMss = mss;
  changeSendMss(tcb);
  resend(tcb);
}

function changeSendMss(tcb: Tcb): void {
  const { cc } = tcb; // its window begins with the size that the SYNs agreed on
  updateSendMss(tcb);
  cc.handleMssChange(tcb.snd.mss);
}

function noteTrouble(tcb: Tcb, error: PathError): void {
  tcb.softError = error.code;
  tcb.events |= EVENT_TROUBLE;
}

/** RFC 5927 §4.1: the quoted sequence number must be of something that is on its way. */
function isOutstanding(tcb: Tcb, seq: number): boolean {
  const { snd } = tcb;
  if (tcb.state === 'TIME-WAIT') return false; // everything has arrived
  return seqLeq(snd.una, seq) && (seqLt(seq, snd.nxt) || (seq === snd.nxt && seqGeq(snd.una, seq)));
}
