/**
 * A segment at a listener (RFC 9293 §3.10.7.2): it opens, is answered without being remembered, or
 * not.
 */
import { LISTEN_BACKLOG_FULL, LISTEN_OPEN, LISTEN_OVERFLOW, LISTEN_RESET } from '../tcp/listener';
import { writeResetFor } from '../tcp/stray';
import { Segment } from '../wire/segment';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { Endpoint } from './endpoint';
import type { FourTuple } from './four-tuple';
import type { ListeningEndpoint } from './listening-endpoint';
import type { Output } from './output';
import type { PassiveOpener } from './passive-opener';
import type { SegmentTrace } from './segment-trace';
import type { Turn } from './turn';

export interface ListenInputParts {
  counters: Counters;
  output: Output;
  turn: Turn;
  trace: SegmentTrace;
  opener: PassiveOpener;
}

export class ListenInput {
  readonly #parts: ListenInputParts;
  readonly #answer = new Segment();

  constructor(parts: ListenInputParts) {
    this.#parts = parts;
  }

  /**
   * @param behind highest sequence number of a connection in TIME-WAIT that has just given way, or
   *   null
   */
  receive(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    segment: Segment,
    behind: number | null,
    now: number,
  ): void {
    const { counters, opener } = this.#parts;
    // Source and destination the same, and no connection: nobody but an attacker sends that.
    if (tuple.isItself) {
      counters.tcpLand++;
      return;
    }
    switch (listener.engine.handleSegment(segment)) {
      case LISTEN_OPEN:
        this.#begin(
          opener.open(attachment, listener, tuple, segment, behind, now),
          'tcpOpened',
          now,
        );
        break;
      case LISTEN_OVERFLOW:
        this.#answerFull(attachment, listener, tuple, segment, now);
        break;
      case LISTEN_RESET:
        this.#receiveAck(attachment, listener, tuple, segment, now);
        break;
      case LISTEN_BACKLOG_FULL:
        this.#note(tuple, now);
        counters.tcpBacklogFull++;
        break;
      default:
        this.#note(tuple, now);
        counters.tcpListenIgnored++;
    }
  }

  /** @param endpoint null: the stack was full */
  #begin(endpoint: Endpoint | null, fate: 'tcpOpened' | 'synCookiesReceived', now: number): void {
    const { counters, turn, trace } = this.#parts;
    if (endpoint === null) {
      counters.tcpConnectionLimit++;
      return;
    }
    counters[fate]++;
    if (trace.active) trace.noteReceived(endpoint, 'LISTEN', now);
    turn.touch(endpoint);
  }

  /** A SYN, and the SYN queue is full. */
  #answerFull(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    syn: Segment,
    now: number,
  ): void {
    const { counters, opener, output } = this.#parts;
    this.#note(tuple, now);
    if (!opener.writeCookie(attachment, listener, tuple, syn, now, this.#answer)) {
      counters.tcpListenFull++;
      return;
    }
    counters.synCookiesSent++;
    output.reply(attachment, this.#answer, tuple, listener.hopLimit, now);
  }

  /**
   * An ACK of nothing that is remembered: of a cookie, perhaps; else it is reset.
   *
   * Text and a FIN may be too far on for that, because what came before them was lost in the same
   * rush. It will be repeated, and brings the cookie; a reset would take that chance away (Linux
   * sends one).
   */
  #receiveAck(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    ack: Segment,
    now: number,
  ): void {
    const { counters, opener, output } = this.#parts;
    if (opener.mayBearCookie(listener, ack, now)) {
      if (opener.redeem(tuple, ack, now)) {
        this.#redeem(attachment, listener, tuple, ack, now);
        return;
      }
      counters.synCookiesFailed++;
      if (ack.length > 0) {
        this.#note(tuple, now);
        counters.tcpListenIgnored++;
        return;
      }
    }
    this.#note(tuple, now);
    counters.tcpListenReset++;
    writeResetFor(ack, this.#answer);
    output.reply(attachment, this.#answer, tuple, listener.hopLimit, now);
  }

  #redeem(
    attachment: Attachment,
    listener: ListeningEndpoint,
    tuple: FourTuple,
    ack: Segment,
    now: number,
  ): void {
    const { counters, opener } = this.#parts;
    if (listener.engine.isBacklogFull) {
      // The peer believes in the connection: what he sends next brings the cookie once more.
      this.#note(tuple, now);
      counters.tcpBacklogFull++;
      return;
    }
    const endpoint = opener.openFromCookie(attachment, listener, tuple, ack, now);
    this.#begin(endpoint, 'synCookiesReceived', now);
  }

  #note(tuple: FourTuple, now: number): void {
    const { trace } = this.#parts;
    if (trace.active) trace.noteStray(tuple, 'LISTEN', now);
  }
}
