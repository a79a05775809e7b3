/**
 * What the engine tells a congestion controller: of each ACK, of the path, of losses and timeouts
 * (`lib/tcp/congestion/controller`).
 */
import t from 'tap';
import type { CongestionController } from '../../lib/tcp/congestion/controller';
import { PathSample } from '../../lib/tcp/congestion/path-sample';
import { registerCongestionControl } from '../../lib/tcp/congestion/registry';
import { type Bench, eachWrap, type MakeBench } from '../tcp/bench';

/** Notes what it is told, and leaves its window as it is. */
class Witness implements CongestionController {
  readonly name = 'witness';
  cwnd = 10_000;
  ssthresh = 100_000;
  ownsWindow?: boolean;
  readonly heard: string[] = [];
  readonly paths: PathSample[] = [];

  initialize(): void {}

  handleAck(acked: number, limited: boolean, afterTimeout: boolean): void {
    this.heard.push(`ack ${acked} ${limited ? 'limited' : 'free'} ${afterTimeout}`);
  }

  handleDelivery(path: PathSample): void {
    this.paths.push(Object.assign(new PathSample(), path));
  }

  handleLoss(flight: number): void {
    this.heard.push(`loss ${flight}`);
  }

  handleTimeout(flight: number, first: boolean): void {
    this.heard.push(`timeout ${flight} ${first}`);
  }

  remember(): void {
    this.heard.push('remember');
  }

  handleUndo(): void {
    this.heard.push('undo');
  }

  handleMssChange(mss: number): void {
    this.heard.push(`mss ${mss}`);
  }

  handleIdle(): void {
    this.heard.push('idle');
  }
}

let witness = new Witness();
registerCongestionControl('witness', () => {
  witness = new Witness();
  return witness;
});

const SACK = 'mss 1000,sackOK';

/** ESTABLISHED after a handshake of 100 ms. */
function watched(make: MakeBench, config: object = {}, options = SACK): Bench {
  const all = { congestionControl: 'witness', sack: true, ...config };
  const b = make({ config: all, mss: 1012 }).open();
  b.sent();
  b.now += 100;
  b.inject(`S. 0:0(0) ack 1 win 65535 <${options}>`).sent();
  b.events();
  witness = b.tcb.cc as Witness; // made now, so that a test can set what it holds
  return b;
}

/** `count` segments leave. */
function leave(b: Bench, count: number): void {
  b.send(count * 1000);
  b.sent();
}

eachWrap(t, 'each ACK: how much, and whether the window was in use', (t, make) => {
  const b = watched(make);
  leave(b, 10);
  b.now += 100;
  b.inject('. 1:1(0) ack 4001 win 65535').sent();
  b.inject('. 1:1(0) ack 10001 win 65535').sent();
  t.same(witness.heard, ['ack 4000 limited false', 'ack 6000 limited false']);
  for (let i = 0; i < 3; i++) {
    leave(b, 1);
    b.now += 100;
    b.inject(`. 1:1(0) ack ${b.sendPosition} win 65535`).sent();
  }
  t.equal(witness.heard.at(-1), 'ack 1000 free false');
});

eachWrap(t, 'of the path: round trips, rates, what is on its way', (t, make) => {
  const b = watched(make);
  leave(b, 4);
  b.now += 50;
  leave(b, 2);
  b.now += 50;
  b.inject('. 1:1(0) ack 2001 win 65535');
  b.now += 50;
  b.inject('. 1:1(0) ack 6001 win 65535');
  t.match(witness.paths, [
    {
      now: b.now - 50,
      rtt: 100,
      srtt: 100,
      minRtt: 100,
      rounds: 1,
      acked: 2000,
      delivered: 2000,
      priorDelivered: 0,
      deliveryRate: 20,
      inFlight: 4000,
      inRecovery: false,
    },
    {
      now: b.now,
      rtt: 100,
      acked: 4000,
      delivered: 6000,
      priorDelivered: 0,
      deliveryRate: 40,
      inFlight: 0,
    },
  ]);
  b.now += 1000;
  leave(b, 1);
  b.now += 100;
  b.inject('. 1:1(0) ack 7001 win 65535');
  t.match(witness.paths[2], { delivered: 7000, priorDelivered: 6000, deliveryRate: 10 });
});

