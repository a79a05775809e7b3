/** The cheap part of the laboratory: its theory, its page, fairness of a few flows, its repetition. */
import t from 'tap';
import { eventScenarios } from '../../benchmarks/lab/event-scenarios';
import { Run } from '../../benchmarks/lab/experiment';
import { renderReport } from '../../benchmarks/lab/report';
import { SCENARIOS } from '../../benchmarks/lab/scenarios';
import {
  cubicWindow,
  jainIndex,
  renoWindow,
  theoreticalGoodput,
} from '../../benchmarks/lab/theory';

const context = { seed: 1, progress: () => undefined };

t.test('theory: windows by loss, and Jain’s index', async (t) => {
  // RFC 9438 tables 1 and 2: at 100 ms (table 2) CUBIC's mean window for a loss of 1e-4 is 187.
  t.equal(Math.round(cubicWindow(1e-4, 100)), 187);
  t.equal(Math.round(cubicWindow(1e-6, 100)), 5926);
  t.equal(Math.round(renoWindow(1e-4)), 122);
  t.equal(jainIndex([1, 1, 1, 1]), 1);
  t.equal(jainIndex([1, 0, 0, 0]), 0.25);
  t.equal(jainIndex([]), 1);
  t.equal(theoreticalGoodput('reno', 0, 100, 1e8).toFixed(2), '96.53');
  t.equal(theoreticalGoodput('bbr', 0.5, 100, 1e8).toFixed(2), '48.27');
});

t.test('four flows in a small pipe share it, and repeat themselves', async (t) => {
  const rate = 4e6;
  const link = { delayMs: 20, there: { rate, queueBytes: 40_000 } };
  for (const controller of ['cubic', 'reno', 'bbr']) {
    const flows = [1, 2, 3, 4].map((number) => ({
      label: `${controller} ${number}`,
      controller,
      startMs: number * 200,
    }));
    const make = () => new Run({ label: controller, seconds: 30, flows, link }, context);
    const run = make();
    const rates = run.results.map(({ goodput }) => goodput);
    const jain = jainIndex(rates);
    t.ok(jain >= 0.9, `${controller}: Jain ${jain.toFixed(3)}`);
    const sum = rates.reduce((total, one) => total + one, 0);
    t.ok(sum > 3.4, `${controller}: ${sum.toFixed(2)} Mbit/s together`);
    const again = make();
    t.same([again.results, again.counters], [run.results, run.counters], 'same seed, same result');
    t.same(again.line(`${controller} 1 cwnd`, ''), run.line(`${controller} 1 cwnd`, ''));
  }
});

t.test('a scenario, and its page', async (t) => {
  const scenario = eventScenarios.find(({ name }) => name === 'tail-loss')!;
  const result = scenario.run(context);
  for (const { text, ok } of result.checks) t.ok(ok, text);
  const page = renderReport([{ scenario: { ...scenario, title: 'a <b>' }, result }], 1);
  t.match(page, /<h2>a &lt;b>/);
  t.notMatch(page, /(?:src|href)="(?!#)/, 'it needs nothing else');
  t.equal(page.match(/class="chart"/g)?.length, result.panels.length);
  const data = /const DATA = (.*);\n/.exec(page)![1];
  const [[panel]] = JSON.parse(data);
  t.equal(panel.data.length, 1 + panel.labels.length);
  t.ok(panel.data.every((column: unknown[]) => column.length === panel.data[0].length));
});

t.test('names of scenarios are their own', async (t) => {
  const names = SCENARIOS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.ok(names.every((name) => /^[a-z0-9.-]+$/.test(name)));
});
