/**
 * A port in LISTEN (RFC 9293 §3.10.7.2): which segments begin a connection, and how many may at
 * once.
 *
 * As on Linux a listener has two queues: embryonic connections (SYN-RECEIVED) and established ones
 * that wait to be accepted, both bounded by the user's backlog. While the second is full Linux also
 * ignores the ACK that completes a handshake. That cannot come up here: users accept in the event
 * phase of the turn in which the ACK has come, so that all that waits is what one batch completed.
 */
import { ACK, RST, type Segment, SYN } from '../wire/segment';

/** Not for us, or no room: nothing is answered. */
export const LISTEN_DROP = 0;
/** An ACK of nothing: answered with RST. */
export const LISTEN_RESET = 1;
/** A SYN that begins a connection. */
export const LISTEN_OPEN = 2;
/** A SYN for which the SYN queue has no room: answered without being remembered, or dropped. */
export const LISTEN_OVERFLOW = 3;
/** A SYN while as many connections as may wait to be accepted: dropped; the peer tries again. */
export const LISTEN_BACKLOG_FULL = 4;

export type ListenVerdict = 0 | 1 | 2 | 3 | 4;

export class Listener {
  /** Connections in SYN-RECEIVED. */
  embryonic = 0;
  /** Connections that are established and not yet accepted. */
  waiting = 0;

  readonly #synQueue: number;
  readonly #backlog: number;

  /** @param synQueue most embryonic connections; @param backlog most that wait to be accepted */
  constructor(synQueue: number, backlog: number) {
    this.#synQueue = synQueue;
    this.#backlog = Math.max(1, backlog);
  }

  handleSegment(seg: Segment): ListenVerdict {
    if ((seg.flags & RST) !== 0) return LISTEN_DROP;
    if ((seg.flags & ACK) !== 0) return LISTEN_RESET;
    if ((seg.flags & SYN) === 0) return LISTEN_DROP;
    if (this.isBacklogFull) return LISTEN_BACKLOG_FULL;
    return this.embryonic >= this.#synQueue ? LISTEN_OVERFLOW : LISTEN_OPEN;
  }

  /** Do as many connections wait to be accepted as may? */
  get isBacklogFull(): boolean {
    return this.waiting >= this.#backlog;
  }

  /** A connection entered SYN-RECEIVED. */
  handleOpened(): void {
    this.embryonic++;
  }

  /** An embryonic connection is established and waits to be accepted. */
  handleEstablished(): void {
    this.embryonic--;
    this.waiting++;
  }

  /** An embryonic connection ended before it was established. */
  handleAbandoned(): void {
    this.embryonic--;
  }

  /** The user has taken a waiting connection, or it died waiting. */
  handleAccepted(): void {
    this.waiting--;
  }
}
