/**
 * What leaves in a repair by RFC 6675 (§4, NextSeg) when nothing more is known to be lost and
 * nothing new may leave: what has a hole behind it that may be its own (rule 3), then once the last
 * of all (rule 4), whose report tells of a tail that was lost. RACK has probes for that.
 */
import type { Segment } from '../wire/segment';
import { mayLeave } from './pacing';
import { flightSize } from './recovery';
import { FLYING, REPEATED } from './scoreboard';
import { NO_SLOT } from './segment-ring';
import { seqAdd, seqDiff, seqGt, seqLt, seqMax, seqMin } from './seq';
import { lastUnreported } from './tail-probe';
import type { Tcb } from './tcb';
import { endOfText, writeText } from './transmit';

export function pollRescue(tcb: Tcb, now: number, out: Segment): boolean {
  if (!mayRescue(tcb)) return false;
  const { scoreboard, snd, recovery, cc } = tcb;
  const hole = firstInDoubt(tcb);
  const isTail = hole === NO_SLOT;
  if (isTail && recovery.hasRescued) return false;
  const slot = isTail ? lastUnreported(scoreboard) : hole;
  if (slot === NO_SLOT || scoreboard.stateOf(slot) !== FLYING) return false;
  const start = scoreboard.startOf(slot);
  // A FIN takes no room behind the last text.
  const most = seqAdd(start, snd.mss);
  const end = seqMin(scoreboard.endOf(slot), most === endOfText(tcb) ? seqAdd(most, 1) : most);
  if (seqGt(end, seqAdd(snd.una, snd.wnd))) return false;
  if (flightSize(tcb) + seqDiff(end, start) > cc.cwnd || !mayLeave(tcb, now)) return false;
  recovery.hasRescued ||= isTail;
  writeText(tcb, now, out, start, end, slot);
  return true;
}

/** Rules 1 and 2 come first: what is lost, and new text where the peer has room for it. */
function mayRescue(tcb: Tcb): boolean {
  const { recovery, sack, config, snd } = tcb;
  if (recovery.mode !== 'fast' || !sack.on || config.rack) return false;
  if (tcb.scoreboard.lostBytes > 0) return false;
  const hasRoom = seqGt(seqAdd(snd.una, snd.wnd), snd.nxt);
  return !hasRoom || !seqGt(endOfText(tcb), snd.nxt);
}

/** The first that went once, has something reported behind it, and is not known to be lost. */
function firstInDoubt({ scoreboard, recovery, snd }: Tcb): number {
  const { ring, furthest } = scoreboard;
  for (let i = ring.find(seqMax(recovery.judged, snd.una)); i < ring.count; i++) {
    const slot = ring.slotAt(i);
    if (!seqLt(ring.startOf(slot), furthest)) break;
    const isNew = (ring.flagsOf(slot) & REPEATED) === 0;
    if (isNew && scoreboard.stateOf(slot) === FLYING) {
      return ring.headOf(slot, scoreboard.segmentBytes);
    }
  }
  return NO_SLOT;
}
