/**
 * BBR against a path that is written down, round trip by round trip (draft-ietf-ccwg-bbr-06 §5).
 */
import t from 'tap';
import { Bbr } from '../../lib/tcp/congestion/bbr';
import { PathSample } from '../../lib/tcp/congestion/path-sample';

const MSS = 1000;
/** Bytes a ms, ms, and what the path holds. */
const RATE = 1000;
const RTT_MS = 40;
const PRODUCT = RATE * RTT_MS;
const MARGIN = 0.99;
/** A round trip with a queue. */
const SLOW_MS = RTT_MS + 10;

interface Round {
  rate?: number;
  rtt?: number;
  acked?: number;
  inFlight?: number;
  /** Bytes given up since the ACK before. */
  lost?: number;
  isLimited?: boolean;
  inRecovery?: boolean;
  /** Is it the first ACK of a round trip? */
  isNew?: boolean;
  /** Time since the ACK before. */
  after?: number;
}

/** A controller, and the ACKs that it sees. */
class Model {
  readonly bbr = new Bbr();
  readonly path = new PathSample();
  #roundEnd = 0;

  constructor(segments = 10, mss = MSS) {
    this.bbr.initialize(mss, segments, 1);
    this.path.now = 1000;
  }

  /** An ACK; unless told otherwise of a whole round trip, in which as much left as is in flight. */
  ack(round: Round = {}): this {
    const { bbr, path } = this;
    const { rate = RATE, rtt = RTT_MS, acked = 10 * MSS, isNew = true } = round;
    path.now += round.after ?? rtt;
    path.rtt = rtt;
    path.acked = acked;
    path.priorDelivered = isNew ? path.delivered : this.#roundEnd - 1;
    path.delivered += acked;
    if (isNew) this.#roundEnd = path.delivered;
    path.deliveryRate = rate;
    path.inFlight = round.inFlight ?? PRODUCT;
    path.priorInFlight = path.inFlight;
    path.priorLost = path.lost;
    path.lost += round.lost ?? 0;
    path.isLimited = round.isLimited ?? false;
    path.inRecovery = round.inRecovery ?? false;
    bbr.handleDelivery(path);
    return this;
  }

  /** Several alike. */
  acks(count: number, round: Round = {}): this {
    for (let i = 0; i < count; i++) this.ack(round);
    return this;
  }

  /** The gain that the pacing rate shows, against a rate. */
  gain(rate = RATE): number {
    return Math.round((this.bbr.pacingRate / (rate * MARGIN)) * 1000) / 1000;
  }

  /** STARTUP and DRAIN are over, there is room: PROBE_BW cruises, with a whole window. */
  cruise(): this {
    return this.acks(4, { inFlight: 2 * PRODUCT }).acks(8);
  }

  /** As it cruises until it looks for more; the ACK after it shows the first of PROBE_UP. */
  refill(): this {
    let left = 100;
    // With the rate of PROBE_UP, but for a round trip: it is known by what follows.
    while (this.gain() !== 1.25 && left-- > 0) this.ack();
    return this;
  }
}

/** [mss, segments, window] RFC 6928 */
const INITIAL = [
  [1000, 10, 10_000],
  [1460, 10, 14_600],
  [1400, 20, 14_600],
  [8960, 10, 17_920],
  [1000, 2, 2000],
] as const;

t.test('the initial window is that of RFC 6928, and nothing is paced', async (t) => {
  for (const [mss, segments, window] of INITIAL) {
    const { bbr } = new Model(segments, mss);
    t.equal(bbr.cwnd, window, `${segments} of ${mss}`);
    t.equal(bbr.pacingRate, Number.POSITIVE_INFINITY);
  }
});

t.test(
  'STARTUP: the rate times 4 ln 2, the window by what has arrived, to two products',
  async (t) => {
    const m = new Model().ack({ rate: 100, acked: 5000 });
    t.equal(m.gain(100), 2.77);
    t.equal(m.bbr.cwnd, 15_000);
    m.ack({ rate: 200, acked: 7000 });
    t.equal(m.gain(200), 2.77);
    t.equal(m.bbr.cwnd, 22_000, 'two products and what came in a bunch are more');
    m.ack({ rate: 50, acked: 1000 });
    t.equal(m.gain(200), 2.77, 'the pacing never slows down');
  },
);

t.test(
  'a full pipe: DRAIN at half the rate until what is on its way fits, then room',
  async (t) => {
    const m = new Model().acks(3, { inFlight: 2 * PRODUCT });
    t.equal(m.gain(), 2.77, 'three round trips, the first was growth');
    m.ack({ inFlight: 2 * PRODUCT });
    t.equal(m.gain(), 0.5);
    m.ack({ inFlight: PRODUCT + 1, isNew: false, after: 1 });
    t.equal(m.gain(), 0.5);
    m.ack({ inFlight: PRODUCT, isNew: false, after: 1 });
    t.equal(m.gain(), 1, 'and there is room already');
  },
);

