/** Connections that are idle when many others have come after them are made small. */
import t from 'tap';
import type { TcpEngine } from '../../types/tcp';
import { FakeEngine } from './support/fake-engine';
import { setUp } from './support/setup';

t.test(
  'a connection may rest when 64 others have been opened after it, if it is still there',
  (t) => {
    const engines: FakeEngine[] = [];
    const createEngine = (): TcpEngine => {
      const engine = new FakeEngine();
      engine.events = 1; // connected
      engines.push(engine);
      return engine;
    };
    const { connect, turn } = setUp({}, {}, { createEngine });
    const rested = () => engines.filter(({ calls }) => calls.includes('rest')).length;
    const open = () => {
      connect({ remotePort: 80 });
      turn();
    };
    for (let i = 0; i < 64; i++) open();
    t.equal(rested(), 0);
    open();
    t.equal(rested(), 1);
    t.ok(engines[0].calls.includes('rest'), 'the first that came');
    t.end();
  },
);
