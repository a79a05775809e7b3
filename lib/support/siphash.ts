/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed pseudo-random function for short inputs, over
 * 32-bit words. The state's 64-bit words are held as halves.
 */
export class SipHash {
  readonly #key = new Int32Array(4);
  // v0 … v3 as low and high halves: [v0l, v0h, v1l, v1h, v2l, v2h, v3l, v3h]
  readonly #v = new Int32Array(8);

  /** @param key 16 unpredictable bytes */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, 16);
    for (let i = 0; i < 4; i++) this.#key[i] = view.getInt32(4 * i, true);
  }

  /** The low 32 bits of the hash of `words[0, count)`, each taken as four little-endian bytes. */
  hash(words: Int32Array, count: number): number {
    const v = this.#v;
    const [k0l, k0h, k1l, k1h] = this.#key;
    v[0] = k0l ^ 0x70736575;
    v[1] = k0h ^ 0x736f6d65;
    v[2] = k1l ^ 0x6e646f6d;
    v[3] = k1h ^ 0x646f7261;
    v[4] = k0l ^ 0x6e657261;
    v[5] = k0h ^ 0x6c796765;
    v[6] = k1l ^ 0x79746573;
    v[7] = k1h ^ 0x74656462;
    let i = 0;
    for (; i + 2 <= count; i += 2) this.#absorb(words[i], words[i + 1]);
    const last = (count << 26) | 0; // the length in bytes, in the top byte
    if (i < count) this.#absorb(words[i], last);
    else this.#absorb(0, last);
    v[4] ^= 0xff;
    for (let round = 0; round < 4; round++) this.#round();
    return v[0] ^ v[2] ^ v[4] ^ v[6];
  }

  #absorb(low: number, high: number): void {
    const v = this.#v;
    v[6] ^= low;
    v[7] ^= high;
    this.#round();
    this.#round();
    v[0] ^= low;
    v[1] ^= high;
  }

  #round(): void {
    this.#add(0, 2);
    this.#rotate(2, 13);
    this.#xor(2, 0);
    this.#rotate(0, 32);
    this.#add(4, 6);
    this.#rotate(6, 16);
    this.#xor(6, 4);
    this.#add(0, 6);
    this.#rotate(6, 21);
    this.#xor(6, 0);
    this.#add(4, 2);
    this.#rotate(2, 17);
    this.#xor(2, 4);
    this.#rotate(4, 32);
  }

  #add(to: number, from: number): void {
    const v = this.#v;
    const low = (v[to] >>> 0) + (v[from] >>> 0);
    v[to + 1] = (v[to + 1] + v[from + 1] + (low > 0xffffffff ? 1 : 0)) | 0;
    v[to] = low | 0;
  }

  #xor(to: number, from: number): void {
    this.#v[to] ^= this.#v[from];
    this.#v[to + 1] ^= this.#v[from + 1];
  }

  #rotate(at: number, bits: number): void {
    const v = this.#v;
    const low = v[at];
    const high = v[at + 1];
    if (bits === 32) {
      v[at] = high;
      v[at + 1] = low;
    } else {
      v[at] = (low << bits) | (high >>> (32 - bits));
      v[at + 1] = (high << bits) | (low >>> (32 - bits));
    }
  }
}
