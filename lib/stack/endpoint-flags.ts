/**
 * What is true or false of an endpoint, and which events it has not reported, as bits of one
 * number: a field each would be a third of it, and most endpoints do nothing but be there.
 */

/** Where the bits of `lib/tcp/events` are. */
const EVENTS = 0xff;
const QUEUED = 256;
const REPORTING = 512;
const WAITING = 1024;
const COUNTED = 2048;
const FORGOTTEN = 4096;
const CLOSED = 8192;
const DISPOSED = 16384;
const RELEASED = 32768;
const UNREFERENCED = 65536;
const DISCOVERS_PATH = 131072;
const WATCHED = 262144;

export class EndpointFlags {
  #bits = 0;

  /** Event bits that have not been reported yet. */
  get events(): number {
    return this.#bits & EVENTS;
  }

  set events(events: number) {
    this.#bits = (this.#bits & ~EVENTS) | events;
  }

  /** Is it in the turn's queue of those to be served? */
  get isQueued(): boolean {
    return (this.#bits & QUEUED) !== 0;
  }

  set isQueued(on: boolean) {
    this.#bits = on ? this.#bits | QUEUED : this.#bits & ~QUEUED;
  }

  /** Is it in the turn's queue of those with events? */
  get isReporting(): boolean {
    return (this.#bits & REPORTING) !== 0;
  }

  set isReporting(on: boolean) {
    this.#bits = on ? this.#bits | REPORTING : this.#bits & ~REPORTING;
  }

  /** Is it in its link's queue of those who wait for room? */
  get isWaiting(): boolean {
    return (this.#bits & WAITING) !== 0;
  }

  set isWaiting(on: boolean) {
    this.#bits = on ? this.#bits | WAITING : this.#bits & ~WAITING;
  }

  /** Does it count among those that keep the process alive? */
  get isCounted(): boolean {
    return (this.#bits & COUNTED) !== 0;
  }

  set isCounted(on: boolean) {
    this.#bits = on ? this.#bits | COUNTED : this.#bits & ~COUNTED;
  }

  /** The stack has taken it out of its tables: it is CLOSED. */
  get isForgotten(): boolean {
    return (this.#bits & FORGOTTEN) !== 0;
  }

  noteForgotten(): void {
    this.#bits |= FORGOTTEN;
  }

  /** `handleClose` has been called. */
  get isClosed(): boolean {
    return (this.#bits & CLOSED) !== 0;
  }

  noteClosed(): void {
    this.#bits |= CLOSED;
  }

  /** The engine has given back its buffers. */
  get isDisposed(): boolean {
    return (this.#bits & DISPOSED) !== 0;
  }

  noteDisposed(): void {
    this.#bits |= DISPOSED;
  }

  /** Its user is gone. */
  get isReleased(): boolean {
    return (this.#bits & RELEASED) !== 0;
  }

  noteReleased(): void {
    this.#bits |= RELEASED;
  }

  /** Does its user want the process to stay alive for it? */
  get isReferenced(): boolean {
    return (this.#bits & UNREFERENCED) === 0;
  }

  set isReferenced(on: boolean) {
    this.#bits = on ? this.#bits & ~UNREFERENCED : this.#bits | UNREFERENCED;
  }

  /** Is it among those to be asked whether they are idle? */
  get isWatched(): boolean {
    return (this.#bits & WATCHED) !== 0;
  }

  set isWatched(on: boolean) {
    this.#bits = on ? this.#bits | WATCHED : this.#bits & ~WATCHED;
  }

  /** Does it look for the path's MTU, so that routers may not cut its packets (RFC 1191 §3)? */
  get discoversPath(): boolean {
    return (this.#bits & DISCOVERS_PATH) !== 0;
  }

  noteDiscoversPath(): void {
    this.#bits |= DISCOVERS_PATH;
  }
}
