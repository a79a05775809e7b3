/** The user's commands (RFC 9293 §3.10.1 to §3.10.5): OPEN, SEND, RECEIVE, CLOSE, ABORT. */
import type { TcpTuning } from '../../types/tcp';
import type { Segment } from '../wire/segment';
import { createController } from './congestion/registry';
import { offeredShift } from './options';
import { OWE_ACK, OWE_RESET, OWE_SYN } from './owed';
import type { ReceiveBuffer } from './receive-buffer';
import type { SendBuffer } from './send-buffer';
import { seqAdd, seqLeq, seqLt } from './seq';
import {
  enter,
  enterClosed,
  enterFinWait2,
  isSynchronized,
  mayReceiveText,
  maySend,
  mayTransmitText,
} from './state';
import { takeSyn } from './syn-sent';
import type { Tcb } from './tcb';
import { TIMER_KEEP_ALIVE, TIMER_LINGER, TIMER_MEMORY } from './timers';
import { endOfText } from './transmit';
import { noteReadRate } from './tuning';
import { noteUserLimit } from './user-limit';
import { shouldUpdateWindow } from './window';

/** How long a user waits for whom packet memory had no room, ms. */
const MEMORY_RETRY_MS = 50;

/** Active OPEN. */
export function open(tcb: Tcb, iss: number, now: number): void {
  begin(tcb, iss, now);
  enter(tcb, 'SYN-SENT');
}

/** A passive OPEN has met the SYN `seg` (RFC 9293 §3.10.7.2). */
export function openPassive(tcb: Tcb, seg: Segment, iss: number, now: number): void {
  begin(tcb, iss, now);
  tcb.passive = true;
  enter(tcb, 'SYN-RECEIVED');
  takeSyn(tcb, seg, now);
}

/** SEND. @returns bytes taken; less than offered: EVENT_WRITABLE follows */
export function send(
  tcb: Tcb,
  chunk: Uint8Array,
  from: number,
  urgent: boolean,
  now: number,
): number {
  if (!maySend(tcb.state) || tcb.finQueued) return 0;
  if (tcb.snd.ranOutAt >= 0) noteUserLimit(tcb, now);
  const taken = tcb.sendBuffer.append(chunk, from);
  if (from + taken < chunk.length) {
    tcb.sendBlocked = true;
    // No memory: others have it, and no ACK of ours would tell when it is free again.
    if (tcb.sendBuffer.room > 0) tcb.timers.arm(TIMER_MEMORY, now + MEMORY_RETRY_MS);
  }
  if (urgent && taken > 0) tcb.snd.up = endOfText(tcb);
  return taken;
}

/** RECEIVE. @returns a piece, the caller's to keep; null: nothing now */
export function receive(tcb: Tcb, now: number): Buffer | null {
  const piece = tcb.receiveBuffer.take();
  if (piece !== null) noteRead(tcb, piece.length, now);
  return piece;
}

/** RECEIVE into the caller's memory. @returns bytes copied */
export function receiveInto(tcb: Tcb, target: Uint8Array, now: number): number {
  const count = tcb.receiveBuffer.takeInto(target);
  if (count > 0) noteRead(tcb, count, now);
  return count;
}

/** CLOSE of the sending side: FIN follows the last byte. */
export function shutdown(tcb: Tcb): void {
  if (!maySend(tcb.state) || tcb.finQueued) return;
  tcb.finQueued = true;
  if (tcb.state === 'ESTABLISHED') enter(tcb, 'FIN-WAIT-1');
  else if (tcb.state === 'CLOSE-WAIT') enter(tcb, 'LAST-ACK');
  // Before ESTABLISHED it waits: the FIN follows what is queued (RFC 9293 §3.10.4).
}

/** ABORT: the peer gets RST where it believes in the connection, and nothing is kept. */
export function abort(tcb: Tcb): void {
  const mustReset = believesInUs(tcb);
  tcb.receiveBuffer.clear();
  if (tcb.state === 'CLOSED') return;
  enterClosed(tcb);
  if (mustReset) tcb.owed = OWE_RESET;
}

/**
 * The user is gone: CLOSE, and what was not read, or arrives from now on, is answered with RST
 * (SHLD-3).
 */
export function release(tcb: Tcb, now: number): void {
  tcb.released = true;
  const { receiveBuffer, config } = tcb;
  const isUnread = receiveBuffer.length > 0;
  receiveBuffer.clear();
  if (tcb.state === 'CLOSED' || tcb.state === 'TIME-WAIT') return; // both ends have closed already
  if (tcb.state === 'SYN-SENT') {
    enterClosed(tcb);
  } else if (isUnread) {
    enterClosed(tcb);
    tcb.owed = OWE_RESET;
  } else if (config.lingerMs === 0) {
    abort(tcb);
  } else {
    closeWithoutUser(tcb, now);
  }
}

