/** Reports of a peer of no good will (SACK Panic and SACK Slowness, CVE-2019-11477 to 11479). */
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { MAX_RECORDS } from '../../lib/tcp/segment-ring';
import { ACK, Segment } from '../../lib/wire/segment';
import { Bench, eachWrap } from './bench';

const BIG = 4_194_304;

/** As many segments on their way as a peer can bring about, who takes 88 bytes at a time. */
function manySegments(): Bench {
  const config = { sack: true, windowScaling: true, sendBufferBytes: BIG, noDelay: true };
  const b = new Bench({ iss: -1_000_000, mss: 1460, config });
  b.establish({ options: 'mss 1,wscale 14,sackOK' });
  b.inject('. 1:1(0) ack 1 win 65535');
  b.tcb.cc.cwnd = BIG;
  b.connection.send(new Uint8Array(BIG), 0, false, b.now);
  const out = new Segment();
  while (b.connection.pollTransmit(b.now, out)) b.now += 0.001;
  return b;
}

t.test('[A-08] blocks that grow by a byte each time cost no more than what is new in them', (t) => {
  const b = manySegments();
  t.equal(b.tcb.snd.mss, 88, 'the peer asked for one byte');
  t.ok(b.tcb.scoreboard.count > 40_000 && b.tcb.scoreboard.count <= MAX_RECORDS);
  const { una } = b.tcb.snd;
  const middle = una + BIG / 2;
  const seg = new Segment();
  const out = new Segment();
  const acks = 100;
  let reach = BIG / 2 - 4 * acks - 100;
  let first = 0;
  let ms = 0;
  for (let i = 0; i <= acks; i++) {
    seg.clear();
    seg.flags = ACK;
    seg.seq = (b.irs + 1) | 0;
    seg.ack = una;
    seg.window = 65_535;
    seg.sackCount = 4;
    for (let block = 0; block < 4; block++) {
      reach++;
      seg.sackEdges[2 * block] = middle - reach;
      seg.sackEdges[2 * block + 1] = middle + reach;
    }
    b.now += 0.01;
    const before = process.cpuUsage();
    b.connection.handleSegment(seg, b.now);
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    if (i > 0) ms += took;
    else first = took; // it has 47,000 segments to report
    for (let polls = 0; polls < 100 && b.connection.pollTransmit(b.now, out); polls++);
  }
  t.ok(b.tcb.scoreboard.sackedCount > 40_000);
  // A walk over all that is known already took about 20 ms an ACK; the first takes 20 to 50.
  t.ok((40 * ms) / acks < first, `${ms / acks} ms an ACK, ${first} ms the first`);
  b.connection.dispose();
  t.end();
});

eachWrap(
  t,
  'even the first segment is reported, and the window closes: it is probed',
  (t, make) => {
    const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
    b.send(3000);
    b.sent();
    b.inject('. 1:1(0) ack 1 win 0 <sack 1:2001>');
    t.match(b.advance(300), [/^\d+ \. 1:2\(1\) ack 1$/]);
    b.inject('. 1:1(0) ack 1 win 0 <sack 1:2001>').sent();
    t.equal(b.tcb.scoreboard.sackedCount, 2);
    b.inject('. 1:1(0) ack 1 win 65535').sent();
    b.inject('. 1:1(0) ack 3001 win 65535').sent();
    t.equal(b.tcb.scoreboard.sackedCount, 0);
    t.equal(b.connection.sendQueueBytes, 0);
  },
);

eachWrap(
  t,
  'all is reported and nothing acknowledged: the timeout sends it again (RFC 2018 §8)',
  (t, make) => {
    const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
    b.send(3000);
    b.sent();
    b.inject('. 1:1(0) ack 1 win 65535 <sack 1:3001>').sent();
    t.match(b.advance(1000).at(0), /\. 1:1001\(1000\) ack 1$/);
    b.inject('. 1:1(0) ack 3001 win 65535').sent();
    t.equal(b.connection.sendQueueBytes, 0);
  },
);

t.test('what was reported in part, and then cut, is not sent again for nothing', (t) => {
  const b = new Bench({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
  b.send(3000);
  b.sent();
  b.inject('. 1:1(0) ack 1 win 65535 <sack 501:1001>').sent();
  t.equal(b.tcb.scoreboard.sackedBytes, 0, 'half a segment is none');
  b.inject('. 1:1(0) ack 301 win 65535 <sack 501:1001>').sent();
  t.equal(b.tcb.scoreboard.sackedBytes, 0);
  b.inject('. 1:1(0) ack 501 win 65535').sent();
  t.equal(b.tcb.scoreboard.sackedBytes, 500, 'but now it is all that is left of one');
  b.inject('. 1:1(0) ack 3001 win 65535').sent();
  t.end();
});

t.test('random reports, believed or not, break nothing, and the text arrives', (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed);
    const config = { sack: true, timestamps: random.chance(0.5) };
    const b = new Bench({ iss: random.next32(), irs: 5, mss: 500, config });
    b.establish({
      options: config.timestamps ? 'mss 500,sackOK,TS val 1 ecr 0' : 'mss 500,sackOK',
    });
    let acked = 1;
    for (let step = 0; step < 200; step++) {
      b.send(random.below(1500));
      b.sent();
      const outstanding = (b.tcb.snd.nxt - b.tcb.snd.una) | 0;
      const blocks = Array.from({ length: 1 + random.below(config.timestamps ? 3 : 4) }, () => {
        const from = acked + random.below(outstanding + 200) - 100;
        return `${from >>> 0}:${(from + random.below(outstanding + 200) - 20) >>> 0}`;
      });
      if (random.chance(0.3)) acked += random.below(outstanding + 1);
      const win = random.chance(0.1) ? 0 : random.below(65_536);
      const ts = config.timestamps ? `TS val ${b.now | 0} ecr ${b.now | 0},` : '';
      b.inject(`. 1:1(0) ack ${acked} win ${win} <${ts}sack ${blocks.join(' ')}>`);
      b.advance(random.below(400));
    }
    const end = b.sendPosition;
    const ts = config.timestamps ? ` <TS val ${b.now | 0} ecr ${b.now | 0}>` : '';
    b.inject(`. 1:1(0) ack ${(b.tcb.snd.nxt - b.iss) | 0} win 65535${ts}`).sent();
    t.ok(end >= (b.tcb.snd.nxt - b.iss) >>> 0, `seed ${seed}`);
    b.connection.dispose();
  }
  t.end();
});
