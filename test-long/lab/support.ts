/** A test for each scenario: what it expects of itself holds. */
import t from 'tap';
import type { Scenario } from '../../benchmarks/lab/scenario';

export function testScenarios(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    t.test(`${scenario.title} (npm run lab -- --scenario ${scenario.name})`, async (t) => {
      const { checks, rows, panels } = scenario.run({ seed: 1, progress: () => undefined });
      for (const { text, ok } of checks) t.ok(ok, text);
      t.ok(rows.length > 0 && panels.length > 0, 'there is something to see');
    });
  }
}
