/** The invariants themselves: each is broken once, and says so. */
import t from 'tap';
import { checkInvariants } from '../../lib/tcp/invariants';
import type { Tcb } from '../../lib/tcp/tcb';
import { TIMER_LINGER, TIMER_RETRANSMIT } from '../../lib/tcp/timers';
import { Bench } from './bench';
import { REACHABLE, type Reachable, reach } from './reach';

/** [state, how it is broken, what is said] */
const BREAKS: readonly (readonly [Reachable, (tcb: Tcb) => void, RegExp])[] = [
  ['ESTABLISHED', (tcb) => tcb.snd.una++, /SND.UNA/],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.sendBuffer.length = -1;
    },
    /send buffer/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.sendBuffer.length = tcb.sendBuffer.limit + 1;
    },
    /send buffer/,
  ],
  ['ESTABLISHED', (tcb) => tcb.snd.wnd++, /MAX.SND.WND/],
  ['ESTABLISHED', (tcb) => tcb.snd.nxt++, /not there/],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.cc.cwnd = tcb.snd.mss - 1;
    },
    /cwnd/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.scoreboard.flyingBytes = -1;
    },
    /negative/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.scoreboard.lostBytes = -1;
      tcb.scoreboard.flyingBytes++;
    },
    /negative/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.scoreboard.sackedBytes = -1;
      tcb.scoreboard.flyingBytes++;
    },
    /negative/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.scoreboard.lostBytes = 1;
    },
    /flying, lost or reported/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.scoreboard.flyingBytes = 0;
      tcb.scoreboard.sackedBytes = 1;
    },
    /without SACK/,
  ],
  [
    'FIN-WAIT-1',
    (tcb) => {
      tcb.recovery.mode = 'fast';
      tcb.recovery.recover = tcb.snd.una;
    },
    /goal/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.rcv.edge = tcb.rcv.nxt - 1;
    },
    /RCV.WND/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.receiveBuffer.length = 2_000_000;
    },
    /more waits/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.reassembly.ranges.count = tcb.config.reassemblyRanges + 1;
    },
    /bounded/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.reassembly.ranges.starts = Int32Array.of(tcb.rcv.nxt);
      tcb.reassembly.ranges.ends = Int32Array.of(tcb.rcv.nxt + 5);
      tcb.reassembly.ranges.count = 1;
    },
    /ahead/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.reassembly.ranges.starts = Int32Array.of(tcb.rcv.nxt + 5);
      tcb.reassembly.ranges.ends = Int32Array.of(tcb.rcv.nxt + 5);
      tcb.reassembly.ranges.count = 1;
    },
    /empty/,
  ],
  [
    'ESTABLISHED',
    (tcb) => {
      tcb.reassembly.ranges.starts = Int32Array.of(tcb.rcv.nxt + 5);
      tcb.reassembly.ranges.ends = Int32Array.of(tcb.rcv.edge + 1);
      tcb.reassembly.ranges.count = 1;
    },
    /beyond/,
  ],
  ['ESTABLISHED', (tcb) => tcb.timers.arm(TIMER_RETRANSMIT, 5), /without need/],
  ['FIN-WAIT-1', (tcb) => tcb.timers.disarmAll(), /waited for/],
  ['TIME-WAIT', (tcb) => tcb.timers.disarm(TIMER_LINGER), /TIME-WAIT ends/],
  [
    'FIN-WAIT-2',
    (tcb) => {
      tcb.sendBuffer.length = 1;
    },
    /left to send/,
  ],
  ['CLOSED', (tcb) => tcb.timers.arm(TIMER_LINGER, 5), /no timer/],
  [
    'CLOSED',
    (tcb) => {
      tcb.sendBuffer.length = 1;
    },
    /sends nothing/,
  ],
];

t.test('what is broken is noticed', (t) => {
  for (const [state, damage, message] of BREAKS) {
    const b = reach(new Bench(), state);
    t.doesNotThrow(() => checkInvariants(b.connection), `${state}, before`);
    damage(b.tcb);
    t.throws(() => checkInvariants(b.connection), { name: 'AssertionError', message });
  }
  t.end();
});

t.test('CLOSED holds nothing out of order', (t) => {
  const b = new Bench().establish();
  b.inject('P. 101:201(100) ack 1 win 65535').sent();
  b.tcb.state = 'CLOSED';
  t.throws(() => checkInvariants(b.connection), { message: /out of order/ });
  t.end();
});

t.test('all states are sound by themselves', (t) => {
  for (const state of REACHABLE) {
    const b = reach(new Bench(), state);
    t.doesNotThrow(() => checkInvariants(b.connection), state);
  }
  t.end();
});
