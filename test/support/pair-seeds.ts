/** The thousand transfers of `test/sim/pair-*.test.ts`: what each seed stands for. */
import { SeededRandom } from '../../lib/support/random';
import type { TransferOptions } from './pair';

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

function chooseSize(random: SeededRandom): number {
  return random.chance(0.1) ? random.below(3) : random.below(2 << random.below(MAX_BYTES_BITS));
}
