/**
 * The one memory that packets and send buffers live in.
 *
 * It is a `WebAssembly.Memory`, so that the SIMD checksum and system calls both work on it in
 * place. Blocks are powers of two. The memory grows by doubling, in place: offsets and native
 * addresses stay valid, but `bytes` and `view` are replaced, so nobody keeps them across a call.
 */
import { NetworkError } from './network-error';
import { OffsetStack } from './offset-stack';

const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 256; // 16 MiB
/** Most the memory may grow to: 2 GiB, the largest offset that is still a non-negative int32. */
export const MAXIMUM_PAGES = 32_767;
/** What text leaves to links and answers: without it everything would wait for everything. */
const SPARE_BYTES = 256 * 1024 * 1024;
const MAXIMUM_TEXT_BYTES = MAXIMUM_PAGES * PAGE_BYTES - SPARE_BYTES;
/** What each may hold where memory is short. */
const SHORT_BYTES = 65_536;
const SMALLEST_CLASS = 8; // 256 bytes
const LARGEST_CLASS = 30; // 1 GiB
/** Views kept for `viewOf`, as a power of two. */
const VIEWS_BITS = 9;

export class PacketMemory {
  readonly wasm: WebAssembly.Memory;
  /** What both views lie over. Replaced when the memory grows. */
  buffer: ArrayBuffer;
  /** Every byte. Replaced when the memory grows. */
  bytes: Uint8Array;
  /** The same bytes for multi-byte reads. Replaced when the memory grows. */
  view: DataView;
  /** Bytes handed out and not yet released, in whole blocks. */
  allocated = 0;
  /** Of those, what `allocateText` has handed out. */
  textBytes = 0;

  /** How many readers want text to stay where it is. */
  #pins = 0;
  /** The blocks that were given back meanwhile: of each the offset, and above it the size. */
  readonly #waiting = new OffsetStack();
  #top = PAGE_BYTES; // offset 0 stays unused: no block ever has it
  readonly #free: OffsetStack[] = [];
  readonly #views: Uint8Array[] = [];

  constructor() {
    this.wasm = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
    this.buffer = this.wasm.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
    for (let i = 0; i <= LARGEST_CLASS; i++) this.#free.push(new OffsetStack());
    const none = new Uint8Array(0);
    for (let i = 0; i < 1 << VIEWS_BITS; i++) this.#views.push(none);
  }

  /**
   * The bytes [offset, offset + length) as an array of their own, to copy from at once: it may
   * name other bytes after the next call. Packets come to lie in the same places again and again,
   * so most views have been made before, and making one costs as much as copying a segment.
   */
  viewOf(offset: number, length: number): Uint8Array {
    const place = Math.imul(offset, 0x9e3779b1) >>> (32 - VIEWS_BITS);
    const view = this.#views[place];
    if (view.byteOffset === offset && view.length === length) return view;
    const fresh = new Uint8Array(this.buffer, offset, length);
    this.#views[place] = fresh;
    return fresh;
  }

  /**
   * Reserves a block of at least `size` bytes, rounded up to a power of two and not cleared.
   * @returns its offset
   * @throws NetworkError ENOBUFS when the memory is at its limit
   */
  allocate(size: number): number {
    const sizeClass = classOf(size);
    const block = this.#take(sizeClass);
    this.allocated += 1 << sizeClass;
    return block;
  }

  /** Gives back a block: the offset that `allocate` returned, and the size that was asked for. */
  release(offset: number, size: number): void {
    const sizeClass = classOf(size);
    this.allocated -= 1 << sizeClass;
    this.#free[sizeClass].push(offset);
  }

  /**
   * The same for what users send and peers have sent ahead, of which there may be any amount: it
   * never takes what links need to carry it away. Give it back with `releaseText`.
   * @throws NetworkError ENOBUFS sooner than `allocate`
   */
  allocateText(size: number): number {
    const bytes = 1 << classOf(size);
    if (this.textBytes + bytes > MAXIMUM_TEXT_BYTES) {
      throw new NetworkError('ENOBUFS', 'packet memory has no more room for text');
    }
    const block = this.#take(classOf(size), MAXIMUM_TEXT_BYTES);
    this.allocated += bytes;
    this.textBytes += bytes;
    return block;
  }

  releaseText(offset: number, size: number): void {
    if (this.#pins > 0) {
      this.#waiting.push(offset);
      this.#waiting.push(size);
      return;
    }
    this.textBytes -= 1 << classOf(size);
    this.release(offset, size);
  }

  /** May text be pinned? Not while blocks wait for pins to go: they must come to an end. */
  get mayPinText(): boolean {
    return this.#waiting.isEmpty;
  }

  /** Until `unpinText` all text stays where it is, even if it is given back. */
  pinText(): void {
    this.#pins++;
  }

  /** @param pins how many of them go */
  unpinText(pins: number): void {
    this.#pins -= pins;
    if (this.#pins > 0) return;
    const waiting = this.#waiting;
    for (let size = waiting.pop(); size !== -1; size = waiting.pop()) {
      this.releaseText(waiting.pop(), size);
    }
  }

  /**
   * How much a buffer that was promised `limit` bytes may hold: half of that where hundreds are
   * full, little where memory is short (Linux: tcp_mem's pressure).
   */
  shareOf(limit: number): number {
    if (this.textBytes <= MAXIMUM_TEXT_BYTES / 8) return limit;
    return this.textBytes <= MAXIMUM_TEXT_BYTES / 2 ? limit >> 1 : Math.min(limit, SHORT_BYTES);
  }

  /** @param limit where the part of the memory ends that may be used */
  #take(sizeClass: number, limit = MAXIMUM_PAGES * PAGE_BYTES): number {
    const free = this.#free;
    for (let from = sizeClass; from <= LARGEST_CLASS; from++) {
      const block = free[from].pop();
      if (block === -1) continue;
      // Split what is too large: the upper halves become free blocks of the classes between.
      for (let half = from - 1; half >= sizeClass; half--) free[half].push(block + (1 << half));
      return block;
    }
    return this.#extend(1 << sizeClass, limit);
  }

  #extend(size: number, limit: number): number {
    const block = this.#top;
    const need = block + size;
    if (need > limit) throw new NetworkError('ENOBUFS', 'packet memory is used up');
    if (need > this.bytes.length) this.#grow(need);
    this.#top = need;
    return block;
  }

  #grow(need: number): void {
    const havePages = this.bytes.length / PAGE_BYTES;
    const needPages = Math.ceil(need / PAGE_BYTES);
    const wantPages = Math.min(Math.max(needPages, havePages * 2), MAXIMUM_PAGES);
    try {
      this.wasm.grow(wantPages - havePages);
    } catch {
      throw new NetworkError('ENOBUFS', 'packet memory cannot grow');
    }
    this.buffer = this.wasm.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
  }
}

function classOf(size: number): number {
  const sizeClass = Math.max(SMALLEST_CLASS, 32 - Math.clz32(size - 1));
  if (sizeClass > LARGEST_CLASS) throw new NetworkError('ENOBUFS', 'block larger than 1 GiB');
  return sizeClass;
}

/** The memory of this process (of this worker thread, in a worker). */
export const packetMemory = new PacketMemory();
