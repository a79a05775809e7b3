import t from 'tap';
import { runTransfer } from '../support/pair';
import { scenarioOf } from '../support/scenarios';
import { runSeeds } from '../support/seeds';

const HALF = Number(process.env.USERNET_SCENARIOS ?? 300) / 2;

t.test('whatever the path does, all arrives and all adds up, first half', async (t) => {
  runSeeds(t, [0, HALF], 'test/sim/scenarios-1.test.ts', (seed) => runTransfer(scenarioOf(seed)));
});
