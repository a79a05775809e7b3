/**
 * Memory for received text: pieces of large slabs, handed to the user and never used again under
 * him.
 *
 * A slab of 1 MiB costs one allocation for hundreds of segments, without the page faults of fresh
 * 64 KiB buffers. Short texts come from small slabs, so that a user who keeps a line does not keep
 * a mebibyte.
 */
import { Buffer } from 'node:buffer';

const LARGE_SLAB_BYTES = 1_048_576;
const SMALL_SLAB_BYTES = 16_384;
/** Texts shorter than this are short. */
const SHORT_TEXT_BYTES = 1024;
/**
 * glibc returns free memory to the kernel when at the heap's end there is twice as much of it as
 * the largest block that it has unmapped so far, of those up to 32 MiB (mallopt(3), "dynamic mmap
 * threshold"). V8 frees dozens of slabs at once: measured by a slab, they all go back, and a third
 * of the time of a bulk transfer went to the page faults of their successors. (Since Node 22 they
 * are hundreds at once, which go back in any case.)
 */
const LESSON_BYTES = 31 * 1_048_576;
/** Largest piece handed out; the size `net` reads in. */
export const MAX_PIECE_BYTES = 65_536;

export class Slab {
  bytes: Buffer;
  used = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  get room(): number {
    return this.#size - this.used;
  }

  renew(): void {
    this.bytes = Buffer.allocUnsafeSlow(this.#size);
    this.used = 0;
  }
}

let small: Slab | undefined;
let large: Slab | undefined;
let isTaught = false;

/** The next texts begin slabs of their own: where they lie then has nothing to do with the past. */
export function renewSlabs(): void {
  small = undefined;
  large = undefined;
}

/** The slab that a text of `length` bytes belongs in, with at least one byte of room. */
export function slabFor(length: number): Slab {
  let slab: Slab;
  if (length < SHORT_TEXT_BYTES) {
    small ??= new Slab(SMALL_SLAB_BYTES);
    slab = small;
    if (slab.room < length) slab.renew();
  } else {
    large ??= new Slab(LARGE_SLAB_BYTES);
    slab = large;
    // A piece that would be cut short by the slab's end costs the user one more event: begin anew.
    if (slab.room < SHORT_TEXT_BYTES) {
      teachAllocator();
      slab.renew();
    }
  }
  return slab;
}

/** Once, when there is much to receive: a large block, which nobody touches, to be unmapped. */
function teachAllocator(): void {
  if (isTaught) return;
  isTaught = true;
  try {
    Buffer.allocUnsafeSlow(LESSON_BYTES);
  } catch {
    // There is no room for it: let it be.
  }
}
