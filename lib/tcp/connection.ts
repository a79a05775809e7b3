/**
 * One end of one TCP connection: the engine's face (`types/tcp`, `TcpEngine`).
 *
 * Everything comes in by a command or `handle…(…, now)` and goes out by `poll…`; nothing here calls
 * back.
 */
import type { TcpEngine, TcpInfo, TcpState } from '../../types/tcp';
import type { NetworkErrorCode } from '../support/network-error';
import type { Segment } from '../wire/segment';
import { describe } from './info';
import { pollTransmit } from './output';
import { segmentArrives } from './segment-arrives';
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

  send(chunk: Uint8Array, from: number, urgent: boolean): number {
    return calls.send(this.tcb, chunk, from, urgent);
  }

  receive(): Buffer | null {
    return calls.receive(this.tcb);
  }

  receiveInto(target: Uint8Array): number {
    return calls.receiveInto(this.tcb, target);
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

  info(): TcpInfo {
    return describe(this.tcb);
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
