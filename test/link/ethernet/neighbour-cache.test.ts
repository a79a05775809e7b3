/** The machine of RFC 4861 §7.3.3, without frames: what it asks and says, and when. */
import t from 'tap';
import type { Neighbour } from '../../../lib/link/ethernet/neighbour';
import {
  BASE_REACHABLE_MS,
  DELAY_FIRST_PROBE_MS,
  MAX_NEIGHBOURS,
  NeighbourCache,
  RETRANS_MS,
  STALE_LIFETIME_MS,
} from '../../../lib/link/ethernet/neighbour-cache';
import { SeededRandom } from '../../../lib/support/random';

const ANSWERED = { solicited: true, override: true };
const CLAIMED = { solicited: false, override: true };
const DOUBTFUL = { solicited: false, override: false };

class Bench {
  now = 1_000;
  readonly said: string[] = [];
  readonly cache: NeighbourCache;

  /** @param fraction what chance says: 0.5 makes every time its mean */
  constructor(fraction: () => number = () => 0.5, limit?: number) {
    const note = (word: string) => (one: Neighbour) => {
      this.said.push(`${this.now} ${word} ${one.w3}`);
    };
    const events = {
      handleQuestion: (one: Neighbour, toItself: boolean) =>
        note(toItself ? 'asks itself' : 'asks all for')(one),
      handleResolved: note('resolved'),
      handleUnresolved: note('gives up'),
    };
    this.cache = new NeighbourCache(events, fraction, limit);
  }

  use(w3: number): Neighbour | null {
    return this.cache.use(0, 0, 0xffff, w3, this.now);
  }

  ask(w3: number, low: number): void {
    this.cache.handleQuestion(0, 0, 0xffff, w3, 0x200, low, this.now);
  }

  find(w3: number): Neighbour | null {
    return this.cache.find(0, 0, 0xffff, w3);
  }

  /** Lets time pass, deadline by deadline. @returns what was said */
  pass(ms: number): string[] {
    const end = this.now + ms;
    while (this.cache.deadline <= end) {
      this.now = Math.max(this.now, this.cache.deadline);
      this.cache.handleTimeout(this.now);
    }
    this.now = end;
    return this.said.splice(0);
  }
}

t.test('asks three times, a second apart, then gives up and forgets', async (t) => {
  const bench = new Bench();
  bench.use(7);
  bench.use(7);
  t.same(bench.pass(10_000), [
    '1000 asks all for 7',
    '2000 asks all for 7',
    '3000 asks all for 7',
    '4000 gives up 7',
  ]);
  t.equal(bench.find(7), null);
  t.equal(bench.cache.size, 0);
  t.equal(bench.cache.deadline, Infinity);
  bench.use(7);
  t.same(bench.pass(0), ['11000 asks all for 7'], 'and begins anew when it is needed again');
});

t.test('an answer resolves it for half to one and a half times 30 s', async (t) => {
  for (const chance of [0, 0.5, 0.999]) {
    const bench = new Bench(() => chance);
    const one = bench.use(7)!;
    bench.pass(10);
    bench.cache.handleAnswer(one, 0x200, 7, ANSWERED, bench.now);
    t.same(bench.pass(0), ['1010 resolved 7']);
    t.match(one, { state: 'REACHABLE', macHigh: 0x200, macLow: 7 });
    const whileMs = BASE_REACHABLE_MS * (0.5 + chance);
    bench.pass(whileMs - 1);
    t.equal(one.state, 'REACHABLE', `${whileMs - 1} ms`);
    bench.pass(1);
    t.equal(one.state, 'STALE', `${whileMs} ms`);
  }
});