t.test('DRAIN ends after three round trips, the next phase sends a tenth less', async (t) => {
  const m = new Model().acks(7, { inFlight: 2 * PRODUCT });
  t.equal(m.gain(), 0.5);
  m.ack({ inFlight: 2 * PRODUCT });
  t.equal(m.gain(), 0.9);
  m.ack({ inFlight: PRODUCT + 1 });
  t.equal(m.gain(), 0.9);
  m.ack({ inFlight: PRODUCT });
  t.equal(m.gain(), 1);
});

t.test('a slow user ends no STARTUP', async (t) => {
  const m = new Model().ack().acks(10, { isLimited: true });
  t.equal(m.gain(), 2.77);
});

t.test('many losses in a round trip end STARTUP before the rate stands still', async (t) => {
  const slow = { rtt: SLOW_MS, inRecovery: true, inFlight: 2 * PRODUCT };
  const few = new Model().ack({ rate: 500 });
  few
    .ack({ ...slow, rate: 700, lost: 2000 })
    .acks(4, { ...slow, after: 1, isNew: false, lost: 400 });
  few.ack({ ...slow, rate: 1000, lost: 0 });
  t.equal(few.gain(), 2.77, 'five ACKs that tell of losses are not enough');
  const many = new Model().ack({ rate: 500 });
  many.ack({ ...slow, rate: 700, lost: 2000 });
  many.acks(6, { ...slow, after: 1, isNew: false, lost: 400 });
  many.ack({ ...slow, rate: 1000, lost: 2000 });
  t.equal(many.gain(), 0.5);
});

t.test('PROBE_BW: a round trip to fill the pipe, three a quarter faster, then less', async (t) => {
  const m = new Model().cruise();
  t.equal(m.gain(), 1);
  t.equal(m.bbr.cwnd, 2 * PRODUCT + 10 * MSS, 'with what came in one ACK');
  m.refill();
  t.equal(m.bbr.cwnd, 2 * PRODUCT + 20 * MSS, 'it grows by what arrives');
  m.acks(2, { inFlight: 1.25 * PRODUCT });
  t.equal(m.gain(), 1.25);
  m.ack({ inFlight: 1.25 * PRODUCT });
  t.equal(m.gain(), 0.9);
  m.ack({ inFlight: PRODUCT });
  t.equal(m.gain(), 1);
});

t.test('as long as the rate grows, it looks on', async (t) => {
  const m = new Model().cruise().refill();
  let rate = RATE;
  for (let i = 0; i < 6; i++) {
    rate *= 1.25;
    m.ack({ rate, inFlight: 1.25 * rate * RTT_MS });
    t.equal(m.gain(rate), 1.25);
  }
});

t.test('it looks again after 63 round trips at most, or three seconds', async (t) => {
  const quick = new Model().cruise();
  let rounds = 0;
  for (; quick.gain() !== 1.25; rounds++) quick.ack();
  // The path holds 40 segments; one round trip more fills it.
  t.ok(rounds >= 40 - 12 && rounds <= 42, `${rounds}`);
  const slow = new Model().acks(4, { rtt: 500, inFlight: 1000 * RTT_MS * 25 });
  slow.acks(2, { rtt: 500, inFlight: 0 });
  const from = slow.path.now;
  while (slow.gain() !== 1.25) slow.ack({ rtt: 500 });
  t.ok(slow.path.now - from <= 4000, `${slow.path.now - from} ms`);
});

t.test('too much was lost in a look: down, and room below what it was', async (t) => {
  const m = new Model().cruise().refill();
  m.ack({ inFlight: 50_000, rtt: SLOW_MS, lost: 1000 });
  t.equal(m.gain(), 1.25, 'two in a hundred are not too many');
  m.ack({ inFlight: 50_000, rtt: SLOW_MS, lost: 1001, after: 1, isNew: false });
  t.equal(m.gain(), 0.9);
  t.equal(m.bbr.cwnd, 50_000);
  m.ack({ inFlight: PRODUCT });
  t.equal(m.gain(), 1);
  t.equal(m.bbr.cwnd, 42_500, 'cruising it leaves 15 % to others');
});

t.test(
  'a loss elsewhere bounds the rate by what arrives, to 0.7 at most, until the next look',
  async (t) => {
    const m = new Model().cruise();
    const slow = { rtt: SLOW_MS, rate: 0.6 * RATE };
    m.ack({ ...slow, lost: 1000, isNew: false, after: 1 });
    t.equal(m.gain(), 1, 'at the end of a round trip');
    m.ack(slow).ack(slow);
    const after = m.gain();
    t.ok(after >= 0.7 && after <= 1, `${after}`);
    m.ack({ ...slow, lost: 1000, isNew: false, after: 1 })
      .ack(slow)
      .ack(slow);
    m.ack({ ...slow, lost: 1000, isNew: false, after: 1 })
      .ack(slow)
      .ack(slow);
    t.equal(m.gain(), 0.6, 'it is what arrives');
    m.refill();
    t.equal(m.gain(), 1.25, 'and forgotten');
  },
);

