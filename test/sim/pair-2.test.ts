import t from 'tap';
import { runTransfer } from '../support/pair';
import { transferOf } from '../support/pair-seeds';
import { runSeeds } from '../support/seeds';

t.test('every byte arrives in order and nothing is left behind, seeds 500 to 999', async (t) => {
  runSeeds(t, [500, 1000], 'test/sim/pair-1.test.ts', (seed) => runTransfer(transferOf(seed)));
});
