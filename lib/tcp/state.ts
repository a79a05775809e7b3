/** The states of RFC 9293 §3.3.2: how they change, and what each allows. */

import type { TcpState } from '../../types/tcp';
import type { NetworkErrorCode } from '../support/network-error';
import { EVENT_ABANDONED, EVENT_CLOSED, EVENT_CONNECTED, EVENT_ERROR } from './events';
import { OWE_SYN } from './owed';
import type { Tcb } from './tcb';
import { TIMER_LINGER } from './timers';

/** The only way to change the state. */
export function enter(tcb: Tcb, state: TcpState): void {
  tcb.state = state;
}

/** ESTABLISHED: the user hears of it, and a CLOSE that came too early takes effect. */
export function enterEstablished(tcb: Tcb): void {
  enter(tcb, 'ESTABLISHED');
  tcb.events |= EVENT_CONNECTED;
  tcb.owed &= ~OWE_SYN; // a repetition that was due is needless now
  tcb.rtt.settleAfterHandshake();
  if (tcb.finQueued) enter(tcb, 'FIN-WAIT-1');
}

/** FIN-WAIT-2 waits for ever, but not once nobody is left to read what might come. */
export function enterFinWait2(tcb: Tcb, now: number): void {
  enter(tcb, 'FIN-WAIT-2');
  if (tcb.released) tcb.timers.arm(TIMER_LINGER, now + tcb.config.finWait2TimeoutMs);
}

/** TIME-WAIT for twice the MSL (MUST-13); all other timers are off. */
export function enterTimeWait(tcb: Tcb, now: number): void {
  enter(tcb, 'TIME-WAIT');
  tcb.events |= EVENT_CLOSED;
  tcb.timers.disarmAll();
  tcb.timers.arm(TIMER_LINGER, now + 2 * tcb.config.mslMs);
}

/** CLOSED: buffers are given back, except for text that the user may still read. */
export function enterClosed(tcb: Tcb): void {
  if (tcb.state !== 'TIME-WAIT') tcb.events |= EVENT_CLOSED; // there the user has heard it
  enter(tcb, 'CLOSED');
  tcb.timers.disarmAll();
  tcb.sendBuffer.clear();
  tcb.sending?.scoreboard.clear();
  tcb.forgetGaps();
  tcb.owed = 0;
  tcb.duplicateAcksOwed = 0;
}

/** The connection dies of `error`; the user hears it once. */
export function die(tcb: Tcb, error: NetworkErrorCode): void {
  tcb.error = error;
  tcb.events |= EVENT_ERROR;
  enterClosed(tcb);
}

/**
 * A passive open ends before ESTABLISHED: back to LISTEN, which here means gone (RFC 9293
 * §3.10.7.4).
 */
export function abandon(tcb: Tcb): void {
  enterClosed(tcb);
  tcb.events = EVENT_ABANDONED;
}

/** Both SYNs have been acknowledged. */
export function isSynchronized(state: TcpState): boolean {
  return (
    state !== 'CLOSED' && state !== 'LISTEN' && state !== 'SYN-SENT' && state !== 'SYN-RECEIVED'
  );
}

/** May the peer still send text? */
export function mayReceiveText(state: TcpState): boolean {
  return state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2';
}

/** May the user still call SEND? */
export function maySend(state: TcpState): boolean {
  return (
    state === 'ESTABLISHED' ||
    state === 'CLOSE-WAIT' ||
    state === 'SYN-SENT' ||
    state === 'SYN-RECEIVED'
  );
}

/** Is text, or a FIN, sent or repeated in this state? */
export function mayTransmitText(state: TcpState): boolean {
  return (
    state === 'ESTABLISHED' ||
    state === 'CLOSE-WAIT' ||
    state === 'FIN-WAIT-1' ||
    state === 'CLOSING' ||
    state === 'LAST-ACK'
  );
}
