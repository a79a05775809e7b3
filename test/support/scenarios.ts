/**
 * Random scenarios of recovery and congestion control: what each seed stands for.
 *
 * Wider than `pair-seeds`, which stays as it is so that its seeds keep their meaning: every
 * controller and loss detector, losses up to a quarter, in bursts too, outages, changes of the path
 * under way.
 */
import type { LinkChange, LinkOptions } from '../../lib/sim/network-options';
import { SeededRandom } from '../../lib/support/random';
import { congestionControlNames } from '../../lib/tcp/congestion/registry';
import type { TcpConfig } from '../../types/tcp';
import type { TransferOptions } from './pair';

const CONTROLLERS = congestionControlNames();
const MAX_BYTES_BITS = 17;

export function scenarioOf(seed: number): TransferOptions {
  const random = new SeededRandom(seed ^ 0x5ce7);
  return {
    seed,
    bytes: chooseSize(random),
    bytesBack: chooseSize(random),
    mtu: random.chance(0.2) ? 576 : 1500,
    ...choosePath(random),
    tcp: chooseConfig(random),
  };
}

/** Mostly bad, sometimes terrible; one chance in five that a thing does not go wrong at all. */
function choosePath(random: SeededRandom): Omit<LinkOptions, 'mtu'> {
  const upTo = (most: number): number => (random.chance(0.2) ? 0 : random.fraction() ** 2 * most);
  const rate = random.chance(0.4) ? Infinity : 100_000 * (1 + random.below(500));
  return {
    loss: upTo(0.25),
    reorder: upTo(0.3),
    reorderDelayMs: 1 + random.below(200),
    duplicate: upTo(0.1),
    corrupt: upTo(0.05),
    delayMs: random.below(150),
    jitterMs: random.below(40),
    rate,
    queueBytes: random.chance(0.3) ? Infinity : 3000 + random.below(60_000),
    back: random.chance(0.3) ? { loss: upTo(0.4), delayMs: random.below(300) } : {},
    outages: random.chance(0.3) ? [chooseOutage(random), chooseOutage(random)] : [],
    changes: random.chance(0.3) ? [chooseChange(random)] : [],
  };
}

function chooseOutage(random: SeededRandom): readonly [number, number] {
  const from = random.below(4000);
  return [from, from + 1 + random.below(random.chance(0.2) ? 15_000 : 1500)];
}

/** A path becomes longer, shorter, or slower: delay spikes and what follows from them. */
function chooseChange(random: SeededRandom): LinkChange {
  const atMs = random.below(3000);
  if (random.chance(0.3)) return { atMs, rate: 50_000 * (1 + random.below(100)) };
  return { atMs, delayMs: random.below(1500) };
}

function chooseConfig(random: SeededRandom): Partial<TcpConfig> {
  const receiveBufferBytes = 1024 << random.below(10);
  const sendBufferBytes = 1024 << random.below(10);
  const maximum = random.chance(0.5) ? 1 : 16;
  return {
    congestionControl: CONTROLLERS[random.below(CONTROLLERS.length)],
    timestamps: random.chance(0.5),
    sack: random.chance(0.7),
    rack: random.chance(0.7),
    forwardRto: random.chance(0.7),
    windowScaling: random.chance(0.5),
    noDelay: random.chance(0.5),
    ecn: (['off', 'accept', 'request'] as const)[random.below(3)],
    initialWindowSegments: 1 + random.below(20),
    minRtoMs: random.chance(0.5) ? 200 : 20 + random.below(1000),
    blackHoleTimeouts: random.below(4),
    delayedAckMs: random.below(200),
    quickAckSegments: random.below(20),
    reassemblyRanges: random.chance(0.3) ? 1 + random.below(8) : 256,
    receiveBufferBytes,
    receiveBufferMaxBytes: receiveBufferBytes * maximum,
    sendBufferBytes,
    sendBufferMaxBytes: sendBufferBytes * maximum,
    // A seed in which everything is lost for long is not what is looked for here.
    dataTimeoutMs: Infinity,
    synTimeoutMs: Infinity,
  };
}

function chooseSize(random: SeededRandom): number {
  return random.chance(0.1) ? random.below(3) : random.below(2 << random.below(MAX_BYTES_BITS));
}
