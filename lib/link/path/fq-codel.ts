/**
 * FQ-CoDel (RFC 8290): each flow has a queue of its own under CoDel, and they take turns by bytes;
 * one that has just begun goes first.
 */
import { CodelState } from './codel-state';
import { flowHash } from './flow-hash';
import type { Parcel } from './parcel';
import { ParcelFifo } from './parcel-fifo';
import type { QueueDiscipline, QueueListener } from './queue-discipline';

/** RFC 8290 §5.2: bytes a flow may send in its turn, and number of queues. */
const QUANTUM_BYTES = 1514;
const QUEUES = 1024;
/** §4.1.2: most packets that are dropped at once where the queue is full. */
const DROP_BATCH = 64;

export interface FqCodelOptions {
  /** Most bytes that wait, all flows together. */
  limitBytes: number;
  ecn: boolean;
  listener: QueueListener;
}

class Flow {
  readonly fifo = new ParcelFifo();
  readonly codel: CodelState;
  credit = 0;
  isActive = false;

  constructor({ ecn, listener }: FqCodelOptions) {
    this.codel = new CodelState(this.fifo, ecn, listener);
  }
}

export class FqCodel implements QueueDiscipline {
  bytes = 0;
  packets = 0;
  readonly #options: FqCodelOptions;
  readonly #flows = new Map<number, Flow>();
  #new: Flow[] = [];
  #old: Flow[] = [];

  constructor(options: FqCodelOptions) {
    const { ecn, limitBytes } = options;
    const listener: QueueListener = {
      handleDrop: (parcel, full) => {
        this.bytes -= parcel.length;
        this.packets--;
        options.listener.handleDrop(parcel, full);
      },
      handleMark: (parcel) => options.listener.handleMark(parcel),
    };
    this.#options = { ecn, limitBytes, listener };
  }

  /** RFC 8290 §4.1. */
  enqueue(parcel: Parcel, now: number): void {
    const flow = this.#flowOf(parcel);
    parcel.at = now;
    flow.fifo.push(parcel);
    this.bytes += parcel.length;
    this.packets++;
    if (!flow.isActive) {
      flow.isActive = true;
      flow.credit = QUANTUM_BYTES;
      this.#new.push(flow);
    }
    if (this.bytes > this.#options.limitBytes && this.packets > 1) this.#makeRoom();
  }

  /** RFC 8290 §4.2. */
  dequeue(now: number): Parcel | null {
    for (;;) {
      const isNew = this.#new.length > 0;
      const list = isNew ? this.#new : this.#old;
      if (list.length === 0) return null;
      const flow = list[0];
      if (flow.credit <= 0) {
        flow.credit += QUANTUM_BYTES;
        this.#old.push(list.shift()!);
        continue;
      }
      const parcel = flow.codel.dequeue(now);
      if (parcel === null) {
        list.shift();
        // An emptied new flow goes round once, lest it be new again at once and starve the others.
        if (isNew && this.#old.length > 0) this.#old.push(flow);
        else flow.isActive = false;
        continue;
      }
      flow.credit -= parcel.length;
      this.bytes -= parcel.length;
      this.packets--;
      return parcel;
    }
  }

  #flowOf(parcel: Parcel): Flow {
    const hash = flowHash(parcel.offset, parcel.length) % QUEUES;
    let flow = this.#flows.get(hash);
    if (flow === undefined) {
      flow = new Flow(this.#options);
      this.#flows.set(hash, flow);
    }
    return flow;
  }

  /** From the head of the longest queue, half of it at most. */
  #makeRoom(): void {
    let longest: Flow | null = null;
    for (const flow of this.#flows.values()) {
      if (longest === null || flow.fifo.bytes > longest.fifo.bytes) longest = flow;
    }
    const { limitBytes, listener } = this.#options;
    const half = longest!.fifo.bytes / 2;
    for (let i = 0; i < DROP_BATCH; i++) {
      if (i > 0 && this.bytes <= limitBytes && longest!.fifo.bytes <= half) return;
      const parcel = longest!.fifo.shift();
      if (parcel === null) return;
      listener.handleDrop(parcel, true);
    }
  }
}