t.test('STALE, used again: waits, asks itself three times, and gives up', async (t) => {
  const bench = new Bench();
  bench.ask(7, 7);
  const one = bench.find(7)!;
  t.equal(one.state, 'STALE', 'who has asked for us is known, but not sure');
  t.same(bench.pass(100), []);
  t.equal(bench.use(7), one);
  t.equal(one.state, 'DELAY');
  t.same(bench.pass(DELAY_FIRST_PROBE_MS - 1), []);
  t.equal(one.state, 'DELAY');
  const start = bench.now + 1;
  t.same(bench.pass(1 + 3 * RETRANS_MS), [
    `${start} asks itself 7`,
    `${start + 1000} asks itself 7`,
    `${start + 2000} asks itself 7`,
    `${start + 3000} gives up 7`,
  ]);
  t.ok(one.isForgotten);
});

t.test('PROBE, answered: REACHABLE, and nobody else hears of it', async (t) => {
  const bench = new Bench();
  bench.ask(7, 7);
  const one = bench.use(7)!;
  bench.pass(DELAY_FIRST_PROBE_MS + 1);
  t.equal(one.state, 'PROBE');
  bench.cache.handleAnswer(one, 0x200, 7, ANSWERED, bench.now);
  t.equal(one.state, 'REACHABLE');
  t.same(bench.pass(1000), []);
});

t.test('STALE and never used: forgotten after a minute, without a word', async (t) => {
  const bench = new Bench();
  bench.ask(7, 7);
  bench.pass(STALE_LIFETIME_MS - 1);
  t.ok(bench.find(7));
  t.same(bench.pass(1), []);
  t.equal(bench.find(7), null);
});

/** [state before, what is said, hardware address said, state after, address after], RFC 4861 §7.2.5 */
const ANSWERS: [string, typeof ANSWERED, number, string, number][] = [
  ['INCOMPLETE', ANSWERED, 8, 'REACHABLE', 8],
  ['INCOMPLETE', DOUBTFUL, 8, 'STALE', 8],
  ['REACHABLE', DOUBTFUL, 7, 'REACHABLE', 7],
  ['REACHABLE', DOUBTFUL, 8, 'STALE', 7],
  ['REACHABLE', CLAIMED, 7, 'REACHABLE', 7],
  ['REACHABLE', CLAIMED, 8, 'STALE', 8],
  ['REACHABLE', ANSWERED, 8, 'REACHABLE', 8],
  ['STALE', DOUBTFUL, 8, 'STALE', 7],
  ['STALE', CLAIMED, 8, 'STALE', 8],
  ['STALE', ANSWERED, 7, 'REACHABLE', 7],
  ['DELAY', DOUBTFUL, 8, 'DELAY', 7],
  ['DELAY', CLAIMED, 7, 'DELAY', 7],
  ['DELAY', CLAIMED, 8, 'STALE', 8],
  ['PROBE', DOUBTFUL, 8, 'PROBE', 7],
  ['PROBE', CLAIMED, 8, 'STALE', 8],
  ['PROBE', ANSWERED, 8, 'REACHABLE', 8],
];

function inState(bench: Bench, state: string): Neighbour {
  if (state === 'INCOMPLETE') return bench.use(7)!;
  bench.ask(7, 7);
  const one = bench.find(7)!;
  if (state === 'REACHABLE') bench.cache.handleAnswer(one, 0x200, 7, ANSWERED, bench.now);
  if (state === 'DELAY' || state === 'PROBE') bench.use(7);
  if (state === 'PROBE') bench.pass(DELAY_FIRST_PROBE_MS);
  return one;
}

t.test('each state takes an answer as the table of the RFC says', async (t) => {
  for (const [before, flags, low, after, mac] of ANSWERS) {
    const bench = new Bench();
    const one = inState(bench, before);
    t.equal(one.state, before);
    bench.cache.handleAnswer(one, 0x200, low, flags, bench.now);
    const { solicited, override } = flags;
    t.match(one, { state: after, macLow: mac }, `${before} ${solicited} ${override} ${low}`);
    t.equal(bench.cache.changes, before !== 'INCOMPLETE' && mac === 8 ? 1 : 0);
  }
});

