/**
 * Connections that have nothing to do (`at-rest`), kept as rows of numbers outside V8's heap.
 *
 * A `Tcb` with its parts has 2 KB, a row less than 300 bytes (Linux keeps `tcp_timewait_sock`
 * instead of `tcp_sock`). What is written in one order is read in the same; tests compare what
 * comes out with what went in.
 */
import type { TcpConfig } from '../../types/tcp';
import { Rows } from '../support/rows';
import { updateSendMss } from './path';
import { enter } from './state';
import { type ReceiveState, type SendState, Tcb, type TimestampState } from './tcb';
import { TIMER_KEEP_ALIVE, TIMER_LINGER } from './timers';

/** The row of a connection that is whole. */
export const NO_ROW = -1;

/** Nothing was ever sent. */
const NO_THRESHOLD = -1;

const NUMBERS = 14;
const WORDS = 42;
const rows = new Rows(NUMBERS, WORDS);

// Bits of the word that says what is true or false, and above them three shifts of windows.
const PASSIVE = 1;
const IN_TRAINS = 2;
const NO_DELAY = 4;
const KEEP_ALIVE = 8;
const SACK = 16;
const TIMESTAMPS = 32;
const SCALED = 64;
const IN_TIME_WAIT = 128;
const REPEATED = 256;
const SHIFT_BITS = 4;
const SHIFT_MASK = 0xf;
const SEND_SHIFT = 9;
const RECEIVE_SHIFT = SEND_SHIFT + SHIFT_BITS;
const OFFERED_SHIFT = RECEIVE_SHIFT + SHIFT_BITS;
const PORT_BITS = 16;
const PORT_MASK = 0xffff;

/**
 * Keeps a connection that may rest.
 * @returns its row; NO_ROW where it has numbers that a row cannot hold, and must stay whole
 */
export function keep(tcb: Tcb): number {
  const row = rows.take();
  rows.open(row);
  write(tcb);
  if (rows.fits) return row;
  rows.release(row);
  return NO_ROW;
}

/** The connection as it was; in TIME-WAIT without what only others need. The row stays. */
export function restore(row: number, config: TcpConfig): Tcb {
  rows.open(row);
  return read(config);
}

export function discard(row: number): void {
  rows.release(row);
}

/** What a successor must know of the connection before it. */
export interface LastNumbers {
  snd: { nxt: number };
  rcv: { nxt: number };
  ts: { on: boolean; recent: number };
}

const last: LastNumbers = { snd: { nxt: 0 }, rcv: { nxt: 0 }, ts: { on: false, recent: 0 } };

/** Of a connection that is kept, without making it whole. Good until the next call. */
export function lastNumbers(row: number): LastNumbers {
  rows.open(row);
  last.snd.nxt = rows.readWord();
  last.rcv.nxt = rows.readWord();
  last.ts.recent = rows.readWord();
  last.ts.on = (rows.readWord() & TIMESTAMPS) !== 0;
  return last;
}

/** When a connection that is kept must be looked at again, ms; Infinity: never. */
export function restsUntil(row: number): number {
  rows.open(row);
  return rows.readNumber();
}

function write(tcb: Tcb): void {
  rows.writeNumber(tcb.timers.at[onlyTimer(tcb)]); // first: `restsUntil`
  rows.writeNumber(tcb.keepAliveDelayMs);
  rows.writeNumber(tcb.challengesSince);
  rows.writeWord(tcb.snd.nxt); // first: `lastNumbers`
  rows.writeWord(tcb.rcv.nxt);
  rows.writeWord(tcb.ts.recent);
  rows.writeWord(flagsOf(tcb));
  writeSetup(tcb);
  rows.writeWord(tcb.peerMss);
  rows.writeWord(tcb.iss);
  rows.writeWord(tcb.irs);
  rows.writeWord(tcb.keepAliveSent);
  rows.writeWord(tcb.quickAcks);
  rows.writeWord(tcb.challenges);
  rows.writeWord(tcb.sendBuffer.limit);
  rows.writeWord(tcb.receiveBuffer.limit);
  writeSender(tcb.snd);
  writeReceiver(tcb.rcv);
  writeTimestamps(tcb.ts);
  tcb.rtt.writeRow(rows);
  tcb.count.writeRow(rows);
  rows.writeWord(thresholdOf(tcb));
}

function read(config: TcpConfig): Tcb {
  const deadline = rows.readNumber();
  const keepAliveDelayMs = rows.readNumber();
  const challengesSince = rows.readNumber();
  const sendNext = rows.readWord();
  const receiveNext = rows.readWord();
  const recent = rows.readWord();
  const tcb = readSetup(config, rows.readWord());
  tcb.keepAliveDelayMs = keepAliveDelayMs;
  tcb.challengesSince = challengesSince;
  tcb.timers.arm(onlyTimer(tcb), deadline);
  tcb.peerMss = rows.readWord();
  tcb.iss = rows.readWord();
  tcb.irs = rows.readWord();
  tcb.keepAliveSent = rows.readWord();
  tcb.quickAcks = rows.readWord();
  tcb.challenges = rows.readWord();
  tcb.sendBuffer.limit = rows.readWord();
  tcb.receiveBuffer.limit = rows.readWord();
  readSender(tcb.snd, sendNext);
  readReceiver(tcb.rcv);
  tcb.rcv.nxt = receiveNext;
  readTimestamps(tcb.ts);
  tcb.ts.recent = recent;
  tcb.rtt.readRow(rows);
  tcb.count.readRow(rows);
  updateSendMss(tcb);
  const threshold = rows.readWord();
  if (threshold !== NO_THRESHOLD) tcb.cc.ssthresh = threshold;
  return tcb;
}

