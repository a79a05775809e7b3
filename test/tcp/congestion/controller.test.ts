/** What the engine asks of a congestion controller, shown by one of our own that writes down the calls. */
import t from 'tap';
import type { CongestionController } from '../../../lib/tcp/congestion/controller';
import type { TcpConfig } from '../../../types/tcp';
import { Bench } from '../bench';

class Recorder implements CongestionController {
  readonly name = 'recorder';
  cwnd = 0;
  ssthresh = 0x3fff_ffff;
  calls: string[] = [];

  initialize(mss: number, initialWindowSegments: number): void {
    this.calls.push(`initialize ${mss} ${initialWindowSegments}`);
    this.cwnd = 4 * mss;
  }

  handleAck(acked: number, limited: boolean, afterTimeout: boolean): void {
    this.calls.push(`ack ${acked} ${limited} ${afterTimeout}`);
  }

  handleLoss(flight: number): void {
    this.calls.push(`loss ${flight}`);
    this.cwnd = 2000;
    this.ssthresh = 2000;
  }

  handleTimeout(flight: number, first: boolean): void {
    this.calls.push(`timeout ${flight} ${first}`);
    this.cwnd = 1000;
  }

  handleMssChange(mss: number): void {
    this.calls.push(`mss ${mss}`);
  }

  handleIdle(): void {
    this.calls.push('idle');
  }
}

/** An established connection under a recorder. */
function recorded(
  config: Partial<TcpConfig> = {},
  options = 'mss 1000',
): { b: Bench; cc: Recorder } {
  const b = new Bench({ config });
  const cc = new Recorder();
  b.tcb.cc = cc;
  b.establish({ options });
  return { b, cc };
}

t.test('it is told the segment size when the handshake has settled it', (t) => {
  const { b, cc } = recorded();
  t.same(cc.calls, ['initialize 1000 10']);
  t.equal(b.connection.info(b.now).snd_cwnd, 4000);
  t.end();
});

t.test('its window is what limits the sender', (t) => {
  const { b, cc } = recorded();
  b.send(10_000);
  t.equal(b.sent().length, 4);
  cc.cwnd = 6000;
  t.equal(b.sent().length, 2);
  cc.cwnd = 6999;
  t.equal(b.sent().length, 0, 'a part of a segment is no segment');
  t.end();
});

t.test('it hears of every byte that is acknowledged, and whether it was the limit', (t) => {
  const { b, cc } = recorded();
  b.send(4000);
  b.sent();
  cc.calls = [];
  b.inject('. 1:1(0) ack 1001 win 65535');
  b.inject('. 1:1(0) ack 4001 win 65535');
  t.same(cc.calls, ['ack 1000 true false', 'ack 3000 true false']);
  for (const end of [4101, 4201, 4301]) {
    cc.calls = [];
    b.send(100);
    b.sent();
    b.inject(`. 1:1(0) ack ${end} win 65535`);
  }
  t.same(cc.calls, ['ack 100 false false'], 'the application was');
  t.end();
});

t.test('it hears of loss once, and of nothing while that is repaired', (t) => {
  const { b, cc } = recorded();
  b.send(4000);
  b.sent();
  cc.calls = [];
  for (let i = 0; i < 5; i++) b.inject('. 1:1(0) ack 1 win 65535');
  t.same(cc.calls, ['loss 4000']);
  b.inject('. 1:1(0) ack 2001 win 65535');
  b.inject('. 1:1(0) ack 4001 win 65535');
  t.same(cc.calls, ['loss 4000']);
  t.end();
});

t.test('it hears of timeouts, the first and the following', (t) => {
  const { b, cc } = recorded();
  b.send(4000);
  b.sent();
  cc.calls = [];
  b.advance(200);
  b.advance(400);
  t.same(cc.calls, ['timeout 4000 true', 'timeout 1000 false']);
  cc.calls = [];
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(cc.calls, ['ack 1000 true true']);
  t.end();
});

t.test('a timeout is a first one again when the last has been overcome', (t) => {
  const plain = recorded();
  plain.b.send(1000);
  plain.b.sent();
  plain.b.advance(200);
  plain.b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(plain.b.tcb.rtt.backoff, 1, 'Karn: the longer timeout stands');
  plain.cc.calls = [];
  plain.b.send(1000);
  plain.b.advance(400);
  t.same(plain.cc.calls, ['timeout 1000 true']);

  const stamped = recorded({ timestamps: true }, 'mss 1000,TS val 1 ecr 0');
  const { b, cc } = stamped;
  b.send(4000);
  b.sent();
  b.advance(b.tcb.rtt.rto);
  const echo = b.tcb.ts.value(b.now);
  b.now += 5;
  b.inject(`. 1:1(0) ack 989 win 65535 <TS val 2 ecr ${echo}>`).sent();
  t.equal(b.tcb.rtt.backoff, 0, 'a sample ends it');
  cc.calls = [];
  b.advance(b.tcb.rtt.rto);
  t.match(cc.calls[0], /^timeout \d+ true$/, 'though not all of the loss is repaired');
  t.end();
});

t.test('it hears of idleness before the first segment behind it', (t) => {
  const { b, cc } = recorded();
  b.send(100);
  b.sent();
  b.inject('. 1:1(0) ack 101 win 65535');
  cc.calls = [];
  b.advance(200);
  b.send(100);
  b.sent();
  t.same(cc.calls, [], 'not yet after one timeout exactly');
  b.inject('. 1:1(0) ack 201 win 65535');
  b.advance(201);
  cc.calls = [];
  b.send(100);
  b.sent();
  t.same(cc.calls, ['idle']);
  t.end();
});
