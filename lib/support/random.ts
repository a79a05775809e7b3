/**
 * A seeded pseudo-random generator: the same seed gives the same numbers on every machine.
 *
 * xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), its
 * state filled from the seed by the mixing step of splitmix32. For tests and simulations, never for
 * secrets.
 */
export class SeededRandom {
  /** What to print so that a run can be repeated. */
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed any integer; its low 32 bits count */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#a = mix(seed + 0x9e3779b9);
    this.#b = mix(seed + 0x3c6ef372);
    this.#c = mix(seed + 0xdaa66d2b);
    // Never all four zero: mix is a bijection and maps only one of the four arguments to zero.
    this.#d = mix(seed + 0x78dde6e4);
  }

  /** An integer from 0 to 2^32 - 1. */
  next32(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result >>> 0;
  }

  /** A number from 0 (included) to 1 (excluded), in steps of 2^-32. */
  fraction(): number {
    return this.next32() / 2 ** 32;
  }

  /**
   * An integer from 0 to `limit` - 1; `limit` is at most 2^32. The bias stays below limit / 2^32.
   */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** True in `probability` (0 … 1) of all calls. Takes one number from the sequence in any case. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  fill(target: Uint8Array): void {
    for (let i = 0; i < target.length; i++) target[i] = this.next32() >>> 24;
  }
}

/** The finalizer of MurmurHash3 in the constants of splitmix32. */
function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
