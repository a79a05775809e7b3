/**
 * The ceiling of the hot path: what one has to do to every byte and header, and nothing else. No
 * windows, no timers, no loss, nothing to send again.
 *
 * The user's chunk is copied into segments, each with a header, timestamps and a checksum; the
 * other side reads and verifies it, and delivers; every second segment is acknowledged by one with
 * a checksum of its own. The packets are those of the engine's benchmark, byte for byte as long.
 */
import { packetMemory } from '../../lib/support/memory';
import { addressSum, addSums, finishSum, pseudoHeaderSum, sumBytes } from '../../lib/wire/checksum';

const SLOTS = 64;
const SLOT_BYTES = 2048;
const HEADER_BYTES = 32;
const TEXT_BYTES = 1448;
const TCP = 6;
const PORTS = (1 << 16) | 2;
const ACK_WORD = (HEADER_BYTES << 26) | (0x10 << 16) | 0xffff;
const OPTIONS = 0x0101080a;
const SLAB_BYTES = 1_048_576;
const PIECE_BYTES = 65_536;

export class Skeleton {
  readonly #ring = packetMemory.allocate(SLOTS * SLOT_BYTES);
  readonly #answers = packetMemory.allocate(SLOTS * SLOT_BYTES);
  readonly #addresses = addressSum(0, 0, 0xffff, 0x7f000001, 0, 0, 0xffff, 0x7f000001);
  /** Who takes the pieces: as the user of a socket would. */
  readonly #takePiece: (piece: Uint8Array) => void;
  readonly #target: Buffer | null;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #pieceAt = 0;
  #filled = 0;
  #nxt = 0;
  #received = 0;
  #una = 0;

  /** @param target where text is copied to; null: pieces of slabs are handed out */
  constructor(target: Buffer | null, takePiece: (piece: Uint8Array) => void) {
    this.#target = target;
    this.#takePiece = takePiece;
  }

  /** Carries `segments` of text made from `chunk`. */
  run(chunk: Uint8Array, segments: number): void {
    let from = 0;
    for (let done = 0; done < segments; done += SLOTS) {
      for (let i = 0; i < SLOTS; i++) {
        if (from + TEXT_BYTES > chunk.length) from = 0;
        packetMemory.bytes.set(
          chunk.subarray(from, from + TEXT_BYTES),
          this.#ring + i * SLOT_BYTES + HEADER_BYTES,
        );
        from += TEXT_BYTES;
        this.#write(this.#ring + i * SLOT_BYTES, this.#nxt, TEXT_BYTES);
        this.#nxt = (this.#nxt + TEXT_BYTES) | 0;
      }
      for (let i = 0; i < SLOTS; i++) {
        this.#read(this.#ring + i * SLOT_BYTES, HEADER_BYTES + TEXT_BYTES);
        if (i % 2 === 1) this.#write(this.#answers + (i >> 1) * SLOT_BYTES, 0, 0);
      }
      for (let i = 0; i < SLOTS / 2; i++) {
        this.#read(this.#answers + i * SLOT_BYTES, HEADER_BYTES);
      }
    }
    if (this.#una !== this.#nxt) throw new Error('not everything was acknowledged');
  }

  #write(at: number, seq: number, textBytes: number): void {
    const view = packetMemory.view;
    view.setInt32(at, PORTS);
    view.setInt32(at + 4, seq);
    view.setInt32(at + 8, this.#received);
    view.setInt32(at + 12, ACK_WORD);
    view.setInt32(at + 16, 0);
    view.setInt32(at + 20, OPTIONS);
    view.setInt32(at + 24, seq);
    view.setInt32(at + 28, seq);
    const length = HEADER_BYTES + textBytes;
    const pseudo = pseudoHeaderSum(this.#addresses, TCP, length);
    view.setUint16(at + 16, finishSum(addSums(sumBytes(at, length), pseudo)));
  }

  #read(at: number, length: number): void {
    const view = packetMemory.view;
    const pseudo = pseudoHeaderSum(this.#addresses, TCP, length);
    if (addSums(sumBytes(at, length), pseudo) !== 0xffff) throw new Error('checksum');
    if (view.getInt32(at) !== PORTS || view.getInt32(at + 20) !== OPTIONS) throw new Error('ports');
    const headerBytes = (view.getInt32(at + 12) >>> 26) & 0x3c;
    this.#una = view.getInt32(at + 8);
    const textBytes = length - headerBytes;
    if (textBytes === 0) return;
    if (view.getInt32(at + 4) !== this.#received) throw new Error('sequence number');
    this.#received = (this.#received + textBytes) | 0;
    this.#deliver(at + headerBytes, textBytes);
  }

  #deliver(at: number, length: number): void {
    if (this.#target !== null) {
      if (this.#filled + length > this.#target.length) this.#filled = 0;
      this.#target.set(packetMemory.viewOf(at, length), this.#filled);
      this.#filled += length;
      return;
    }
    if (this.#filled + length > SLAB_BYTES) {
      this.#handOut();
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#pieceAt = this.#filled = 0;
    }
    this.#slab.set(packetMemory.viewOf(at, length), this.#filled);
    this.#filled += length;
    if (this.#filled - this.#pieceAt >= PIECE_BYTES) this.#handOut();
  }

  #handOut(): void {
    this.#takePiece(this.#slab.subarray(this.#pieceAt, this.#filled));
    this.#pieceAt = this.#filled;
  }
}
