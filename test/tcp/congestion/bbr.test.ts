/** BBR finds the rate and the round trip of a path, and does not mind random losses. */
import t from 'tap';
import { BulkFlow } from '../../../lib/sim/bulk-flow';
import { simulate } from '../../../lib/sim/network';

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
