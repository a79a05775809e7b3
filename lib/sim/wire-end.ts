/**
 * An end of a wire between two nodes of a simulated network: a host's link, or a router's port.
 *
 * A wire is two paths, one each way, from one seed.
 */
import type { Clock } from '../../types/clock';
import { ImpairedPath, type PathEnd } from '../link/path/impaired-path';
import { type Impairments, PERFECT } from '../link/path/impairments';
import { SeededRandom } from '../support/random';

export abstract class WireEnd implements PathEnd {
  abstract readonly name: string;
  /** Largest packet, in bytes. */
  abstract readonly mtu: number;
  #outgoing: ImpairedPath | null = null;
  #incoming: ImpairedPath | null = null;

  /** For whoever joins two ends. */
  attach(outgoing: ImpairedPath, incoming: ImpairedPath): void {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  /** The way from this end to the other: its impairments, counters and observer. */
  get outgoing(): ImpairedPath {
    return this.#outgoing!;
  }

  get incoming(): ImpairedPath {
    return this.#incoming!;
  }

  abstract get listening(): boolean;
  abstract handlePacket(offset: number, length: number): void;
  abstract handleBatchEnd(): void;
}

export interface WireOptions {
  clock: Clock;
  /** Everything that goes wrong follows from it. */
  seed: number;
  /** What goes wrong from the first end to the second, and back; nothing unless given. */
  there?: Partial<Impairments>;
  back?: Partial<Impairments>;
}

/** @throws RangeError when an impairment makes no sense */
export function joinEnds(first: WireEnd, second: WireEnd, options: WireOptions): void {
  const { clock, seed } = options;
  // Each direction draws from its own numbers: traffic one way changes no fate of the other's.
  const seeds = new SeededRandom(seed);
  const there = new SeededRandom(seeds.next32());
  const back = new SeededRandom(seeds.next32());
  const forward = new ImpairedPath(clock, there, { ...PERFECT, ...options.there }, second);
  const backward = new ImpairedPath(clock, back, { ...PERFECT, ...options.back }, first);
  first.attach(forward, backward);
  second.attach(backward, forward);
}
