/** Which text leaves now: what was lost, what is new, what must be tried (RFC 9293 §3.8). */
import type { Segment } from '../wire/segment';
import { OWE_PROBE, OWE_RETRANSMIT, OWE_TAIL_PROBE } from './owed';
import { mayLeave } from './pacing';
import { flightSize } from './recovery';
import { NO_SLOT } from './segment-ring';
import { seqAdd, seqDiff, seqGt, seqMin } from './seq';
import { lastUnreported, noteTailProbe } from './tail-probe';
import type { Tcb } from './tcb';
import { TIMER_PERSIST } from './timers';
import { beginTrain } from './train';
import { endOfText, writeText } from './transmit';
import { noteRanOut } from './user-limit';
import { sendableLength } from './window';

/** The first lost segment, as the congestion window allows; the first of a repair in any case. */
export function pollRetransmit(tcb: Tcb, now: number, out: Segment): boolean {
  const { scoreboard, snd, cc } = tcb;
  const slot = scoreboard.pollLost();
  const isForced = (tcb.owed & OWE_RETRANSMIT) !== 0;
  tcb.owed &= ~OWE_RETRANSMIT;
  if (slot === NO_SLOT || (tcb.forwardRto.step === 'forward' && !isForced)) return false;
  const start = scoreboard.startOf(slot);
  // What lies beyond a window that has shrunk waits for it to open (SHLD-15, SHLD-16).
  const edge = seqAdd(snd.una, snd.wnd);
  let limit = seqMin(seqAdd(start, snd.mss), edge);
  // A FIN takes no room behind the last text.
  if (tcb.finQueued && limit === endOfText(tcb)) limit = seqMin(seqAdd(limit, 1), edge);
  scoreboard.joinLost(slot, limit);
  if (scoreboard.endOf(slot) === snd.nxt) extendLast(tcb, limit);
  const recordEnd = scoreboard.endOf(slot);
  const end = seqMin(recordEnd, limit);
  const length = seqDiff(end, start);
  const flight = flightSize(tcb);
  // A piece that the peer's window cuts off is silly, like new text (window.ts).
  const isSilly = end === edge && end !== recordEnd && length < Math.min(snd.mss, snd.maxWnd >> 1);
  if (length <= 0 || (isSilly && !isForced)) {
    if (flight === 0) armPersist(tcb, now);
    return false;
  }
  if (!isForced && flight > 0 && flight + length > cc.cwnd) return false;
  if (!isForced && !mayLeave(tcb, now)) return false;
  writeText(tcb, now, out, start, end, slot);
  return true;
}

/** The last thing sent goes again, and has room for what comes behind it. */
function extendLast(tcb: Tcb, limit: number): void {
  const { snd, scoreboard } = tcb;
  const end = seqMin(endOfText(tcb), limit);
  if (!seqGt(end, snd.nxt)) return;
  scoreboard.extendLast(end);
  snd.nxt = end;
}

/** New text and the FIN behind it, as the windows, Nagle and silly-window avoidance allow. */
export function pollText(tcb: Tcb, now: number, out: Segment): boolean {
  const { snd, cc, scoreboard } = tcb;
  const textEnd = endOfText(tcb);
  const unsent = seqDiff(textEnd, snd.nxt);
  const finDue = tcb.finQueued && unsent >= 0;
  if (unsent < snd.mss && cc.handleDelivery !== undefined) noteRanOut(tcb, now);
  if ((unsent <= 0 && !finDue) || scoreboard.isFull) return false;
  if (scoreboard.lostBytes > 0 && tcb.forwardRto.step !== 'forward') return false;
  const idle = snd.una === snd.nxt;
  if (idle && now - snd.lastAt > tcb.rtt.rto) cc.handleIdle();
  const byPeer = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
  const byNetwork = cc.cwnd - flightSize(tcb);
  if (byNetwork < Math.min(snd.mss, unsent) && !idle) return false;
  const length = sendableLength(tcb, unsent, Math.min(byPeer, byNetwork), idle);
  if (length === 0 && !(unsent === 0 && byPeer > 0)) {
    if (idle) armPersist(tcb, now);
    return false;
  }
  if (!mayLeave(tcb, now)) return false;
  tcb.timers.disarm(TIMER_PERSIST);
  const end = seqAdd(snd.nxt, length);
  const hasFin = finDue && end === textEnd && byPeer > length;
  writeText(tcb, now, out, snd.nxt, hasFin ? seqAdd(end, 1) : end, NO_SLOT);
  if (tcb.train !== null && out.pieceBytes > 0) beginTrain(tcb, tcb.train, out, now);
  return true;
}

/** Into a closed or silly window: what fits of the text, at least one byte, or the FIN. */
export function pollProbe(tcb: Tcb, now: number, out: Segment): boolean {
  if ((tcb.owed & OWE_PROBE) === 0) return false;
  tcb.owed &= ~OWE_PROBE;
  const { snd, scoreboard, timers } = tcb;
  const slot = scoreboard.first();
  const most = Math.min(Math.max(snd.wnd, 1), snd.mss);
  let end = seqAdd(snd.una, Math.min(tcb.sendBuffer.length, most));
  if (tcb.sendBuffer.length === 0) end = seqAdd(end, 1); // only the FIN is left
  if (slot !== NO_SLOT) end = seqMin(end, scoreboard.endOf(slot));
  writeText(tcb, now, out, snd.una, end, slot);
  if (snd.wnd > 0) timers.disarm(TIMER_PERSIST);
  return true;
}

/** A tail loss probe: a new segment if there is one, or the last one again (RFC 8985 §7.3). */
export function pollTailProbe(tcb: Tcb, now: number, out: Segment): boolean {
  if ((tcb.owed & OWE_TAIL_PROBE) === 0) return false;
  tcb.owed &= ~OWE_TAIL_PROBE;
  const { snd, scoreboard } = tcb;
  const unsent = seqDiff(endOfText(tcb), snd.nxt);
  const byPeer = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
  const length = Math.min(unsent, byPeer, snd.mss);
  if (length > 0 && !scoreboard.isFull) {
    writeText(tcb, now, out, snd.nxt, seqAdd(snd.nxt, length), NO_SLOT);
    noteTailProbe(tcb, false);
    return true;
  }
  const slot = lastUnreported(scoreboard);
  if (slot === NO_SLOT) return false;
  const start = scoreboard.startOf(slot);
  const end = seqMin(scoreboard.endOf(slot), seqAdd(start, snd.mss));
  if (seqGt(end, seqAdd(snd.una, snd.wnd))) return false;
  writeText(tcb, now, out, start, end, slot);
  noteTailProbe(tcb, true);
  return true;
}

/** Waits for the window to open, or for silly-window avoidance to be overridden (MUST-36). */
function armPersist(tcb: Tcb, now: number): void {
  if (tcb.timers.isArmed(TIMER_PERSIST)) return;
  const delay = tcb.snd.wnd > 0 ? tcb.config.swsOverrideMs : tcb.rtt.rto;
  tcb.timers.arm(TIMER_PERSIST, now + delay);
  tcb.snd.stalledSince = now;
}
