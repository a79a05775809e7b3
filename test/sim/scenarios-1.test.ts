import t from 'tap';
import { runScenarios } from '../support/scenarios';

const HALF = Number(process.env.USERNET_SCENARIOS ?? 300) / 2;

t.test('whatever the path does, all arrives and all adds up, first half', async (t) => {
  runScenarios(t, 0, HALF);
});