/** What is worth keeping of what was needed to send: the rest is made again. */
function thresholdOf({ sending, state }: Tcb): number {
  if (sending === null || state === 'TIME-WAIT') return NO_THRESHOLD;
  sending.cc.handleIdle(); // or it would have been with the next text
  return sending.cc.ssthresh;
}

/** The one timer that may be armed. */
function onlyTimer({ state }: Tcb): typeof TIMER_LINGER | typeof TIMER_KEEP_ALIVE {
  return state === 'TIME-WAIT' ? TIMER_LINGER : TIMER_KEEP_ALIVE;
}

function writeSetup(tcb: Tcb): void {
  rows.writeWord((tcb.localPort << PORT_BITS) | tcb.remotePort);
  rows.writeWord(tcb.pathMss);
  rows.writeWord(tcb.defaultPeerMss);
  rows.writeWord(tcb.minPathMss);
  rows.writeWord(tcb.linkText);
  rows.writeWord(tcb.ts.offset);
}

function readSetup(config: TcpConfig, flags: number): Tcb {
  const ports = rows.readWord();
  const tcb = new Tcb({
    config,
    localPort: ports >>> PORT_BITS,
    remotePort: ports & PORT_MASK,
    mss: rows.readWord(),
    defaultPeerMss: rows.readWord(),
    minPathMss: rows.readWord(),
    linkText: rows.readWord(),
    inTrains: (flags & IN_TRAINS) !== 0,
    timestampOffset: rows.readWord(),
  });
  takeFlags(tcb, flags);
  return tcb;
}

function flagsOf(tcb: Tcb): number {
  const { snd, rcv, ts, sack, rtt } = tcb;
  let flags = 0;
  if (tcb.passive) flags |= PASSIVE;
  if (tcb.inTrains) flags |= IN_TRAINS;
  if (tcb.noDelay) flags |= NO_DELAY;
  if (tcb.keepAlive) flags |= KEEP_ALIVE;
  if (sack.on) flags |= SACK;
  if (ts.on) flags |= TIMESTAMPS;
  if (rcv.scaleAgreed) flags |= SCALED;
  if (rtt.repeated) flags |= REPEATED;
  if (tcb.state === 'TIME-WAIT') flags |= IN_TIME_WAIT;
  flags |= snd.shift << SEND_SHIFT;
  flags |= rcv.shift << RECEIVE_SHIFT;
  return flags | (rcv.offeredShift << OFFERED_SHIFT);
}

function takeFlags(tcb: Tcb, flags: number): void {
  const { snd, rcv, ts, sack, rtt } = tcb;
  tcb.passive = (flags & PASSIVE) !== 0;
  tcb.noDelay = (flags & NO_DELAY) !== 0;
  tcb.keepAlive = (flags & KEEP_ALIVE) !== 0;
  sack.on = (flags & SACK) !== 0;
  ts.on = (flags & TIMESTAMPS) !== 0;
  rcv.scaleAgreed = (flags & SCALED) !== 0;
  rtt.repeated = (flags & REPEATED) !== 0;
  snd.shift = (flags >> SEND_SHIFT) & SHIFT_MASK;
  rcv.shift = (flags >> RECEIVE_SHIFT) & SHIFT_MASK;
  rcv.offeredShift = (flags >> OFFERED_SHIFT) & SHIFT_MASK;
  const isOver = (flags & IN_TIME_WAIT) !== 0;
  enter(tcb, isOver ? 'TIME-WAIT' : 'ESTABLISHED');
  tcb.finQueued = isOver;
  tcb.finAcked = isOver;
  tcb.finReceived = isOver;
  tcb.released = isOver;
}

/** Nothing is outstanding, and nothing urgent to send. */
function writeSender(snd: SendState): void {
  rows.writeNumber(snd.lastAt);
  rows.writeNumber(snd.stalledSince);
  rows.writeNumber(snd.ranOutAt);
  rows.writeWord(snd.wnd);
  rows.writeWord(snd.wl1);
  rows.writeWord(snd.wl2);
  rows.writeWord(snd.maxWnd);
}

function readSender(snd: SendState, next: number): void {
  snd.lastAt = rows.readNumber();
  snd.stalledSince = rows.readNumber();
  snd.ranOutAt = rows.readNumber();
  snd.nxt = next;
  snd.una = next;
  snd.up = next;
  snd.wnd = rows.readWord();
  snd.wl1 = rows.readWord();
  snd.wl2 = rows.readWord();
  snd.maxWnd = rows.readWord();
}

function writeReceiver(rcv: ReceiveState): void {
  rows.writeNumber(rcv.lastAt);
  rows.writeWord(rcv.edge);
  rows.writeWord(rcv.up);
  rows.writeWord(rcv.mss);
  rows.writeWord(rcv.seenMss);
}

function readReceiver(rcv: ReceiveState): void {
  rcv.lastAt = rows.readNumber();
  rcv.edge = rows.readWord();
  rcv.up = rows.readWord();
  rcv.mss = rows.readWord();
  rcv.seenMss = rows.readWord();
}

function writeTimestamps(ts: TimestampState): void {
  rows.writeNumber(ts.recentAt);
  rows.writeNumber(ts.nextAt);
  rows.writeWord(ts.earlier);
  rows.writeWord(ts.next);
  rows.writeWord(ts.lastAckSent);
}

function readTimestamps(ts: TimestampState): void {
  ts.recentAt = rows.readNumber();
  ts.nextAt = rows.readNumber();
  ts.earlier = rows.readWord();
  ts.next = rows.readWord();
  ts.lastAckSent = rows.readWord();
}
