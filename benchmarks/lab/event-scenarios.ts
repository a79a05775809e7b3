/** Something happens to a flow: a spike of delay, an outage, another route, a lost tail. */
import { bottleneckLink, comparePanels, RTT_MS, Run } from './experiment';
import { CONTROLLERS, PATH } from './loss-scenarios';
import type { Check, RunContext, Scenario, ScenarioResult } from './scenario';
import { PAYLOAD_BYTES } from './theory';

const SECONDS = 30;
/** Of IP, and of TCP with timestamps. */
const HEADER_BYTES = 52;

function eachController(
  context: RunContext,
  make: (controller: string) => Run,
  judge: (run: Run) => Check[],
): ScenarioResult {
  const runs = CONTROLLERS.map((controller) => make(controller));
  context.progress('done', 1);
  const rows = runs.map((run): Array<string | number> => {
    const [{ goodput, info }] = run.results;
    const { overflowed, lost } = run.counters;
    const counts = [info.total_retrans, overflowed, lost, info.undo_count];
    return [run.experiment.label, goodput.toFixed(2), ...counts];
  });
  const columns = ['controller', 'goodput, Mbit/s', 'resent', 'overflowed', 'lost', 'undone'];
  return { columns, rows, checks: runs.flatMap(judge), panels: comparePanels(runs) };
}

const delaySpike: Scenario = {
  name: 'delay-spike',
  title: 'A spike of delay',
  question:
    'At 10 s everything takes 600 ms longer for half a second: the timeout was for nothing, and ' +
    'is undone (RFC 4015).',
  path: PATH,
  run: (context) =>
    eachController(
      context,
      (controller) => {
        const changesThere = [
          { atMs: 10_000, delayMs: RTT_MS / 2 + 600 },
          { atMs: 10_500, delayMs: RTT_MS / 2 },
        ];
        // A window that never overflows the queue: what is resent is the spike's.
        const tcp = { receiveBufferBytes: 1_000_000, receiveBufferMaxBytes: 1_000_000 };
        const flows = [{ label: controller, controller }];
        const link = { ...bottleneckLink(), changesThere };
        return new Run({ label: controller, seconds: SECONDS, flows, tcp, link }, context);
      },
      (run) => {
        const [{ info }] = run.results;
        const { label } = run.experiment;
        return [
          { text: `${label}: nothing was lost`, ok: run.counters.overflowed === 0 },
          { text: `${label}: the timeout was undone`, ok: info.undo_count > 0 },
        ];
      },
    ),
};

const outage: Scenario = {
  name: 'outage',
  title: 'Two seconds of nothing',
  question: 'From 10 s to 12 s nothing gets through. How long until the flow is back?',
  path: PATH,
  run: (context) =>
    eachController(
      context,
      (controller) => {
        const link = { ...bottleneckLink(), outages: [[10_000, 12_000]] as const };
        const flows = [{ label: controller, controller }];
        return new Run({ label: controller, seconds: SECONDS, flows, link }, context);
      },
      (run) => {
        const { label } = run.experiment;
        const rate = run.mean(`${label} goodput`, 20);
        // Reno goes on from half the path, and wins some ten segments a second.
        const least = label === 'reno' ? 60 : 85;
        const text = `${label}: after 20 s it carries ${least} Mbit/s again (${rate.toFixed(1)})`;
        return [{ text, ok: rate >= least }];
      },
    ),
};

const routeChange: Scenario = {
  name: 'route-change',
  title: 'Another route',
  question:
    'At 10 s packets take a way that is 60 ms shorter, and pass those before them; at 20 s they ' +
    'take the long one again.',
  path: 'sender — west — (100 Mbit/s, 50 ms | north: 100 Mbit/s, 20 ms) — east — receiver',
  run: (context) =>
    eachController(
      context,
      (controller) => {
        const slow = { ...bottleneckLink(), delayMs: 49 };
        const fast = { ...bottleneckLink(), delayMs: 19 };
        const large = { sendBufferMaxBytes: 32e6, receiveBufferMaxBytes: 32e6 };
        const tcp = { ...large, receiveBufferBytes: 32e6 };
        const network = {
          seed: context.seed,
          hosts: { sender: { tcp }, receiver: { tcp } },
          routers: ['west', 'east', 'north'],
          paths: [
            ['sender', { delayMs: 1 }, 'west', slow, 'east', {}, 'receiver'],
            ['west', fast, 'north', {}, 'east'],
          ],
          routeChanges: [
            { atMs: 10_000, router: 'west', to: 'receiver' as const, via: 'north' },
            { atMs: 20_000, router: 'west', to: 'receiver' as const, via: 'east' },
          ],
        };
        const flows = [{ label: controller, controller }];
        const bottleneck = ['west', 'east'] as const;
        return new Run(
          { label: controller, seconds: SECONDS, flows, network, bottleneck },
          context,
        );
      },
      (run) => {
        const [{ goodput }] = run.results;
        const text = `${run.experiment.label} carries 80 Mbit/s on the whole`;
        return [{ text, ok: goodput >= 80 }];
      },
    ),
};

