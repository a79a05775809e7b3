/**
 * BBR finds the rate and the round trip of a path, does not mind random losses, and shares with
 * others.
 */
import t from 'tap';
import { BulkFlow } from '../../../lib/sim/bulk-flow';
import { simulate } from '../../../lib/sim/network';
import type { LinkOptions } from '../../../lib/sim/network-options';

/** Bytes a second over a path of 10 Mbit/s and 40 ms, its window at the end, lost to the queue. */
function run(congestionControl: string, loss: number): { rate: number; cwnd: number } {
  const tcp = { congestionControl };
  const { clock, hosts, close } = simulate({
    seed: 5,
    hosts: { a: { address: '10.0.0.1', tcp }, b: { address: '10.0.0.2', tcp } },
    links: [{ between: ['a', 'b'], delayMs: 20, rate: 10e6, queueBytes: 100_000, there: { loss } }],
  });
  const flow = new BulkFlow({ from: hosts.a, to: hosts.b });
  clock.run(() => clock.now() > 15_000);
  const cwnd = flow.sender.info().snd_cwnd;
  close();
  return { rate: flow.received / 15, cwnd };
}

t.test('it fills a path, with about two of its products in the window', (t) => {
  const { rate, cwnd } = run('bbr', 0);
  t.ok(rate > 0.85 * 1_190_000, `${rate} bytes a second`);
  t.ok(cwnd > 40_000 && cwnd < 200_000, `${cwnd} bytes`);
  t.end();
});

t.test('2 % of loss cost it little, and others much', (t) => {
  const bbr = run('bbr', 0.02).rate;
  const cubic = run('cubic', 0.02).rate;
  t.ok(bbr > 0.7 * 1_190_000, `${bbr} bytes a second`);
  t.ok(bbr > 1.5 * cubic, `${cubic} with cubic`);
  t.end();
});

/** Mbit/s of flows under these controllers over one link in `seconds`, and what it dropped. */
function share(
  controllers: readonly string[],
  link: LinkOptions,
  seconds: number,
): { rates: number[]; dropped: number } {
  const { clock, hosts, at, path, close } = simulate({
    seed: 3,
    hosts: { a: {}, b: {} },
    paths: [['a', link, 'b']],
  });
  const flows: BulkFlow[] = [];
  controllers.forEach((congestionControl, i) => {
    at(100 * i, () => {
      const connection = { congestionControl };
      flows.push(new BulkFlow({ from: hosts.a, to: hosts.b, port: 5001 + i, connection }));
    });
  });
  clock.advanceTo(seconds * 1000);
  const { overflowed, managed } = path('a', 'b').counters;
  close();
  const rates = flows.map(({ received }) => (received * 8) / seconds / 1e6);
  return { rates, dropped: overflowed + managed };
}

t.test('beside others under FQ-CoDel it has its share', (t) => {
  // It once owed more and more to its pacing, and was left with ten segments a round trip.
  const link = { delayMs: 25, rate: 20e6, queue: 'fq-codel' } as const;
  const { rates } = share(['cubic', 'reno', 'bbr'], link, 10);
  for (const rate of rates) t.ok(rate > 4, `${rates.map((one) => one.toFixed(2))} Mbit/s`);
  t.end();
});

t.test('eight flows share a queue of one product evenly', (t) => {
  const link = { delayMs: 20, there: { rate: 10e6, queueBytes: 50_000 }, back: { jitterMs: 1 } };
  const { rates } = share(new Array(8).fill('bbr'), link, 20);
  const sum = rates.reduce((total, rate) => total + rate, 0);
  const squares = rates.reduce((total, rate) => total + rate * rate, 0);
  const jain = (sum * sum) / (rates.length * squares);
  t.ok(jain > 0.95, `Jain ${jain.toFixed(3)}: ${rates.map((one) => one.toFixed(2))}`);
  t.ok(sum > 8.5, `${sum} Mbit/s`);
  t.end();
});

t.test('its start loses little in a queue of one product', (t) => {
  const link = { delayMs: 25, rate: 50e6, queueBytes: 312_500 };
  const [bbr, reno] = ['bbr', 'reno'].map((controller) => share([controller], link, 2).dropped);
  t.ok(bbr * 5 < reno, `${bbr} packets, and ${reno} with plain slow start`);
  t.end();
});
