/** One run in virtual time: flows over a network, and what was recorded of them. */
import type { PathCounters } from '../../lib/link/path/path-counters';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { type SimulatedNetwork, simulate } from '../../lib/sim/network';
import type { LinkOptions, NetworkOptions } from '../../lib/sim/network-options';
import { Recorder } from '../../lib/sim/recorder';
import type { TcpConfig, TcpInfo } from '../../types/tcp';
import type { Line, Panel, RunContext } from './scenario';

export const RATE = 1e8;
export const RTT_MS = 100;
/** Bandwidth times round trip, bytes. */
export const BDP = (RATE * RTT_MS) / 8000;

/** Buffers that never are what limits a flow. */
const BUFFERS: Partial<TcpConfig> = {
  sendBufferBytes: 4_000_000,
  sendBufferMaxBytes: 32_000_000,
  receiveBufferBytes: 32_000_000,
  receiveBufferMaxBytes: 32_000_000,
};

export interface FlowPlan {
  label: string;
  controller: string;
  startMs?: number;
  bytes?: number;
  staysOpen?: boolean;
}

export interface Experiment {
  label: string;
  seconds: number;
  flows: FlowPlan[];
  /** The link from `sender` to `receiver`: by default RATE, RTT_MS and a queue of one BDP. */
  link?: LinkOptions;
  /** Or the whole network, which has a sender, a receiver, and a bottleneck. */
  network?: Partial<NetworkOptions<Host, string>>;
  bottleneck?: readonly [string, string];
  tcp?: Partial<TcpConfig>;
  everyMs?: number;
  prepare?: (run: Run) => void;
  /** Ends the run before its time. */
  until?: (run: Run) => boolean;
}

type Host = 'sender' | 'receiver';

export interface FlowResult {
  plan: FlowPlan;
  /** Mbit/s that the receiver's user read, from the flow's beginning to the run's end. */
  goodput: number;
  info: TcpInfo;
  received: number;
  error: string | null;
}

export class Run {
  readonly network: SimulatedNetwork<Host, string>;
  readonly recorder: Recorder;
  readonly flows: Array<BulkFlow | null>;
  readonly experiment: Experiment;
  /** What has become of the flows, and of the packets at the bottleneck. */
  readonly results: readonly FlowResult[];
  readonly counters: Readonly<PathCounters>;
  /** When the run was over, ms. */
  readonly endedMs: number;

  /** Lets the whole time pass at once. */
  constructor(experiment: Experiment, context: RunContext) {
    this.experiment = experiment;
    const tcp = { ...BUFFERS, ...experiment.tcp };
    const defaults: NetworkOptions<Host, string> = {
      seed: context.seed,
      hosts: { sender: { tcp }, receiver: { tcp } },
      paths: [['sender', { ...bottleneckLink(), ...experiment.link }, 'receiver']],
    };
    this.network = simulate({ ...defaults, ...experiment.network });
    const { clock } = this.network;
    this.recorder = new Recorder(clock, experiment.everyMs ?? 100);
    this.flows = experiment.flows.map(() => null);
    experiment.flows.forEach((plan, i) => {
      this.network.at(plan.startMs ?? 0, () => this.#begin(plan, i));
      this.recorder.watchFlow(plan.label, () => this.flows[i]);
    });
    this.recorder.watchQueue('path', this.bottleneck);
    experiment.prepare?.(this);
    this.#turn(context);
    this.results = this.#results();
    this.counters = { ...this.bottleneck.counters };
    this.endedMs = this.network.clock.now();
    this.network.close();
  }

  get bottleneck() {
    const [from, to] = this.experiment.bottleneck ?? ['sender', 'receiver'];
    return this.network.path(from, to);
  }

  #results(): FlowResult[] {
    const end = this.network.clock.now();
    return this.experiment.flows.map((plan, i) => {
      const { received, sender, error } = this.flows[i]!;
      const goodput = (received * 8) / (end - (plan.startMs ?? 0)) / 1000;
      return { plan, goodput, info: sender.info(), received, error };
    });
  }

  /** A panel with one kind of series of all flows, under their labels. */
  panel(kind: string, title: string): Panel {
    const lines = this.experiment.flows.map(({ label }) => this.line(`${label} ${kind}`, label));
    const unit = this.recorder.series.get(`${this.experiment.flows[0].label} ${kind}`)!.unit;
    return { title, unit, times: this.times, lines };
  }

  line(name: string, label: string): Line {
    const { values } = this.recorder.series.get(name)!;
    return { label, values: values.map((value) => (Number.isFinite(value) ? value : null)) };
  }

  get times(): number[] {
    return this.recorder.times.map((ms) => ms / 1000);
  }

  /** Mean of a series from a time on, NaN left out. */
  mean(name: string, fromSeconds = 0): number {
    const { values } = this.recorder.series.get(name)!;
    const { times } = this.recorder;
    const kept = values.filter(
      (value, i) => times[i] >= fromSeconds * 1000 && !Number.isNaN(value),
    );
    return kept.reduce((sum, value) => sum + value, 0) / Math.max(kept.length, 1);
  }

  #begin(plan: FlowPlan, i: number): void {
    const { sender, receiver } = this.network.hosts;
    this.flows[i] = new BulkFlow({
      from: sender,
      to: receiver,
      port: 5001 + i,
      bytes: plan.bytes,
      staysOpen: plan.staysOpen,
      connection: { congestionControl: plan.controller },
    });
  }

  #turn(context: RunContext): void {
    const { seconds, label, until } = this.experiment;
    const { clock } = this.network;
    for (let second = 1; second <= seconds; second++) {
      if (until === undefined) clock.advanceTo(second * 1000, Infinity);
      else if (clock.run(() => until(this) || clock.next > second * 1000, Infinity)) {
        if (until(this)) break;
        clock.advanceTo(second * 1000, Infinity);
      }
      context.progress(label, second / seconds);
    }
    this.recorder.stop();
  }
}

export function bottleneckLink(): LinkOptions {
  return { delayMs: RTT_MS / 2, there: { rate: RATE, queueBytes: BDP } };
}

/** The usual four charts of several runs with one flow each, a line a run. */
export function comparePanels(runs: readonly Run[]): Panel[] {
  const kinds = [
    ['delivery', 'Throughput'],
    ['cwnd', 'Congestion window'],
    ['rtt', 'Smoothed round trip'],
  ] as const;
  const panels = kinds.map(([kind, title]) => {
    const lines = runs.map((run) => {
      const { label } = run.experiment.flows[0];
      return run.line(`${label} ${kind}`, run.experiment.label);
    });
    const { recorder, experiment } = runs[0];
    const { unit } = recorder.series.get(`${experiment.flows[0].label} ${kind}`)!;
    return { title, unit, times: longest(runs), lines };
  });
  return [...panels, queuePanel(runs)];
}

export function queuePanel(runs: readonly Run[]): Panel {
  const lines = runs.map((run) => run.line('path queue', run.experiment.label));
  return { title: 'Queue', unit: 'kB', times: longest(runs), lines };
}

function longest(runs: readonly Run[]): number[] {
  return runs.map(({ times }) => times).reduce((a, b) => (b.length > a.length ? b : a));
}
