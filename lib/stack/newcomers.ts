/**
 * Connections that were opened lately, and those that turn out to be idle.
 *
 * A connection that has something to say mostly says it at once. When so many others have been
 * opened after it, it has said something, or is gone, or will wait, and may make itself small. So
 * nobody looks for idle ones, and no timer runs for them; the latest few stay as they are.
 */
import type { Endpoint } from './endpoint';

const PATIENCE = 64;

export class Newcomers {
  readonly #latest: (Endpoint | null)[] = new Array(PATIENCE).fill(null);
  #next = 0;

  /** It has been opened; another one is no newcomer any more. */
  add(endpoint: Endpoint): void {
    const former = this.#latest[this.#next];
    this.#latest[this.#next] = endpoint;
    this.#next = (this.#next + 1) % PATIENCE;
    if (former !== null && !former.isForgotten) former.engine.rest();
  }
}
