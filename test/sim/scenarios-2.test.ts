import t from 'tap';
import { runScenarios } from '../support/scenarios';

const HALF = Number(process.env.USERNET_SCENARIOS ?? 300) / 2;

t.test('whatever the path does, all arrives and all adds up, second half', async (t) => {
  runScenarios(t, HALF, 2 * HALF);
});
