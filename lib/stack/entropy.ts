/**
 * Unpredictable numbers for secrets, ephemeral ports and timestamp offsets, drawn from the stack's
 * random source in larger pieces: a call into `crypto` costs more than a handshake's arithmetic.
 */
const POOL_BYTES = 1024;

export class Entropy {
  readonly #fill: (target: Uint8Array) => void;
  readonly #pool = new Uint8Array(POOL_BYTES);
  readonly #words = new Int32Array(this.#pool.buffer);
  #next = this.#words.length;

  /** @param fill fills an array with unpredictable bytes */
  constructor(fill: (target: Uint8Array) => void) {
    this.#fill = fill;
  }

  int32(): number {
    if (this.#next === this.#words.length) {
      this.#fill(this.#pool);
      this.#next = 0;
    }
    const word = this.#words[this.#next];
    this.#words[this.#next++] = 0; // used once, and not to be read out of memory afterwards
    return word;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(((this.int32() >>> 0) / 2 ** 32) * limit);
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#fill(bytes);
    return bytes;
  }
}
