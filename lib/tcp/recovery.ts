/**
 * What is thought lost, and how it is repaired: fast recovery by RACK (RFC 8985) or RFC 6675 where
 * the peer reports what it has, NewReno (RFC 6582) where it does not, and the way back after a
 * timeout (RFC 5681 §3.1).
 *
 * How much may leave during a fast recovery follows from how much arrives (PRR, RFC 6937).
 */
import type { PathSample } from './congestion/path-sample';
import { DUPLICATE_THRESHOLD, loseBehind, loseFirst } from './dup-threshold';
import { beginForwardRto } from './forward-rto';
import { OWE_RETRANSMIT } from './owed';
import { loseLate, relaxReorderWindow, reorderWindow } from './rack';
import { seqDiff, seqGeq, seqGt } from './seq';
import type { Tcb } from './tcb';
import { TIMER_REORDER, TIMER_TAIL_PROBE } from './timers';
import { beginUndo } from './undo';

export class Recovery {
  /** 'fast': a loss is being repaired; 'timeout': everything is sent again, from a small window. */
  mode: 'none' | 'fast' | 'timeout' = 'none';
  /** The repair is over when this is acknowledged. */
  recover = 0;
  /** `recover` counts: NewReno must not begin again before it (RFC 6582 §3.2 step 2). */
  recoverSet = false;
  /** Without SACK: duplicate ACKs, each a segment that has left the network. */
  duplicates = 0;
  /** Bytes outstanding when the first sign of a loss came. */
  flight = 0;
  /** With SACK but without RACK: whether what lies before this is lost, has been decided. */
  judged = 0;
  /** In this repair the last segment went again to ask for news of it (rescue.ts). */
  hasRescued = false;

  /**
   * PRR: bytes that have arrived and left since the recovery began, and what was outstanding then.
   */
  prrDelivered = 0;
  prrOut = 0;
  prrFlight = 0;
}

/**
 * Bytes thought to be on their way: RFC 6675's pipe; without SACK a duplicate ACK stands for a
 * segment.
 */
export function flightSize(tcb: Tcb): number {
  const flying = tcb.scoreboard.flyingBytes;
  const { duplicates, mode } = tcb.recovery;
  if (duplicates === 0) return flying;
  // Before a recovery the first two let a new segment each pass (RFC 3042).
  const left = mode === 'fast' ? duplicates : Math.min(duplicates, 2);
  return Math.max(0, flying - left * tcb.snd.mss);
}

/** A duplicate ACK in the sense of RFC 5681 §2 has arrived from a peer without SACK. */
export function processDuplicateAck(tcb: Tcb): void {
  const { recovery, snd } = tcb;
  if (recovery.mode === 'timeout') return;
  recovery.duplicates++;
  if (recovery.duplicates === 1) noteFirstSign(tcb);
  if (recovery.mode === 'fast' || recovery.duplicates !== DUPLICATE_THRESHOLD) return;
  // RFC 6582 §3.2 step 2: duplicates from before the last repair say nothing new.
  if (recovery.recoverSet && !seqGt(snd.una, recovery.recover)) return;
  loseFirst(tcb.scoreboard);
  enterFastRecovery(tcb);
}

/** RFC 5681 §3.2 step 2: what limited transmit adds from now on does not count as flight. */
export function noteFirstSign(tcb: Tcb): void {
  tcb.recovery.flight = seqDiff(tcb.snd.nxt, tcb.snd.una);
  tcb.recovery.judged = tcb.snd.una;
}

/**
 * `acked` new bytes have been acknowledged; SND.UNA has already moved.
 * @param limited the window, not the user, held the sender back
 * @param path what the ACK has shown of it
 */
export function processNewAck(tcb: Tcb, acked: number, limited: boolean, path: PathSample): void {
  const { recovery, snd, cc, sack } = tcb;
  if (recovery.mode === 'fast') {
    if (seqGeq(snd.una, recovery.recover)) exitFastRecovery(tcb);
    else if (!sack.on) processPartialAck(tcb, acked);
    return;
  }
  recovery.duplicates = 0;
  const afterTimeout = recovery.mode === 'timeout';
  if (afterTimeout && seqGeq(snd.una, recovery.recover)) recovery.mode = 'none';
  cc.handleAck(acked, limited, afterTimeout, path);
  if (recovery.recoverSet && seqGt(snd.una, recovery.recover)) recovery.recoverSet = false;
}

/** The scoreboard may show losses now: RACK or RFC 6675 looks, and a repair begins. */
export function detectLoss(tcb: Tcb, now: number): void {
  const { sack, scoreboard, recovery, timers } = tcb;
  if (!sack.on) return;
  const before = scoreboard.losses;
  if (tcb.config.rack) {
    const wait = loseLate(scoreboard, reorderWindow(tcb), now);
    if (wait > 0) timers.arm(TIMER_REORDER, now + wait);
    else timers.disarm(TIMER_REORDER);
  } else {
    loseBehind(tcb);
  }
  if (scoreboard.losses !== before && recovery.mode === 'none') enterFastRecovery(tcb);
}

