/**
 * Text that has arrived in order and waits for its user, as pieces of slabs.
 *
 * Segments that follow each other fill one piece, up to 64 KiB, as long as no other connection took
 * the place behind it: a bulk transfer comes out in large pieces, a message in a piece of its own.
 */
import { packetMemory } from '../support/memory';
import { MAX_PIECE_BYTES, type Slab, slabFor } from '../support/slab';

class Piece {
  readonly slab: Slab;
  /** Of the slab when the piece began; it may have others by now. */
  readonly bytes: Buffer;
  /** From here on nothing was handed out. */
  begin: number;
  start: number;
  end: number;

  constructor(slab: Slab) {
    this.slab = slab;
    this.bytes = slab.bytes;
    this.begin = slab.used;
    this.start = slab.used;
    this.end = slab.used;
  }

  /** May text follow it where it ends? */
  get isOpen(): boolean {
    return this.bytes === this.slab.bytes && this.end === this.slab.used;
  }
}

export class ReceiveBuffer {
  /** Most bytes that may wait; the receive window is what is left of it. */
  limit: number;
  /** The largest limit that was lowered: so much may still come, for it was offered. */
  formerLimit = 0;
  /** Bytes that wait now. */
  length = 0;

  readonly #pieces: Piece[] = [];
  #first = 0; // pieces before this one are taken

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Copies `length` bytes at `offset` of packet memory to the end. */
  append(offset: number, length: number): void {
    this.length += length;
    while (length > 0) {
      const slab = slabFor(length);
      let piece = this.#last();
      const isRight = piece !== undefined && piece.slab === slab && piece.isOpen;
      if (piece === undefined || !isRight || piece.end - piece.start >= MAX_PIECE_BYTES) {
        piece = new Piece(slab);
        this.#pieces.push(piece);
      }
      const room = Math.min(slab.room, MAX_PIECE_BYTES - (piece.end - piece.start));
      const count = Math.min(length, room);
      piece.bytes.set(packetMemory.viewOf(offset, count), piece.end);
      piece.end += count;
      slab.used += count;
      offset += count;
      length -= count;
    }
  }

  /** @returns the oldest piece, the caller's to keep; null when nothing waits */
  take(): Buffer | null {
    if (this.length === 0) return null;
    const piece = this.#pieces[this.#first];
    this.#shift();
    this.length -= piece.end - piece.start;
    return piece.bytes.subarray(piece.start, piece.end);
  }

  /** Copies into `target` as much as it holds. @returns bytes copied */
  takeInto(target: Uint8Array): number {
    let filled = 0;
    while (filled < target.length && this.length > 0) {
      const piece = this.#pieces[this.#first];
      const count = Math.min(piece.end - piece.start, target.length - filled);
      target.set(piece.bytes.subarray(piece.start, piece.start + count), filled);
      piece.start += count;
      filled += count;
      this.length -= count;
      if (piece.start === piece.end) {
        this.#shift();
        this.#recycle(piece);
      }
    }
    return filled;
  }

  clear(): void {
    this.length = 0;
    if (this.#pieces.length > 0) this.#pieces.length = 0;
    this.#first = 0;
  }

  /**
   * The bytes of a piece have been copied: nobody else has seen them, and if they are the last of
   * the slab, they are used again, while they are in the cache.
   */
  #recycle(piece: Piece): void {
    if (piece.isOpen) {
      piece.slab.used = piece.begin;
      return;
    }
    const next = this.#pieces[this.#first];
    if (next !== undefined && next.bytes === piece.bytes && next.begin === piece.end) {
      next.begin = piece.begin;
    }
  }

  #last(): Piece | undefined {
    const pieces = this.#pieces;
    return pieces.length > this.#first ? pieces[pieces.length - 1] : undefined;
  }

  #shift(): void {
    this.#first++;
    if (this.#first === this.#pieces.length) {
      // The common case, and to set the length costs fifty times as much as to pop.
      if (this.#first === 1) this.#pieces.pop();
      else this.#pieces.length = 0;
      this.#first = 0;
    } else if (this.#first >= 64 && this.#first * 2 >= this.#pieces.length) {
      this.#pieces.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
