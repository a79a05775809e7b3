/** One flow on 100 Mbit/s × 100 ms under loss and reordering, by controller, against theory. */
import type { LinkOptions } from '../../lib/sim/network-options';
import { bottleneckLink, comparePanels, RATE, RTT_MS, Run } from './experiment';
import type { Check, RunContext, Scenario, ScenarioResult } from './scenario';
import { theoreticalGoodput } from './theory';

export const CONTROLLERS = ['cubic', 'reno', 'bbr'] as const;
export const PATH = 'sender — 100 Mbit/s, 50 ms each way, queue of one BDP (1.25 MB) — receiver';

/** [name, loss, seconds] */
const LOSSES: readonly (readonly [string, number, number])[] = [
  ['loss-0', 0, 60],
  ['loss-0.01', 0.0001, 180],
  ['loss-0.1', 0.001, 120],
  ['loss-1', 0.01, 60],
];

/** How long a packet is held back, ms. */
const REORDER_DELAYS = [1, 5, 10, 25];

export const lossScenarios: Scenario[] = LOSSES.map(([name, loss, seconds]) => ({
  name,
  title: loss === 0 ? 'No loss but the queue’s own' : `${loss * 100} % of packets lost at random`,
  question:
    loss === 0
      ? 'A long fat path: Reno needs minutes for what CUBIC does in seconds.'
      : 'What the controllers carry, against their own theory (RFC 5681, RFC 9438 §5.1).',
  path: PATH,
  run: (context) => runLoss(context, loss, seconds),
}));

function runLoss(context: RunContext, loss: number, seconds: number): ScenarioResult {
  const rows: ScenarioResult['rows'] = [];
  const checks: Check[] = [];
  const runs = CONTROLLERS.map((controller) => {
    const run = oneFlow(
      context,
      controller,
      { there: { ...bottleneckLink().there, loss } },
      seconds,
    );
    const [{ goodput, info }] = run.results;
    const theory = theoreticalGoodput(controller, loss, RTT_MS, RATE);
    rows.push([
      controller,
      goodput.toFixed(2),
      theory.toFixed(2),
      (goodput / theory).toFixed(2),
      run.mean(`${controller} rtt`).toFixed(0),
      info.total_retrans,
      run.counters.overflowed,
      run.counters.lost,
    ]);
    const least = loss === 0 || controller === 'bbr' ? 0.85 : 0.7;
    checks.push({
      text: `${controller} carries at least ${least * 100} % of what theory lets it`,
      ok: goodput >= least * theory,
    });
    return run;
  });
  return { columns: LOSS_COLUMNS, rows, checks, panels: comparePanels(runs) };
}

const LOSS_COLUMNS = [
  'controller',
  'goodput, Mbit/s',
  'theory, Mbit/s',
  'ratio',
  'mean round trip, ms',
  'resent',
  'overflowed',
  'lost at random',
];

function oneFlow(
  context: RunContext,
  controller: string,
  link: LinkOptions,
  seconds: number,
  label = controller,
): Run {
  const flows = [{ label: controller, controller }];
  return new Run({ label, seconds, link, flows }, context);
}

/** Where a window needs seconds from one loss to the next. */
export const sawtoothScenario: Scenario = {
  name: 'sawtooth',
  title: 'A sawtooth and a cubic',
  question: 'Reno climbs in straight lines, CUBIC in cubics, and BBR does without either.',
  path: 'sender — 20 Mbit/s, 25 ms each way, queue of one BDP (125 kB) — receiver',
  run: (context) => {
    const link = { delayMs: 25, there: { rate: 2e7, queueBytes: 125_000 } };
    const runs = CONTROLLERS.map((controller) => {
      const flows = [{ label: controller, controller }];
      return new Run({ label: controller, seconds: 60, link, flows }, context);
    });
    const rows = runs.map((run): Array<string | number> => {
      const [{ goodput, info }] = run.results;
      const roundTrip = run.mean(`${run.experiment.label} rtt`).toFixed(0);
      const { overflowed } = run.counters;
      return [run.experiment.label, goodput.toFixed(2), roundTrip, overflowed, info.total_retrans];
    });
    const checks = runs.map(({ results: [{ goodput, plan }] }): Check => {
      return { text: `${plan.label} carries 18 of 19.3 Mbit/s`, ok: goodput >= 18 };
    });
    const columns = [
      'controller',
      'goodput, Mbit/s',
      'mean round trip, ms',
      'overflowed',
      'resent',
    ];
    return { columns, rows, checks, panels: comparePanels(runs) };
  },
};

export const reorderScenario: Scenario = {
  name: 'reorder-1',
  title: '1 % of packets reordered',
  question:
    'Packets that are passed by others, held back by 1 to 25 ms, are no losses: RACK waits for ' +
    'them. Reordering alone costs less than 5 % of the goodput.',
  path: PATH,
  run: (context) => {
    const rows: ScenarioResult['rows'] = [];
    const checks: Check[] = [];
    const shown: Run[] = [];
    for (const controller of CONTROLLERS) {
      const ordered = oneFlow(context, controller, {}, 60).results[0].goodput;
      for (const reorderDelayMs of REORDER_DELAYS) {
        const there = { ...bottleneckLink().there, reorder: 0.01, reorderDelayMs };
        const label = `${controller}, ${reorderDelayMs} ms`;
        const run = oneFlow(context, controller, { there }, 60, label);
        const [{ goodput, info }] = run.results;
        const cost = 100 * (1 - goodput / ordered);
        rows.push([
          label,
          goodput.toFixed(2),
          ordered.toFixed(2),
          cost.toFixed(1),
          info.total_retrans,
          run.counters.overflowed,
          info.undo_count,
        ]);
        checks.push({ text: `${label}: costs ${cost.toFixed(1)} %, less than 5`, ok: cost < 5 });
        if (reorderDelayMs === 25) shown.push(run);
      }
    }
    const columns = [
      'controller, held back by',
      'goodput, Mbit/s',
      'in order, Mbit/s',
      'cost, %',
      'resent',
      'overflowed',
      'undone',
    ];
    return { columns, rows, checks, panels: comparePanels(shown) };
  },
};
