/** Queues: how slow start fills them, how managed ones keep short, and traffic that does not yield. */
import type { QueueName } from '../../lib/link/path/impairments';
import { CrossTraffic } from '../../lib/sim/cross-traffic';
import { BDP, bottleneckLink, comparePanels, queuePanel, RATE, Run } from './experiment';
import { CONTROLLERS, PATH } from './loss-scenarios';
import type { Check, Scenario, ScenarioResult } from './scenario';

/** [label, queue, marks] */
const QUEUES: readonly (readonly [string, QueueName, boolean])[] = [
  ['drop-tail', 'drop-tail', false],
  ['CoDel', 'codel', false],
  ['FQ-CoDel', 'fq-codel', false],
  ['FQ-CoDel with ECN', 'fq-codel', true],
];

const bufferbloat: Scenario = {
  name: 'bufferbloat',
  title: 'Bufferbloat, and what helps',
  question:
    'One CUBIC flow and a queue of ten times the path. Drop-tail fills it; CoDel (RFC 8289) and ' +
    'FQ-CoDel (RFC 8290) keep the round trip near 100 ms.',
  path: 'sender — 100 Mbit/s, 50 ms each way, queue of 12.5 MB — receiver',
  run: (context) => {
    const rows: ScenarioResult['rows'] = [];
    const checks: Check[] = [];
    const runs = QUEUES.map(([label, queue, ecn]) => {
      const there = { rate: RATE, queue, ecn, queueBytes: 10 * BDP };
      const flows = [{ label: 'cubic', controller: 'cubic' }];
      const tcp = { ecn: ecn ? ('request' as const) : ('off' as const) };
      const link = { ...bottleneckLink(), there };
      const run = new Run({ label, seconds: 60, flows, link, tcp }, context);
      const [{ goodput }] = run.results;
      const roundTrip = run.mean('cubic rtt', 10);
      const { overflowed, managed, marked } = run.counters;
      rows.push([label, goodput.toFixed(2), roundTrip.toFixed(0), overflowed, managed, marked]);
      if (queue !== 'drop-tail') {
        const text = `${label}: round trip ${roundTrip.toFixed(0)} ms, less than 120`;
        checks.push({ text, ok: roundTrip < 120 });
        checks.push({ text: `${label}: at least 70 Mbit/s`, ok: goodput >= 70 });
      }
      return run;
    });
    const columns = [
      'queue',
      'goodput, Mbit/s',
      'mean round trip after 10 s, ms',
      'overflowed',
      'dropped by CoDel',
      'marked',
    ];
    return { columns, rows, checks, panels: comparePanels(runs) };
  },
};

/** [controller, label]; the plain one first */
const STARTS: readonly (readonly [string, string])[] = [
  ['reno', 'plain (reno)'],
  ['cubic', 'HyStart++ (cubic)'],
  ['bbr', 'STARTUP (bbr)'],
];

const slowStart: Scenario = {
  name: 'slow-start',
  title: 'Slow start into a queue of one BDP',
  question:
    'Plain slow start (Reno) doubles until the queue overflows; HyStart++ (RFC 9406, in CUBIC) ' +
    'leaves when round trips grow, BBR when the rate no longer does.',
  path: PATH,
  run: (context) => {
    const runs = STARTS.map(([controller, label]) => {
      const flows = [{ label: controller, controller }];
      return new Run({ label, seconds: 4, flows, everyMs: 10 }, context);
    });
    const rows = runs.map((run): Array<string | number> => {
      const [{ goodput, info }] = run.results;
      return [
        run.experiment.label,
        goodput.toFixed(2),
        run.counters.overflowed,
        info.total_retrans,
      ];
    });
    const [lostPlain, ...others] = runs.map(({ counters }) => counters.overflowed);
    const checks = others.map((lost, i): Check => {
      const text = `${STARTS[i + 1][1]} loses ${lost} packets, a tenth of ${lostPlain} at most`;
      return { text, ok: lost * 10 <= lostPlain };
    });
    const columns = ['slow start', 'goodput of 4 s, Mbit/s', 'overflowed', 'resent'];
    return { columns, rows, checks, panels: comparePanels(runs) };
  },
};

