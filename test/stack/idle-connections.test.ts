/** Connections that are idle are made small: those that never spoke, and those that are silent. */
import t from 'tap';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import type { TcpEngine } from '../../types/tcp';
import { FakeEngine } from './support/fake-engine';
import { setUp } from './support/setup';

/** Time that only a test turns, and yet the world's. */
class WorldClock extends VirtualClock {
  readonly originMs = 0;
}

function crowd(clock: VirtualClock) {
  const engines: FakeEngine[] = [];
  const createEngine = (): TcpEngine => {
    const engine = new FakeEngine();
    engine.events = 1; // connected
    engines.push(engine);
    return engine;
  };
  const { connect, stack } = setUp({}, { clock }, { createEngine });
  const turn = () => clock.advanceTo(clock.now());
  const open = () => {
    const { connection } = connect({ remotePort: 80 });
    turn();
    return connection!;
  };
  const rested = () => engines.filter(({ calls }) => calls.some((call) => call.startsWith('rest')));
  return { engines, open, rested, stack };
}

t.test('a connection may rest when 64 others have been opened after it', async (t) => {
  const { engines, open, rested } = crowd(new VirtualClock(7));
  for (let i = 0; i < 64; i++) open();
  t.same(rested(), []);
  open();
  t.same(rested(), [engines[0]], 'the first that came');
  t.ok(engines[0].calls.includes('rest@7'));
});

t.test(
  'all are asked five seconds after something has happened, as long as it helps',
  async (t) => {
    const clock = new WorldClock();
    const { engines, open, rested } = crowd(clock);
    const first = open();
    open();
    engines[1].mayRest = false;
    t.equal(clock.referenced, 0, 'no process stays for it');
    clock.advanceTo(4999);
    t.same(rested(), []);
    clock.advanceTo(5000);
    t.same(rested(), engines);
    clock.advanceTo(10_000);
    t.ok(engines[1].calls.includes('rest@10000'), 'one could not say');
    engines[1].mayRest = true;
    clock.advanceTo(15_000);
    t.equal(clock.pending, 0, 'now all can');
    clock.advanceTo(20_000);
    first.send(new Uint8Array(1));
    clock.advanceTo(25_000);
    t.ok(engines[0].calls.includes('rest@25000'), 'something has happened again');
  },
);

t.test('many are asked a few at a time', async (t) => {
  const clock = new WorldClock();
  const { engines, open } = crowd(clock);
  for (let i = 0; i < 3000; i++) open();
  const askedAt = (ms: number) =>
    engines.filter(({ calls }) => calls.includes(`rest@${ms}`)).length;
  clock.advanceTo(5000);
  const first = askedAt(5000);
  t.ok(first > 0 && first < 3000, `${first} at first`);
  clock.advanceTo(5010);
  t.equal(first + askedAt(5010), 3000, 'the others ten milliseconds later');
  t.equal(clock.pending, 0);
});

t.test('where time is virtual nobody is asked, and no timer is to be seen', async (t) => {
  const clock = new VirtualClock();
  const { open, rested } = crowd(clock);
  open();
  t.equal(clock.pending, 0);
  clock.advanceTo(100_000);
  t.same(rested(), []);
});

t.test('a stack that is closed asks nobody any more', async (t) => {
  const clock = new WorldClock();
  const { open, rested, stack } = crowd(clock);
  open();
  stack.close();
  clock.advanceTo(100_000);
  t.same(rested(), []);
});
