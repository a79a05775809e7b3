/**
 * One end of a connection in a stack: the engine, the addresses and link it talks over, and its
 * user.
 *
 * It is what `net` holds (`StackConnection`). A command goes to the engine at once; what the engine
 * then owes to the network leaves in the next turn, together with everything else.
 */
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import type { TcpEngine, TcpInfo, TcpState, TcpTuning } from '../../types/tcp';
import type { HeapItem } from '../support/heap';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';
import { EVENT_CLOSED, EVENT_ERROR, EVENT_READABLE } from '../tcp/events';
import type { IpAddress } from '../wire/ip-address';
import type { Attachment } from './attachment';
import type { TableEntry } from './connection-table';
import { EndpointFlags } from './endpoint-flags';
import type { FourTuple } from './four-tuple';
import type { ListeningEndpoint } from './listening-endpoint';
import type { PathMtu } from './path-mtu';
import type { HeldPort } from './ports';
import type { ConnectionPlan } from './registry';

/** What an endpoint asks of its stack's turn loop. */
export interface EndpointHost {
  /** The stack's clock, in ms: the time of the present turn where there is one. */
  time(): number;
  /** A command may have left something to send or to report. */
  touch(endpoint: Endpoint): void;
  /** Sends what may leave now, ahead of the turn. */
  sendAhead(endpoint: Endpoint): void;
  /** Whether the process must stay alive for it may have changed. */
  account(endpoint: Endpoint): void;
}

const HOP_LIMIT_BITS = 8;
const HOP_LIMIT_MASK = 0xff;

export class Endpoint extends EndpointFlags implements StackConnection, HeapItem, TableEntry {
  readonly localAddress: IpAddress;
  readonly remoteAddress: IpAddress;
  handler: ConnectionHandler | null = null;

  // For the stack.
  readonly attachment: Attachment;
  readonly tuple: FourTuple;
  /** What is known of the path to the peer. */
  path: PathMtu;
  readonly engine: TcpEngine;
  /** `tuple.addressSum()`, computed once. */
  readonly addressSum: number;
  /** Set until the connection has been handed to the listener's user. */
  listener: ListeningEndpoint | null;
  heldPort: HeldPort | null;
  heapIndex = -1;

  readonly #host: EndpointHost;
  readonly #linkPath: PathMtu;
  readonly #splitBytes: number;
  /** Flow label (20 bits) and hop limit. */
  #ipFields: number;
  #failure: NetworkErrorCode | null = null;

  constructor(host: EndpointHost, plan: ConnectionPlan, engine: TcpEngine, flowLabel = 0) {
    super();
    this.#host = host;
    this.#splitBytes = plan.attachment.splitBytesTo(plan.remoteAddress);
    this.attachment = plan.attachment;
    this.tuple = plan.tuple;
    this.localAddress = plan.localAddress;
    this.remoteAddress = plan.remoteAddress;
    this.path = plan.path;
    this.#linkPath = plan.linkPath;
    if (plan.config.pathMtuDiscovery) this.noteDiscoversPath();
    this.#ipFields = (flowLabel << HOP_LIMIT_BITS) | plan.hopLimit;
    this.engine = engine;
    this.listener = plan.listener;
    this.heldPort = plan.heldPort;
    this.addressSum = plan.tuple.addressSum();
  }

