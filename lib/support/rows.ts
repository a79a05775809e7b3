/**
 * Rows of numbers outside V8's heap: what is kept of something small that there are many of.
 *
 * An object's field takes eight bytes, a number with a fraction sixteen more, and each object has a
 * head; in a row a whole number of 32 bits takes four bytes, any other eight, and that is all. A
 * row is written from its beginning to its end and read in the same order. It belongs to whoever
 * took it, who must give it back: no garbage collector does.
 */
import { assert } from './assert';

/** Rows of a block: blocks are memory of their own, given back when nobody has a row of them. */
const BLOCK_ROWS = 512;
const NO_PLACE = -1;

class Block {
  readonly numbers: Float64Array;
  readonly words: Int32Array;
  /** The free place that was given back last. Its row begins with the number of the next. */
  free = NO_PLACE;
  /** Places that were never taken begin here. */
  fresh = 0;
  used = 0;

  constructor(rowBytes: number) {
    const bytes = new ArrayBuffer(BLOCK_ROWS * rowBytes);
    this.numbers = new Float64Array(bytes);
    this.words = new Int32Array(bytes);
  }
}

export class Rows {
  /** Bytes of a row: first its numbers, then its words. */
  readonly rowBytes: number;
  readonly #numbers: number;
  readonly #blocks: (Block | null)[] = [];
  /** The block in which a row was last taken, or given back. */
  #present = 0;
  #size = 0;

  // The row that is being written or read, and how far.
  #block: Block;
  #number = 0;
  #word = 0;
  #fits = true;

  /** @param numbers of any kind, in each row @param words whole numbers of 32 bits, in each row */
  constructor(numbers: number, words: number) {
    this.#numbers = numbers;
    this.rowBytes = 8 * (numbers + Math.ceil(words / 2));
    this.#block = new Block(this.rowBytes);
    this.#blocks.push(this.#block);
  }

  /** Rows that somebody has. */
  get size(): number {
    return this.#size;
  }

  /** Were all words that were written to the present row whole numbers of 32 bits? */
  get fits(): boolean {
    return this.#fits;
  }

  /** A row of the caller's own. What is in it is anything. */
  take(): number {
    const index = this.#findRoom();
    const block = this.#blocks[index]!;
    let place = block.free;
    if (place === NO_PLACE) place = block.fresh++;
    else block.free = block.words[place * (this.rowBytes >> 2)];
    block.used++;
    this.#size++;
    return index * BLOCK_ROWS + place;
  }

  release(row: number): void {
    const index = Math.floor(row / BLOCK_ROWS);
    const block = this.#blocks[index]!;
    const place = row % BLOCK_ROWS;
    block.words[place * (this.rowBytes >> 2)] = block.free;
    block.free = place;
    block.used--;
    this.#size--;
    assert(block.used >= 0, 'a row is given back once');
    if (block.used === 0 && index !== this.#present) this.#blocks[index] = null;
    else this.#present = index;
  }

  /** The row to be written or read from now on, from its beginning. */
  open(row: number): void {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)]!;
    this.#block = block;
    this.#number = (row % BLOCK_ROWS) * (this.rowBytes >> 3);
    this.#word = 2 * (this.#number + this.#numbers);
    this.#fits = true;
  }

  writeNumber(value: number): void {
    this.#block.numbers[this.#number++] = value;
  }

  /** A whole number of 32 bits; of another one `fits` tells. */
  writeWord(value: number): void {
    if ((value | 0) !== value) this.#fits = false;
    this.#block.words[this.#word++] = value;
  }

  readNumber(): number {
    return this.#block.numbers[this.#number++];
  }

  readWord(): number {
    return this.#block.words[this.#word++];
  }

  /** A block with a free row, a new one if there is none. */
  #findRoom(): number {
    const blocks = this.#blocks;
    if (isRoomy(blocks[this.#present])) return this.#present;
    let index = blocks.findIndex(isRoomy);
    if (index < 0) index = blocks.indexOf(null);
    if (index < 0) index = blocks.length;
    blocks[index] ??= new Block(this.rowBytes);
    this.#present = index;
    return index;
  }
}

function isRoomy(block: Block | null): boolean {
  return block !== null && block.used < BLOCK_ROWS;
}
