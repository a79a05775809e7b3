/**
 * One user of a simulated connection: writes its stream in random pieces, reads and checks the other's,
 * dawdles at random, and closes its side in its own time.
 */
import type { NetworkErrorCode } from '../../lib/support/network-error';
import type { SeededRandom } from '../../lib/support/random';
import type { Clock, ClockTimer } from '../../types/clock';
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import { findForeignByte, patternBytes } from './pattern';

export interface TransferPlan {
  /** Bytes that this user sends. */
  bytes: number;
  /** Seeds of the two streams. */
  writeSeed: number;
  readSeed: number;
  /** Largest piece written at once. */
  largestWrite: number;
  /** Chance that a write, or a read, is put off, and for how long at most, ms. */
  dawdle: number;
  dawdleMs: number;
  /** Closes its side only when it has read the other's end. */
  waitsForEnd: boolean;
}

export class TransferUser implements ConnectionHandler {
  written = 0;
  read = 0;
  /** What it died of. */
  error: NetworkErrorCode | null = null;
  isClosed = false;
  readonly connection: StackConnection;
  readonly #plan: TransferPlan;
  readonly #random: SeededRandom;
  readonly #writing: ClockTimer;
  readonly #reading: ClockTimer;
  readonly #clock: Clock;
  #mayWrite = true;
  #hasShutDown = false;

  constructor(connection: StackConnection, plan: TransferPlan, random: SeededRandom, clock: Clock) {
    this.connection = connection;
    this.#plan = plan;
    this.#random = random;
    this.#clock = clock;
    this.#writing = clock.schedule(clock.now(), () => this.#write());
    this.#reading = clock.schedule(Infinity, () => this.#readAll());
  }

  handleConnect(): void {}
  handleUrgent(): void {
    throw new Error('urgent data that nobody sent');
  }

  handleReadable(): void {
    this.#soon(this.#reading);
  }

  handleWritable(): void {
    this.#mayWrite = true;
    this.#soon(this.#writing);
  }

  handleError(code: NetworkErrorCode): void {
    this.error = code;
  }

  handleClose(): void {
    this.isClosed = true;
    // What arrived before the end is still there to be read.
    this.#reading.cancel();
    this.#writing.cancel();
    this.#readAll();
    this.connection.release();
  }

  /** '' when the whole of the other's stream was read and the own one sent. */
  findLack(otherBytes: number): string {
    if (this.error !== null) return `died of ${this.error}`;
    if (this.written !== this.#plan.bytes) return `wrote ${this.written} of ${this.#plan.bytes}`;
    if (this.read !== otherBytes) return `read ${this.read} of ${otherBytes}`;
    return '';
  }

  #soon(timer: ClockTimer): void {
    const { dawdle, dawdleMs } = this.#plan;
    const wait = this.#random.chance(dawdle) ? this.#random.fraction() * dawdleMs : 0;
    timer.reschedule(this.#clock.now() + wait);
  }

  #write(): void {
    const { bytes, writeSeed, largestWrite } = this.#plan;
    while (this.#mayWrite && this.written < bytes) {
      const length = Math.min(1 + this.#random.below(largestWrite), bytes - this.written);
      const chunk = patternBytes(this.written, length, writeSeed);
      const taken = this.connection.send(chunk);
      this.written += taken;
      this.#mayWrite = taken === length;
      if (this.#mayWrite && this.#random.chance(0.3)) {
        this.#soon(this.#writing);
        return;
      }
    }
    this.#maybeShutDown();
  }

  #readAll(): void {
    const { connection } = this;
    while (this.#random.chance(0.5) ? this.#readPiece() : this.#readInto());
    if (connection.readEnded) this.#maybeShutDown();
  }

  #readPiece(): boolean {
    const piece = this.connection.receive();
    if (piece === null) return false;
    if (piece.length === 0) throw new Error('receive gave an empty piece');
    this.#check(piece);
    return true;
  }

  #readInto(): boolean {
    const target = Buffer.alloc(1 + this.#random.below(4000));
    const count = this.connection.receiveInto(target);
    this.#check(target.subarray(0, count));
    return count > 0;
  }

  #check(piece: Uint8Array): void {
    const foreign = findForeignByte(piece, this.read, this.#plan.readSeed);
    if (foreign !== -1) throw new Error(`byte ${this.read + foreign} is wrong`);
    this.read += piece.length;
  }

  #maybeShutDown(): void {
    if (this.#hasShutDown || this.written < this.#plan.bytes) return;
    if (this.#plan.waitsForEnd && !this.connection.readEnded) return;
    this.#hasShutDown = true;
    this.connection.shutdown();
  }
}
