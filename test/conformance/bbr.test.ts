/**
 * BBR against a path that is written down, round trip by round trip
 * (draft-cardwell-iccrg-bbr-congestion-control-00 §4).
 */
import t from 'tap';
import { Bbr } from '../../lib/tcp/congestion/bbr';
import { PathSample } from '../../lib/tcp/congestion/path-sample';

const MSS = 1000;
/** Bytes a ms, ms, and what the path holds. */
const RATE = 1000;
const RTT_MS = 40;
const PRODUCT = RATE * RTT_MS;
const HIGH_GAIN = 2.885;
const MARGIN = 0.99;

interface Round {
  rate?: number;
  rtt?: number;
  acked?: number;
  inFlight?: number;
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
    this.bbr.initialize(mss, segments);
    this.path.now = 1000;
  }

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
    path.inFlight = round.inFlight ?? 2 * PRODUCT;
    path.isLimited = round.isLimited ?? false;
    path.inRecovery = round.inRecovery ?? false;
    bbr.handleDelivery(path);
    return this;
  }

  /** The gain that the pacing rate shows, against a rate. */
  gain(rate = RATE): number {
    return Math.round((this.bbr.pacingRate / (rate * MARGIN)) * 1000) / 1000;
  }

  /** STARTUP is over, the queue drained: PROBE_BW has begun with this ACK. */
  cruise(): this {
    for (let i = 0; i < 4; i++) this.ack();
    return this.ack({ inFlight: PRODUCT });
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

t.test('STARTUP: the rate times 2/ln 2, the window by what has arrived', async (t) => {
  const m = new Model().ack({ rate: 100, acked: 5000 });
  t.equal(m.gain(100), HIGH_GAIN);
  t.equal(m.bbr.cwnd, 15_000);
  m.ack({ rate: 200, acked: 7000 });
  t.equal(m.gain(200), HIGH_GAIN);
  t.equal(m.bbr.cwnd, 22_000, 'less than 2/ln 2 of the product and three segments');
  m.ack({ rate: 200, acked: 50_000 });
  t.equal(m.bbr.cwnd, 72_000, 'once more by all that has arrived');
  m.ack({ rate: 200, acked: 1000 });
  t.equal(m.bbr.cwnd, 72_000, 'then it is large enough');
});

t.test('STARTUP never slows down', async (t) => {
  const m = new Model().ack({ rate: 400 });
  const { pacingRate } = m.bbr;
  m.ack({ rate: Number.NaN });
  t.equal(m.bbr.pacingRate, pacingRate, 'an ACK without a sample says nothing');
  m.ack({ rate: 300 });
  t.equal(m.bbr.pacingRate, pacingRate);
});

t.test('the pipe is full after three round trips without a quarter more', async (t) => {
  const m = new Model().ack({ rate: 800 }).ack({ rate: 1000 });
  t.equal(m.gain(), HIGH_GAIN, 'a quarter more exactly');
  m.ack({ rate: 1000 }).ack({ rate: 1240 });
  t.equal(m.gain(1240), HIGH_GAIN, 'two round trips with less');
  m.ack({ rate: 1240, isNew: false });
  t.equal(m.gain(1240), HIGH_GAIN, 'the third is not over');
  m.ack({ rate: 1240 });
  t.equal(m.gain(1240), Math.round(1000 / HIGH_GAIN) / 1000, 'now it is, and DRAIN begins');
});

t.test('growth begins the count anew, a user who is slow stops it', async (t) => {
  const m = new Model().ack({ rate: 500 }).ack({ rate: 500 }).ack({ rate: 500 });
  m.ack({ rate: 700 }).ack({ rate: 700 }).ack({ rate: 700 });
  t.equal(m.gain(700), HIGH_GAIN);
  for (let i = 0; i < 10; i++) m.ack({ rate: 700, isLimited: true });
  t.equal(m.gain(700), HIGH_GAIN);
  m.ack({ rate: 700 });
  t.not(m.gain(700), HIGH_GAIN);
});

t.test('DRAIN lasts until no more is on its way than the path holds', async (t) => {
  const m = new Model();
  for (let i = 0; i < 4; i++) m.ack();
  t.equal(m.gain(), Math.round(1000 / HIGH_GAIN) / 1000);
  m.ack({ inFlight: PRODUCT + 1 });
  t.equal(m.gain(), Math.round(1000 / HIGH_GAIN) / 1000, 'one byte too much');
  m.ack({ inFlight: PRODUCT });
  t.equal(m.gain(), 1, 'PROBE_BW, with a gain of one');
});

t.test('PROBE_BW: a window of two products and three segments', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 10; i++) m.ack({ inFlight: PRODUCT });
  t.equal(m.bbr.cwnd, 2 * PRODUCT + 3 * MSS);
});

