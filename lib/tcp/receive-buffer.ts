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
  /** The one that came after it. */
  next: Piece | null = null;

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

  #oldest: Piece | null = null;
  #latest: Piece | null = null;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Copies `length` bytes at `offset` of packet memory to the end. */
  append(offset: number, length: number): void {
    this.length += length;
    while (length > 0) {
      const slab = slabFor(length);
      let piece = this.#latest;
      const isRight = piece !== null && piece.slab === slab && piece.isOpen;
      if (piece === null || !isRight || piece.end - piece.start >= MAX_PIECE_BYTES) {
        piece = this.#add(new Piece(slab));
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
    const piece = this.#oldest;
    if (piece === null) return null;
    this.#shift(piece);
    this.length -= piece.end - piece.start;
    return piece.bytes.subarray(piece.start, piece.end);
  }

  /** Copies into `target` as much as it holds. @returns bytes copied */
  takeInto(target: Uint8Array): number {
    let filled = 0;
    while (filled < target.length && this.#oldest !== null) {
      const piece = this.#oldest;
      const count = Math.min(piece.end - piece.start, target.length - filled);
      target.set(piece.bytes.subarray(piece.start, piece.start + count), filled);
      piece.start += count;
      filled += count;
      this.length -= count;
      if (piece.start === piece.end) {
        this.#shift(piece);
        this.#recycle(piece);
      }
    }
    return filled;
  }

  clear(): void {
    this.length = 0;
    this.#oldest = null;
    this.#latest = null;
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
    const { next } = piece;
    if (next !== null && next.bytes === piece.bytes && next.begin === piece.end) {
      next.begin = piece.begin;
    }
  }

  #add(piece: Piece): Piece {
    if (this.#latest === null) this.#oldest = piece;
    else this.#latest.next = piece;
    this.#latest = piece;
    return piece;
  }

  /** The oldest has been taken. */
  #shift({ next }: Piece): void {
    this.#oldest = next;
    if (next === null) this.#latest = null;
  }
}
