/**
 * What is true or false of a SocketHandle, as bits of one number, and the user's async context when
 * the connection was begun: most connections are idle, and fields of their own for all this were
 * half of a handle.
 */
import { AsyncResource } from 'node:async_hooks';

const READING = 1;
const READS_WHEN_OPEN = 2;
const PULLING = 4;
const ENDED = 8;
const PEER_ENDED = 16;
const SHUT = 32;
const UNREFERENCED = 64;
const DUAL_STACK = 128;

/** The user's listeners run in its async scope. */
export class HandleFlags extends AsyncResource {
  #bits: number;

  constructor(dualStack: boolean) {
    super('TCPWRAP');
    this.#bits = dualStack ? DUAL_STACK : 0;
  }

  /** Does the stream want what arrives? */
  get reading(): boolean {
    return (this.#bits & READING) !== 0;
  }

  set reading(on: boolean) {
    this.#bits = on ? this.#bits | READING : this.#bits & ~READING;
  }

  /** Did it want to read before there was a connection? */
  get readsWhenOpen(): boolean {
    return (this.#bits & READS_WHEN_OPEN) !== 0;
  }

  set readsWhenOpen(on: boolean) {
    this.#bits = on ? this.#bits | READS_WHEN_OPEN : this.#bits & ~READS_WHEN_OPEN;
  }

  /** Is it handing on what has arrived? */
  get isPulling(): boolean {
    return (this.#bits & PULLING) !== 0;
  }

  set isPulling(on: boolean) {
    this.#bits = on ? this.#bits | PULLING : this.#bits & ~PULLING;
  }

  /** Has the stream been given the end of what it reads? */
  get hasEnded(): boolean {
    return (this.#bits & ENDED) !== 0;
  }

  noteEnded(): void {
    this.#bits |= ENDED;
  }

  /** Is the end of what the peer sent an end for its reader, although the connection died? */
  get hasPeerEnded(): boolean {
    return (this.#bits & PEER_ENDED) !== 0;
  }

  notePeerEnded(): void {
    this.#bits |= PEER_ENDED;
  }

  /** Has our side been ended? */
  get isShut(): boolean {
    return (this.#bits & SHUT) !== 0;
  }

  noteShut(): void {
    this.#bits |= SHUT;
  }

  /** Does it keep the process alive? */
  hasRef(): boolean {
    return (this.#bits & UNREFERENCED) === 0;
  }

  set isReferenced(on: boolean) {
    this.#bits = on ? this.#bits & ~UNREFERENCED : this.#bits | UNREFERENCED;
  }

  /** Was the connection accepted on an IPv6 listener, whose IPv4 peers bear mapped addresses? */
  get isDualStack(): boolean {
    return (this.#bits & DUAL_STACK) !== 0;
  }
}
