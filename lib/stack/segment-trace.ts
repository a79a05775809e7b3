/**
 * The exchange as it happens: one event for each segment, with the state of the connection around
 * it.
 *
 * Costs nothing while nobody listens. Sequence numbers in the text are relative to each side's SYN,
 * and absolute for a connection whose SYNs nobody was listening for.
 */
import type { TcpState } from '../../types/tcp';
import { formatSegment } from '../wire/packet-text';
import { type Segment, SYN } from '../wire/segment';
import type { Endpoint } from './endpoint';
import type { FourTuple } from './four-tuple';

export interface SegmentEvent {
  direction: 'in' | 'out';
  /** When, in ms of the stack's clock. */
  at: number;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Does it stay inside the stack? Then the other end has an event for it, too. */
  inside: boolean;
  /** As `tcpdump` and packetdrill would say it: `P. 1:6(5) ack 1 win 512`. */
  text: string;
  /** CLOSED or LISTEN where there was no connection (yet). */
  stateBefore: TcpState;
  stateAfter: TcpState;
}

/** Who tells the listeners: the stack. */
export interface SegmentEmitter {
  listenerCount(event: 'segment'): number;
  emit(event: 'segment', segment: SegmentEvent): boolean;
}

interface SequenceStarts {
  local: number;
  remote: number;
}

export class SegmentTrace {
  /** Is anybody listening? */
  active = false;
  readonly #emitter: SegmentEmitter;
  #arrived = '';
  #arrivedSyn = false;
  #arrivedSeq = 0;
  readonly #starts = new WeakMap<Endpoint, SequenceStarts>();

  constructor(emitter: SegmentEmitter) {
    this.#emitter = emitter;
  }

  /** Looks whether anybody listens: once a pass, not once a segment. */
  refresh(): void {
    this.active = this.#emitter.listenerCount('segment') > 0;
  }

  noteSent(endpoint: Endpoint, segment: Segment, before: TcpState, now: number): void {
    const starts = this.#startsOf(endpoint);
    if ((segment.flags & SYN) !== 0) starts.local = segment.seq;
    const text = formatSegment(segment, { seqBase: starts.local, ackBase: starts.remote });
    this.#note('out', endpoint.tuple, text, before, endpoint.state, now);
  }

  /** First half: what arrives is put into words before the engine has had its hands on it. */
  beginReceived(endpoint: Endpoint | null, segment: Segment): void {
    const starts = endpoint === null ? null : this.#startsOf(endpoint);
    this.#arrivedSyn = (segment.flags & SYN) !== 0;
    this.#arrivedSeq = segment.seq;
    const seqBase = this.#arrivedSyn ? segment.seq : starts?.remote;
    this.#arrived = formatSegment(segment, { seqBase, ackBase: starts?.local });
  }

  /** Second half: the states around it are known. */
  noteReceived(endpoint: Endpoint, before: TcpState, now: number): void {
    if (this.#arrivedSyn) this.#startsOf(endpoint).remote = this.#arrivedSeq;
    this.#note('in', endpoint.tuple, this.#arrived, before, endpoint.state, now);
  }

  /** The same for a segment that found no connection, only perhaps a listener. */
  noteStray(tuple: FourTuple, state: TcpState, now: number): void {
    this.#note('in', tuple, this.#arrived, state, state, now);
  }

  /** A segment outside of any connection was sent. */
  noteReply(tuple: FourTuple, segment: Segment, now: number): void {
    this.#note('out', tuple, formatSegment(segment), 'CLOSED', 'CLOSED', now);
  }

  #startsOf(endpoint: Endpoint): SequenceStarts {
    let starts = this.#starts.get(endpoint);
    if (starts === undefined) {
      starts = { local: 0, remote: 0 };
      this.#starts.set(endpoint, starts);
    }
    return starts;
  }

  #note(
    direction: 'in' | 'out',
    tuple: FourTuple,
    text: string,
    stateBefore: TcpState,
    stateAfter: TcpState,
    at: number,
  ): void {
    const event: SegmentEvent = {
      direction,
      at,
      localAddress: tuple.localAddress().text,
      localPort: tuple.localPort,
      remoteAddress: tuple.remoteAddress().text,
      remotePort: tuple.remotePort,
      inside: tuple.inside,
      text,
      stateBefore,
      stateAfter,
    };
    try {
      this.#emitter.emit('segment', event);
    } catch (error) {
      // The mistake is the listener's, and must not end the segment's processing.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