const tailLoss: Scenario = {
  name: 'tail-loss',
  title: 'The last segments are lost',
  question:
    'The ACK of what came before arrives one round trip after they left; two later a tail loss ' +
    'probe (RFC 8985 §7) goes out, where without SACK there is only the timeout. For a single ' +
    'segment the probe allows for a delayed ACK, and comes when the timeout would.',
  path: 'sender — 100 Mbit/s, 20 ms each way — receiver',
  run: (context) => {
    const rows: ScenarioResult['rows'] = [];
    const checks: Check[] = [];
    const runs = CONTROLLERS.map((controller) => {
      const times = new TailLoss(context, controller);
      const [one, oneByTimeout] = [times.after(1, true), times.after(1, false)];
      const [two, twoByTimeout] = [times.after(2, true), times.after(2, false)];
      const cells = [one, oneByTimeout, two, twoByTimeout].map((late) => late.toFixed(2));
      rows.push([controller, ...cells]);
      const text = `${controller}: the last two are back ${two.toFixed(2)} round trips later`;
      checks.push({ text: `${text}, 3.5 at most`, ok: two <= 3.5 });
      const faster = (twoByTimeout / two).toFixed(1);
      const ok = twoByTimeout > 1.5 * two;
      checks.push({ text: `${controller}: ${faster} times as fast as a timeout`, ok });
      return times.shown!;
    });
    const columns = [
      'lost, round trips from the last ACK to the end',
      'one',
      'one, no SACK',
      'two',
      'two, no SACK',
    ];
    return { columns, rows, checks, panels: comparePanels(runs) };
  },
};

const TAIL_BYTES = 70 * PAYLOAD_BYTES;
const TAIL_RTT_MS = 40;

/** How much later a transfer is over when its last segments are lost. */
class TailLoss {
  shown: Run | null = null;
  readonly #context: RunContext;
  readonly #controller: string;

  constructor(context: RunContext, controller: string) {
    this.#context = context;
    this.#controller = controller;
  }

  /** @returns round trips from the ACK of what came before them */
  after(segments: number, sack: boolean): number {
    const whole = this.#run(0, sack);
    const lossy = this.#run(segments, sack);
    if (lossy.counters.lost !== segments) throw new Error(`${lossy.counters.lost} were lost`);
    if (sack) this.shown = lossy;
    return (lossy.endedMs - whole.endedMs) / TAIL_RTT_MS - 1;
  }

  #run(segments: number, sack: boolean): Run {
    const controller = this.#controller;
    const flows = [{ label: controller, controller, bytes: TAIL_BYTES, staysOpen: true }];
    const link = { ...bottleneckLink(), delayMs: TAIL_RTT_MS / 2 };
    const until = ({ flows: [flow] }: Run) => flow?.isOver === true;
    const prepare = (run: Run) => loseTail(run, segments);
    const base = { label: controller, seconds: 5, flows, link, until, prepare, everyMs: 10 };
    return new Run({ ...base, tcp: { sack } }, this.#context);
  }
}

/** The packets with the last segments do not arrive the first time. */
function loseTail(run: Run, segments: number): void {
  const path = run.bottleneck;
  const first = TAIL_BYTES - (segments - 1) * PAYLOAD_BYTES;
  let sent = 0;
  path.observer = (fate, _offset, length) => {
    if (fate !== 'sent' || segments === 0) return;
    sent += Math.max(0, length - HEADER_BYTES);
    const isTail = sent >= first && path.counters.lost < segments;
    if (isTail !== path.impairments.down) path.impair({ down: isTail });
  };
}

export const eventScenarios: Scenario[] = [delaySpike, outage, routeChange, tailLoss];