  /** Most bytes of one packet that is handed to the link, which may cut it up. */
  get largestPacket(): number {
    return Math.max(this.path.mtu, this.#splitBytes);
  }

  get hopLimit(): number {
    return this.#ipFields & HOP_LIMIT_MASK;
  }

  /** RFC 6437: the same in all its packets; 0 in IPv4. */
  get flowLabel(): number {
    return this.#ipFields >>> HOP_LIMIT_BITS;
  }

  /** May routers not cut its packets to pieces (RFC 1191 §3)? */
  get dontFragment(): boolean {
    return this.discoversPath && !this.path.mayFragment;
  }

  get localPort(): number {
    return this.tuple.localPort;
  }

  get remotePort(): number {
    return this.tuple.remotePort;
  }

  get state(): TcpState {
    return this.isForgotten ? 'CLOSED' : this.engine.state;
  }

  send(chunk: Uint8Array, from = 0): number {
    return Endpoint.#send(this, chunk, from, false);
  }

  sendUrgent(chunk: Uint8Array): number {
    return Endpoint.#send(this, chunk, 0, true);
  }

  get sendQueueBytes(): number {
    return this.isDisposed ? 0 : this.engine.sendQueueBytes;
  }

  receive(): Buffer | null {
    if (this.isDisposed) return null;
    const piece = this.engine.receive(this.#host.time());
    if (piece !== null) this.#host.touch(this); // the window has opened
    return piece;
  }

  receiveInto(target: Uint8Array): number {
    if (this.isDisposed) return 0;
    const length = this.engine.receiveInto(target, this.#host.time());
    if (length > 0) this.#host.touch(this);
    return length;
  }

  get receiveQueueBytes(): number {
    return this.isDisposed ? 0 : this.engine.receiveQueueBytes;
  }

  get readEnded(): boolean {
    return this.isDisposed || this.engine.readEnded;
  }

  remind(): void {
    if (this.isReleased) return;
    this.events |= EVENT_READABLE;
    this.#host.touch(this);
  }

  shutdown(): void {
    if (this.isDisposed) return;
    this.engine.shutdown(this.#host.time());
    this.#host.touch(this);
  }

  abort(): void {
    if (this.isDisposed) return;
    // As from a kernel: what was written has left by now, and the reset leaves at once.
    if (this.engine.sendQueueBytes > 0) this.#host.sendAhead(this);
    this.engine.abort(this.#host.time());
    this.#host.sendAhead(this);
    Endpoint.#leave(this);
  }

  release(): void {
    if (this.isReleased) return;
    if (this.engine.sendQueueBytes > 0) this.#host.sendAhead(this); // it may be a reset, too
    this.engine.release(this.#host.time());
    Endpoint.#leave(this);
  }

  setNoDelay(on: boolean): void {
    if (this.isDisposed) return;
    this.engine.setNoDelay(on);
    this.#host.touch(this); // what Nagle's algorithm held back may go
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    if (this.isDisposed) return;
    this.engine.setKeepAlive(on, delayMs, this.#host.time());
    this.#host.touch(this);
  }

  tune(changes: Partial<TcpTuning>): void {
    if (this.isDisposed) return;
    this.engine.tune(changes);
    this.#host.touch(this); // a larger buffer opens the window
  }

  setHopLimit(hopLimit: number): void {
    checkHopLimit(hopLimit);
    this.#ipFields = (this.flowLabel << HOP_LIMIT_BITS) | hopLimit;
  }

  get softError(): NetworkErrorCode | null {
    return this.engine.softError;
  }

  get urgentBytes(): number {
    return this.isDisposed ? 0 : this.engine.urgentBytes;
  }

  ref(): void {
    this.isReferenced = true;
    this.#host.account(this);
  }

  unref(): void {
    this.isReferenced = false;
    this.#host.account(this);
  }

  info(): TcpInfo {
    return this.engine.info(this.#host.time());
  }

  // For the stack.

  /** Why it died; null while it has not. */
  get error(): NetworkErrorCode | null {
    return this.#failure ?? (this.isDisposed ? null : this.engine.error);
  }

  /** Must the process stay alive for it? */
  get keepsAlive(): boolean {
    if (this.isReleased) return !this.isForgotten && this.engine.unfinished;
    return this.handler !== null && this.isReferenced && !this.isClosed;
  }

  /**
   * What is known of the path is too old: it may have changed, so packets are as large again as the
   * link carries (RFC 1191 §6.3).
   */
  forgetPath(): void {
    this.engine.handleWiderPath(this.#linkPath.mtu - this.path.mtu);
    this.path = this.#linkPath;
  }

  /** The link or the stack under it is gone: resets it, and its user hears `code`. */
  fail(code: NetworkErrorCode): void {
    if (this.isForgotten) return;
    this.engine.abort(this.#host.time());
    this.#failure = code;
    this.events |= EVENT_ERROR | EVENT_CLOSED;
    this.#host.touch(this);
  }

  /**
   * Another connection takes its place in TIME-WAIT; `forget` follows. What its user must still
   * hear, he hears.
   * @returns the highest sequence number it has sent
   */
  yieldPlace(): number {
    this.events |= this.engine.pollEvents();
    this.#host.touch(this);
    return this.engine.lastSent;
  }

  /** The stack takes it out of its tables. The engine stays while a user may still want to read. */
  forget(): void {
    this.noteForgotten();
    this.heldPort?.release();
    this.heldPort = null;
    this.disposeIfUnused();
  }

  /** Gives back the engine's buffers once neither the network, a user nor a listener needs it. */
  disposeIfUnused(): void {
    if (!this.isForgotten || this.handler !== null || this.listener !== null) return;
    if (this.isDisposed) return;
    this.noteDisposed();
    this.engine.dispose();
  }

  // Static, for an object with private methods has a field more than its own.

  static #send(endpoint: Endpoint, chunk: Uint8Array, from: number, urgent: boolean): number {
    if (endpoint.isDisposed) return 0;
    const taken = endpoint.engine.send(chunk, from, urgent, endpoint.#host.time());
    endpoint.#host.touch(endpoint);
    return taken;
  }

  /** There is no user any more. */
  static #leave(endpoint: Endpoint): void {
    endpoint.noteReleased();
    endpoint.handler = null;
    endpoint.events = 0;
    endpoint.#host.touch(endpoint);
    endpoint.#host.account(endpoint);
    endpoint.disposeIfUnused();
  }
}

/** @throws NetworkError EINVAL, as Linux answers a wrong IP_TTL */
export function checkHopLimit(hopLimit: number): void {
  if (Number.isInteger(hopLimit) && hopLimit >= 1 && hopLimit <= 255) return;
  throw new NetworkError('EINVAL', `hop limit ${hopLimit} is not a whole number from 1 to 255`);
}
