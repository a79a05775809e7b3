/** The scoreboard against a model that keeps the state of each byte, and by itself. */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { DeliveryRate } from '../../lib/tcp/delivery-rate';
import { loseFirst } from '../../lib/tcp/dup-threshold';
import { loseLate } from '../../lib/tcp/rack';
import { Scoreboard } from '../../lib/tcp/scoreboard';
import { MAX_RECORDS, NO_SLOT } from '../../lib/tcp/segment-ring';
import { seqAdd, seqDiff } from '../../lib/tcp/seq';
import { lastUnreported } from '../../lib/tcp/tail-probe';

type ByteState = 'flying' | 'lost' | 'sacked';

/** Segments of the model never change their edges except by splits of the board under test. */
class Model {
  readonly board = new Scoreboard();
  readonly base: number;
  una = 0;
  nxt = 0;
  now = 1.5;
  readonly #bytes: ByteState[] = [];
  readonly #reported: boolean[] = [];
  /** Where a segment begins. */
  readonly #edges = new Set<number>([0]);

  constructor(base: number) {
    this.base = base;
    this.board.reset(base);
  }

  append(length: number): void {
    const start = this.nxt;
    this.nxt += length;
    this.board.append(this.#seq(start), this.#seq(this.nxt), this.now);
    this.#fill(start, this.nxt, 'flying');
    this.#edges.add(this.nxt);
  }

  report(start: number, end: number): void {
    this.board.beginAck(this.now, Number.NaN, 0);
    this.board.report(this.#seq(start), this.#seq(end));
    const before = this.#reported.slice();
    for (let i = start; i < end; i++) this.#reported[i] = true;
    // Only segments are looked at of which something is new.
    for (const [from, to] of this.#segments()) {
      let isNew = false;
      for (let i = from; i < to; i++) isNew ||= this.#reported[i] && before[i] !== true;
      if (isNew) this.#markIfReported(from, to);
    }
  }

  acknowledge(una: number): void {
    this.board.beginAck(this.now, Number.NaN, 0);
    this.board.acknowledge(this.#seq(una));
    this.una = una;
    if (this.#edges.has(una)) return;
    this.#edges.add(una);
    this.#markIfReported(...this.#segments()[0]);
  }

  loseFirst(): void {
    loseFirst(this.board);
    const first = this.#segments().find(([from]) => this.#bytes[from] !== 'sacked');
    if (first !== undefined && this.#bytes[first[0]] === 'flying') this.#fill(...first, 'lost');
  }

  loseAll(): void {
    this.board.loseAll();
    const isReneged = this.#bytes[this.una] === 'sacked';
    for (let i = this.una; i < this.nxt; i++) {
      if (isReneged) this.#reported[i] = false;
      if (this.#bytes[i] === 'flying' || isReneged) this.#bytes[i] = 'lost';
    }
  }

  findAll(): void {
    this.board.findAll(this.now);
    for (let i = this.una; i < this.nxt; i++) {
      if (this.#bytes[i] === 'lost') this.#bytes[i] = 'flying';
    }
  }

  /** Sends the first lost segment again, or only up to `most` bytes of it, or it with what follows. */
  repeat(most: number): void {
    const { board } = this;
    const slot = board.pollLost();
    const first = this.#bytes.indexOf('lost', this.una);
    if (slot === NO_SLOT || first >= this.nxt) {
      if ((slot === NO_SLOT) !== (first === -1 || first >= this.nxt)) throw new Error('lost');
      return;
    }
    const start = seqDiff(board.startOf(slot), this.base);
    if (start !== first) throw new Error(`first lost is ${first}, not ${start}`);
    board.joinLost(slot, this.#seq(start + most));
    const end = Math.min(seqDiff(board.endOf(slot), this.base), start + most);
    const whole = seqDiff(board.endOf(slot), this.base);
    for (let i = start + 1; i < whole; i++) this.#edges.delete(i);
    this.#edges.add(end);
    board.repeat(slot, this.#seq(end), this.now);
    this.#fill(start, end, 'flying');
    if (end === whole) return;
    this.#markIfReported(start, end);
    this.#markIfReported(end, whole);
  }

  /** What the counts should be. */
  get expected(): string {
    const counts = { flying: 0, lost: 0, sacked: 0 };
    for (let i = this.una; i < this.nxt; i++) counts[this.#bytes[i]]++;
    const sacked = this.#segments().filter(([from]) => this.#bytes[from] === 'sacked').length;
    return `${counts.flying} ${counts.lost} ${counts.sacked} ${this.#segments().length} ${sacked}`;
  }

  get told(): string {
    const { flyingBytes, lostBytes, sackedBytes, count, sackedCount } = this.board;
    return `${flyingBytes} ${lostBytes} ${sackedBytes} ${count} ${sackedCount}`;
  }

  #segments(): [number, number][] {
    const edges = [...this.#edges].filter((edge) => edge >= this.una).sort((a, b) => a - b);
    return edges.slice(1).map((edge, i) => [edges[i], edge]);
  }

  #markIfReported(start: number, end: number): void {
    for (let i = start; i < end; i++) if (this.#reported[i] !== true) return;
    this.#fill(start, end, 'sacked');
  }

  #fill(start: number, end: number, state: ByteState): void {
    for (let i = start; i < end; i++) this.#bytes[i] = state;
  }

  #seq(at: number): number {
    return seqAdd(this.base, at);
  }
}

function step(model: Model, random: SeededRandom): string {
  const outstanding = model.nxt - model.una;
  const choice = outstanding === 0 ? 0 : random.below(12);
  model.now += random.fraction();
  if (choice < 4) model.append(1 + random.below(9));
  else if (choice < 6) {
    const start = model.una + random.below(outstanding);
    model.report(start, Math.min(model.nxt, start + 1 + random.below(25)));
  } else if (choice === 6) model.acknowledge(model.una + random.below(outstanding + 1));
  else if (choice === 7) model.loseFirst();
  else if (choice === 8 && random.chance(0.3)) model.loseAll();
  else if (choice === 9 && random.chance(0.3)) model.findAll();
  else model.repeat(1 + random.below(20));
  return String(choice);
}

t.test('random histories: each byte is flying, lost or reported, as the model says', (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    const model = new Model([0, 0x7fff_ffff - 300, -300][seed % 3]);
    let story = '';
    for (let i = 0; i < 150; i++) {
      story += ` ${step(model, random)}`;
      if (model.told === model.expected) continue;
      t.equal(model.told, model.expected, `seed ${seed}: ${story}`);
      t.end();
      return;
    }
  }
  t.pass('300 seeds');
  t.end();
});

/** A board with `count` segments of 10 bytes, sent 1 ms after each other. */
function boardOf(count: number): Scoreboard {
  const board = new Scoreboard();
  board.reset(0);
  for (let i = 0; i < count; i++) board.append(i * 10, i * 10 + 10, i);
  return board;
}

t.test('RACK gives up what was sent before the newest that has arrived, and says when', (t) => {
  const board = boardOf(4);
  board.beginAck(100, Number.NaN, 0);
  board.report(20, 30); // sent at 2: its round trip is 98
  t.equal(loseLate(board, 0, 100), 0, 'nothing else was sent before it');
  t.equal(board.lostBytes, 20);
  const patient = boardOf(4);
  patient.beginAck(100, Number.NaN, 0);
  patient.report(20, 30);
  t.equal(loseLate(patient, 10, 100), 8, 'sent at 0, and 98 + 10 ms allowed');
  t.equal(loseLate(patient, 10, 108), 1);
  t.equal(patient.lostBytes, 10);
  t.equal(patient.losses, 1);
  t.end();
});

t.test('what was lost for nothing times nothing when it arrives', (t) => {
  const board = boardOf(3);
  board.loseAll();
  board.findAll(100);
  t.equal(board.lostBytes, 0);
  board.beginAck(101, Number.NaN, 0);
  board.acknowledge(30);
  t.ok(Number.isNaN(board.freshRtt), 'it left at 0, 1 and 2, not at 100');
  t.end();
});

t.test('an answer that is too quick for a repetition says nothing of it', (t) => {
  const board = boardOf(2);
  board.loseAll();
  board.repeat(board.pollLost(), 10, 50);
  board.beginAck(51, Number.NaN, 30);
  board.acknowledge(10);
  t.ok(Number.isNaN(board.newestSentAt), 'the first copy has arrived');
  board.repeat(board.pollLost(), 20, 60);
  board.beginAck(95, Number.NaN, 30);
  board.acknowledge(20);
  t.equal(board.newestSentAt, 60);
  t.equal(board.newestRtt, 35);
  t.ok(Number.isNaN(board.freshRtt), 'nothing that was sent once');
  t.end();
});

t.test('an echo says nothing of a repetition behind a gap, only of one in its turn', (t) => {
  const board = boardOf(3);
  board.loseAll();
  board.repeat(board.pollLost(), 10, 50);
  board.repeat(board.pollLost(), 20, 60);
  board.repeat(board.pollLost(), 30, 70);
  board.beginAck(110, 2, 30); // the echo is of what came before the gap
  board.report(20, 30);
  t.equal(board.newestSentAt, 70, 'so a lost repetition before it is found');
  t.equal(loseLate(board, 0, 110), 0);
  t.equal(board.lostBytes, 20);
  const other = boardOf(1);
  other.loseAll();
  other.repeat(other.pollLost(), 10, 50);
  other.beginAck(90, 2, 30);
  other.acknowledge(10);
  t.ok(Number.isNaN(other.newestSentAt), 'the first copy has arrived');
  t.end();
});

t.test('what arrives after something later, and was sent once, was reordered', (t) => {
  const board = boardOf(3);
  board.beginAck(10, Number.NaN, 0);
  board.report(20, 30);
  t.equal(board.reordered, false);
  board.beginAck(10, Number.NaN, 0);
  board.report(0, 10);
  t.equal(board.reordered, true);
  t.end();
});

t.test('an ACK that tells of both sides of a gap shows no disorder', (t) => {
  const board = boardOf(4);
  board.beginAck(10, Number.NaN, 0);
  board.report(30, 40);
  board.report(20, 25);
  board.acknowledge(10);
  t.equal(board.reordered, false);
  t.end();
});

t.test('a peer that has thrown away what he reported has lost it', (t) => {
  const board = boardOf(3);
  board.beginAck(10, Number.NaN, 0);
  board.report(0, 20);
  board.loseAll();
  t.equal(board.lostBytes, 30);
  t.equal(board.sackedBytes, 0);
  t.equal(board.rangeCount, 0);
  t.equal(board.report(0, 10), true, 'and may report it again');
  t.end();
});

t.test('the last segment grows, the probe finds the last that was not reported', (t) => {
  const board = boardOf(3);
  board.loseAll();
  board.extendLast(35);
  t.equal(board.lostBytes, 35);
  board.beginAck(10, Number.NaN, 0);
  board.report(20, 35);
  t.equal(board.startOf(lastUnreported(board)), 10);
  board.report(0, 20);
  t.equal(lastUnreported(board), NO_SLOT);
  board.clear();
  t.equal(board.first(), NO_SLOT);
  t.end();
});

t.test('a piece of a train that arrives counts for the delivery rate at once', (t) => {
  const board = new Scoreboard();
  const delivery = new DeliveryRate();
  board.measureRates(delivery);
  board.reset(0);
  board.append(0, 8000, 0);
  for (const [now, una, rate] of [
    [100, 2000, 20],
    [110, 6000, 6000 / 110],
    [120, 8000, 8000 / 120],
  ]) {
    board.beginAck(now, Number.NaN, 0);
    board.acknowledge(una);
    t.equal(delivery.sample(0), rate, `${una} bytes after ${now} ms`);
  }
  t.equal(delivery.delivered, 8000);
  t.end();
});

t.test('the limit of records, and one less', (t) => {
  const board = boardOf(MAX_RECORDS - 1);
  t.equal(board.isFull, false);
  board.append((MAX_RECORDS - 1) * 10, MAX_RECORDS * 10, 1);
  t.equal(board.isFull, true);
  board.beginAck(10, Number.NaN, 0);
  board.acknowledge(10);
  t.equal(board.isFull, false);
  t.end();
});

t.test('joining many small ones moves nothing, and they can be cut apart again', (t) => {
  const board = boardOf(6);
  board.loseAll();
  board.joinLost(board.pollLost(), 45);
  t.equal(board.count, 3);
  t.equal(board.endOf(board.first()), 40);
  board.repeat(board.pollLost(), 15, 50);
  t.equal(board.count, 4);
  t.equal(board.startOf(board.pollLost()), 15);
  board.repeat(board.pollLost(), 25, 50);
  t.equal(board.startOf(board.pollLost()), 25);
  board.joinLost(board.pollLost(), 60);
  t.equal(board.count, 3);
  t.equal(board.endOf(board.pollLost()), 60);
  board.beginAck(60, Number.NaN, 0);
  board.report(15, 25);
  t.equal(board.flyingBytes, 15);
  board.acknowledge(60);
  t.equal(board.count, 0);
  t.equal(board.lostBytes + board.flyingBytes + board.sackedBytes, 0);
  t.end();
});
