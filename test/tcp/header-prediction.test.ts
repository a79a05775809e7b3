/** Header prediction takes what it says, and nothing comes of it that the checks would not do. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { EcnState } from '../../lib/tcp/ecn';
import { takePredicted } from '../../lib/tcp/header-prediction';
import { runChecks } from '../../lib/tcp/segment-arrives';
import { TIMER_PERSIST } from '../../lib/tcp/timers';
import { ACK, FIN, PSH, RST, Segment, SYN, URG } from '../../lib/wire/segment';
import { Bench, type BenchOptions } from './bench';

const OPTIONS = { timestamps: true, sack: true, windowScaling: true };
const SHOW = { win: true, options: true };
const EVENTS_A_RUN = 400;

function established(options: BenchOptions = {}): Bench {
  const bench = new Bench({ iss: -900, irs: 0x7fff_fe00, config: OPTIONS, ...options });
  return bench.establish({ win: 64_000, options: 'mss 1000,wscale 2,sackOK,TS val 1 ecr 0' });
}

/** The next text of the peer, 100 bytes, as the header of the one before lets expect it. */
function nextText(b: Bench): Segment {
  const { snd, rcv, ts } = b.tcb;
  const seg = new Segment();
  Object.assign(seg, { sourcePort: 80, destinationPort: 1234, flags: ACK, textLength: 100 });
  Object.assign(seg, { seq: rcv.nxt, ack: snd.una, window: snd.wnd >> snd.shift });
  return Object.assign(seg, { hasTimestamps: true, tsval: ts.recent, tsecr: ts.value(b.now) });
}

type Change = (seg: Segment, b: Bench) => void;

/** What is not foreseen. */
const UNFORESEEN: readonly (readonly [string, Change])[] = [
  ['SYN', (seg) => (seg.flags |= SYN)],
  ['FIN', (seg) => (seg.flags |= FIN)],
  ['RST', (seg) => (seg.flags |= RST)],
  ['URG', (seg) => (seg.flags |= URG)],
  ['no ACK', (seg) => (seg.flags = PSH)],
  ['a gap', (seg) => seg.seq++],
  ['old text', (seg) => seg.seq--],
  ['another window', (seg) => seg.window--],
  ['an old timestamp', (seg) => seg.tsval--],
  ['an ACK of what was not sent', (seg) => seg.ack++],
  ['a report', (seg) => (seg.sackCount = 1)],
  ['more text than fits', (seg, b) => (seg.textLength = b.tcb.rcv.wnd + 1)],
  ['ECN', (_, b) => (b.tcb.ecn = Object.assign(new EcnState(), { on: true }))],
  ['something held', (_, b) => b.inject('. 500:600(100) ack 1 win 16000 <TS val 1 ecr 1>')],
  ['a FIN held', (_, b) => (b.tcb.rcv.finPending = true)],
  ['nobody who reads', (_, b) => (b.tcb.released = true)],
  ['a user who waits', (_, b) => (b.tcb.sendBlocked = true)],
  ['a probe', (_, b) => (b.tcb.tailProbe.pending = true)],
  ['a closed window', (_, b) => b.tcb.timers.arm(TIMER_PERSIST, 1e9)],
  ['a suspected false alarm', (_, b) => (b.tcb.forwardRto.step = 'forward')],
  ['another state', (_, b) => b.shutdown()],
];

t.test('the next text is taken, and nothing else is', async (t) => {
  for (const flags of [ACK, ACK | PSH]) {
    const b = established();
    const seg = nextText(b);
    seg.flags = flags;
    t.ok(takePredicted(b.tcb, seg, b.now));
    t.equal(b.tcb.count.bytesReceived, 100);
  }
  for (const [name, change] of UNFORESEEN) {
    const b = established();
    const seg = nextText(b);
    change(seg, b);
    t.notOk(takePredicted(b.tcb, seg, b.now), name);
    t.equal(b.tcb.count.bytesReceived, 0);
  }
});

