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
import { handleTimeout } from './timeouts';
import * as calls from './user-calls';

export class Connection implements TcpEngine {
  /** The block itself, for tests and invariants. */
  readonly tcb: Tcb;

  constructor(setup: ConnectionSetup) {
    this.tcb = new Tcb(setup);
  }

  get state(): TcpState {
    return this.tcb.state;
  }

  get error(): NetworkErrorCode | null {
    return this.tcb.error;
  }

  get softError(): NetworkErrorCode | null {
    return this.tcb.softError;
  }

  get urgentBytes(): number {
    const { rcv, receiveBuffer } = this.tcb;
    return Math.max(0, seqDiff(rcv.up, rcv.nxt) + receiveBuffer.length);
  }

  get lastSent(): number {
    return this.tcb.snd.nxt;
  }

  get deadline(): number {
    return this.tcb.timers.earliest();
  }

  get readEnded(): boolean {
    return this.tcb.finReceived && this.tcb.receiveBuffer.length === 0;
  }

  get sendQueueBytes(): number {
    return this.tcb.sendBuffer.length;
  }

  get unfinished(): boolean {
    const { state, finQueued, finAcked, sendBuffer, owed } = this.tcb;
    if (owed !== 0) return true;
    if (!isSynchronized(state)) return state !== 'CLOSED';
    return sendBuffer.length > 0 || (finQueued && !finAcked);
  }

  get finished(): boolean {
    return this.tcb.state === 'CLOSED' && this.tcb.owed === 0;
  }

  open(iss: number, now: number): void {
    calls.open(this.tcb, iss, now);
  }

  openPassive(seg: Segment, iss: number, now: number): void {
    calls.openPassive(this.tcb, seg, iss, now);
  }

  send(chunk: Uint8Array, from: number, urgent: boolean, now: number): number {
    return calls.send(this.tcb, chunk, from, urgent, now);
  }

  receive(now: number): Buffer | null {
    return calls.receive(this.tcb, now);
  }

  receiveInto(target: Uint8Array, now: number): number {
    return calls.receiveInto(this.tcb, target, now);
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

  info(now: number): TcpInfo {
    return describe(this.tcb, now);
  }

  openFromCookie(seg: Segment, syn: Segment, iss: number, now: number): void {
    calls.openFromCookie(this.tcb, syn, iss, now);
    seg.tsecr = 0; // it bears what the cookie kept beside the clock: no measure of the round trip
    segmentArrives(this.tcb, seg, now);
  }

  mayReopen(seg: Segment): boolean {
    return mayReopen(this.tcb, seg);
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

  pollTransmit(now: number, out: Segment): boolean {
    return pollTransmit(this.tcb, now, out);
  }

  pollEvents(): number {
    const { events } = this.tcb;
    this.tcb.events = 0;
    return events;
  }

  dispose(): void {
    this.tcb.sendBuffer.clear();
    this.tcb.receiveBuffer.clear();
    this.tcb.reassembly.clear();
  }
}
