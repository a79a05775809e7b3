/** Flows that share a bottleneck: alike within a controller, and how controllers treat each other. */
import { type FlowPlan, Run } from './experiment';
import { CONTROLLERS } from './loss-scenarios';
import type { Check, Panel, RunContext, Scenario, ScenarioResult } from './scenario';
import { jainIndex } from './theory';

const COUNTS = [2, 8, 32];
/** Shares are counted over this, after the flows have found their places. */
const MEASURED_S = 60;
const SETTLING_S = 20;
const LEAST_JAIN = 0.95;
/**
 * A path on which Reno's window needs seconds, not minutes, from one loss to the next: on a long
 * fat one a minute is too short for its flows to meet.
 */
const FAIR_RATE = 2e7;
const FAIR_RTT_MS = 40;
const FAIR_BDP = (FAIR_RATE * FAIR_RTT_MS) / 8000;
const FAIR_PATH = 'senders — 20 Mbit/s, 20 ms each way, queue of one BDP (100 kB) — receivers';

/** Flows begin one after the other within their first seconds. */
function plans(controllers: readonly string[]): FlowPlan[] {
  return controllers.map((controller, i) => ({
    label: `${controller} ${i + 1}`,
    controller,
    startMs: i * Math.min(500, 2000 / controllers.length),
  }));
}

export interface Shares {
  run: Run;
  /** Mbit/s of each flow while it was measured. */
  rates: number[];
  jain: number;
}

/** Lets flows of these controllers share the bottleneck. */
export function shareBottleneck(context: RunContext, controllers: readonly string[]): Shares {
  const label = `${[...new Set(controllers)].join(' and ')}, ${controllers.length} flows`;
  const flows = plans(controllers);
  const seconds = SETTLING_S + MEASURED_S;
  const link = {
    delayMs: FAIR_RTT_MS / 2,
    there: { rate: FAIR_RATE, queueBytes: FAIR_BDP },
    // Without any jitter the same flow would meet the full queue again and again: phase effects
    // (Floyd and Jacobson, 1991) that no real network has.
    back: { jitterMs: 1 },
  };
  const run = new Run({ label, flows, seconds, link, everyMs: 500 }, context);
  const rates = flows.map((plan) => run.mean(`${plan.label} goodput`, SETTLING_S));
  return { run, rates, jain: jainIndex(rates) };
}

export const fairnessScenarios: Scenario[] = CONTROLLERS.map((controller) => ({
  name: `fairness-${controller}`,
  title: `Fairness among ${controller} flows`,
  question: 'Do 2, 8 and 32 flows of one kind get the same? Jain’s index, 60 s.',
  path: FAIR_PATH,
  run: (context) => {
    const rows: ScenarioResult['rows'] = [];
    const checks: Check[] = [];
    const panels: Panel[] = [];
    for (const count of COUNTS) {
      const shares = shareBottleneck(context, new Array(count).fill(controller));
      const { run, rates, jain } = shares;
      rows.push([`${count} flows`, ...summary(rates), jain.toFixed(3), run.counters.overflowed]);
      const text = `${count} flows: Jain ${jain.toFixed(3)}, at least ${LEAST_JAIN}`;
      checks.push({ text, ok: jain >= LEAST_JAIN });
      if (count <= 8) panels.push(run.panel('delivery', `Throughput, ${count} flows`));
      if (count === 8) panels.push(run.panel('cwnd', 'Congestion windows, 8 flows'));
    }
    return { columns: [...COLUMNS, 'Jain', 'overflowed'], rows, checks, panels };
  },
}));

const COLUMNS = ['flows', 'together, Mbit/s', 'least, Mbit/s', 'most, Mbit/s'];

function summary(rates: readonly number[]): string[] {
  const sum = rates.reduce((total, rate) => total + rate, 0);
  return [sum, Math.min(...rates), Math.max(...rates)].map((value) => value.toFixed(2));
}

/** [name, the two controllers] */
const RIVALS: readonly (readonly [string, string, string])[] = [
  ['rivals-cubic-reno', 'cubic', 'reno'],
  ['rivals-cubic-bbr', 'cubic', 'bbr'],
  ['rivals-reno-bbr', 'reno', 'bbr'],
];

export const rivalScenarios: Scenario[] = RIVALS.map(([name, first, second]) => ({
  name,
  title: `${first} against ${second}`,
  question:
    'Four flows of each share the bottleneck. There is no right answer; this is what it is.',
  path: FAIR_PATH,
  run: (context) => {
    const four = (controller: string) => new Array<string>(4).fill(controller);
    const { run, rates, jain } = shareBottleneck(context, [...four(first), ...four(second)]);
    const rows: ScenarioResult['rows'] = [
      [`${first}, 4 flows`, ...summary(rates.slice(0, 4))],
      [`${second}, 4 flows`, ...summary(rates.slice(4))],
      [`all, Jain ${jain.toFixed(3)}`, ...summary(rates)],
    ];
    const panels = [
      run.panel('delivery', 'Throughput'),
      run.panel('cwnd', 'Congestion windows'),
      { title: 'Queue', unit: 'kB', times: run.times, lines: [run.line('path queue', 'queue')] },
    ];
    return { columns: COLUMNS, rows, checks: [], panels };
  },
}));