t.test('so is an ACK of what is outstanding', async (t) => {
  const b = established();
  b.send(3000);
  b.sent();
  const ack = nextText(b);
  ack.textLength = 0;
  t.notOk(takePredicted(b.tcb, ack, b.now), 'not one that says nothing new');
  ack.ack = b.tcb.snd.nxt + 1;
  t.notOk(takePredicted(b.tcb, ack, b.now), 'nor one of the future');
  ack.ack = b.tcb.snd.una + 1000;
  t.ok(takePredicted(b.tcb, ack, b.now));
  t.equal(b.tcb.count.bytesAcked, 1000);
});

/** The same connection, all of whose segments take the long way. */
function withoutPrediction(b: Bench): Bench {
  b.connection.handleSegment = (seg, now) => {
    const { tcb } = b.connection;
    tcb.count.segmentsIn++;
    tcb.rcv.lastAt = now;
    tcb.keepAliveSent = 0;
    if (tcb.state !== 'CLOSED') runChecks(tcb, seg, now);
  };
  return b;
}

/** What a peer might send next, mostly what goes well. */
function lineOf(random: SeededRandom, b: Bench): string {
  const { tcb } = b;
  const next = (tcb.rcv.nxt - b.irs) | 0;
  const una = (tcb.snd.una - b.iss) | 0;
  const outstanding = (tcb.snd.nxt - tcb.snd.una) | 0;
  const length = random.below(3) === 0 ? 0 : 1 + random.below(1000);
  const isOdd = random.below(8) === 0;
  const from = Math.max(1, isOdd ? next - 700 + random.below(2400) : next);
  const ack = una + (random.below(2) === 0 ? 0 : random.below(outstanding + (isOdd ? 2 : 1)));
  const flags = random.below(4) === 0 ? 'P.' : '.';
  const window = random.below(6) === 0 ? random.below(16_000) : 16_000;
  const tsval = (tcb.ts.recent + random.below(3) - (isOdd ? 2 : 0)) | 0;
  const ecr = (tcb.ts.value(b.now) - random.below(5)) | 0;
  const stamp = `TS val ${tsval >>> 0} ecr ${ecr >>> 0}`;
  return `${flags} ${from}:${from + length}(${length}) ack ${ack} win ${window} <${stamp}>`;
}

function stateOf(b: Bench): unknown {
  const { snd, rcv, ts, rtt, count, timers, owed, recovery, readRate } = b.tcb;
  const { srtt, rttvar, min, backoff } = rtt;
  const { flyingBytes, lostBytes, losses } = b.tcb.scoreboard;
  const board = { flyingBytes, lostBytes, losses };
  const deadlines = [...timers.at];
  const times = { srtt, rttvar, min, backoff };
  const { cwnd, ssthresh } = b.tcb.cc;
  return { snd, rcv, ts, times, count, deadlines, owed, recovery, readRate, board, cwnd, ssthresh };
}

t.test('whatever a peer sends has the same effect with prediction and without', async (t) => {
  const first = Number(process.env.SEED ?? 1 + (Date.now() % 1e9));
  t.comment(`SEED=${first}`);
  for (let seed = first; seed < first + 20; seed++) {
    const random = new SeededRandom(seed);
    const a = established();
    const b = withoutPrediction(established());
    for (let i = 0; i < EVENTS_A_RUN; i++) {
      const line = lineOf(random, a);
      const written = random.below(4) === 0 ? random.below(6000) : 0;
      const ms = random.below(3) === 0 ? random.below(30) : 0;
      const isRead = random.below(2) === 0;
      const outcomes = [a, b].map((one) => {
        one.inject(line);
        if (written > 0) one.send(written);
        if (isRead) one.receive();
        return [one.advance(ms, SHOW), one.events(), stateOf(one)];
      });
      if (t.same(outcomes[0], outcomes[1], `SEED=${seed} event ${i}: ${line}`) !== true) return;
      if (a.state === 'CLOSED') break;
    }
  }
});
