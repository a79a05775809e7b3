/**
 * A keyed hash of a four-tuple: HalfSipHash with one round a word and three at the end.
 *
 * (J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, and the 32-bit
 * variant of its reference code.) Keyed, so that a peer who chooses his addresses and ports cannot
 * choose which chain of the connection table they land in, nor learn the offset that his timestamps
 * start from.
 */
import type { FourTuple } from './four-tuple';

const INSIDE = 0x10000;

export class TupleHash {
  readonly #key0: number;
  readonly #key1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  /** @param key0, key1 the secret: two int32 */
  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** @returns int32 */
  hash(tuple: FourTuple): number {
    this.#v0 = this.#key0;
    this.#v1 = this.#key1;
    this.#v2 = this.#key0 ^ 0x6c796765;
    this.#v3 = this.#key1 ^ 0x74656462;
    this.#absorb((tuple.remotePort << 16) | tuple.localPort);
    this.#absorb(tuple.remote3);
    this.#absorb(tuple.local3);
    // IPv4 stands in the last word alone; what the other words would add is a constant.
    if (tuple.remote2 !== 0xffff || tuple.remote1 !== 0 || tuple.remote0 !== 0) {
      this.#absorb(tuple.remote2);
      this.#absorb(tuple.remote1);
      this.#absorb(tuple.remote0);
      this.#absorb(tuple.local2);
      this.#absorb(tuple.local1);
      this.#absorb(tuple.local0);
    }
    if (tuple.inside) this.#absorb(INSIDE);
    this.#v2 ^= 0xff;
    this.#round();
    this.#round();
    this.#round();
    return this.#v1 ^ this.#v3;
  }

  #absorb(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#v0 ^= word;
  }

  #round(): void {
    let v0 = (this.#v0 + this.#v1) | 0;
    let v1 = ((this.#v1 << 5) | (this.#v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    let v2 = (this.#v2 + this.#v3) | 0;
    let v3 = ((this.#v3 << 8) | (this.#v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
