/** Controllers by name, the user's own among them, a stack's and a connection's choice. */
import t from 'tap';
import { BulkFlow } from '../../../lib/sim/bulk-flow';
import { simulate } from '../../../lib/sim/network';
import type { CongestionController } from '../../../lib/tcp/congestion/controller';
import {
  congestionControlNames,
  createController,
  isCongestionControl,
  registerCongestionControl,
} from '../../../lib/tcp/congestion/registry';
import { Bench } from '../bench';

/** Always two segments. */
class Two implements CongestionController {
  readonly name = 'two';
  cwnd = 0;
  ssthresh = 0x3fff_ffff;

  initialize(mss: number): void {
    this.cwnd = 2 * mss;
  }

  handleAck(): void {}
  handleLoss(): void {}
  handleTimeout(): void {}
  handleMssChange(mss: number): void {
    this.cwnd = 2 * mss;
  }

  handleIdle(): void {}
}

t.test('each connection has a controller of its own', (t) => {
  for (const name of congestionControlNames()) {
    t.equal(createController(name).name, name);
    t.not(createController(name), createController(name));
  }
  t.equal(isCongestionControl('nonsense'), false);
  t.throws(() => createController('nonsense'), { message: /nonsense.*cubic, reno, bbr/ });
  t.end();
});

t.test("a user's own controller limits a connection", (t) => {
  registerCongestionControl('two', () => new Two());
  const b = new Bench({ config: { congestionControl: 'two' } }).establish();
  b.send(10_000);
  t.equal(b.sent().length, 2);
  b.connection.dispose();
  t.end();
});

t.test('a connection chooses otherwise than its stack, and nobody chooses nonsense', (t) => {
  registerCongestionControl('two', () => new Two());
  const hosts = { a: { address: '10.0.0.1' }, b: { address: '10.0.0.2' } };
  const network = simulate({ seed: 1, hosts, links: [{ between: ['a', 'b'], delayMs: 10 }] });
  const ends = { from: network.hosts.a, to: network.hosts.b, bytes: 100_000 };
  const flow = new BulkFlow({ ...ends, connection: { congestionControl: 'two' } });
  network.clock.run(() => flow.isOver);
  t.equal(flow.sender.info().snd_cwnd, 2 * 1448);
  const nonsense = { ...ends, port: 6000, connection: { congestionControl: 'nonsense' } };
  t.throws(() => new BulkFlow(nonsense), { code: 'EINVAL' });
  network.close();
  t.end();
});