t.test('what the user has said stays, whoever says otherwise', async (t) => {
  const bench = new Bench(() => 0.5, 1);
  bench.cache.addPermanent(0, 0, 0xffff, 7, 0x200, 7);
  const one = bench.use(7)!;
  bench.cache.handleAnswer(one, 0x200, 8, ANSWERED, bench.now);
  bench.ask(7, 8);
  t.equal(bench.use(8), null, 'nor does it make room');
  t.same(bench.pass(1_000_000), []);
  t.match(bench.use(7), { state: 'PERMANENT', macLow: 7 });
});

t.test('a question says where its asker is now', async (t) => {
  const bench = new Bench();
  bench.cache.handleAnswer(bench.use(7)!, 0x200, 7, ANSWERED, bench.now);
  bench.ask(7, 7);
  t.match(bench.find(7), { state: 'REACHABLE', macLow: 7 }, 'nothing new');
  bench.ask(7, 8);
  t.match(bench.find(7), { state: 'STALE', macLow: 8 });
});

t.test('a full table forgets what is missed least, and never what is in use', async (t) => {
  const bench = new Bench(() => 0.5, 3);
  bench.ask(1, 1);
  bench.pass(10);
  bench.ask(2, 2);
  bench.use(3);
  bench.use(4);
  t.equal(bench.find(1), null, 'the older of the STALE ones');
  bench.use(5);
  t.equal(bench.find(2), null, 'the other one');
  bench.pass(0);
  bench.use(6);
  t.same(bench.pass(0), ['1010 gives up 3', '1010 asks all for 6'], 'who was asked for first');
  t.equal(bench.cache.size, 3);
  for (const w3 of [4, 5, 6]) {
    bench.cache.handleAnswer(bench.find(w3)!, 0x200, w3, ANSWERED, bench.now);
  }
  t.equal(bench.use(7), null, 'all of them are in use');
  bench.ask(8, 8);
  t.equal(bench.find(8), null);
  t.same(
    bench.cache
      .list()
      .map(({ w3 }) => w3)
      .sort(),
    [4, 5, 6],
  );
});

t.test('as many as the limit, and not one more, whoever asks', async (t) => {
  const bench = new Bench();
  for (let i = 1; i <= MAX_NEIGHBOURS; i++) bench.ask(i, i);
  t.equal(bench.cache.size, MAX_NEIGHBOURS);
  bench.ask(MAX_NEIGHBOURS + 1, 1);
  t.equal(bench.cache.size, MAX_NEIGHBOURS);
  t.ok(bench.find(MAX_NEIGHBOURS + 1));
});

t.test('random events keep the table whole', async (t) => {
  const seed = Number(process.env.SEED ?? 11);
  const random = new SeededRandom(seed);
  const bench = new Bench(() => random.fraction(), 16);
  for (let i = 0; i < 20_000; i++) {
    const w3 = random.below(40);
    const known = bench.find(w3);
    const choice = random.below(4);
    if (choice === 0) bench.use(w3);
    else if (choice === 1) bench.ask(w3, random.below(3));
    else if (choice === 2) bench.pass(random.below(3_000));
    else if (known !== null) {
      const flags = { solicited: random.chance(0.5), override: random.chance(0.5) };
      bench.cache.handleAnswer(known, 0x200, random.below(3), flags, bench.now);
    }
    const all = bench.cache.list();
    const isWhole =
      all.length === bench.cache.size &&
      all.length <= 16 &&
      all.every((one) => bench.find(one.w3) === one && !one.isForgotten) &&
      all.every((one) => one.deadline >= bench.cache.deadline || one.deadline < bench.now);
    if (!isWhole) return t.fail(`SEED=${seed}, event ${i}`);
  }
  bench.cache.clear();
  t.equal(bench.cache.size, 0);
  t.same(bench.cache.list(), []);
});
