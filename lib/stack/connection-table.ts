/**
 * Which connection a segment belongs to (RFC 9293 §3.4): a hash table of four-tuples.
 *
 * The hashes lie side by side, apart from the entries: who is not the one is seen there, and its
 * memory, which may be in no cache, is not touched. A taken place is followed by the next one; a
 * removal closes the gap. Finding, adding and removing allocate nothing. The two entries found last
 * are tried first: segments come in trains, or both ends of a connection are here, and a comparison
 * costs a tenth of a hash.
 */
import { assert } from '../support/assert';
import type { FourTuple } from './four-tuple';
import type { TupleHash } from './tuple-hash';

export interface TableEntry {
  readonly tuple: FourTuple;
}

/** A power of two, as every size. */
const INITIAL_PLACES = 64;
/** What no entry's hash is. */
const FREE = 0;

export class ConnectionTable<Entry extends TableEntry> {
  readonly #hash: TupleHash;
  #hashes = new Int32Array(INITIAL_PLACES);
  #entries: Array<Entry | null> = new Array(INITIAL_PLACES).fill(null);
  #size = 0;
  #last: Entry | null = null;
  #lastButOne: Entry | null = null;

  constructor(hash: TupleHash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#size;
  }

  find(tuple: FourTuple): Entry | null {
    const last = this.#last;
    if (last?.tuple.equals(tuple)) return last;
    let entry = this.#lastButOne;
    if (!entry?.tuple.equals(tuple)) entry = this.#findIn(this.#hashOf(tuple), tuple);
    if (entry !== null) {
      this.#lastButOne = last;
      this.#last = entry;
    }
    return entry;
  }

  /** The tuple must not be in the table yet. */
  add(entry: Entry): void {
    const hash = this.#hashOf(entry.tuple);
    assert(this.#findIn(hash, entry.tuple) === null, 'four-tuple is in the table already');
    if (3 * this.#size >= 2 * this.#entries.length) this.#grow();
    this.#place(hash, entry);
    this.#size++;
  }

  /** Does nothing with an entry that is not in the table. */
  remove(entry: Entry): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let at = this.#hashOf(entry.tuple) & mask;
    while (hashes[at] !== FREE && this.#entries[at] !== entry) at = (at + 1) & mask;
    if (hashes[at] === FREE) return;
    this.#vacate(at);
    this.#size--;
    if (this.#last === entry) this.#last = null;
    if (this.#lastButOne === entry) this.#lastButOne = null;
  }

  /** How many places there are for `at`. */
  get places(): number {
    return this.#entries.length;
  }

  /** The entry at one of the places; null: none. For who looks at all of them, a few at a time. */
  at(place: number): Entry | null {
    return this.#entries[place];
  }

  /** Every entry. The list is a copy: entries may be removed meanwhile. */
  list(): Entry[] {
    return this.#entries.filter((entry) => entry !== null);
  }

  #hashOf(tuple: FourTuple): number {
    return this.#hash.hash(tuple) || 1;
  }

  #findIn(hash: number, tuple: FourTuple): Entry | null {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let at = hash & mask; hashes[at] !== FREE; at = (at + 1) & mask) {
      if (hashes[at] !== hash) continue;
      const entry = this.#entries[at]!;
      if (entry.tuple.equals(tuple)) return entry;
    }
    return null;
  }

  #place(hash: number, entry: Entry): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let at = hash & mask;
    while (hashes[at] !== FREE) at = (at + 1) & mask;
    hashes[at] = hash;
    this.#entries[at] = entry;
  }

  /** Those behind move up, unless that would put them before the place that their hash names. */
  #vacate(gap: number): void {
    const hashes = this.#hashes;
    const entries = this.#entries;
    const mask = hashes.length - 1;
    for (let at = (gap + 1) & mask; hashes[at] !== FREE; at = (at + 1) & mask) {
      if (((at - hashes[at]) & mask) < ((at - gap) & mask)) continue;
      hashes[gap] = hashes[at];
      entries[gap] = entries[at];
      gap = at;
    }
    hashes[gap] = FREE;
    entries[gap] = null;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const entries = this.#entries;
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#entries = new Array(hashes.length * 2).fill(null);
    for (let i = 0; i < hashes.length; i++) {
      if (hashes[i] !== FREE) this.#place(hashes[i], entries[i]!);
    }
  }
}
