/**
 * Tells when a descriptor is ready, by asking poll(2) again and again: for worker threads.
 *
 * koffi's poll is libuv's and costs nothing while nothing comes. But Node goes on turning the loop
 * of a worker while `worker.terminate()` takes its JavaScript away; an event in that moment finds
 * nobody to call, and koffi aborts the process, all threads of it. Timers and immediates just end
 * there. So in a worker: each turn of the loop while there is traffic, each millisecond while there
 * is none.
 */
import type { PollCallback, PollHandle, PollOptions } from './libc';

/** poll(2): @returns how many descriptors are ready, or -1 */
export type PollCall = (descriptors: Uint8Array, count: number, timeoutMs: number) => number;

const IDLE_MS = 1;
/** Turns without an event after which the traffic is taken to be over. */
const PATIENT_TURNS = 50;
/** struct pollfd { int fd; short events, revents; } */
const POLLFD_BYTES = 8;
const EVENTS = 4;
const REVENTS = 6;
const POLLIN = 1;
const POLLOUT = 4;
const POLLNVAL = 0x20;
const EBADF = 9;

export class TimedPoll implements PollHandle {
  readonly #call: PollCall;
  readonly #descriptor = Buffer.alloc(POLLFD_BYTES);
  #callback: PollCallback;
  #quietTurns = 0;
  #referenced = true;
  #next: NodeJS.Immediate | NodeJS.Timeout | null = null;

  constructor(call: PollCall, fd: number, options: PollOptions, callback: PollCallback) {
    this.#call = call;
    this.#callback = callback;
    this.#descriptor.writeInt32LE(fd);
    this.start(options, callback);
  }

  start({ readable, writable }: PollOptions, callback: PollCallback): void {
    this.#callback = callback;
    this.#descriptor.writeInt16LE((readable ? POLLIN : 0) | (writable ? POLLOUT : 0), EVENTS);
    this.#quietTurns = 0;
    this.#cancel();
    this.#arm();
  }

  close(): void {
    this.#cancel();
    this.#descriptor.writeInt32LE(-1); // a call that is under way finds nothing
  }

  ref(): void {
    this.#referenced = true;
    this.#next?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#next?.unref();
  }

  #arm(): void {
    const patient = this.#quietTurns < PATIENT_TURNS;
    this.#next = patient ? setImmediate(this.#look) : setTimeout(this.#look, IDLE_MS);
    if (!this.#referenced) this.#next.unref();
  }

  #cancel(): void {
    if (this.#next === null) return;
    clearImmediate(this.#next as NodeJS.Immediate);
    clearTimeout(this.#next as NodeJS.Timeout);
    this.#next = null;
  }

  readonly #look = (): void => {
    const ready = this.#call(this.#descriptor, 1, 0) > 0;
    this.#quietTurns = ready ? 0 : this.#quietTurns + 1;
    this.#arm();
    if (!ready) return;
    const revents = this.#descriptor.readInt16LE(REVENTS);
    const wanted = this.#descriptor.readInt16LE(EVENTS);
    if ((revents & POLLNVAL) !== 0) {
      this.close();
      this.#callback(-EBADF, { readable: false, writable: false });
      return;
    }
    // An error counts as both, as in libuv: the call that follows says which it is.
    const readable = (wanted & POLLIN) !== 0 && (revents & ~POLLOUT) !== 0;
    const writable = (wanted & POLLOUT) !== 0 && (revents & ~POLLIN) !== 0;
    this.#callback(0, { readable, writable });
  };
}
