/**
 * What happens when a deadline has come (RFC 9293 §3.10.8, RFC 6298 §5, RFC 9293 §3.8.4 and
 * §3.8.6.1).
 */
import { EVENT_TROUBLE, EVENT_WRITABLE } from './events';
import { OWE_ACK, OWE_KEEP_ALIVE, OWE_PROBE, OWE_RESET, OWE_SYN } from './owed';
import { noteLate } from './pacing';
import { suspectBlackHole } from './path';
import { detectLoss, processTimeout } from './recovery';
import { die, enterClosed, isSynchronized } from './state';
import { tailProbeTimeout } from './tail-probe';
import type { Tcb } from './tcb';
import {
  TIMER_DELAYED_ACK,
  TIMER_KEEP_ALIVE,
  TIMER_LINGER,
  TIMER_MEMORY,
  TIMER_PACE,
  TIMER_PERSIST,
  TIMER_REORDER,
  TIMER_RETRANSMIT,
  TIMER_TAIL_PROBE,
} from './timers';

export function handleTimeout(tcb: Tcb, now: number): void {
  const { at } = tcb.timers;
  if (at[TIMER_LINGER] <= now) {
    lingerTimeout(tcb);
    return;
  }
  if (at[TIMER_DELAYED_ACK] <= now) {
    tcb.timers.disarm(TIMER_DELAYED_ACK);
    tcb.owed |= OWE_ACK;
  }
  if (at[TIMER_REORDER] <= now) {
    tcb.timers.disarm(TIMER_REORDER);
    detectLoss(tcb, now);
  }
  if (at[TIMER_MEMORY] <= now) memoryTimeout(tcb);
  if (at[TIMER_PACE] <= now) noteLate(tcb, now); // output follows
  if (at[TIMER_TAIL_PROBE] <= now) tailProbeTimeout(tcb, now);
  if (at[TIMER_RETRANSMIT] <= now) retransmissionTimeout(tcb, now);
  if (at[TIMER_PERSIST] <= now) persistTimeout(tcb, now);
  if (at[TIMER_KEEP_ALIVE] <= now) keepAliveTimeout(tcb, now);
}

/**
 * The end of TIME-WAIT, of the wait for a FIN nobody would read, or of the time that a user gave
 * his last data (SO_LINGER): the last is not the end the peer believes in, so he is told.
 */
function lingerTimeout(tcb: Tcb): void {
  const isQuiet = tcb.state === 'TIME-WAIT' || tcb.state === 'FIN-WAIT-2';
  enterClosed(tcb);
  if (!isQuiet) tcb.owed = OWE_RESET;
}

/** There may be memory now; if not, the user's next attempt arms the timer again. */
function memoryTimeout(tcb: Tcb): void {
  tcb.timers.disarm(TIMER_MEMORY);
  if (!tcb.sendBlocked) return;
  tcb.sendBlocked = false;
  tcb.events |= EVENT_WRITABLE;
}

function retransmissionTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, timers, config } = tcb;
  if (!isSynchronized(tcb.state)) {
    synTimeout(tcb, now);
    return;
  }
  if (snd.wnd === 0) {
    // The window was closed over what is outstanding: that is probed, not lost (SHLD-17).
    timers.disarm(TIMER_RETRANSMIT);
    timers.arm(TIMER_PERSIST, now);
    return;
  }
  if (now - snd.stalledSince >= dataLimit(tcb)) {
    giveUp(tcb);
    return;
  }
  const due = dueInRepair(tcb);
  if (due > now) {
    timers.arm(TIMER_RETRANSMIT, due);
    return;
  }
  const isFirst = tcb.recovery.mode !== 'timeout' || rtt.backoff === 0;
  rtt.backOff();
  suspectBlackHole(tcb, now);
  processTimeout(tcb, isFirst);
  if (rtt.backoff === config.retriesBeforeTrouble) reportTrouble(tcb);
  timers.arm(TIMER_RETRANSMIT, nextTry(tcb, now));
}

