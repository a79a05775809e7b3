/**
 * One connection that carries as much as it can one way, between two hosts of a simulated network:
 * what throughput is measured with.
 */

import type { ConnectionHandler, ConnectionOptions, StackConnection } from '../../types/stack';
import type { NetworkErrorCode } from '../support/network-error';
import { IPV4_ANY } from '../wire/ip-address';
import type { SimulatedHost } from './network';

const CHUNK_BYTES = 65_536;
const FIRST_PORT = 5001;

export interface BulkFlowOptions {
  from: SimulatedHost;
  to: SimulatedHost;
  /** Bytes to send; Infinity unless given. */
  bytes?: number;
  /** Does the connection stay open behind them? Unless given the FIN follows. */
  staysOpen?: boolean;
  /** 5001 unless given; each flow between two hosts needs its own. */
  port?: number;
  /** Of the sender's connection. */
  connection?: ConnectionOptions;
}

export class BulkFlow {
  /** Bytes that the receiver's user has read. */
  received = 0;
  /** Why one of the ends died; null: neither has. */
  error: NetworkErrorCode | null = null;
  readonly sender: StackConnection;
  readonly #bytes: number;
  readonly #staysOpen: boolean;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  readonly #target = new Uint8Array(CHUNK_BYTES);
  #sent = 0;

  /** Listens at one host and connects from the other; the flow begins as the clock turns. */
  constructor(options: BulkFlowOptions) {
    const { from, to, bytes = Infinity, port = FIRST_PORT, connection } = options;
    this.#bytes = bytes;
    this.#staysOpen = options.staysOpen ?? false;
    to.stack.listen({ address: IPV4_ANY, port, backlog: 1 }, (accepted) => {
      accepted.handler = new BulkReader(this, accepted);
    });
    const writer = new BulkWriter(this);
    const request = { ...connection, remoteAddress: to.addresses[0], remotePort: port };
    this.sender = from.stack.connect(request, writer);
  }

  get isOver(): boolean {
    return this.received >= this.#bytes || this.error !== null;
  }

  /** Fills the sender's buffer. */
  write(): void {
    const { sender } = this;
    for (let taken = CHUNK_BYTES; taken === CHUNK_BYTES && this.#sent < this.#bytes; ) {
      const from = Math.max(0, CHUNK_BYTES - (this.#bytes - this.#sent));
      taken = from + sender.send(this.#chunk, from);
      this.#sent += taken - from;
    }
    if (this.#sent >= this.#bytes && !this.#staysOpen) sender.shutdown();
  }

  /** Empties the receiver's buffer. */
  read(receiver: StackConnection): void {
    const target = this.#target;
    for (let count = receiver.receiveInto(target); count > 0; ) {
      this.received += count;
      count = receiver.receiveInto(target);
    }
    if (receiver.readEnded) receiver.shutdown();
  }
}

/** What both ends have in common: they note what they die of. */
abstract class BulkEnd implements ConnectionHandler {
  protected readonly flow: BulkFlow;

  constructor(flow: BulkFlow) {
    this.flow = flow;
  }

  handleConnect(): void {}
  handleUrgent(): void {}
  handleReadable(): void {}
  handleWritable(): void {}
  handleClose(): void {}

  handleError(code: NetworkErrorCode): void {
    this.flow.error = code;
  }
}

class BulkWriter extends BulkEnd {
  override handleConnect(): void {
    this.flow.write();
  }

  override handleWritable(): void {
    this.flow.write();
  }
}

class BulkReader extends BulkEnd {
  readonly #connection: StackConnection;

  constructor(flow: BulkFlow, connection: StackConnection) {
    super(flow);
    this.#connection = connection;
  }

  override handleReadable(): void {
    this.flow.read(this.#connection);
  }
}
