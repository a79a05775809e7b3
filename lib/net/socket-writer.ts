/**
 * The write that a Socket has under way: what the send buffer had no room for waits here.
 *
 * A Writable hands over one write (or one gathered `writev`) at a time and waits for its callback,
 * so there is never more than one.
 */
import type { StackConnection } from '../../types/stack';
import type { NetworkErrorCode } from '../support/network-error';
import { asNetworkError, callError } from './errors';

export type WriteCallback = (error?: Error | null) => void;

const NOTHING: Uint8Array[] = [];

/** Chunks whose last byte is urgent. Nobody looks here before somebody has asked for it. */
const urgentChunks = new WeakSet<Uint8Array>();
let urgentInUse = false;

/** The last byte of `chunk`, when its turn to be written comes, will be urgent. */
export function markUrgent(chunk: Uint8Array): void {
  urgentInUse = true;
  urgentChunks.add(chunk);
}

export class SocketWriter {
  /** Everything handed over so far, taken by the stack or waiting. */
  bytesWritten = 0;

  #chunks = NOTHING;
  /** What is next: a chunk, and a place in it. */
  #index = 0;
  #from = 0;
  #written: WriteCallback | null = null;

  get waiting(): boolean {
    return this.#written !== null;
  }

  /** Bytes of the present write that the stack has not taken. */
  get queueBytes(): number {
    let bytes = -this.#from;
    for (let i = this.#index; i < this.#chunks.length; i++) bytes += this.#chunks[i].length;
    return bytes;
  }

  count(chunks: Uint8Array[]): void {
    for (const chunk of chunks) this.bytesWritten += chunk.length;
  }

  /** @param written called when the stack has taken all of `chunk` */
  write(connection: StackConnection, chunk: Uint8Array, written: WriteCallback): void {
    this.bytesWritten += chunk.length;
    const taken = urgentInUse ? 0 : trySend(connection, chunk, written);
    if (taken === chunk.length) {
      written();
    } else if (taken >= 0) {
      this.#chunks = [chunk];
      this.#from = taken;
      this.#written = written;
      if (urgentInUse) this.proceed(connection);
    }
  }

  /** Many chunks at once. They meet in the send buffer: no need to join them before. */
  writeAll(connection: StackConnection, chunks: Uint8Array[], written: WriteCallback): void {
    this.count(chunks);
    this.#chunks = chunks;
    this.#written = written;
    this.proceed(connection);
  }

  /** Offers the rest to the stack. */
  proceed(connection: StackConnection): void {
    const written = this.#written;
    if (written === null) return;
    for (; this.#index < this.#chunks.length; this.#index++) {
      const chunk = this.#chunks[this.#index];
      const taken = this.#offer(connection, chunk);
      if (taken < 0) return;
      this.#from += taken;
      if (this.#from < chunk.length) return;
      this.#from = 0;
    }
    this.forget();
    written();
  }

  /** The rest will not be written any more. @returns whose callback is still owed */
  forget(): WriteCallback | null {
    const written = this.#written;
    this.#written = null;
    this.#chunks = NOTHING;
    this.#index = 0;
    this.#from = 0;
    return written;
  }

  /** @returns bytes taken, or -1 when the write has failed and its callback been called */
  #offer(connection: StackConnection, chunk: Uint8Array): number {
    const written = this.#written!;
    const fail: WriteCallback = (error) => {
      this.forget();
      written(error);
    };
    if (!urgentInUse || !urgentChunks.has(chunk))
      return trySend(connection, chunk, fail, this.#from);
    // All but the last byte goes as usual, so that the mark stays with the byte if room runs out.
    const last = chunk.length - 1;
    const before = Math.max(last - this.#from, 0);
    const taken = trySend(connection, chunk.subarray(0, last), fail, this.#from);
    if (taken < before) return taken;
    return taken + connection.sendUrgent(chunk.subarray(last));
  }
}

function trySend(
  connection: StackConnection,
  chunk: Uint8Array,
  failed: WriteCallback,
  from = 0,
): number {
  try {
    return connection.send(chunk, from);
  } catch (thrown) {
    failed(callError('write', asNetworkError(thrown).code as NetworkErrorCode));
    return -1;
  }
}
