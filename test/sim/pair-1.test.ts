import t from 'tap';
import { runSeeds } from '../support/pair-seeds';

t.test('every byte arrives in order and nothing is left behind, seeds 0 to 499', async (t) => {
  runSeeds(t, 0, 500);
});
