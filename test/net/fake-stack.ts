/**
 * A TransportStack without TCP: two ends joined by queues with limited buffers.
 *
 * It keeps the promises of types/stack.ts and nothing else, so that `net` can be tested against the
 * contract: handlers are called from an event phase of its own, sending takes what there is room for, data
 * moves only while the receiver has room.
 */

import { NetworkError, type NetworkErrorCode } from '../../lib/support/network-error';
import { IPV4_LOOPBACK, type IpAddress } from '../../lib/wire/ip-address';
import type {
  ConnectionHandler,
  ConnectRequest,
  ListenRequest,
  StackBinding,
  StackConnection,
  StackListener,
  TransportStack,
} from '../../types/stack';
import type { TcpInfo, TcpState, TcpTuning } from '../../types/tcp';

const FIRST_EPHEMERAL_PORT = 49_152;

export interface FakeStackOptions {
  sendBufferBytes?: number;
  receiveBufferBytes?: number;
  /** Largest piece that `receive` hands out. */
  pieceBytes?: number;
}

export class FakeStack implements TransportStack {
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  readonly pieceBytes: number;
  readonly connections = new Set<FakeConnection>();
  readonly #listeners = new Map<number, FakeListener>();
  /** Where nobody answers, not even with RST. */
  readonly silentAddresses = new Set<string>();
  #nextPort = FIRST_EPHEMERAL_PORT;
  readonly #events: (() => void)[] = [];
  /** Is the event phase running? */
  inEventPhase = false;

  constructor(options: FakeStackOptions = {}) {
    this.sendBufferBytes = options.sendBufferBytes ?? 65_536;
    this.receiveBufferBytes = options.receiveBufferBytes ?? 65_536;
    this.pieceBytes = options.pieceBytes ?? 16_384;
  }

