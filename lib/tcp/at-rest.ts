/**
 * When a connection has nothing to do, so that it can be kept as a row (`tcb-rows`): in ESTABLISHED
 * before there was any text, or while there is none, and in TIME-WAIT once its user is gone (RFC
 * 9293 §3.6.1).
 *
 * Most connections of a busy host are in one of these. Whatever concerns one of them meets a
 * whole connection again, with the same checks and the same output, until it may rest once more.
 */
import { DEFAULT_TCP_CONFIG } from './config';
import { NO_ECN } from './ecn';
import type { Sending } from './sending';
import { seqLeq } from './seq';
import { enter } from './state';
import { Tcb } from './tcb';
import { TIMER_COUNT, TIMER_KEEP_ALIVE } from './timers';

// They stand where the blocks of connections were, and have nothing to send or to tell.
const IDLE = standIn();
const IN_TIME_WAIT = standIn();
enter(IDLE, 'ESTABLISHED');
enter(IN_TIME_WAIT, 'TIME-WAIT');
IN_TIME_WAIT.released = true;

/** What stands in for a connection that is kept as a row. It must not be changed. */
export function standInFor(tcb: Tcb): Tcb {
  return tcb.state === 'TIME-WAIT' ? IN_TIME_WAIT : IDLE;
}

/** TIME-WAIT: is there nobody left to tell or to answer? */
export function mayRestInTimeWait(tcb: Tcb): boolean {
  return (
    tcb.state === 'TIME-WAIT' && tcb.released && owesNothing(tcb) && tcb.receiveBuffer.length === 0
  );
}

/** For how long nothing must have come or gone, ms, where there was text. */
const SILENCE_MS = 5000;

/** Is what was measured of the path so old that sending would begin anew (RFC 5681 §4.1)? */
export function isSilent({ snd, rcv, rtt }: Tcb, now: number): boolean {
  if (now - rcv.lastAt < SILENCE_MS) return false;
  return !(now - snd.lastAt < Math.max(SILENCE_MS, rtt.rto)); // NaN: nothing was ever sent
}

/** ESTABLISHED: is there nothing to do, and nothing to remember that a row does not have? */
export function mayRestIdle(tcb: Tcb): boolean {
  return (
    tcb.state === 'ESTABLISHED' &&
    owesNothing(tcb) &&
    !tcb.hasGap &&
    tcb.softError === null &&
    tcb.ecn === NO_ECN &&
    isSenderIdle(tcb) &&
    isReceiverIdle(tcb) &&
    waitsForNothing(tcb)
  );
}

function owesNothing(tcb: Tcb): boolean {
  return tcb.owed === 0 && tcb.duplicateAcksOwed === 0 && tcb.events === 0;
}

function isSenderIdle(tcb: Tcb): boolean {
  const { snd, rtt, sendBuffer } = tcb;
  if (tcb.released || tcb.sendBlocked || tcb.probes !== 0 || rtt.timing) return false;
  if (tcb.sending !== null && !hasLearnedNothing(tcb, tcb.sending)) return false;
  return snd.una === snd.nxt && sendBuffer.length === 0 && sendBuffer.formerLimit === 0;
}

/** Would one that is made anew send as this one, but for the slow start threshold? */
function hasLearnedNothing({ count }: Tcb, sending: Sending): boolean {
  const { cc, scoreboard, blackHole, tailProbe } = sending;
  if (cc.isRenewable !== true || count.retransmits > 0 || tailProbe.pending) return false;
  return scoreboard.count === 0 && !scoreboard.reordered && blackHole.fullMss === 0;
}

function isReceiverIdle({ rcv, sack, receiveBuffer }: Tcb): boolean {
  if (rcv.unacked !== 0 || rcv.finPending || sack.hasDuplicate) return false;
  if (!seqLeq(rcv.up, rcv.nxt)) return false;
  return receiveBuffer.length === 0 && receiveBuffer.formerLimit === 0;
}

/** Is no timer armed but for keep-alives? */
function waitsForNothing({ timers }: Tcb): boolean {
  for (let kind = 0; kind < TIMER_COUNT; kind++) {
    if (kind !== TIMER_KEEP_ALIVE && timers.at[kind] !== Infinity) return false;
  }
  return true;
}

function standIn(): Tcb {
  const config = DEFAULT_TCP_CONFIG;
  return new Tcb({ config, localPort: 0, remotePort: 0, mss: 0, timestampOffset: 0 });
}