const crossTraffic: Scenario = {
  name: 'cross-traffic',
  title: 'Cross traffic that comes and goes',
  question: 'UDP at 50 Mbit/s, on for 2 s and off for 2 s on average, that yields to nobody.',
  path: PATH,
  run: (context) => {
    const rows: ScenarioResult['rows'] = [];
    const udp: number[] = [];
    const runs = CONTROLLERS.map((controller) => {
      const flows = [{ label: controller, controller }];
      let other: CrossTraffic | null = null;
      const prepare = (run: Run): void => {
        const { clock, hosts } = run.network;
        const turns = { onMs: 2000, offMs: 2000, startMs: 5000, seed: context.seed };
        const ends = { from: hosts.sender, to: hosts.receiver };
        other = new CrossTraffic({ clock, ...ends, rate: 5e7, ...turns });
        run.recorder.watchRate('udp', 'Mbit/s', () => other!.sent * 1200, 8e-6);
      };
      const run = new Run({ label: controller, seconds: 60, flows, prepare }, context);
      const [{ goodput, info }] = run.results;
      udp.push(run.mean('udp'));
      rows.push([
        controller,
        goodput.toFixed(2),
        run.mean('udp').toFixed(2),
        run.mean(`${controller} rtt`).toFixed(0),
        info.total_retrans,
      ]);
      return run;
    });
    const checks = runs.map((run, i): Check => {
      const [{ goodput }] = run.results;
      const left = 96.5 - udp[i];
      const text = `${run.experiment.label} uses at least 80 % of the ${left.toFixed(0)} Mbit/s left`;
      return { text, ok: goodput >= 0.8 * left };
    });
    const [throughput, ...others] = comparePanels(runs);
    throughput.lines.push(runs[0].line('udp', 'UDP'));
    const columns = [
      'controller',
      'goodput, Mbit/s',
      'UDP, Mbit/s',
      'mean round trip, ms',
      'resent',
    ];
    return { columns, rows, checks, panels: [throughput, ...others] };
  },
};

/** Mbit/s; a third of the path is 32, and after each drop CUBIC and Reno leave some to others. */
const LEAST_SHARE = 24;

const sharedQueue: Scenario = {
  name: 'shared-queue',
  title: 'CUBIC beside BBR under FQ-CoDel',
  question: 'With a queue for each flow, nobody’s manners matter.',
  path: 'sender — 100 Mbit/s, 50 ms each way, FQ-CoDel — receiver',
  run: (context) => {
    const there = { rate: RATE, queue: 'fq-codel' as const, queueBytes: 10 * BDP };
    const flows = CONTROLLERS.map((controller) => ({ label: controller, controller }));
    const link = { ...bottleneckLink(), there };
    const run = new Run({ label: 'FQ-CoDel', seconds: 60, flows, link }, context);
    const rows = run.results.map(({ plan, goodput, info }): Array<string | number> => {
      return [
        plan.label,
        goodput.toFixed(2),
        run.mean(`${plan.label} rtt`, 10).toFixed(0),
        info.total_retrans,
      ];
    });
    const panels = [
      run.panel('delivery', 'Throughput'),
      run.panel('cwnd', 'Congestion window'),
      run.panel('rtt', 'Smoothed round trip'),
      queuePanel([run]),
    ];
    const columns = ['controller', 'goodput, Mbit/s', 'mean round trip after 10 s, ms', 'resent'];
    const checks = run.results.map(({ plan, goodput }): Check => {
      const text = `${plan.label} carries ${goodput.toFixed(2)} Mbit/s, ${LEAST_SHARE} at least`;
      return { text, ok: goodput >= LEAST_SHARE };
    });
    return { columns, rows, checks, panels };
  },
};

export const queueScenarios: Scenario[] = [slowStart, bufferbloat, crossTraffic, sharedQueue];
