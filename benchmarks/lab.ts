/**
 * How does TCP fare where the network is bad? Runs the scenarios of the laboratory in virtual time
 * and writes a page with their charts.
 *
 *     npm run lab                                 all of them, to lab-report/index.html
 *     npm run lab -- --scenario loss-1 --seed 7   some of them (may stand several times)
 *     npm run lab -- --list                       what there is
 *     npm run lab -- --json                       the tables as JSON, too, and no page
 *     npm run lab -- some/folder                  another folder
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Progress } from './lab/progress';
import { type Finished, renderReport } from './lab/report';
import type { Scenario, ScenarioResult } from './lab/scenario';
import { SCENARIOS } from './lab/scenarios';

const DEFAULT_FOLDER = 'lab-report';

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scenario: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(20)} ${title}`);
    return;
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed ${values.seed} is no whole number`);
  const chosen = chooseScenarios(values.scenario ?? []);
  const finished = chosen.map((scenario, i) => {
    const one = runScenario(scenario, seed, i, chosen.length);
    if (!values.json) printResult(scenario, one.result);
    return one;
  });
  if (values.json) {
    const tables = finished.map(({ scenario: { name }, result: { panels, ...tables } }) => {
      return { name, seed, ...tables };
    });
    console.log(JSON.stringify(tables, null, 2));
    return;
  }
  const folder = positionals[0] ?? DEFAULT_FOLDER;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'index.html');
  writeFileSync(file, renderReport(finished, seed));
  console.log(`\nThe charts: ${file}`);
}

function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS;
  return names.map((name) => {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario !== undefined) return scenario;
    const known = SCENARIOS.map((one) => one.name).join(', ');
    throw new RangeError(`no scenario is called ${name}; there are: ${known}`);
  });
}

function runScenario(scenario: Scenario, seed: number, index: number, count: number): Finished {
  const progress = new Progress(process.stderr);
  const result = scenario.run({
    seed,
    progress: (label, share) => {
      progress.show(`${index + 1}/${count} ${scenario.name}: ${label}`, share);
    },
  });
  progress.clear();
  return { scenario, result };
}

function printResult({ name, title }: Scenario, result: ScenarioResult): void {
  console.log(`\n## ${title} (${name})`);
  const table = [result.columns, ...result.rows.map((row) => row.map(String))];
  const widths = result.columns.map((_, i) => Math.max(...table.map((row) => row[i].length)));
  for (const row of table) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(cells.join('  '));
  }
  for (const { text, ok } of result.checks) console.log(`${ok ? 'ok' : 'NOT SO'}: ${text}`);
}

main();
