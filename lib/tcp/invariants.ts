/**
 * What must hold between any two events, whatever the network did. Tests and simulations call it
 * after every event; it throws with what is wrong.
 */
import { assert } from '../support/assert';
import type { Connection } from './connection';
import { flightSize } from './recovery';
import { seqAdd, seqDiff, seqGt, seqLeq } from './seq';
import { isSynchronized, mayTransmitText } from './state';
import type { Tcb } from './tcb';
import { TIMER_LINGER, TIMER_PERSIST, TIMER_RETRANSMIT } from './timers';
import { endOfText } from './transmit';

export function checkInvariants(connection: Connection): void {
  const { tcb } = connection;
  checkSender(tcb);
  checkReceiver(tcb);
  checkTimers(tcb);
  checkEnd(tcb);
}

function checkSender(tcb: Tcb): void {
  const { snd, sendBuffer } = tcb;
  assert(seqLeq(snd.una, snd.nxt), 'SND.UNA is not after SND.NXT');
  const mostHeld = Math.max(sendBuffer.limit, sendBuffer.formerLimit);
  assert(sendBuffer.length >= 0 && sendBuffer.length <= mostHeld, 'send buffer in limits');
  assert(snd.maxWnd >= snd.wnd || tcb.state === 'CLOSED', 'MAX.SND.WND is the largest');
  if (!isSynchronized(tcb.state)) return;
  const afterFin = seqAdd(endOfText(tcb), tcb.finQueued && !tcb.finAcked ? 1 : 0);
  assert(seqLeq(snd.nxt, afterFin), 'nothing is sent that is not there');
  if (tcb.sending === null) {
    assert(snd.una === snd.nxt, 'nothing is outstanding that there is no record of');
    return;
  }
  assert(tcb.cc.cwnd >= snd.mss, 'cwnd is at least a segment');
  assert(flightSize(tcb) >= 0, 'flight is not negative');
  const { train } = tcb;
  const isOnItsWay = train === null || seqLeq(seqAdd(train.seq, train.left), snd.nxt);
  assert(isOnItsWay || train.left === 0, 'a train carries what was sent');
  checkScoreboard(tcb);
}

function checkScoreboard(tcb: Tcb): void {
  const { snd, scoreboard, recovery } = tcb;
  const { flyingBytes, lostBytes, sackedBytes } = scoreboard;
  assert(flyingBytes >= 0 && lostBytes >= 0 && sackedBytes >= 0, 'no count is negative');
  const known = flyingBytes + lostBytes + sackedBytes;
  assert(known === seqDiff(snd.nxt, snd.una), 'each byte outstanding is flying, lost or reported');
  assert(tcb.sack.on || sackedBytes === 0, 'nothing is reported without SACK');
  const isLater = seqGt(recovery.recover, snd.una);
  assert(recovery.mode === 'none' || isLater, 'a recovery ends when its goal is acknowledged');
}

function checkReceiver(tcb: Tcb): void {
  const { rcv, receiveBuffer, config } = tcb;
  assert(rcv.wnd >= 0, 'RCV.WND is not negative');
  // Rounding up to the scale may offer a little more than the buffer holds.
  const most = Math.max(receiveBuffer.limit, receiveBuffer.formerLimit) + (1 << rcv.shift);
  assert(receiveBuffer.length <= most, 'no more waits than was offered');
  if (!tcb.hasGap) return;
  const { reassembly } = tcb;
  assert(reassembly.count <= config.reassemblyRanges, 'ranges are bounded');
  let previous = rcv.nxt;
  for (let i = 0; i < reassembly.count; i++) {
    assert(
      seqGt(reassembly.ranges.starts[i], previous),
      'ranges are ahead of RCV.NXT, sorted, apart',
    );
    assert(seqGt(reassembly.ranges.ends[i], reassembly.ranges.starts[i]), 'no range is empty');
    previous = reassembly.ranges.ends[i];
  }
  assert(seqDiff(rcv.edge, previous) >= 0, 'nothing is kept from beyond the window');
}

/** Called when everything owed has been sent: something outstanding has a timer. */
function checkTimers(tcb: Tcb): void {
  const { timers, snd } = tcb;
  if (tcb.owed !== 0) return;
  const waits = timers.isArmed(TIMER_RETRANSMIT) || timers.isArmed(TIMER_PERSIST);
  if (snd.una === snd.nxt) {
    assert(!timers.isArmed(TIMER_RETRANSMIT), 'no retransmission timer without need');
  } else if (tcb.state !== 'CLOSED') {
    assert(
      waits || (tcb.sending?.scoreboard.lostBytes ?? 0) > 0,
      'what is outstanding is waited for',
    );
  }
  if (tcb.state === 'TIME-WAIT') assert(timers.isArmed(TIMER_LINGER), 'TIME-WAIT ends');
  if (!mayTransmitText(tcb.state) && isSynchronized(tcb.state)) {
    assert(tcb.sendBuffer.length === 0, 'nothing is left to send after the FIN was acknowledged');
  }
}

function checkEnd(tcb: Tcb): void {
  if (tcb.state !== 'CLOSED') return;
  assert(tcb.timers.earliest() === Number.POSITIVE_INFINITY, 'CLOSED has no timer');
  assert(tcb.sendBuffer.length === 0, 'CLOSED sends nothing');
  assert(tcb.reassembly.ringBytes === 0, 'CLOSED holds nothing out of order');
}
