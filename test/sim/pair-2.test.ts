import t from 'tap';
import { runSeeds } from '../support/pair-seeds';

t.test('every byte arrives in order and nothing is left behind, seeds 500 to 999', async (t) => {
  runSeeds(t, 500, 1000);
});
