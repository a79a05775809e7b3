/**
 * How long do ten simulated minutes of one flow at 100 Mbit/s take?
 *
 * One CUBIC flow over 100 ms and a queue of one BDP, in virtual time: some five million packets.
 */
import { bottleneckLink, Run } from './lab/experiment';
import { ProcessCost } from './support/process-cost';
import { printHeading } from './support/report';

const SECONDS = 600;

printHeading('Ten simulated minutes of one flow at 100 Mbit/s: how long do they take?');
const cost = new ProcessCost();
const flows = [{ label: 'cubic', controller: 'cubic' }];
const run = new Run(
  { label: 'cubic', seconds: SECONDS, flows, link: bottleneckLink(), everyMs: 1000 },
  { seed: 1, progress: () => undefined },
);
const { seconds, cpuMicroseconds } = cost;
const { sent } = run.counters;
console.log(`${run.results[0].goodput.toFixed(2)} Mbit/s, ${sent} packets, ${SECONDS} s simulated`);
console.log(`${seconds.toFixed(1)} s, ${(cpuMicroseconds / 1e6).toFixed(1)} s of CPU time`);
