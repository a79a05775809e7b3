/**
 * What is looked at again and again while a simulation runs: congestion windows, round trips,
 * rates, queues over time.
 *
 *     const recorder = new Recorder(clock, 50);
 *     recorder.watchFlow('cubic', () => flow);
 *     recorder.watchQueue('queue', network.path('west', 'east'));
 *     clock.advanceTo(60_000);
 *     recorder.series.get('cubic cwnd')!.values;
 */
import type { ClockTimer } from '../../types/clock';
import type { TcpInfo } from '../../types/tcp';
import type { ImpairedPath } from '../link/path/impaired-path';
import type { BulkFlow } from './bulk-flow';
import type { VirtualClock } from './virtual-clock';

export interface Series {
  readonly name: string;
  readonly unit: string;
  /** One for each of `Recorder.times`; NaN: there was nothing to see. */
  readonly values: number[];
}

function delivered(info: TcpInfo | null): number {
  return info === null ? 0 : info.bytes_acked + info.sacked;
}

/** Above this a slow-start threshold stands for none. */
const NO_THRESHOLD = 0x3fff_ffff;

export class Recorder {
  /** When was looked, ms. */
  readonly times: number[] = [];
  readonly series = new Map<string, Series>();
  readonly #clock: VirtualClock;
  readonly #everyMs: number;
  readonly #reads: Array<() => void> = [];
  readonly #timer: ClockTimer;

  /** Looks for the first time after `everyMs`. */
  constructor(clock: VirtualClock, everyMs: number) {
    if (!(everyMs > 0)) throw new RangeError(`everyMs is not positive: ${everyMs}`);
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#timer = clock.schedule(clock.now() + everyMs, () => this.#look());
  }

  /** Looks no more: without that the clock is never idle. */
  stop(): void {
    this.#timer.cancel();
  }

  /** Notes what `read` says. */
  watch(name: string, unit: string, read: () => number): Series {
    if (this.series.has(name)) throw new RangeError(`${name} is watched already`);
    const series: Series = { name, unit, values: this.times.map(() => Number.NaN) };
    this.series.set(name, series);
    this.#reads.push(() => series.values.push(read()));
    return series;
  }

  /** Notes how fast a total grows, in units of it a second, times `factor`. */
  watchRate(name: string, unit: string, total: () => number, factor = 1): Series {
    let before = total();
    return this.watch(name, unit, () => {
      const now = total();
      const rate = ((now - before) * factor * 1000) / this.#everyMs;
      before = now;
      return rate;
    });
  }

  /**
   * What a flow is about: `goodput` and `delivery` in Mbit/s (read by the receiver's user; known
   * to the sender to have arrived, be it behind a gap), `cwnd`, `ssthresh` and `flight` in kB,
   * `rtt` (smoothed) in ms, and `resent` packets so far; each series bears the prefix. The flow
   * may come later.
   */
  watchFlow(prefix: string, flow: () => BulkFlow | null): void {
    const info = () => flow()?.sender.info() ?? null;
    this.watchRate(`${prefix} goodput`, 'Mbit/s', () => flow()?.received ?? 0, 8e-6);
    this.watchRate(`${prefix} delivery`, 'Mbit/s', () => delivered(info()), 8e-6);
    this.watch(`${prefix} cwnd`, 'kB', () => (info()?.snd_cwnd ?? Number.NaN) / 1000);
    this.watch(`${prefix} ssthresh`, 'kB', () => {
      const threshold = info()?.snd_ssthresh ?? Number.NaN;
      return threshold >= NO_THRESHOLD ? Number.NaN : threshold / 1000;
    });
    this.watch(`${prefix} flight`, 'kB', () => (info()?.unacked ?? Number.NaN) / 1000);
    this.watch(`${prefix} rtt`, 'ms', () => info()?.rtt ?? Number.NaN);
    this.watch(`${prefix} resent`, 'packets', () => info()?.total_retrans ?? Number.NaN);
  }

  /** What waits at the entrance of a path in kB, and what it dropped in packets so far. */
  watchQueue(prefix: string, path: ImpairedPath): void {
    this.watch(`${prefix} queue`, 'kB', () => path.queuedBytes / 1000);
    this.watch(`${prefix} drops`, 'packets', () => {
      const { overflowed, managed, lost } = path.counters;
      return overflowed + managed + lost;
    });
  }

  #look(): void {
    this.times.push(this.#clock.now());
    for (const read of this.#reads) read();
    this.#timer.reschedule(this.#clock.now() + this.#everyMs);
  }
}
