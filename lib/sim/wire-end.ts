/**
 * An end of a wire between two nodes of a simulated network: a host's link, or a router's port.
 *
 * A wire is two paths, one each way, from one seed.
 */
import type { Clock } from '../../types/clock';
import { ImpairedPath, type PathEnd } from '../link/path/impaired-path';
import { type Impairments, PERFECT } from '../link/path/impairments';
import { SeededRandom } from '../support/random';

export interface WireEnd extends PathEnd {
  readonly name: string;
  /** Largest packet, in bytes. */
  readonly mtu: number;
  /** The way from this end to the other: its impairments, counters and observer. */
  readonly outgoing: ImpairedPath;
  readonly incoming: ImpairedPath;
  /** For whoever joins two ends. */
  attach(outgoing: ImpairedPath, incoming: ImpairedPath): void;
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
