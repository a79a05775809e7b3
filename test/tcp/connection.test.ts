/** The engine's face, and the engine under random use: by a strange peer, and by another engine over a bad line. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { Bench, eachWrap } from './bench';
import { Line } from './line';
import { REACHABLE, reach } from './reach';

/** [state, unfinished: something of ours the peer has not acknowledged, finished] */
const ENDS: Record<(typeof REACHABLE)[number], readonly [boolean, boolean]> = {
  CLOSED: [false, true],
  'SYN-SENT': [true, false],
  'SYN-RECEIVED': [true, false],
  ESTABLISHED: [false, false],
  'FIN-WAIT-1': [true, false],
  'FIN-WAIT-2': [false, false],
  'CLOSE-WAIT': [false, false],
  CLOSING: [true, false],
  'LAST-ACK': [true, false],
  'TIME-WAIT': [false, false],
};

t.test('what the stack must know of each state', (t) => {
  for (const state of REACHABLE) {
    const { connection } = reach(new Bench(), state);
    const [unfinished, finished] = ENDS[state];
    t.equal(connection.state, state);
    t.equal(connection.unfinished, unfinished, `${state}: must the process stay?`);
    t.equal(connection.finished, finished, `${state}: may the stack forget it?`);
    t.equal(connection.error, null);
    connection.dispose();
  }
  t.end();
});

eachWrap(t, 'data that waits keeps it unfinished, and so does a debt', (t, make) => {
  const b = make().establish();
  b.send(10);
  t.ok(b.connection.unfinished);
  t.equal(b.connection.sendQueueBytes, 10);
  b.sent();
  t.ok(b.connection.unfinished);
  b.inject('. 1:1(0) ack 11 win 65535');
  t.notOk(b.connection.unfinished);
  b.inject('. 1:2001(2000) ack 11 win 65535');
  t.ok(b.connection.unfinished, 'an ACK is owed');
  b.sent();
  t.notOk(b.connection.unfinished);
  b.receive();
});

eachWrap(t, 'disposing gives back all memory, whatever is held', (t, make) => {
  const before = packetMemory.allocated;
  const b = make().establish();
  b.send(100_000);
  b.inject('. 2001:3001(1000) ack 1 win 65535');
  b.inject('. 1:1001(1000) ack 1 win 65535').sent();
  t.ok(packetMemory.allocated > before);
  b.connection.dispose();
  t.equal(packetMemory.allocated, before);
  b.connection.dispose();
  t.equal(packetMemory.allocated, before, 'twice is as good as once');
});

eachWrap(t, 'a connection that is idle holds no packet memory', (t, make) => {
  const before = packetMemory.allocated;
  const b = make().establish();
  t.equal(packetMemory.allocated, before);
  b.send(5000);
  b.sent();
  b.inject('P. 2001:3001(1000) ack 5001 win 65535').sent();
  b.inject('P. 1:2001(2000) ack 5001 win 65535').sent();
  t.equal(packetMemory.allocated, before);
  t.equal(b.receive(), 3000);
});

const FLAGS = [
  '.',
  '.',
  '.',
  '.',
  'P.',
  'P.',
  'F.',
  'FP.',
  'S',
  'S.',
  'R',
  'R.',
  'U.',
  '-',
  'F',
  'SF',
  '.E',
  '.W',
];

/** A segment that a peer of no good will might send: near what is right, or anywhere. */
function strangeLine(b: Bench, random: SeededRandom): string {
  const { rcv, snd } = b.tcb;
  const near = (number: number, spread: number): number =>
    random.chance(0.4) ? number : number + random.below(2 * spread) - spread;
  const anywhere = (): number => random.next32() | 0;
  const expected = (rcv.nxt - b.irs) | 0;
  const seq = random.chance(0.05) ? anywhere() : near(expected, 3000);
  const flags = FLAGS[random.below(FLAGS.length)];
  const length = random.chance(0.5) ? 0 : random.below(2500);
  const outstanding = (snd.nxt - snd.una) | 0;
  const una = (snd.una - b.iss) | 0;
  const acked = random.chance(0.05) ? anywhere() : una + random.below(outstanding + 1);
  const ack = flags.includes('.') ? ` ack ${near(acked, random.chance(0.2) ? 5000 : 1)}` : '';
  const win = random.chance(0.2) ? 0 : random.below(random.chance(0.5) ? 65_536 : 3000);
  const urg = flags.includes('U') ? ` urg ${random.below(65_536)}` : '';
  const options: string[] = [];
  if (random.chance(0.3)) options.push(`mss ${random.below(65_536)}`, `wscale ${random.below(16)}`);
  if (random.chance(0.7)) {
    const tsval = random.chance(0.9) ? Math.floor(b.now) : random.next32();
    options.push(`TS val ${tsval} ecr ${random.chance(0.9) ? Math.floor(b.now) : random.next32()}`);
  }
  if (random.chance(0.2)) {
    const from = una + random.below(outstanding + 2000) - 500;
    options.push(`sack ${from >>> 0}:${(from + random.below(3000)) >>> 0}`);
  }
  const first = seq >>> 0;
  const line = `${flags} ${first}:${first + length}(${length})${ack} win ${win}${urg}`;
  return options.length > 0 ? `${line} <${options.join(',')}>` : line;
}

