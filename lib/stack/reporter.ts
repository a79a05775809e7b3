/**
 * Tells users what has happened to their connections, in the order of `ConnectionHandler`: one
 * thing at a time.
 *
 * A handler may do anything: close this connection or the whole stack, open others, throw. So each
 * step looks anew whether there is still somebody to tell, and what has not been told stays in
 * `events`.
 */
import {
  EVENT_ABANDONED,
  EVENT_CLOSED,
  EVENT_CONNECTED,
  EVENT_ERROR,
  EVENT_READABLE,
  EVENT_TROUBLE,
  EVENT_URGENT,
  EVENT_WRITABLE,
} from '../tcp/events';
import type { Counters } from './counters';
import type { Endpoint } from './endpoint';

/** Of these a handler only takes note: no user hears of them there and then. */
const NOTED = EVENT_CONNECTED | EVENT_CLOSED;
/** What ends a connection that has not been handed out yet. */
const ENDED = EVENT_ABANDONED | EVENT_ERROR | EVENT_CLOSED;

export class Reporter {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** @returns whether a user may have heard something */
  report(endpoint: Endpoint): boolean {
    if (endpoint.listener !== null) return this.#handOut(endpoint);
    const event = endpoint.events & -endpoint.events; // the lowest bit is told first
    const isTold = event !== 0 && endpoint.handler !== null;
    if (isTold) {
      endpoint.events &= ~event;
      this.#tell(endpoint, event);
      // The close is no news of its own: it says that there will be none.
      if (endpoint.events === EVENT_CLOSED && endpoint.handler !== null) {
        endpoint.events = 0;
        this.#tell(endpoint, EVENT_CLOSED);
      }
    }
    if (endpoint.handler === null) endpoint.events = 0;
    return isTold && (event & NOTED) === 0;
  }

  /**
   * A passive open: established, its listener's user gets it; ended, nobody ever hears of it; else
   * it goes on opening.
   * @returns whether somebody was told of it
   */
  #handOut(endpoint: Endpoint): boolean {
    const listener = endpoint.listener!;
    const established = (endpoint.events & EVENT_CONNECTED) !== 0;
    if (!established && (endpoint.events & ENDED) === 0) {
      endpoint.events = 0; // trouble on the way to ESTABLISHED, and no user yet to hear of it
      return false;
    }
    endpoint.listener = null;
    if (listener.isClosed) {
      endpoint.abort(); // it was forgotten by the time the listener was closed
      return false;
    }
    if (!established) {
      listener.engine.handleAbandoned();
      this.#counters.abandoned++;
      endpoint.events = 0;
      return false;
    }
    listener.engine.handleAccepted();
    this.#counters.accepted++;
    endpoint.events &= ~EVENT_CONNECTED;
    try {
      listener.accept(endpoint);
    } finally {
      if (endpoint.handler === null) endpoint.release(); // the user did not want it, or has left
    }
    return true;
  }

  #tell(endpoint: Endpoint, event: number): void {
    const handler = endpoint.handler!;
    switch (event) {
      case EVENT_CONNECTED:
        handler.handleConnect();
        break;
      case EVENT_URGENT:
        handler.handleUrgent();
        break;
      case EVENT_TROUBLE:
        handler.handleTrouble?.(endpoint.softError ?? 'ETIMEDOUT');
        break;
      case EVENT_READABLE:
        handler.handleReadable();
        break;
      case EVENT_WRITABLE:
        handler.handleWritable();
        break;
      case EVENT_ERROR:
        this.#counters.failures++;
        handler.handleError(endpoint.error ?? 'ECONNRESET');
        break;
      case EVENT_CLOSED:
        endpoint.noteClosed();
        handler.handleClose();
        break;
    }
  }
}
