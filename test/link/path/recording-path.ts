/** A path on a virtual clock, whose end notes what arrives and when. */
import { ImpairedPath, type PathEnd } from '../../../lib/link/path/impaired-path';
import { type Impairments, PERFECT } from '../../../lib/link/path/impairments';
import { VirtualClock } from '../../../lib/sim/virtual-clock';
import { packetMemory } from '../../../lib/support/memory';
import { SeededRandom } from '../../../lib/support/random';

export interface Arrival {
  at: number;
  bytes: Buffer;
}

export class RecordingPath implements PathEnd {
  readonly clock = new VirtualClock();
  readonly listening = true;
  readonly arrivals: Arrival[] = [];
  readonly path: ImpairedPath;
  readonly #scratch = packetMemory.allocate(65_536);

  constructor(impairments: Partial<Impairments>, seed = 1) {
    const all = { ...PERFECT, ...impairments };
    this.path = new ImpairedPath(this.clock, new SeededRandom(seed), all, this);
  }

  handlePacket(offset: number, length: number): void {
    const bytes = Buffer.from(packetMemory.bytes.subarray(offset, offset + length));
    this.arrivals.push({ at: this.clock.now(), bytes });
  }

  handleBatchEnd(): void {}

  /** Sends an IPv4 header of `flow`, with a number in it, and nothing behind it. */
  send(number: number, length = 1000, flow = 1, ecn = 0): void {
    const offset = this.#scratch;
    packetMemory.bytes.fill(0, offset, offset + length);
    const { view } = packetMemory;
    view.setUint32(offset, 0x4500_0000 | (ecn << 16) | length);
    view.setUint32(offset + 4, number);
    view.setUint8(offset + 9, 17);
    view.setUint32(offset + 20, flow);
    this.path.send(offset, length);
  }

  /** Gives back what the recorder holds itself. */
  close(): void {
    packetMemory.release(this.#scratch, 65_536);
  }

  get numbers(): number[] {
    return this.arrivals.map(({ bytes }) => bytes.readUInt32BE(4));
  }
}