/**
 * How much may leave, after `delivered` bytes have arrived (RFC 6937 §3, with its later safe
 * bound).
 */
export function updateProportionalRate(tcb: Tcb, delivered: number, isSafe: boolean): void {
  const { recovery, cc, snd, sack } = tcb;
  if (recovery.mode !== 'fast' || !sack.on || cc.ownsWindow === true) return;
  recovery.prrDelivered += delivered;
  const pipe = flightSize(tcb);
  let allowance: number;
  if (pipe > cc.ssthresh) {
    const share = (recovery.prrDelivered * cc.ssthresh) / Math.max(recovery.prrFlight, 1);
    allowance = Math.ceil(share) - recovery.prrOut;
  } else {
    const banked = Math.max(recovery.prrDelivered - recovery.prrOut, delivered);
    allowance = Math.min(cc.ssthresh - pipe, isSafe ? banked + snd.mss : banked);
  }
  cc.cwnd = Math.max(pipe + Math.max(allowance, 0), snd.mss);
}

/**
 * The retransmission timer has expired: all that was not reported as received counts as lost, and
 * the window begins anew (RFC 5681 §3.1).
 */
export function processTimeout(tcb: Tcb, isFirst: boolean): void {
  const { recovery, snd, cc } = tcb;
  if (isFirst) beginUndo(tcb);
  beginForwardRto(tcb, isFirst);
  const flight = isFirst ? seqDiff(snd.nxt, snd.una) : flightSize(tcb);
  cc.handleTimeout(flight, isFirst);
  loseAll(tcb);
  recovery.mode = 'timeout';
  recovery.recover = snd.nxt;
  recovery.recoverSet = true;
  recovery.duplicates = 0;
  tcb.owed &= ~OWE_RETRANSMIT;
  tcb.tailProbe.pending = false;
  tcb.timers.disarm(TIMER_REORDER);
  tcb.timers.disarm(TIMER_TAIL_PROBE);
}

/** What is outstanding must be sent again though nothing says that the network is congested. */
export function resend(tcb: Tcb): void {
  loseAll(tcb);
  tcb.recovery.duplicates = 0;
}

/** Also what has not left yet, of a train: it goes with the rest. */
function loseAll(tcb: Tcb): void {
  tcb.scoreboard.loseAll();
  if (tcb.train !== null) tcb.train.left = 0;
}

/**
 * Reduces the window for a loss that has been repaired already, by a tail loss probe (RFC 8985
 * §7.4).
 */
export function answerRepairedLoss(tcb: Tcb): void {
  if (tcb.recovery.mode !== 'none') return;
  tcb.cc.handleLoss(seqDiff(tcb.snd.nxt, tcb.snd.una));
}

function enterFastRecovery(tcb: Tcb): void {
  const { recovery, snd, cc } = tcb;
  const isSigned = recovery.duplicates > 0 || tcb.scoreboard.sackedCount > 0;
  const flight = isSigned ? recovery.flight : seqDiff(snd.nxt, snd.una);
  beginUndo(tcb);
  recovery.mode = 'fast';
  recovery.recover = snd.nxt;
  recovery.recoverSet = true;
  recovery.hasRescued = false;
  recovery.prrDelivered = 0;
  recovery.prrOut = 0;
  recovery.prrFlight = flight;
  cc.handleLoss(flight);
  tcb.owed |= OWE_RETRANSMIT; // the first repair leaves whatever the window says
}

function exitFastRecovery(tcb: Tcb): void {
  const { recovery, cc, snd, sack } = tcb;
  recovery.mode = 'none';
  recovery.duplicates = 0;
  if (cc.ownsWindow !== true) {
    // The threshold may be from a time of smaller segments.
    cc.cwnd = sack.on
      ? Math.max(cc.ssthresh, snd.mss)
      : Math.max(snd.mss, Math.min(cc.ssthresh, Math.max(flightSize(tcb), snd.mss) + snd.mss));
  }
  tcb.owed &= ~OWE_RETRANSMIT;
  relaxReorderWindow(tcb);
}

/** RFC 6582 §3.2 step 3: the ACK of a part names the next hole. */
function processPartialAck(tcb: Tcb, acked: number): void {
  const { recovery, snd, scoreboard } = tcb;
  // What is acknowledged was counted among the duplicates, except for the segment that was
  // repeated.
  recovery.duplicates = Math.max(
    0,
    recovery.duplicates - Math.max(0, Math.floor(acked / snd.mss) - 1),
  );
  loseFirst(scoreboard);
  tcb.owed |= OWE_RETRANSMIT;
}