/** Anything a user may do. */
function userActs(b: Bench, random: SeededRandom): void {
  const choice = random.fraction();
  if (choice < 0.45) b.send(random.below(4000), random.chance(0.1));
  else if (choice < 0.9) b.receive(random.chance(0.5) ? undefined : random.below(3000));
  else if (choice < 0.93) b.shutdown();
  else if (choice < 0.95) b.release();
  else if (choice < 0.96) b.abort();
  else if (choice < 0.98) b.setKeepAlive(random.chance(0.5), random.below(5000));
  else b.connection.setNoDelay(random.chance(0.5));
}

function strangeBench(random: SeededRandom): Bench {
  const bytes = (): number => 1 + random.below(random.chance(0.5) ? 3000 : 200_000);
  return new Bench({
    iss: random.next32(),
    irs: random.next32(),
    mss: 88 + random.below(3000),
    config: {
      timestamps: random.chance(0.5),
      windowScaling: random.chance(0.5),
      sack: random.chance(0.5),
      noDelay: random.chance(0.3),
      sendBufferBytes: bytes(),
      receiveBufferBytes: bytes(),
      reassemblyRanges: 1 + random.below(20),
      blackHoleTimeouts: random.below(4),
      dataTimeoutMs: 20_000,
      ecn: (['off', 'accept', 'request'] as const)[random.below(3)],
    },
  });
}

t.test('no peer, however strange, and no user makes it break', (t) => {
  const before = packetMemory.allocated;
  const reached = new Set<string>();
  for (let seed = 1; seed <= 250; seed++) {
    const random = new SeededRandom(seed);
    const b = strangeBench(random);
    try {
      const syn = `win ${random.below(65_536)} <mss 1000,sackOK,TS val 1 ecr ${b.now},wscale 2>`;
      if (random.chance(0.5)) b.open();
      else b.openPassive(`S 0:0(0) ${syn}`);
      if (random.chance(0.9)) b.sent();
      if (random.chance(0.9))
        b.inject(b.tcb.passive ? `. 1:1(0) ack 1 ${syn}` : `S. 0:0(0) ack 1 ${syn}`);
      let hasRead = false;
      for (let step = 0; step < 150; step++) {
        // A strange SYN may have been the first: then the text begins elsewhere.
        if (!hasRead) b.receivePosition = 1 + ((b.tcb.irs - b.irs) | 0);
        hasRead ||= b.tcb.count.bytesReceived > 0;
        const choice = random.fraction();
        if (choice < 0.6) b.inject(strangeLine(b, random));
        else if (choice < 0.8) userActs(b, random);
        else b.advance(random.below(random.chance(0.1) ? 30_000 : 300));
        if (random.chance(0.8)) b.sent();
        reached.add(b.state);
      }
    } catch (error) {
      t.fail(`seed ${seed}: ${(error as Error).stack}`);
    }
    b.connection.dispose();
  }
  t.equal(packetMemory.allocated, before);
  t.same([...reached].sort(), [...REACHABLE].sort(), 'every state was met');
  t.end();
});

/** [loss, reordering, duplication, what the engines agree on, name] */
const LINES: readonly (readonly [number, number, number, boolean, string])[] = [
  [0, 0, 0, true, 'a good line'],
  [0.05, 0, 0, true, 'loss'],
  [0.05, 0, 0, false, 'loss, without any option'],
  [0, 0.3, 0.1, true, 'another order, and twice'],
  [0, 0.3, 0.1, false, 'another order, and twice, without any option'],
  [0.2, 0.1, 0.05, true, 'a very bad line'],
  [0.2, 0.1, 0.05, false, 'a very bad line, without any option'],
];

t.test('so do pieces of several segments, which the line cuts up, or the engine', (t) => {
  const before = packetMemory.allocated;
  for (const [loss, reordering, duplication, options, name] of LINES) {
    const bad: string[] = [];
    for (let seed = 1; seed <= 16; seed++) {
      const burst = { linkText: 3000 + 500 * (seed >> 1), inTrains: seed % 2 === 0 };
      const faults = { loss, reordering, duplication, options, ...burst };
      const line = new Line(seed, faults);
      const end = line.exchange(40_000 + 1000 * seed, 30_000);
      if (end !== '') bad.push(`seed ${seed}: ${end}`);
      line.dispose();
    }
    t.same(bad, [], name);
  }
  t.equal(packetMemory.allocated, before);
  t.end();
});

t.test('two engines over a bad line bring every byte across, close, and hold nothing', (t) => {
  const before = packetMemory.allocated;
  for (const [loss, reordering, duplication, options, name] of LINES) {
    const bad: string[] = [];
    for (let seed = 1; seed <= 8; seed++) {
      const line = new Line(seed, { loss, reordering, duplication, options });
      const end = line.exchange(20_000 + 1000 * seed, 15_000);
      if (end !== '') bad.push(`seed ${seed}: ${end}`);
      line.dispose();
    }
    t.same(bad, [], name);
  }
  t.equal(packetMemory.allocated, before);
  t.end();
});
