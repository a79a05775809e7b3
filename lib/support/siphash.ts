/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed pseudo-random function for short inputs, over
 * 32-bit words. The state's 64-bit words are held as halves.
 */
export class SipHash {
  /** The high 32 bits of what was hashed last. */
  high = 0;
  readonly #key = new Int32Array(4);

  /** @param key 16 unpredictable bytes */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, 16);
    for (let i = 0; i < 4; i++) this.#key[i] = view.getInt32(4 * i, true);
  }

  /**
   * The low 32 bits of the hash of `words[0, count)`, each taken as four little-endian bytes; the
   * others are in `high`.
   *
   * The state is in local variables, and the rounds in one loop, for that is five times as fast:
   * two for each pair of words, the last of which has the length in its top byte; and four to end.
   */
  hash(words: Int32Array, count: number): number {
    const key = this.#key;
    let v0l = key[0] ^ 0x70736575;
    let v0h = key[1] ^ 0x736f6d65;
    let v1l = key[2] ^ 0x6e646f6d;
    let v1h = key[3] ^ 0x646f7261;
    let v2l = key[0] ^ 0x6e657261;
    let v2h = key[1] ^ 0x6c796765;
    let v3l = key[2] ^ 0x79746573;
    let v3h = key[3] ^ 0x74656462;
    const pairs = (count >> 1) + 1;
    for (let pair = 0; pair <= pairs; pair++) {
      const at = 2 * pair;
      const low = at < count ? words[at] : 0;
      const high = at + 1 < count ? words[at + 1] : pair < pairs ? count << 26 : 0;
      if (pair === pairs) v2l ^= 0xff;
      v3l ^= low;
      v3h ^= high;
      for (let round = pair === pairs ? 4 : 2; round > 0; round--) {
        let old = v1l;
        v0l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + (v0l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
        v1l = (v1l << 13) | (v1h >>> 19);
        v1h = (v1h << 13) | (old >>> 19);
        v1l ^= v0l;
        v1h ^= v0h;
        old = v0l;
        v0l = v0h;
        v0h = old;
        old = v3l;
        v2l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + (v2l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
        v3l = (v3l << 16) | (v3h >>> 16);
        v3h = (v3h << 16) | (old >>> 16);
        v3l ^= v2l;
        v3h ^= v2h;
        old = v3l;
        v0l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + (v0l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
        v3l = (v3l << 21) | (v3h >>> 11);
        v3h = (v3h << 21) | (old >>> 11);
        v3l ^= v0l;
        v3h ^= v0h;
        old = v1l;
        v2l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + (v2l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
        v1l = (v1l << 17) | (v1h >>> 15);
        v1h = (v1h << 17) | (old >>> 15);
        v1l ^= v2l;
        v1h ^= v2h;
        old = v2l;
        v2l = v2h;
        v2h = old;
      }
      v0l ^= low;
      v0h ^= high;
    }
    this.high = v0h ^ v1h ^ v2h ^ v3h;
    return v0l ^ v1l ^ v2l ^ v3l;
  }
}
