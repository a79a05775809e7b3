/**
 * F-RTO (RFC 5682): was a retransmission timeout for nothing, because everything was only late? For
 * connections without timestamps; with them the first ACK tells (undo.ts).
 *
 * After the timeout the first segment goes again, and no other. If its ACK comes, new text leaves
 * instead of what counts as lost; if the next ACK advances, it answers something that was sent
 * once, before the timeout: that was spurious, and is undone.
 */
import { seqAdd, seqDiff } from './seq';
import type { Tcb } from './tcb';
import { endOfText } from './transmit';
import { takeBack } from './undo';

export class ForwardRto {
  /** 'repeated': the first segment has gone again (step 1); 'forward': new text leaves (2b). */
  step: 'off' | 'repeated' | 'forward' = 'off';
}

/** The timer has expired, and nothing has changed yet but the undo's memory. */
export function beginForwardRto(tcb: Tcb, isFirst: boolean): void {
  const isApt = isFirst && tcb.config.forwardRto && !tcb.ts.on && tcb.recovery.mode === 'none';
  tcb.forwardRto.step = isApt ? 'repeated' : 'off';
}

/**
 * An ACK has been taken after a timeout.
 * @param advances it acknowledges something new
 * @param isDuplicate it does not, and says that something else has arrived
 */
export function processForwardRto(
  tcb: Tcb,
  advances: boolean,
  isDuplicate: boolean,
  now: number,
): void {
  const { forwardRto, recovery, scoreboard, cc, snd } = tcb;
  if (recovery.mode !== 'timeout') {
    forwardRto.step = 'off';
  } else if (forwardRto.step === 'repeated') {
    if (advances) {
      forwardRto.step = mayGoForward(tcb) ? 'forward' : 'off';
      scoreboard.needless = 0;
    } else if (isDuplicate) {
      forwardRto.step = 'off';
    }
  } else if (advances || scoreboard.needless > 0) {
    forwardRto.step = 'off';
    takeBack(tcb, now);
  } else if (isDuplicate) {
    // Step 3a: the loss was one; without all this the window would be as large by now.
    forwardRto.step = 'off';
    if (cc.ownsWindow !== true) cc.cwnd = 3 * snd.mss;
  }
}

/** Is there new text, and room for it, so that it will leave at once? */
function mayGoForward(tcb: Tcb): boolean {
  const { snd } = tcb;
  const unsent = seqDiff(endOfText(tcb), snd.nxt);
  const byPeer = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
  return Math.min(unsent, byPeer) >= snd.mss;
}