t.test('what a look has lost lowers no rate after it', async (t) => {
  const m = new Model()
    .cruise()
    .refill()
    .acks(3, { inFlight: 1.25 * PRODUCT });
  t.equal(m.gain(), 0.9);
  const slow = { rtt: SLOW_MS, rate: 0.6 * RATE, inFlight: PRODUCT };
  m.ack({ ...slow, lost: 500, isNew: false, after: 1 }).acks(3, slow);
  t.equal(m.gain(), 1);
  t.ok(m.bbr.cwnd >= 2 * PRODUCT, `nor the window: ${m.bbr.cwnd}`);
});

t.test('a loss without a queue is none of congestion, up to 15 %', async (t) => {
  const m = new Model().cruise().refill();
  m.ack({ inFlight: PRODUCT, lost: 0.15 * PRODUCT });
  t.equal(m.gain(), 1.25);
  m.ack({ inFlight: PRODUCT, lost: 0.15 * PRODUCT + 1, after: 1, isNew: false });
  t.equal(m.gain(), 0.9);
});

t.test('a mark is, whatever the round trip says', async (t) => {
  const m = new Model().cruise().refill();
  m.bbr.handleMark();
  m.ack({ inFlight: PRODUCT });
  t.equal(m.gain(), 0.9);
});

t.test('losses that the connection brings along tell a new controller nothing', async (t) => {
  const m = new Model();
  m.path.lost = 1e6;
  m.cruise();
  t.equal(m.gain(), 1);
  t.equal(m.bbr.cwnd, 2 * PRODUCT + 10 * MSS);
});

t.test('a needless reduction is taken back, and the look goes on', async (t) => {
  const m = new Model().cruise().refill();
  const { cwnd } = m.bbr;
  m.bbr.remember();
  m.bbr.handleLoss(PRODUCT);
  m.ack({ inFlight: 50_000, rtt: SLOW_MS, lost: 2000, inRecovery: true });
  t.equal(m.gain(), 0.9);
  m.bbr.cwnd = cwnd;
  m.bbr.handleUndo();
  m.ack({ inFlight: PRODUCT, after: 1, isNew: false });
  t.equal(m.gain(), 1, 'it fills the pipe anew');
  m.ack().ack();
  t.equal(m.gain(), 1.25);
  t.ok(m.bbr.cwnd >= cwnd, `${m.bbr.cwnd}`);

  const starting = new Model().ack({ rate: 500 });
  starting.bbr.remember();
  starting.acks(4, { rate: 500, inFlight: 2 * PRODUCT });
  t.equal(starting.gain(500), 0.5);
  starting.bbr.handleUndo();
  starting.ack({ rate: 1000 });
  t.equal(starting.gain(), 2.77);
});

t.test('PROBE_RTT: half of a product, when none as short was seen for five seconds', async (t) => {
  const m = new Model().cruise();
  const { cwnd } = m.bbr;
  m.ack({ rtt: SLOW_MS, after: 5000 - RTT_MS, isNew: false });
  m.ack({ rtt: SLOW_MS, after: RTT_MS, isNew: false });
  t.not(m.bbr.cwnd, PRODUCT / 2, 'to the millisecond is not older');
  m.ack({ rtt: SLOW_MS, after: 1, isNew: false });
  t.equal(m.bbr.cwnd, PRODUCT / 2);
  t.equal(m.gain(), 1);
  m.ack({ inFlight: PRODUCT / 2, after: 1000, isNew: false });
  m.ack({ inFlight: PRODUCT / 2, after: 200 });
  t.equal(m.bbr.cwnd, PRODUCT / 2, 'for 200 ms from when no more is on its way');
  m.ack({ inFlight: PRODUCT / 2, after: 1, acked: 0 });
  t.ok(m.bbr.cwnd >= cwnd, 'then all is as it was');
  t.equal(m.gain(), 1);
});

t.test('after a pause there is no need of it', async (t) => {
  const m = new Model().cruise();
  m.bbr.handleIdle();
  m.ack({ rtt: SLOW_MS, after: 20_000 });
  t.ok(m.bbr.cwnd > PRODUCT);
});

t.test('a timeout: one segment, and the window before it comes back', async (t) => {
  const m = new Model().cruise();
  const { cwnd } = m.bbr;
  m.bbr.handleTimeout(PRODUCT, true);
  t.equal(m.bbr.cwnd, MSS);
  m.bbr.handleTimeout(PRODUCT, false);
  t.equal(m.bbr.cwnd, MSS);
  m.ack({ inRecovery: true, acked: MSS, inFlight: 0, after: 1, isNew: false });
  t.equal(m.bbr.cwnd, 4 * MSS, 'the least');
  m.ack({ acked: 0, inFlight: 0, after: 1, isNew: false });
  t.ok(m.bbr.cwnd >= cwnd, `${m.bbr.cwnd}`);
});

t.test('smaller segments leave the window, which holds one at least', async (t) => {
  const { bbr } = new Model();
  bbr.handleMssChange(500);
  t.equal(bbr.cwnd, 10_000);
  bbr.cwnd = 100;
  bbr.handleMssChange(500);
  t.equal(bbr.cwnd, 500);
});
