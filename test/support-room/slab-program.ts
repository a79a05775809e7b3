/** Receives a gigabyte and prints how many page faults a mebibyte of it cost. */
import { slabFor } from '../../lib/support/slab';

const PIECE_BYTES = 65_536;
const PIECES_A_TURN = 512;
const MIB_A_TURN = (PIECES_A_TURN * PIECE_BYTES) / 1_048_576;
const WARM_UP = 10;
const TURNS = 40;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    for (let i = 0; i < PIECES_A_TURN; i++) {
      const slab = slabFor(PIECE_BYTES);
      const end = slab.used + Math.min(PIECE_BYTES, slab.room);
      slab.bytes.fill(1, slab.used, end);
      slab.used = end;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function main(): Promise<void> {
  await turns(WARM_UP);
  const before = process.resourceUsage().minorPageFault;
  await turns(TURNS);
  const faults = process.resourceUsage().minorPageFault - before;
  process.stdout.write(String(faults / (TURNS * MIB_A_TURN)));
}

main();
