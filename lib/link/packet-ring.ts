/**
 * A bounded first-in-first-out queue of packets in packet memory.
 *
 * Packets are written in place (reserve, then commit) and lie in one block, one behind the other;
 * the oldest stays valid and unchanged until it is taken off. An empty ring begins again at the
 * front of its block, so that light traffic uses the same cache lines over and over.
 */
import { packetMemory } from '../support/memory';

/** Packets start on a cache line of their own. */
const ALIGNMENT = 64;

export class PacketRing {
  /** Packets committed and not yet taken off. */
  count = 0;

  readonly #sizeBytes: number;
  readonly #maxPackets: number;
  readonly #offsets: Int32Array;
  readonly #lengths: Int32Array;
  /** Where the text of each is, if it is not behind its headers; else 0. */
  readonly #texts: Int32Array;
  /** Offset of the block in packet memory; -1: none held. */
  #block = -1;
  /** Index of the oldest packet in the two tables. */
  #first = 0;
  /** Places in the block: the oldest packet, the first free byte, the last reservation. */
  #head = 0;
  #tail = 0;
  #reserved = 0;
  /** Does the free space lie between `#tail` and `#head`, not behind `#tail`? */
  #wrapped = false;

  /**
   * @param sizeBytes of the block; a power of two wastes nothing
   * @param maxPackets a power of two
   */
  constructor(sizeBytes: number, maxPackets: number) {
    this.#sizeBytes = sizeBytes;
    this.#maxPackets = maxPackets;
    this.#offsets = new Int32Array(maxPackets);
    this.#lengths = new Int32Array(maxPackets);
    this.#texts = new Int32Array(maxPackets);
  }

  /**
   * Takes the block on first use. A reservation that was not committed is forgotten.
   * @returns offset in packet memory of `length` free bytes; -1: no room
   */
  reserve(length: number): number {
    if (this.count === this.#maxPackets || length > this.#sizeBytes) return -1;
    if (this.#block < 0 && !this.#allocate()) return -1;
    if (this.count === 0) this.#restart();
    const place = this.#place(length);
    if (place < 0) return -1;
    this.#reserved = place;
    return this.#block + place;
  }

  /** Would `reserve(length)` find room, memory permitting? */
  hasRoom(length: number): boolean {
    if (this.count === 0) return length <= this.#sizeBytes;
    return this.count < this.#maxPackets && this.#place(length) >= 0;
  }

  /**
   * Appends the first `length` bytes of the last reservation, and of its text, which is elsewhere,
   * the place and length.
   */
  commit(length: number, textOffset = 0, textLength = 0): void {
    const slot = (this.#first + this.count) & (this.#maxPackets - 1);
    const place = this.#reserved;
    if (place < this.#tail) this.#wrapped = true;
    this.#offsets[slot] = this.#block + place;
    this.#lengths[slot] = length + textLength;
    this.#texts[slot] = textOffset;
    this.#tail = place + ((length + ALIGNMENT - 1) & -ALIGNMENT);
    this.count++;
  }

  /** Offset in packet memory of the packet that has `index` older ones before it. */
  offsetAt(index: number): number {
    return this.#offsets[(this.#first + index) & (this.#maxPackets - 1)];
  }

  lengthAt(index: number): number {
    return this.#lengths[(this.#first + index) & (this.#maxPackets - 1)];
  }

  /** Where its text is; 0: behind its headers. */
  textAt(index: number): number {
    return this.#texts[(this.#first + index) & (this.#maxPackets - 1)];
  }

  /** Takes off the oldest `count` packets: their bytes may be overwritten from now on. */
  shift(count: number): void {
    this.#first = (this.#first + count) & (this.#maxPackets - 1);
    this.count -= count;
    if (this.count === 0) return;
    const head = this.#offsets[this.#first] - this.#block;
    if (head < this.#head) this.#wrapped = false;
    this.#head = head;
  }

  /** Drops what is queued and gives the block back. The next `reserve` takes one again. */
  dispose(): void {
    if (this.#block >= 0) packetMemory.release(this.#block, this.#sizeBytes);
    this.#block = -1;
    this.count = 0;
  }

  #restart(): void {
    this.#head = 0;
    this.#tail = 0;
    this.#wrapped = false;
  }

  /** @returns where in the block `length` bytes are free; -1: nowhere */
  #place(length: number): number {
    const tail = this.#tail;
    if (this.#wrapped) return this.#head - tail >= length ? tail : -1;
    if (this.#sizeBytes - tail >= length) return tail;
    return this.#head >= length ? 0 : -1;
  }

  #allocate(): boolean {
    try {
      this.#block = packetMemory.allocate(this.#sizeBytes);
      return true;
    } catch {
      return false; // packet memory is used up: for the caller that is a full queue
    }
  }
}
