/**
 * What happens when a deadline has come (RFC 9293 §3.10.8, RFC 6298 §5, RFC 9293 §3.8.4 and
 * §3.8.6.1).
 */
import { OWE_ACK, OWE_KEEP_ALIVE, OWE_PROBE, OWE_RESET, OWE_SYN } from './owed';
import { flightSize, rewind } from './recovery';
import { die, enterClosed, isSynchronized } from './state';
import type { Tcb } from './tcb';
import {
  TIMER_DELAYED_ACK,
  TIMER_KEEP_ALIVE,
  TIMER_LINGER,
  TIMER_PERSIST,
  TIMER_RETRANSMIT,
} from './timers';

export function handleTimeout(tcb: Tcb, now: number): void {
  const { at } = tcb.timers;
  if (at[TIMER_LINGER] <= now) {
    enterClosed(tcb);
    return;
  }
  if (at[TIMER_DELAYED_ACK] <= now) {
    tcb.timers.disarm(TIMER_DELAYED_ACK);
    tcb.owed |= OWE_ACK;
  }
  if (at[TIMER_RETRANSMIT] <= now) retransmissionTimeout(tcb, now);
  if (at[TIMER_PERSIST] <= now) persistTimeout(tcb, now);
  if (at[TIMER_KEEP_ALIVE] <= now) keepAliveTimeout(tcb, now);
}

function retransmissionTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, cc, timers, config } = tcb;
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
  if (now - snd.stalledSince >= config.dataTimeoutMs) {
    die(tcb, 'ETIMEDOUT');
    return;
  }
  cc.handleTimeout(flightSize(tcb), rtt.backoff === 0);
  rtt.backOff();
  rewind(tcb);
  timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
}

function synTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, timers, config } = tcb;
  if (now - snd.stalledSince >= config.synTimeoutMs) {
    die(tcb, 'ETIMEDOUT');
    return;
  }
  rtt.backOff();
  tcb.owed |= OWE_SYN;
  timers.arm(TIMER_RETRANSMIT, now + rtt.rto);
}

/** A closed window is probed ever more slowly (SHLD-30); a silly one is used after all. */
function persistTimeout(tcb: Tcb, now: number): void {
  const { snd, rtt, timers, config } = tcb;
  timers.disarm(TIMER_PERSIST);
  if (tcb.sendBuffer.length === 0 && (!tcb.finQueued || tcb.finAcked)) return;
  tcb.owed |= OWE_PROBE;
  if (snd.wnd > 0) return;
  if (tcb.probes > 0 && now - snd.stalledSince >= config.dataTimeoutMs) {
    die(tcb, 'ETIMEDOUT');
    return;
  }
  tcb.probes++;
  rtt.backOff();
  timers.arm(TIMER_PERSIST, now + rtt.rto);
}

/** Probes only where all is quiet (MUST-26), and gives up only after several (MUST-29). */
function keepAliveTimeout(tcb: Tcb, now: number): void {
  const { snd, rcv, timers, config } = tcb;
  timers.disarm(TIMER_KEEP_ALIVE);
  if (!tcb.keepAlive || !isSynchronized(tcb.state) || tcb.state === 'TIME-WAIT') return;
  const busy = snd.una !== snd.nxt || tcb.sendBuffer.length > 0;
  const due = rcv.lastAt + tcb.keepAliveDelayMs;
  if (busy || (tcb.keepAliveSent === 0 && due > now)) {
    timers.arm(TIMER_KEEP_ALIVE, busy ? now + tcb.keepAliveDelayMs : due);
    return;
  }
  if (tcb.keepAliveSent >= config.keepAliveProbes) {
    die(tcb, 'ETIMEDOUT');
    tcb.owed = OWE_RESET;
    return;
  }
  tcb.keepAliveSent++;
  tcb.owed |= OWE_KEEP_ALIVE;
  timers.arm(TIMER_KEEP_ALIVE, now + config.keepAliveIntervalMs);
}
