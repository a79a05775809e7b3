/**
 * One end of one TCP connection: the engine's face (`types/tcp`, `TcpEngine`).
 *
 * Everything comes in by a command or `handle…(…, now)` and goes out by `poll…`; nothing here calls
 * back.
 */
import type {
  PathError,
  TcpConfig,
  TcpEngine,
  TcpInfo,
  TcpState,
  TcpTuning,
} from '../../types/tcp';
import type { NetworkErrorCode } from '../support/network-error';
import type { Segment } from '../wire/segment';
import { isSilent, mayRestIdle, mayRestInTimeWait, standInFor } from './at-rest';
import { describe } from './info';
import { hasNothing, pollTransmit } from './output';
import { handlePathError, handlePathMtu, handleWiderPath } from './path';
import { mayReopen } from './reopen';
import { segmentArrives } from './segment-arrives';
import { seqDiff } from './seq';
import { isSynchronized } from './state';
import { type ConnectionSetup, Tcb } from './tcb';
import {
  discard,
  keep,
  type LastNumbers,
  lastNumbers,
  NO_ROW,
  restore,
  restsUntil,
} from './tcb-rows';
import { handleTimeout } from './timeouts';
import * as calls from './user-calls';

export class Connection implements TcpEngine {
  /** At rest a stand-in, that has nothing to do and must not be changed. */
  #tcb: Tcb;
  /** What is kept of it at rest. */
  #row = NO_ROW;
  #config: TcpConfig | null = null;

  constructor(setup: ConnectionSetup) {
    this.#tcb = new Tcb(setup);
  }

  /** The block itself: whole from now on, until it rests again. */
  get tcb(): Tcb {
    if (this.#row !== NO_ROW) {
      this.#tcb = restore(this.#row, this.#config!);
      this.#config = null;
      discard(this.#row);
      this.#row = NO_ROW;
    }
    return this.#tcb;
  }

  get state(): TcpState {
    return this.#tcb.state;
  }

  get error(): NetworkErrorCode | null {
    return this.#tcb.error;
  }

  get softError(): NetworkErrorCode | null {
    return this.#tcb.softError;
  }

  get urgentBytes(): number {
    const { rcv, receiveBuffer } = this.#tcb;
    return Math.max(0, seqDiff(rcv.up, rcv.nxt) + receiveBuffer.length);
  }

  get lastSent(): number {
    return Connection.#last(this).snd.nxt;
  }

  get deadline(): number {
    return this.#row === NO_ROW ? this.#tcb.timers.earliest() : restsUntil(this.#row);
  }

  get readEnded(): boolean {
    return this.#tcb.finReceived && this.#tcb.receiveBuffer.length === 0;
  }

  get receiveQueueBytes(): number {
    return this.#tcb.receiveBuffer.length;
  }

  get sendQueueBytes(): number {
    return this.#tcb.sendBuffer.length;
  }

  get unfinished(): boolean {
    const { state, finQueued, finAcked, sendBuffer, owed } = this.#tcb;
    if (owed !== 0) return true;
    if (!isSynchronized(state)) return state !== 'CLOSED';
    return sendBuffer.length > 0 || (finQueued && !finAcked);
  }

  get finished(): boolean {
    return this.#tcb.state === 'CLOSED' && this.#tcb.owed === 0;
  }

  open(iss: number, now: number): void {
    calls.open(this.#tcb, iss, now);
  }

  openPassive(seg: Segment, iss: number, now: number): void {
    calls.openPassive(this.#tcb, seg, iss, now);
  }

  send(chunk: Uint8Array, from: number, urgent: boolean, now: number): number {
    return calls.send(this.tcb, chunk, from, urgent, now);
  }

  receive(now: number): Buffer | null {
    return calls.receive(this.#tcb, now);
  }

  receiveInto(target: Uint8Array, now: number): number {
    return calls.receiveInto(this.#tcb, target, now);
  }

  shutdown(): void {
    calls.shutdown(this.tcb);
  }

  abort(): void {
    calls.abort(this.tcb);
  }

  release(now: number): void {
    calls.release(this.tcb, now);
  }

  setNoDelay(on: boolean): void {
    this.tcb.noDelay = on;
  }

  setKeepAlive(on: boolean, delayMs: number, now: number): void {
    calls.setKeepAlive(this.tcb, on, delayMs, now);
  }

  tune(changes: Partial<TcpTuning>): void {
    calls.tune(this.tcb, changes);
  }

  /** To be looked at does not wake it. */
  info(now: number): TcpInfo {
    return describe(this.#row === NO_ROW ? this.#tcb : restore(this.#row, this.#config!), now);
  }

  openFromCookie(seg: Segment, syn: Segment, iss: number, now: number): void {
    calls.openFromCookie(this.#tcb, syn, iss, now);
    seg.tsecr = 0; // it bears what the cookie kept beside the clock: no measure of the round trip
    segmentArrives(this.#tcb, seg, now);
  }

  mayReopen(seg: Segment): boolean {
    return this.state === 'TIME-WAIT' && mayReopen(Connection.#last(this), seg);
  }

  handlePathError(error: PathError, seq: number): boolean {
    return handlePathError(this.tcb, error, seq);
  }

  handlePathMtu(mss: number, seq: number): boolean {
    return handlePathMtu(this.tcb, mss, seq);
  }

  handleWiderPath(bytes: number): void {
    handleWiderPath(this.tcb, bytes);
  }

  handleSegment(seg: Segment, now: number): void {
    segmentArrives(this.tcb, seg, now);
  }

  handleTimeout(now: number): void {
    handleTimeout(this.tcb, now);
  }

  get hasNothing(): boolean {
    return this.#row !== NO_ROW || hasNothing(this.#tcb);
  }

  pollTransmit(now: number, out: Segment): boolean {
    return this.#row === NO_ROW && pollTransmit(this.#tcb, now, out);
  }

  /** Called when nothing more is to be sent: in TIME-WAIT it rests, and hardly ever wakes. */
  pollEvents(): number {
    const tcb = this.#tcb;
    if (this.#row !== NO_ROW) return 0;
    const { events } = tcb;
    tcb.events = 0;
    if (tcb.state === 'TIME-WAIT' && mayRestInTimeWait(tcb)) Connection.#keep(this);
    return events;
  }

  rest(now: number): boolean {
    if (this.#row !== NO_ROW) return true;
    const tcb = this.#tcb;
    if (!tcb.isWithoutText && !isSilent(tcb, now)) return false;
    if (mayRestIdle(tcb)) Connection.#keep(this);
    return true;
  }

  dispose(): void {
    if (this.#row === NO_ROW) giveBack(this.#tcb);
    else discard(this.#row);
    this.#row = NO_ROW;
  }

  // Static, for an object with private methods has a field more than its own.

  /** A successor, of which there may be many a second, wakes no connection in TIME-WAIT. */
  static #last(connection: Connection): LastNumbers {
    return connection.#row === NO_ROW ? connection.#tcb : lastNumbers(connection.#row);
  }

  static #keep(connection: Connection): void {
    const tcb = connection.#tcb;
    const row = keep(tcb);
    if (row === NO_ROW) return;
    giveBack(tcb);
    connection.#row = row;
    connection.#config = tcb.config;
    connection.#tcb = standInFor(tcb);
  }
}

function giveBack(tcb: Tcb): void {
  tcb.sendBuffer.clear();
  tcb.receiveBuffer.clear();
  tcb.forgetGaps();
}