t.test('PROBE_BW: eight phases of a round trip, one above and one below the rate', async (t) => {
  const m = new Model().cruise();
  const gains: number[] = [];
  for (let i = 0; i < 17; i++) {
    m.ack({ after: RTT_MS + 1, inFlight: 1.25 * PRODUCT });
    gains.push(m.gain());
  }
  const cycle = [1, 1, 1, 1, 1, 1.25, 0.75, 1];
  t.same(gains, [...cycle, ...cycle, 1]);
});

t.test('a phase lasts more than a round trip', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 5; i++) m.ack({ after: RTT_MS + 1, inFlight: PRODUCT });
  t.equal(m.gain(), 1, 'the last of the level ones');
  m.ack({ after: RTT_MS, inFlight: PRODUCT });
  t.equal(m.gain(), 1, 'to the millisecond is not more');
  m.ack({ after: 1, inFlight: PRODUCT });
  t.equal(m.gain(), 1.25);
});

t.test('probing lasts until a quarter more is on its way, or two round trips', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 6; i++) m.ack({ after: RTT_MS + 1, inFlight: PRODUCT });
  t.equal(m.gain(), 1.25);
  m.ack({ after: RTT_MS + 1, inFlight: 1.25 * PRODUCT - 1 });
  t.equal(m.gain(), 1.25, 'not yet');
  m.ack({ after: 1, inFlight: 1.25 * PRODUCT });
  t.equal(m.gain(), 0.75, 'enough');
  m.ack({ after: 1, inFlight: PRODUCT + 1 });
  t.equal(m.gain(), 0.75);
  m.ack({ after: 1, inFlight: PRODUCT });
  t.equal(m.gain(), 1, 'the queue is gone: that ends early');

  for (let i = 0; i < 6; i++) m.ack({ after: RTT_MS + 1, inFlight: PRODUCT });
  t.equal(m.gain(), 1.25);
  m.ack({ after: 2 * RTT_MS, inFlight: PRODUCT });
  t.equal(m.gain(), 1.25);
  m.ack({ after: 1, inFlight: PRODUCT });
  t.equal(m.gain(), 0.75, 'late: the user has no more to send');
});

t.test('the highest rate counts for ten round trips', async (t) => {
  const m = new Model().cruise();
  const steady = { rate: RATE / 2, after: 1, inFlight: PRODUCT };
  for (let i = 0; i < 9; i++) m.ack(steady);
  t.equal(m.gain(), 1);
  m.ack(steady);
  t.equal(m.gain(RATE / 2), 1, 'then the next');
  m.ack({ ...steady, rate: RATE, isNew: false });
  t.equal(m.gain(), 1, 'a higher one counts at once');
  m.ack({ ...steady, rate: 2 * RATE, isLimited: true, isNew: false });
  t.equal(m.gain(2 * RATE), 1, 'even if the user is slow');
  m.ack({ ...steady, rate: 0, isNew: false });
  t.equal(m.gain(2 * RATE), 1, 'none is no sample');
});