/**
 * When the repetition of the first segment is late. The timer was set when it left; a queue that
 * has filled since has made round trips longer, as reports of what lies behind the gap show, and
 * they restart no timer (Linux restarts it with whatever it repeats next).
 */
function dueInRepair({ recovery, sack, scoreboard, rtt }: Tcb): number {
  if (recovery.mode !== 'fast' || !sack.on || scoreboard.count === 0) return -Infinity;
  return scoreboard.firstSentAt + rtt.rto;
}

function synTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, timers, config } = tcb;
  if (now - snd.stalledSince >= (config.userTimeoutMs || config.synTimeoutMs)) {
    giveUp(tcb);
    return;
  }
  rtt.backOff();
  if (rtt.backoff === config.retriesBeforeTrouble) reportTrouble(tcb);
  tcb.owed |= OWE_SYN;
  timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
}

/** A closed window is probed ever more slowly (SHLD-30); a silly one is used after all. */
function persistTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, timers } = tcb;
  timers.disarm(TIMER_PERSIST);
  if (tcb.sendBuffer.length === 0 && (!tcb.finQueued || tcb.finAcked)) return;
  tcb.owed |= OWE_PROBE;
  if (snd.wnd > 0) return;
  if (tcb.probes > 0 && now - snd.stalledSince >= dataLimit(tcb)) {
    tcb.owed &= ~OWE_PROBE;
    giveUp(tcb);
    return;
  }
  tcb.probes++;
  rtt.backOff();
  timers.arm(TIMER_PERSIST, nextTry(tcb, now));
}

/** Probes only where all is quiet (MUST-26), and gives up only after several (MUST-29). */
function keepAliveTimeout(tcb: Tcb, now: number): void {
  const { snd, rcv, timers, config } = tcb;
  timers.disarm(TIMER_KEEP_ALIVE);
  if (!tcb.keepAlive || tcb.state === 'CLOSED' || tcb.state === 'TIME-WAIT') return;
  const isOpening = !isSynchronized(tcb.state);
  const busy = isOpening || snd.una !== snd.nxt || tcb.sendBuffer.length > 0;
  const due = rcv.lastAt + tcb.keepAliveDelayMs;
  if (busy || (tcb.keepAliveSent === 0 && due > now)) {
    timers.arm(TIMER_KEEP_ALIVE, busy ? now + tcb.keepAliveDelayMs : due);
    return;
  }
  const { userTimeoutMs } = config;
  const isSilentTooLong =
    userTimeoutMs > 0
      ? tcb.keepAliveSent > 0 && now - rcv.lastAt >= userTimeoutMs
      : tcb.keepAliveSent >= config.keepAliveProbes;
  if (isSilentTooLong) {
    giveUp(tcb);
    tcb.owed = OWE_RESET;
    return;
  }
  tcb.keepAliveSent++;
  tcb.owed |= OWE_KEEP_ALIVE;
  timers.arm(TIMER_KEEP_ALIVE, now + config.keepAliveIntervalMs);
}

/** R2 for data: the user's own timeout, if he set one (RFC 5482). */
function dataLimit(tcb: Tcb): number {
  return tcb.config.userTimeoutMs || tcb.config.dataTimeoutMs;
}

/** When to try again: not later than the user's timeout, so that it is kept. */
function nextTry(tcb: Tcb, now: number): number {
  const { userTimeoutMs } = tcb.config;
  const next = now + tcb.rtt.rto;
  if (userTimeoutMs === 0) return next;
  return Math.max(now, Math.min(next, tcb.snd.stalledSince + userTimeoutMs));
}

/** The connection ends of what the network last said of the path, as on Linux; else of the time. */
function giveUp(tcb: Tcb): void {
  die(tcb, tcb.softError ?? 'ETIMEDOUT');
}

/** R1 is reached: the user may want to know (MUST-20, SHLD-9). */
function reportTrouble(tcb: Tcb): void {
  tcb.softError ??= 'ETIMEDOUT';
  tcb.events |= EVENT_TROUBLE;
}
