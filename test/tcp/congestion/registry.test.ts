/** Controllers by name, the user's own among them, a stack's and a connection's choice. */
import t from 'tap';
import { BulkFlow } from '../../../lib/sim/bulk-flow';
import { simulate } from '../../../lib/sim/network';
import { path } from '../../../lib/tcp/acknowledgment';
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

t.test('another controller takes over the windows of a living connection', (t) => {
  const b = new Bench().establish();
  b.tcb.cc.cwnd = 5000;
  b.tcb.cc.ssthresh = 4000;
  b.send(20_000);
  t.equal(b.sent().length, 5);
  b.connection.tune({ congestionControl: 'cubic' });
  t.equal(b.tcb.cc.name, 'cubic');
  t.equal(b.connection.info(b.now).snd_cwnd, 5000);
  t.equal(b.connection.info(b.now).snd_ssthresh, 4000);
  const { cc } = b.tcb;
  b.connection.tune({ congestionControl: 'cubic' });
  t.equal(b.tcb.cc, cc, 'the same again changes nothing');
  t.throws(() => b.connection.tune({ congestionControl: 'nonsense', lingerMs: 5 }), RangeError);
  t.equal(b.tcb.cc, cc);
  t.equal(b.tcb.config.lingerMs, -1, 'and nothing else is taken');
  b.inject('. 1:1(0) ack 5001 win 65535');
  t.ok(b.sent().length >= 5, 'it goes on');
  b.connection.dispose();
  t.end();
});

t.test('one that asks for rates gets none of what was sent before it came', (t) => {
  const b = new Bench({ config: { congestionControl: 'cubic' } }).establish();
  const acknowledge = (bytes: number): number => {
    b.now += 100;
    b.inject(`. 1:1(0) ack ${1 + bytes} win 65535`);
    return path.deliveryRate;
  };
  b.send(4000);
  t.equal(b.sent().length, 4);
  t.equal(b.tcb.scoreboard.delivery, null, 'nobody asks');
  b.connection.tune({ congestionControl: 'bbr' });
  t.ok(Number.isNaN(acknowledge(1000)));
  t.ok(Number.isNaN(acknowledge(4000)));
  b.send(1000);
  t.equal(b.sent().length, 1);
  t.equal(acknowledge(5000), 10, '1000 bytes in 100 ms');
  const { delivery } = b.tcb.scoreboard;
  b.connection.tune({ congestionControl: 'cubic' });
  b.connection.tune({ congestionControl: 'bbr' });
  t.equal(b.tcb.scoreboard.delivery, delivery, 'who comes back finds it as it was');
  b.connection.dispose();
  t.end();
});

t.test('a reduction that another controller made is not undone', (t) => {
  const b = new Bench({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  b.send(8000);
  b.sent();
  b.advance(100);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:8001>').sent();
  const { cwnd } = b.tcb.cc;
  b.connection.tune({ congestionControl: 'cubic' });
  b.inject('. 1:1(0) ack 8001 win 65535 <sack 1:1001>');
  t.equal(b.tcb.undo.count, 0);
  t.ok(b.tcb.cc.cwnd <= cwnd);
  b.connection.dispose();
  t.end();
});

t.test('before there is a connection the choice is all there is', (t) => {
  const b = new Bench();
  b.connection.tune({ congestionControl: 'bbr' });
  b.establish();
  t.equal(b.tcb.cc.name, 'bbr');
  t.equal(b.tcb.cc.cwnd, 10_000);
  b.connection.dispose();
  t.end();
});
