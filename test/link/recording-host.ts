/** A LinkHost that keeps what it is told, and lets a test wait for it. */
import { RealClock } from '../../lib/stack/real-clock';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import type { ChecksumNote } from '../../lib/wire/checksum-note';
import type { Clock } from '../../types/clock';
import type { LinkHost } from '../../types/link';

/** How long a test waits for what must come, ms: a bound for failure, never a pace. */
const PATIENCE_MS = 10_000;

export class RecordingHost implements LinkHost {
  readonly packets: Buffer[] = [];
  readonly notes = new Set<ChecksumNote>();
  /** Where the text of each was. */
  readonly texts: number[] = [];
  /** How many packets came in each batch. */
  readonly batches: number[] = [];
  readonly failures: Error[] = [];
  writables = 0;
  /** Packets since the last batch ended. */
  open = 0;
  /** Called from inside `receive`, before the packet is kept. */
  onReceive: (offset: number, length: number) => void = () => {};
  onWritable: () => void = () => {};
  onBatch: () => void = () => {};
  readonly clock: Clock = new RealClock();
  readonly #random = new SeededRandom(1);
  readonly #waiting = new Set<() => void>();

  receive(offset: number, length: number, note: ChecksumNote, textOffset = 0): void {
    this.onReceive(offset, length);
    this.texts.push(textOffset);
    this.packets.push(Buffer.from(packetMemory.bytes.slice(offset, offset + length)));
    this.notes.add(note);
    this.open++;
  }

  receivedBatch(): void {
    this.batches.push(this.open);
    this.open = 0;
    this.onBatch();
    this.#look();
  }

  writable(): void {
    this.writables++;
    this.onWritable();
    this.#look();
  }

  failed(error: Error): void {
    this.failures.push(error);
    this.#look();
  }

  defer(fn: () => void): void {
    setImmediate(fn);
  }

  random(target: Uint8Array): void {
    this.#random.fill(target);
  }

  /** Resolves when `done` holds; looks whenever the link has something to say. */
  until(what: string, done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (done()) end(resolve);
      };
      const end = (settle: () => void) => {
        clearTimeout(bound);
        this.#waiting.delete(look);
        settle();
      };
      const give = () => reject(new Error(`waited in vain until ${what}`));
      const bound = setTimeout(() => end(give), PATIENCE_MS);
      this.#waiting.add(look);
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}

/** Lets the event loop turn a few times: for what must not happen. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