/** Keep-alive on or off; `delayMs` 0 leaves the idle time as it was (MUST-24, MUST-27). */
export function setKeepAlive(tcb: Tcb, on: boolean, delayMs: number, now: number): void {
  tcb.keepAlive = on;
  if (delayMs > 0) tcb.keepAliveDelayMs = delayMs;
  tcb.keepAliveSent = 0;
  const lives = tcb.state !== 'CLOSED' && tcb.state !== 'TIME-WAIT';
  if (on && lives) tcb.timers.arm(TIMER_KEEP_ALIVE, now + tcb.keepAliveDelayMs);
  else tcb.timers.disarm(TIMER_KEEP_ALIVE);
}

/**
 * Changes what may change while the connection lives. Buffers that are set stay as they are set.
 * @throws RangeError for a congestion control that nobody has registered
 */
export function tune(tcb: Tcb, changes: Partial<TcpTuning>): void {
  const { congestionControl } = changes;
  if (congestionControl !== undefined && congestionControl !== tcb.config.congestionControl) {
    changeController(tcb, congestionControl);
  }
  tcb.config = { ...tcb.config, ...changes };
  const { sendBufferBytes, receiveBufferBytes } = changes;
  if (sendBufferBytes !== undefined) limitBuffer(tcb.sendBuffer, sendBufferBytes);
  if (receiveBufferBytes !== undefined) limitBuffer(tcb.receiveBuffer, receiveBufferBytes);
  if (changes.quickAckSegments !== undefined) tcb.quickAcks = changes.quickAckSegments;
}

/** Another controller takes over, from the windows that the last one has found (as on Linux). */
function changeController(tcb: Tcb, name: string): void {
  const { cwnd, ssthresh } = tcb.cc;
  tcb.cc = createController(name);
  tcb.undo.active = false; // the new one remembers nothing of the last reduction
  if (!isSynchronized(tcb.state)) return; // the peer's SYN is what it begins with
  tcb.cc.initialize(tcb.snd.mss, tcb.config.initialWindowSegments, tcb.iss);
  tcb.cc.cwnd = cwnd;
  tcb.cc.ssthresh = ssthresh;
}

/** The handshake was kept in a SYN cookie: SYN-RECEIVED, with the SYN-ACK sent long ago. */
export function openFromCookie(tcb: Tcb, syn: Segment, iss: number, now: number): void {
  openPassive(tcb, syn, iss, now);
  tcb.owed &= ~OWE_SYN;
  tcb.snd.nxt = seqAdd(iss, 1);
  // What the SYN-ACK offered, unscaled.
  tcb.rcv.edge = seqAdd(tcb.rcv.nxt, Math.min(tcb.receiveBuffer.limit, 65_535));
  tcb.ts.lastAckSent = tcb.rcv.nxt;
}

/**
 * RFC 9293 §3.10.5. CLOSING and LAST-ACK begin here when CLOSE is called; until the FIN has left,
 * the peer would wait for it for ever (so does Linux).
 */
function believesInUs(tcb: Tcb): boolean {
  switch (tcb.state) {
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT':
      return true;
    case 'CLOSING':
    case 'LAST-ACK':
      return seqLeq(tcb.snd.nxt, endOfText(tcb));
    default:
      return false;
  }
}

function closeWithoutUser(tcb: Tcb, now: number): void {
  const { lingerMs } = tcb.config;
  shutdown(tcb);
  if (tcb.state === 'FIN-WAIT-2') enterFinWait2(tcb, now);
  else if (lingerMs > 0 && mayTransmitText(tcb.state)) {
    tcb.timers.arm(TIMER_LINGER, now + lingerMs);
  }
}

/** What is held stays, and what the window has promised may still come. */
function limitBuffer(buffer: SendBuffer | ReceiveBuffer, limit: number): void {
  buffer.formerLimit = Math.max(buffer.formerLimit, buffer.limit);
  buffer.limit = limit;
}

function begin(tcb: Tcb, iss: number, now: number): void {
  const { snd, rcv } = tcb;
  tcb.iss = iss;
  snd.una = iss;
  tcb.sending?.begin(iss, seqAdd(iss, 1));
  snd.nxt = iss;
  snd.up = iss;
  tcb.owed |= OWE_SYN;
  rcv.lastAt = now;
  rcv.offeredShift = offeredShift(tcb.config);
  if (tcb.keepAlive) tcb.timers.arm(TIMER_KEEP_ALIVE, now + tcb.keepAliveDelayMs);
}

/** Reading makes room: the peer is told when it is worth it. */
function noteRead(tcb: Tcb, count: number, now: number): void {
  noteReadRate(tcb, count, now);
  const { rcv } = tcb;
  const read = seqAdd(rcv.nxt, -tcb.receiveBuffer.length);
  if (seqLt(rcv.up, read)) rcv.up = read;
  if (mayReceiveText(tcb.state) && shouldUpdateWindow(tcb)) tcb.owed |= OWE_ACK;
}
