/**
 * The thousand transfers of `test/sim/pair-*.test.ts`: what each seed stands for, and how a range of
 * them is run. `USERNET_SEED=n` runs that one alone.
 */
import type tap from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { runTransfer, type TransferOptions } from './pair';

/** A link as bad as the thousand know it, each way. */
export const BAD_LINK = { loss: 0.05, reorder: 0.05, duplicate: 0.02, corrupt: 0.01 };

const MAX_BYTES_BITS = 17;

/**
 * Sizes from nothing to 128 KiB each way, links from slow to fast and near to far, buffers from 2 KiB
 * to 512 KiB that may grow or not, with and without each extension.
 */
export function transferOf(seed: number): TransferOptions {
  const random = new SeededRandom(seed ^ 0x7e57);
  const receiveBufferBytes = 2048 << random.below(9);
  const sendBufferBytes = 2048 << random.below(9);
  const maximum = random.chance(0.5) ? 1 : 16;
  return {
    seed,
    ...BAD_LINK,
    bytes: chooseSize(random),
    bytesBack: chooseSize(random),
    delayMs: random.below(100),
    jitterMs: random.below(20),
    reorderDelayMs: 1 + random.below(100),
    rate: random.chance(0.5) ? Infinity : 100_000 * (1 + random.below(1000)),
    queueBytes: random.chance(0.5) ? Infinity : 3000 + random.below(60_000),
    mtu: random.chance(0.3) ? 576 : 1500,
    tcp: {
      timestamps: random.chance(0.5),
      sack: random.chance(0.7),
      windowScaling: random.chance(0.5),
      noDelay: random.chance(0.5),
      ecn: (['off', 'accept', 'request'] as const)[random.below(3)],
      quickAckSegments: random.below(20),
      receiveBufferBytes,
      receiveBufferMaxBytes: receiveBufferBytes * maximum,
      sendBufferBytes,
      sendBufferMaxBytes: sendBufferBytes * maximum,
    },
  };
}

/** Runs seeds [from, to), or the one that is asked for. */
export function runSeeds(
  t: Pick<typeof tap, 'pass' | 'fail' | 'comment'>,
  from: number,
  to: number,
): void {
  const asked = process.env.USERNET_SEED;
  const seeds =
    asked !== undefined ? [Number(asked)] : Array.from({ length: to - from }, (_, i) => from + i);
  let failures = 0;
  for (const seed of seeds) {
    try {
      runTransfer(transferOf(seed));
    } catch (error) {
      t.comment((error as Error).message);
      t.fail(`repeat it: USERNET_SEED=${seed} npx tap run test/sim/pair-1.test.ts`);
      if (++failures === 5) return;
    }
  }
  if (failures === 0) t.pass(`${seeds.length} seeds, ${seeds[0]} to ${seeds[seeds.length - 1]}`);
}

function chooseSize(random: SeededRandom): number {
  return random.chance(0.1) ? random.below(3) : random.below(2 << random.below(MAX_BYTES_BITS));
}
