/** What is looked at while a simulation runs, and traffic that does not care. */
import t from 'tap';
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { CrossTraffic, type CrossTrafficOptions } from '../../lib/sim/cross-traffic';
import { simulate } from '../../lib/sim/network';
import { Recorder } from '../../lib/sim/recorder';
import { VirtualClock } from '../../lib/sim/virtual-clock';

function network() {
  return simulate({
    seed: 4,
    hosts: { a: {}, b: {} },
    paths: [['a', { delayMs: 10, there: { rate: 1e7, queueBytes: 50_000 } }, 'b']],
  });
}

t.test('values and rates, looked at in their time', async (t) => {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, 100);
  let total = 0;
  recorder.watch('total', 'bytes', () => total);
  recorder.watchRate('rate', 'bits/s', () => total, 8);
  for (const at of [50, 150, 160]) {
    clock.schedule(at, () => {
      total += 100;
    });
  }
  clock.advanceTo(250);
  const late = recorder.watch('late', 'bytes', () => 1);
  clock.advanceTo(300);
  t.same(recorder.times, [100, 200, 300]);
  t.same(recorder.series.get('total')?.values, [100, 300, 300]);
  t.same(recorder.series.get('rate')?.values, [8000, 16_000, 0]);
  t.same(late.values, [Number.NaN, Number.NaN, 1], 'what was not there yet is no number');
  t.throws(() => recorder.watch('late', '', () => 1), /watched already/);
  t.throws(() => new Recorder(clock, 0), RangeError);
  recorder.stop();
  t.equal(clock.idle, true);
});

t.test('a flow and its queue', async (t) => {
  const { clock, hosts, path, close } = network();
  const recorder = new Recorder(clock, 50);
  const flow = new BulkFlow({ from: hosts.a, to: hosts.b });
  recorder.watchFlow('f', () => flow);
  recorder.watchQueue('q', path('a', 'b'));
  clock.advanceTo(10_000);
  const last = (name: string) => recorder.series.get(name)!.values.at(-1)!;
  t.ok(last('f goodput') > 9 && last('f goodput') < 10, `${last('f goodput')} Mbit/s`);
  t.ok(last('f rtt') > 20 && last('f rtt') < 65, `${last('f rtt')} ms`);
  t.equal(last('f cwnd'), flow.sender.info().snd_cwnd / 1000);
  t.ok(Number.isNaN(recorder.series.get('f ssthresh')!.values[0]), 'no threshold at first');
  const highest = Math.max(...recorder.series.get('q queue')!.values);
  t.ok(highest > 40 && highest <= 50, `${highest} kB wait at most`);
  t.ok(last('q drops') > 0);
  recorder.stop();
  close();
});

function cross(options: Partial<CrossTrafficOptions>) {
  const { clock, hosts, path, close } = network();
  const traffic = new CrossTraffic({ clock, from: hosts.a, to: hosts.b, rate: 5e6, ...options });
  return { clock, traffic, path: path('a', 'b'), close };
}

t.test('cross traffic has its rate, and its times of silence', async (t) => {
  const steady = cross({ packetBytes: 1000 });
  steady.clock.advanceTo(9999);
  t.equal(steady.path.counters.sentBytes, 6_250_000);
  t.equal(steady.path.counters.delivered, 6243, 'the rest is on its way');
  steady.traffic.stop();
  steady.clock.advanceTo(11_000);
  t.equal(steady.path.counters.sent, 6250);
  steady.close();

  const turns = cross({ onMs: 100, offMs: 300, seed: 3 });
  turns.clock.advanceTo(100_000);
  const share = (turns.path.counters.sentBytes * 8) / 100 / 5e6;
  t.ok(share > 0.2 && share < 0.3, `it sends ${share} of the time`);
  turns.close();
  t.throws(() => cross({ rate: 0 }), /rate/);
});
