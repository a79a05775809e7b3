/** An engine that does what a test tells it, and remembers what it was told. */

import type { NetworkErrorCode } from '../../../lib/support/network-error';
import { ACK, type Segment } from '../../../lib/wire/segment';
import type { TcpEngine, TcpInfo, TcpState } from '../../../types/tcp';

export class FakeEngine implements TcpEngine {
  state: TcpState = 'CLOSED';
  error: NetworkErrorCode | null = null;
  readEnded = false;
  receiveQueueBytes = 0;
  sendQueueBytes = 0;
  unfinished = false;
  finished = false;
  deadline = Number.POSITIVE_INFINITY;
  softError: NetworkErrorCode | null = null;
  urgentBytes = 0;
  lastSent = 0;
  disposed = false;
  /** Segments it would send now; each takes the next sequence number. */
  owed = 0;
  /** Event bits for the next `pollEvents`. */
  events = 0;
  /** What `rest` answers. */
  mayRest = true;
  readonly calls: string[] = [];
  #sent = 0;

  open(_iss: number, now: number): void {
    this.state = 'SYN-SENT';
    this.#note(`open@${now}`);
  }

  openPassive(_seg: Segment, _iss: number, now: number): void {
    this.state = 'SYN-RECEIVED';
    this.#note(`openPassive@${now}`);
  }

  send(chunk: Uint8Array, from: number): number {
    this.#note(`send ${chunk.length - from}`);
    this.owed++;
    return chunk.length - from;
  }

  receive(): Buffer | null {
    this.#note('receive');
    return null;
  }

  receiveInto(): number {
    return 0;
  }

  shutdown(): void {
    this.#note('shutdown');
  }

  abort(): void {
    this.#note('abort');
    this.state = 'CLOSED';
    this.finished = true;
    this.owed = 0;
  }

  release(): void {
    this.#note('release');
  }

  setNoDelay(on: boolean): void {
    this.#note(`noDelay ${on}`);
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    this.#note(`keepAlive ${on} ${delayMs}`);
  }

  tune(): void {
    this.#note('tune');
  }

  openFromCookie(): void {
    this.state = 'ESTABLISHED';
    this.#note('openFromCookie');
  }

  mayReopen(): boolean {
    return false;
  }

  handlePathError(): boolean {
    return false;
  }

  handlePathMtu(): boolean {
    return false;
  }

  handleWiderPath(): void {}

  info(): TcpInfo {
    return { state: this.state } as TcpInfo;
  }

  handleSegment(seg: Segment, now: number): void {
    this.#note(`segment ${seg.seq}@${now}`);
  }

  handleTimeout(now: number): void {
    this.#note(`timeout@${now}`);
    this.deadline = Number.POSITIVE_INFINITY;
  }

  readonly hasNothing = false;

  pollTransmit(_now: number, out: Segment): boolean {
    if (this.disposed) throw new Error('used after dispose');
    if (this.owed === 0) return false;
    this.owed--;
    out.clear();
    out.sourcePort = 1;
    out.destinationPort = 2;
    out.seq = this.#sent++;
    out.ack = 0;
    out.flags = ACK;
    return true;
  }

  pollEvents(): number {
    const events = this.events;
    this.events = 0;
    return events;
  }

  rest(now: number): boolean {
    this.#note(`rest@${now}`);
    return this.mayRest;
  }

  dispose(): void {
    if (this.disposed) throw new Error('disposed of twice');
    this.disposed = true;
  }

  #note(call: string): void {
    if (this.disposed) throw new Error(`${call} after dispose`);
    this.calls.push(call);
  }
}