  connect(request: ConnectRequest, handler: ConnectionHandler): StackConnection {
    if (request.remoteAddress.isMulticast) throw new NetworkError('ENETUNREACH', '');
    const local = request.localAddress ?? IPV4_LOOPBACK;
    if (!local.isLoopback) throw new NetworkError('EADDRNOTAVAIL', '');
    if (request.localPort && this.#listeners.has(request.localPort)) {
      throw new NetworkError('EADDRINUSE', '');
    }
    const port = request.localPort || this.#nextPort++;
    const end = new FakeConnection(this, local, port, request.remoteAddress, request.remotePort);
    end.handler = handler;
    this.defer(() => this.#answer(end));
    return end;
  }

  listen(request: ListenRequest, accept: (connection: StackConnection) => void): StackListener {
    const { address } = request;
    if (!address.isLoopback && !address.isUnspecified) throw new NetworkError('EADDRNOTAVAIL', '');
    const port = request.port || this.#nextPort++;
    if (this.#listeners.has(port)) throw new NetworkError('EADDRINUSE', '');
    const listener = new FakeListener(address, port, accept, () => this.#listeners.delete(port));
    this.#listeners.set(port, listener);
    return listener;
  }

  bind(): StackBinding {
    throw new NetworkError('ENOTSUP', 'the fake stack binds nothing');
  }

  close(): void {
    for (const connection of this.connections) connection.abort();
    this.#listeners.clear();
  }

  /** Runs `event` in an event phase of its own. */
  defer(event: () => void): void {
    this.#events.push(event);
    setImmediate(() => this.#runEvent());
  }

  #runEvent(): void {
    const event = this.#events.shift()!;
    this.inEventPhase = true;
    try {
      event();
    } finally {
      this.inEventPhase = false;
    }
  }

  #answer(client: FakeConnection): void {
    if (client.state !== 'SYN-SENT') return;
    if (this.silentAddresses.has(client.remoteAddress.text)) return;
    const listener = this.#listeners.get(client.remotePort);
    const { remoteAddress } = client;
    const answers = listener?.address.isUnspecified || listener?.address.equals(remoteAddress);
    if (listener === undefined || !answers) {
      client.die('ECONNREFUSED');
      return;
    }
    const server = new FakeConnection(
      this,
      remoteAddress,
      client.remotePort,
      client.localAddress,
      client.localPort,
    );
    server.state = 'ESTABLISHED';
    client.state = 'ESTABLISHED';
    server.peer = client;
    client.peer = server;
    client.handler?.handleConnect();
    listener.accept(server);
    client.move();
  }
}

class FakeListener implements StackListener {
  constructor(
    readonly address: IpAddress,
    readonly port: number,
    readonly accept: (connection: StackConnection) => void,
    readonly close: () => void,
  ) {}
  ref(): void {}
  unref(): void {}
}

export class FakeConnection implements StackConnection {
  handler: ConnectionHandler | null = null;
  state: TcpState = 'SYN-SENT';
  peer: FakeConnection | null = null;
  referenced = true;
  noDelay = false;
  keepAlive: [boolean, number] = [false, 0];
  /** Positions in the stream that arrived marked urgent. */
  readonly urgentMarks: number[] = [];
  released = false;

  readonly #stack: FakeStack;
  #outgoing: Buffer[] = [];
  #incoming: Buffer[] = [];
  sendQueueBytes = 0;
  receiveQueueBytes = 0;
  /** Most that ever waited to be read. */
  receiveQueuePeak = 0;
  #sent = 0;
  #finQueued = false;
  #finReceived = false;
  #wantsRoom = false;

  constructor(
    stack: FakeStack,
    readonly localAddress: IpAddress,
    readonly localPort: number,
    readonly remoteAddress: IpAddress,
    readonly remotePort: number,
  ) {
    this.#stack = stack;
    stack.connections.add(this);
  }

  send(chunk: Uint8Array, from = 0): number {
    this.#checkHeld();
    if (this.#finQueued) throw new NetworkError('EPIPE', '');
    if (this.state === 'CLOSED') return 0;
    const room = this.#stack.sendBufferBytes - this.sendQueueBytes;
    const taken = Math.min(room, chunk.length - from);
    if (taken > 0) this.#outgoing.push(Buffer.from(chunk.subarray(from, from + taken)));
    this.sendQueueBytes += taken;
    this.#sent += taken;
    this.#wantsRoom = from + taken < chunk.length;
    this.#stack.defer(() => this.move());
    return taken;
  }

  sendUrgent(chunk: Uint8Array): number {
    const taken = this.send(chunk);
    if (taken < chunk.length) return taken;
    const mark = this.#sent;
    this.#stack.defer(() => {
      this.peer?.urgentMarks.push(mark);
      this.peer?.handler?.handleUrgent();
    });
    return taken;
  }

  receive(): Buffer | null {
    this.#checkHeld();
    const head = this.#incoming.shift();
    if (head === undefined) return null;
    const piece = head.subarray(0, this.#stack.pieceBytes);
    if (piece.length < head.length) this.#incoming.unshift(head.subarray(piece.length));
    this.#took(piece.length);
    return piece;
  }

  receiveInto(target: Uint8Array): number {
    this.#checkHeld();
    const head = this.#incoming.shift();
    if (head === undefined) return 0;
    const length = Math.min(head.length, target.length);
    target.set(head.subarray(0, length));
    if (length < head.length) this.#incoming.unshift(head.subarray(length));
    this.#took(length);
    return length;
  }

  #took(length: number): void {
    this.receiveQueueBytes -= length;
    this.#stack.defer(() => this.peer?.move());
  }

  get readEnded(): boolean {
    return this.#finReceived && this.receiveQueueBytes === 0;
  }

  remind(): void {
    this.#checkHeld();
    this.#stack.defer(() => this.handler?.handleReadable());
  }

  shutdown(): void {
    this.#checkHeld();
    this.#finQueued = true;
    this.#stack.defer(() => this.move());
  }

  abort(): void {
    this.released = true;
    this.#forget();
    this.#stack.defer(() => this.peer?.die('ECONNRESET'));
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.handler = null;
    if (this.state === 'SYN-SENT' || this.state === 'CLOSED') {
      this.#forget();
    } else if (this.receiveQueueBytes > 0) {
      this.abort();
    } else {
      this.#finQueued = true;
      this.#stack.defer(() => this.move());
    }
  }

  setNoDelay(on: boolean): void {
    this.#checkHeld();
    this.noDelay = on;
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    this.#checkHeld();
    this.keepAlive = [on, delayMs];
  }

  // The rest of the contract is for the engine, of which there is none here.
  readonly softError: NetworkErrorCode | null = null;
  readonly urgentBytes = 0;

  /** What has been tuned, all together. */
  readonly tunings: Partial<TcpTuning> = {};

  tune(changes: Partial<TcpTuning>): void {
    this.#checkHeld();
    Object.assign(this.tunings, changes);
  }

  setHopLimit(_hopLimit: number): void {
    this.#checkHeld();
  }

  ref(): void {
    this.#checkHeld();
    this.referenced = true;
  }

  unref(): void {
    this.#checkHeld();
    this.referenced = false;
  }

  info(): TcpInfo {
    return { state: this.state, bytes_sent: this.#sent } as TcpInfo;
  }

  /** Moves what the peer has room for, then the FIN. */
  move(): void {
    const { peer } = this;
    if (peer === null || this.state === 'CLOSED') return;
    let moved = 0;
    while (this.#outgoing.length > 0) {
      const room = this.#stack.receiveBufferBytes - peer.receiveQueueBytes;
      if (room === 0) break;
      const piece = this.#outgoing[0].subarray(0, room);
      this.#outgoing[0] = this.#outgoing[0].subarray(piece.length);
      if (this.#outgoing[0].length === 0) this.#outgoing.shift();
      peer.accept(piece);
      moved += piece.length;
      if (peer.state === 'CLOSED') return;
    }
    this.sendQueueBytes -= moved;
    const ends = this.#finQueued && this.#outgoing.length === 0 && !peer.#finReceived;
    if (ends) peer.#finReceived = true;
    if (moved > 0 || ends) peer.handler?.handleReadable();
    if (moved > 0 && this.#wantsRoom) {
      this.#wantsRoom = false;
      this.handler?.handleWritable();
    }
    this.#closeIfDone();
    peer.#closeIfDone();
  }

  accept(piece: Buffer): void {
    if (this.released) {
      this.abort(); // data for a user who is gone
      return;
    }
    this.#incoming.push(Buffer.from(piece));
    this.receiveQueueBytes += piece.length;
    this.receiveQueuePeak = Math.max(this.receiveQueuePeak, this.receiveQueueBytes);
  }

  /** The connection has died of `code`. */
  die(code: NetworkErrorCode): void {
    if (this.state === 'CLOSED') return;
    const { handler } = this;
    this.state = 'CLOSED';
    if (code === 'ECONNRESET') {
      this.#incoming = [];
      this.receiveQueueBytes = 0;
    }
    this.#outgoing = [];
    this.#stack.connections.delete(this);
    handler?.handleError(code);
    this.handler?.handleClose();
  }

  #closeIfDone(): void {
    const { peer } = this;
    const done = peer !== null && this.#finReceived && peer.#finReceived;
    if (!done || this.state === 'CLOSED') return;
    this.state = 'CLOSED';
    this.#stack.connections.delete(this);
    this.handler?.handleClose();
  }

  /** A user who has left may not come back. */
  #checkHeld(): void {
    if (this.released) throw new Error('a connection is used after its release');
  }

  #forget(): void {
    this.handler = null;
    this.state = 'CLOSED';
    this.#outgoing = [];
    this.#incoming = [];
    this.#stack.connections.delete(this);
  }
}