eachWrap(t, 'only what has arrived counts as delivered, once', (t, make) => {
  const b = watched(make);
  leave(b, 5);
  b.now += 100;
  b.inject('. 1:1(0) ack 1 win 65535');
  t.same(witness.paths, [], 'an ACK without news');
  b.inject('. 1:1(0) ack 1 win 65535 <sack 2001:3001>');
  b.inject('. 1:1(0) ack 1 win 65535 <sack 2001:3001>');
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.same(
    witness.paths.map(({ acked, delivered }) => [acked, delivered]),
    [
      [1000, 1000],
      [2000, 3000],
    ],
  );
});

eachWrap(t, 'a loss: what was on its way when it first showed', (t, make) => {
  const b = watched(make);
  leave(b, 10);
  b.now += 100;
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:2001>').sent();
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:3001>').sent();
  t.same(witness.heard, []);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:4001>').sent();
  t.same(witness.heard, ['remember', 'loss 10000']);
  t.equal(witness.paths.at(-1)!.inRecovery, true);
  b.inject('. 1:1(0) ack 10001 win 65535').sent();
  t.same(witness.heard.slice(2), [], 'the ACK that ends a repair is no growth');
  t.equal(witness.paths.at(-1)!.inRecovery, false);
});

eachWrap(t, 'timeouts: what was on its way, and whether it is the first', (t, make) => {
  const b = watched(make, { forwardRto: false });
  witness.cwnd = 4000;
  leave(b, 3);
  b.tcb.tailProbe.pending = true; // no probe
  b.advance(3000);
  t.same(witness.heard.slice(0, 3), ['remember', 'timeout 3000 true', 'timeout 3000 false']);
  b.inject('. 1:1(0) ack 2001 win 65535').sent();
  t.equal(witness.heard.at(-1), 'ack 2000 limited true', 'of what was repeated');
});

eachWrap(t, 'a smaller path, idle time, and a repair that was for nothing', (t, make) => {
  const ts = 'mss 1012,sackOK,TS val 1 ecr 0';
  const b = watched(make, { timestamps: true, minPathMtu: 100 }, ts);
  leave(b, 4);
  b.connection.handlePathMtu(500, b.tcb.snd.una);
  t.same(witness.heard, ['mss 488']);
  b.sent();
  b.inject('. 1:1(0) ack 4001 win 65535 <TS val 2 ecr 0>').sent();
  b.now += b.tcb.rtt.rto + 1;
  witness.heard.length = 0;
  b.send(488);
  b.sent();
  t.same(witness.heard, ['idle']);
});

eachWrap(t, 'a repair of what was only late is undone', (t, make) => {
  const b = watched(make, { timestamps: true }, 'mss 1012,sackOK,TS val 1 ecr 0');
  const stamp = (): string => `TS val 2 ecr ${b.tcb.ts.value(b.now)}`;
  const first = stamp();
  leave(b, 5);
  b.now += 100;
  b.inject(`. 1:1(0) ack 1 win 65535 <sack 1001:5001,${first}>`).sent();
  t.same(witness.heard, ['remember', 'loss 5000']);
  t.ok(witness.cwnd < 10_000, 'the engine reduces it step by step');
  b.now += 10;
  b.inject(`. 1:1(0) ack 5001 win 65535 <${first}>`);
  t.equal(witness.heard[2], 'undo');
  t.equal(witness.cwnd, 10_000);
  t.equal(b.connection.info(b.now).undo_count, 1);
});

eachWrap(t, 'who owns his window keeps it through a repair', (t, make) => {
  for (const owns of [true, false]) {
    const b = watched(make);
    witness.ownsWindow = owns;
    witness.cwnd = 50_000;
    leave(b, 10);
    b.now += 100;
    witness.ssthresh = 5000;
    b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:5001>').sent();
    t.equal(witness.cwnd === 50_000, owns, 'in it');
    b.inject('. 1:1(0) ack 10001 win 65535').sent();
    t.equal(witness.cwnd, owns ? 50_000 : 5000, 'behind it');
  }
});
