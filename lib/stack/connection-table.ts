/**
 * Which connection a segment belongs to (RFC 9293 §3.4): a hash table of four-tuples.
 *
 * Chains run through the entries themselves, so finding, adding and removing allocate nothing. The
 * entry found last is tried first: segments come in trains, and a comparison costs a tenth of a
 * hash.
 */
import { assert } from '../support/assert';
import type { FourTuple } from './four-tuple';
import type { TupleHash } from './tuple-hash';

export interface TableEntry {
  readonly tuple: FourTuple;
  /** The table's own: hash of the tuple, and the next entry of the same chain. */
  tableHash: number;
  tableNext: this | null;
}

const INITIAL_CHAINS = 64;

export class ConnectionTable<Entry extends TableEntry> {
  readonly #hash: TupleHash;
  #chains: Array<Entry | null> = new Array(INITIAL_CHAINS).fill(null);
  #size = 0;
  #last: Entry | null = null;

  constructor(hash: TupleHash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#size;
  }

  find(tuple: FourTuple): Entry | null {
    const last = this.#last;
    if (last?.tuple.equals(tuple)) return last;
    const entry = this.#findIn(this.#hash.hash(tuple), tuple);
    if (entry !== null) this.#last = entry;
    return entry;
  }

  /** The tuple must not be in the table yet. */
  add(entry: Entry): void {
    const hash = this.#hash.hash(entry.tuple);
    assert(this.#findIn(hash, entry.tuple) === null, 'four-tuple is in the table already');
    if (this.#size === this.#chains.length) this.#grow();
    entry.tableHash = hash;
    this.#link(entry);
    this.#size++;
  }

  /** Does nothing with an entry that is not in the table. */
  remove(entry: Entry): void {
    const place = entry.tableHash & (this.#chains.length - 1);
    let before: Entry | null = null;
    let at = this.#chains[place];
    while (at !== null && at !== entry) {
      before = at;
      at = at.tableNext;
    }
    if (at === null) return;
    if (before === null) this.#chains[place] = entry.tableNext;
    else before.tableNext = entry.tableNext;
    entry.tableNext = null;
    this.#size--;
    if (this.#last === entry) this.#last = null;
  }

  /** Every entry. The list is a copy: entries may be removed meanwhile. */
  list(): Entry[] {
    const entries: Entry[] = [];
    for (const first of this.#chains) {
      for (let entry = first; entry !== null; entry = entry.tableNext) entries.push(entry);
    }
    return entries;
  }

  #findIn(hash: number, tuple: FourTuple): Entry | null {
    let entry = this.#chains[hash & (this.#chains.length - 1)];
    while (entry !== null && !(entry.tableHash === hash && entry.tuple.equals(tuple))) {
      entry = entry.tableNext;
    }
    return entry;
  }

  #link(entry: Entry): void {
    const place = entry.tableHash & (this.#chains.length - 1);
    entry.tableNext = this.#chains[place];
    this.#chains[place] = entry;
  }

  #grow(): void {
    const entries = this.list();
    this.#chains = new Array(this.#chains.length * 2).fill(null);
    for (const entry of entries) this.#link(entry);
  }
}
