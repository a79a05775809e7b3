/**
 * One end of one TCP connection: the engine's face (`types/tcp`, `TcpEngine`).
 *
 * Everything comes in by a command or `handle…(…, now)` and goes out by `poll…`; nothing here calls
 * back.
 */
import type { PathError, TcpEngine, TcpInfo, TcpState, TcpTuning } from '../../types/tcp';
import type { NetworkErrorCode } from '../support/network-error';
import type { Segment } from '../wire/segment';
import { describe } from './info';
import { pollTransmit } from './output';
import { handlePathError, handlePathMtu, handleWiderPath } from './path';
import { mayReopen } from './reopen';
import { segmentArrives } from './segment-arrives';
import { seqDiff } from './seq';
import { isSynchronized } from './state';
import { type ConnectionSetup, Tcb } from './tcb';
import { isAtRest, RESTING, TimeWait } from './time-wait';
import { handleTimeout } from './timeouts';
import * as calls from './user-calls';

export class Connection implements TcpEngine {
  /** Where there is a `#timeWait`, a stand-in that has nothing to do and must not be changed. */
  #tcb: Tcb;
  #timeWait: TimeWait | null = null;

  constructor(setup: ConnectionSetup) {
    this.#tcb = new Tcb(setup);
  }

  /** The block itself, for tests and invariants. */
  get tcb(): Tcb {
    this.#wake();
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
    return this.#timeWait?.snd.nxt ?? this.#tcb.snd.nxt;
  }

  get deadline(): number {
    return this.#timeWait?.deadline ?? this.#tcb.timers.earliest();
  }

  get readEnded(): boolean {
    return this.#tcb.finReceived && this.#tcb.receiveBuffer.length === 0;
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
    return calls.send(this.#tcb, chunk, from, urgent, now);
  }

  receive(now: number): Buffer | null {
    return calls.receive(this.#tcb, now);
  }

  receiveInto(target: Uint8Array, now: number): number {
    return calls.receiveInto(this.#tcb, target, now);
  }

  shutdown(): void {
    calls.shutdown(this.#tcb);
  }

  abort(): void {
    this.#wake();
    calls.abort(this.#tcb);
  }

  release(now: number): void {
    calls.release(this.#tcb, now);
  }

  setNoDelay(on: boolean): void {
    this.#tcb.noDelay = on;
  }

  setKeepAlive(on: boolean, delayMs: number, now: number): void {
    this.#wake();
    calls.setKeepAlive(this.#tcb, on, delayMs, now);
  }

  tune(changes: Partial<TcpTuning>): void {
    this.#wake();
    calls.tune(this.#tcb, changes);
  }

  /** Of one in TIME-WAIT whose user is gone the counters are left, but no measures. */
  info(now: number): TcpInfo {
    return describe(this.#timeWait?.wake() ?? this.#tcb, now);
  }

  openFromCookie(seg: Segment, syn: Segment, iss: number, now: number): void {
    calls.openFromCookie(this.#tcb, syn, iss, now);
    seg.tsecr = 0; // it bears what the cookie kept beside the clock: no measure of the round trip
    segmentArrives(this.#tcb, seg, now);
  }

  mayReopen(seg: Segment): boolean {
    return this.state === 'TIME-WAIT' && mayReopen(this.#timeWait ?? this.#tcb, seg);
  }

  handlePathError(error: PathError, seq: number): boolean {
    this.#wake();
    return handlePathError(this.#tcb, error, seq);
  }

  handlePathMtu(mss: number, seq: number): boolean {
    this.#wake();
    return handlePathMtu(this.#tcb, mss, seq);
  }

  handleWiderPath(bytes: number): void {
    this.#wake();
    handleWiderPath(this.#tcb, bytes);
  }

  handleSegment(seg: Segment, now: number): void {
    this.#wake();
    segmentArrives(this.#tcb, seg, now);
  }

  handleTimeout(now: number): void {
    this.#wake();
    handleTimeout(this.#tcb, now);
  }

  pollTransmit(now: number, out: Segment): boolean {
    return pollTransmit(this.#tcb, now, out);
  }

  /** Called when nothing more is to be sent: a connection that only waits is made small. */
  pollEvents(): number {
    const tcb = this.#tcb;
    const { events } = tcb;
    tcb.events = 0;
    if (tcb.state === 'TIME-WAIT' && isAtRest(tcb)) this.#rest();
    return events;
  }

  dispose(): void {
    this.#tcb.sendBuffer.clear();
    this.#tcb.receiveBuffer.clear();
    this.#tcb.forgetGaps();
  }

  #rest(): void {
    if (this.#timeWait !== null) return;
    this.dispose();
    this.#timeWait = new TimeWait(this.#tcb);
    this.#tcb = RESTING;
  }

  #wake(): void {
    if (this.#timeWait === null) return;
    this.#tcb = this.#timeWait.wake();
    this.#timeWait = null;
  }
}
