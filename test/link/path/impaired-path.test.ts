/** What `test/sim/simulated-link` does not ask of a path: bursts, outages, managed queues. */
import t from 'tap';
import { packetMemory } from '../../../lib/support/memory';
import { RecordingPath } from './recording-path';

t.test('bursts of loss are as long and as frequent as asked for', async (t) => {
  const rig = new RecordingPath({ burst: { enter: 0.01, leave: 0.25 } }, 5);
  const total = 100_000;
  for (let i = 0; i < total; i++) rig.send(i, 100);
  rig.clock.run();
  const { lost } = rig.path.counters;
  const share = 0.01 / 0.26;
  t.ok(Math.abs(lost / total - share) < 0.1 * share, `${lost} of ${total} lost`);
  let bursts = 0;
  let before = -1;
  for (const number of rig.numbers) {
    if (number !== before + 1) bursts++;
    before = number;
  }
  t.ok(Math.abs(lost / bursts - 4) < 0.3, `a burst is ${lost / bursts} packets long`);
  rig.close();
});

t.test('in an outage nothing goes in, and what is on its way arrives', async (t) => {
  const rig = new RecordingPath({ delayMs: 10 });
  rig.send(1);
  rig.clock.advanceTo(5);
  rig.path.impair({ down: true });
  rig.send(2);
  rig.clock.advanceTo(6);
  rig.path.impair({ down: false });
  rig.send(3);
  rig.clock.run();
  t.same(rig.numbers, [1, 3]);
  t.equal(rig.path.counters.lost, 1);
  rig.close();
});

for (const queue of ['codel', 'fq-codel'] as const) {
  t.test(`${queue} spaces packets like any queue, and keeps no memory`, async (t) => {
    const before = packetMemory.allocated;
    const rig = new RecordingPath({ rate: 1e6, delayMs: 5, queue, queueBytes: 2500 });
    for (let i = 0; i < 5; i++) rig.send(i);
    t.equal(rig.path.queuedBytes, 3000, 'one is being sent, two wait');
    rig.clock.run();
    t.same(
      rig.arrivals.map(({ at }) => at),
      [13, 21, 29],
    );
    t.equal(rig.path.counters.overflowed, 2);
    rig.send(9);
    rig.clock.run();
    t.equal(rig.arrivals[3].at, 29 + 8 + 5, 'an idle path sends at once');
    for (let i = 0; i < 3; i++) rig.send(i);
    rig.path.clear();
    rig.close();
    t.equal(packetMemory.allocated, before);
    t.equal(rig.clock.pending, 0);
  });
}

t.test('a queue cannot change its discipline', async (t) => {
  const rig = new RecordingPath({ rate: 1e6, queue: 'codel' });
  t.throws(() => rig.path.impair({ queue: 'drop-tail' }), RangeError);
  t.throws(() => new RecordingPath({ queue: 'red' as 'codel' }), /queue is red/);
  t.throws(() => new RecordingPath({ burst: { enter: 2, leave: 0 } }), /burst.enter/);
  rig.close();
});