t.test('a slow user’s rate does not stand for the path’s', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 30; i++) m.ack({ rate: 1, after: 1, isLimited: true, inFlight: PRODUCT });
  t.equal(m.gain(), 1, 'for as long as there is no other');
});

t.test('PROBE_RTT: a shortest round trip of ten seconds ago is looked for anew', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 10; i++) m.ack({ inFlight: PRODUCT });
  const { cwnd } = m.bbr;
  m.ack({ rtt: RTT_MS + 10, after: 10_000, inFlight: PRODUCT });
  t.equal(m.bbr.cwnd, cwnd, 'to the millisecond is not older');
  m.ack({ rtt: RTT_MS + 10, after: 1, inFlight: PRODUCT });
  t.equal(m.bbr.cwnd, 4 * MSS);
  t.equal(m.gain(), 1);
  m.ack({ rtt: RTT_MS, after: 199, inFlight: MSS });
  t.equal(m.bbr.cwnd, 4 * MSS, 'for 200 ms');
  m.ack({ rtt: RTT_MS, after: 1, acked: 0, inFlight: MSS });
  t.equal(m.bbr.cwnd, cwnd, 'then all is as it was');
});

t.test(
  'PROBE_RTT lasts a round trip where that is longer, and ends in STARTUP where that was',
  async (t) => {
    const m = new Model().ack({ rtt: 300 });
    m.ack({ rtt: 500, after: 10_001 });
    t.equal(m.bbr.cwnd, 4 * MSS);
    m.ack({ rtt: 600, after: 499, isNew: false });
    t.equal(m.bbr.cwnd, 4 * MSS);
    m.ack({ rtt: 600, after: 1, isNew: false });
    t.ok(m.bbr.cwnd > 4 * MSS);
    m.ack({ rate: 4 * RATE });
    t.equal(m.gain(4 * RATE), HIGH_GAIN);
  },
);

t.test('a loss: for a round trip as much leaves as arrives, then what was before', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 10; i++) m.ack({ inFlight: PRODUCT });
  const { cwnd } = m.bbr;
  m.bbr.handleLoss(PRODUCT);
  t.equal(m.bbr.cwnd, cwnd, 'the loss itself says nothing of the path');
  const repair = { inRecovery: true, inFlight: 20 * MSS, acked: 2 * MSS, after: 1 };
  m.ack({ ...repair, isNew: false });
  t.equal(m.bbr.cwnd, 22 * MSS);
  m.ack({ ...repair, isNew: false, inFlight: MSS, acked: MSS });
  t.equal(m.bbr.cwnd, 4 * MSS, 'four segments at least');
  m.ack(repair);
  t.equal(m.bbr.cwnd, 6 * MSS, 'a round trip later it grows by what arrives');
  m.ack({ ...repair, inRecovery: false, acked: 0 });
  t.equal(m.bbr.cwnd, cwnd, 'all is repaired');
});

t.test('a timeout: one segment, and the window before it comes back', async (t) => {
  const m = new Model().cruise();
  for (let i = 0; i < 10; i++) m.ack({ inFlight: PRODUCT });
  const { cwnd } = m.bbr;
  m.bbr.handleTimeout(PRODUCT, true);
  t.equal(m.bbr.cwnd, MSS);
  m.bbr.handleTimeout(PRODUCT, false);
  t.equal(m.bbr.cwnd, MSS);
  m.ack({ inRecovery: true, acked: MSS, inFlight: 0, after: 1 });
  t.equal(m.bbr.cwnd, 4 * MSS, 'the least');
  m.ack({ acked: 0, inFlight: 0, after: 1 });
  t.equal(m.bbr.cwnd, cwnd);
});

t.test('smaller segments leave the window, which holds one at least', async (t) => {
  const { bbr } = new Model();
  bbr.handleMssChange(500);
  t.equal(bbr.cwnd, 10_000);
  bbr.cwnd = 100;
  bbr.handleMssChange(500);
  t.equal(bbr.cwnd, 500);
});
