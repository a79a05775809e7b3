/**
 * SYN cookies: what they keep of a SYN, how long they are good, and that nobody else can make one.
 */
import t, { type Test as Tap } from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Connection } from '../../lib/tcp/connection';
import { EVENT_CONNECTED, EVENT_READABLE } from '../../lib/tcp/events';
import { checkInvariants } from '../../lib/tcp/invariants';
import { COOKIE_MSS, COOKIE_PERIOD_MS, SynCookies } from '../../lib/tcp/syn-cookies';
import { formatSegment, parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import type { TcpConfig } from '../../types/tcp';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const TUPLE = 0x1234abcd;
const NOW = 1_000_000;
const FULL = '<mss 1460,sackOK,TS val 700 ecr 0,nop,wscale 7>';

function segment(text: string): Segment {
  const seg = new Segment();
  parseSegmentText(text, seg);
  return seg;
}

/** What a peer sends who has got the SYN-ACK `answer`, and has a window of his own. */
function ackOf(syn: Segment, answer: Segment, text = ''): Segment {
  const ack = segment(`. ${(syn.seq + 1) >>> 0}:${(syn.seq + 1) >>> 0}(0) ack 0 win 500 ${text}`);
  ack.ack = (answer.seq + 1) | 0;
  ack.hasTimestamps = answer.hasTimestamps;
  ack.tsval = syn.tsval + 50;
  ack.tsecr = answer.tsval;
  return ack;
}

interface Exchange {
  cookies: SynCookies;
  syn: Segment;
  answer: Segment;
  ack: Segment;
}

function exchange(options: string, changes: Partial<TcpConfig> = {}, timestamp = NOW): Exchange {
  const cookies = new SynCookies(KEY);
  const syn = segment(`S 4000000000:4000000000(0) win 1000 ${options}`);
  const answer = new Segment();
  const config = { ...DEFAULT_TCP_CONFIG, ...changes };
  cookies.answer(TUPLE, syn, { config, mss: 1400, timestamp }, NOW, answer);
  return { cookies, syn, answer, ack: ackOf(syn, answer) };
}

/** What is left of the SYN, or null. */
function redeemed({ cookies, ack }: Exchange, now = NOW, tuple = TUPLE): Segment | null {
  const kept = new Segment();
  return cookies.redeem(tuple, ack, now, kept) ? kept : null;
}

t.test(
  '[A-14] the MSS is kept always: the largest of eight that is not above the peer’s',
  async (t) => {
    for (const mss of [
      0, 1, 87, 88, 535, 536, 1299, 1300, 1439, 1440, 1459, 1460, 4311, 4312, 8960,
    ]) {
      const kept = redeemed(exchange(`<mss ${mss}>`))!;
      const largest = COOKIE_MSS.findLast((one) => one <= mss) ?? COOKIE_MSS[0];
      t.equal(kept.mss, largest, `${mss}`);
    }
    t.equal(redeemed(exchange('<mss 65535>'))!.mss, 65_495);
    t.equal(redeemed(exchange(''))!.mss, 536, 'without the option the default (MUST-15)');
  },
);

t.test('[A-14] with timestamps window scale and SACK are kept, too', async (t) => {
  for (let shift = 0; shift <= 14; shift++) {
    for (const sack of ['sackOK,', '']) {
      const options = `<mss 1460,${sack}TS val 700 ecr 0,wscale ${shift}>`;
      const kept = redeemed(exchange(options))!;
      t.equal(kept.windowScale, shift);
      t.equal(kept.sackPermitted, sack !== '');
      t.equal(kept.hasTimestamps, true);
    }
  }
  t.equal(redeemed(exchange('<mss 1460,TS val 1 ecr 0,wscale 255>'))!.windowScale, 14, 'too large');
  t.equal(redeemed(exchange('<mss 1460,TS val 1 ecr 0>'))!.windowScale, -1, 'without the option');
  const plain = redeemed(exchange('<mss 1460,sackOK,wscale 7>'))!;
  t.same([plain.windowScale, plain.sackPermitted, plain.hasTimestamps], [-1, false, false]);
});

/** [options of the SYN, of the SYN-ACK, changes of the configuration, name] */
const ANSWERS: readonly (readonly [string, string, Partial<TcpConfig>, string])[] = [
  [FULL, 'mss 1400,sackOK,TS val 999983 ecr 700,nop,wscale 7', {}, 'everything'],
  ['<mss 1460,sackOK,wscale 7>', 'mss 1400', {}, 'without timestamps only the MSS'],
  ['', 'mss 1400', {}, 'nothing asked for'],
  [
    '<mss 1,TS val 700 ecr 0>',
    'mss 1400,nop,nop,TS val 999998 ecr 700',
    {},
    'no scaling asked for',
  ],
  [FULL, 'mss 1400', { timestamps: false }, 'timestamps refused'],
  [FULL, 'mss 1400,sackOK,TS val 999983 ecr 700', { windowScaling: false }, 'scaling refused'],
  [FULL, 'mss 1400,nop,nop,TS val 999983 ecr 700,nop,wscale 7', { sack: false }, 'SACK refused'],
];

t.test('the SYN-ACK offers what can be kept, and nothing else', async (t) => {
  for (const [options, offered, changes, name] of ANSWERS) {
    const { answer } = exchange(options, changes);
    const text = formatSegment(answer, { seqBase: answer.seq, ackBase: 4_000_000_000 | 0 });
    const window = Math.min(DEFAULT_TCP_CONFIG.receiveBufferBytes, 65_535);
    t.equal(text, `S. 0:0(0) ack 1 win ${window} <${offered}>`, name);
  }
  const { answer } = exchange('', { receiveBufferBytes: 5000, trafficClass: 0x20 });
  t.match(answer, { window: 5000, trafficClass: 0x20 });
});

t.test('a SYN that asks for ECN is not promised it', async (t) => {
  const cookies = new SynCookies(KEY);
  const syn = segment(`SEW 1:1(0) win 1000 ${FULL}`);
  const answer = new Segment();
  const offer = { config: DEFAULT_TCP_CONFIG, mss: 1400, timestamp: 0 };
  cookies.answer(TUPLE, syn, offer, NOW, answer);
  t.match(formatSegment(answer), /^S\. /);
});

t.test('the stamped clock is never ahead of the clock, and never 64 ticks behind', async (t) => {
  const cookies = new SynCookies(KEY);
  const syn = new Segment();
  const wrong: string[] = [];
  for (const value of [0, 1, 31, 32, 63, 0x7fffffff, -0x80000000, -1, -33, 1 << 20]) {
    for (let shift = -1; shift <= 14; shift++) {
      for (const sack of [false, true]) {
        syn.windowScale = shift;
        syn.sackPermitted = sack;
        const behind = (value - cookies.stampOptions(value, syn)) | 0;
        if (behind < 0 || behind >= 64) wrong.push(`${value}, shift ${shift}: ${behind} behind`);
      }
    }
  }
  t.same(wrong, []);
});

t.test('a cookie is good for its minute and the next, and no longer', async (t) => {
  const start = Math.floor(NOW / COOKIE_PERIOD_MS) * COOKIE_PERIOD_MS;
  const one = exchange(FULL);
  for (const [now, good] of [
    [NOW, true],
    [start + COOKIE_PERIOD_MS - 1, true],
    [start + COOKIE_PERIOD_MS, true],
    [start + 2 * COOKIE_PERIOD_MS - 1, true],
    [start + 2 * COOKIE_PERIOD_MS, false],
    [start + 3 * COOKIE_PERIOD_MS, false],
    [start - 1, false],
  ] as const) {
    t.equal(redeemed(one, now) !== null, good, `${(now - start) / 1000} s`);
  }
});

t.test('it is good for its connection alone', async (t) => {
  const one = exchange(FULL);
  t.ok(redeemed(one));
  t.equal(redeemed(one, NOW, TUPLE ^ 1), null, 'another four-tuple');
  for (const bit of [1, 2, 8, 1 << 20, 1 << 31]) {
    t.equal(
      redeemed({
        ...one,
        ack: ackOf(
          segment(`S ${(one.syn.seq ^ bit) >>> 0}:${(one.syn.seq ^ bit) >>> 0}(0) win 1`),
          one.answer,
        ),
      }),
      null,
      'another sequence number of the peer',
    );
    const other = ackOf(one.syn, one.answer);
    other.ack = ((one.answer.seq ^ bit) + 1) | 0;
    t.equal(redeemed({ ...one, ack: other }), null, 'another cookie');
  }
  t.equal(
    redeemed({ ...one, cookies: new SynCookies(KEY.map((byte) => byte ^ 1)) }),
    null,
    'another key',
  );
});

t.test('nobody can guess one', async (t) => {
  const seed = Number(process.env.SEED ?? 4987);
  t.comment(`SEED=${seed} npx tap run test/tcp/syn-cookies.test.ts`);
  const random = new SeededRandom(seed);
  const one = exchange(FULL);
  let hits = 0;
  for (let i = 0; i < 200_000; i++) {
    one.ack.ack = random.next32() | 0;
    if (redeemed(one) !== null) hits++;
  }
  // Each is right with a chance of 2 in 2^29.
  t.equal(hits, 0);
});

t.test(
  'cookies of one SYN differ from minute to minute, and tell nothing of each other',
  async (t) => {
    const cookies = new SynCookies(KEY);
    const syn = segment(`S 1:1(0) win 1000 ${FULL}`);
    const seen = new Set<number>();
    for (let i = 0; i < 1000; i++) seen.add(cookies.issue(TUPLE, syn, i * COOKIE_PERIOD_MS));
    t.equal(seen.size, 1000);
  },
);

/** The connection that begins with the ACK of a cookie. */
function opened(t: Tap, options: string, ackText = ''): { connection: Connection; one: Exchange } {
  const one = exchange(options, {}, NOW);
  const kept = redeemed(one)!;
  const config = { ...DEFAULT_TCP_CONFIG, initialRtoMs: 1000 };
  const setup = { config, localPort: 80, remotePort: 1234, mss: 1400, timestampOffset: 0 };
  const connection = new Connection(setup);
  if (ackText !== '') parseSegmentText(ackText, one.ack);
  connection.openFromCookie(one.ack, kept, one.answer.seq, NOW + 100);
  checkInvariants(connection);
  t.equal(connection.state, 'ESTABLISHED');
  return { connection, one };
}

t.test('a connection from a cookie is as if its SYN had been remembered', async (t) => {
  const { connection, one } = opened(t, FULL);
  t.equal(connection.pollEvents(), EVENT_CONNECTED);
  t.match(connection.info(NOW + 100), {
    timestamps: true,
    snd_wscale: 7,
    rcv_wscale: 7,
    snd_wnd: 500 << 7,
    snd_mss: 1400 - 12,
    rcv_wnd: 65_535,
    sack: true,
    ecn: false,
    unacked: 0,
  });
  const out = new Segment();
  t.equal(connection.pollTransmit(NOW + 100, out), false, 'nothing is owed');
  connection.send(Buffer.alloc(10), 0, false, NOW + 100);
  t.equal(connection.pollTransmit(NOW + 100, out), true);
  t.equal(out.seq, (one.answer.seq + 1) | 0);
  t.equal(out.ack, (one.syn.seq + 1) | 0);
  t.equal(out.tsecr, one.ack.tsval);
  connection.abort();
  connection.dispose();
});

t.test('without timestamps it has the MSS, and windows that are not scaled', async (t) => {
  const { connection } = opened(t, '<mss 1000,sackOK,wscale 7>');
  t.match(connection.info(NOW + 100), {
    timestamps: false,
    sack: false,
    snd_wscale: 0,
    rcv_wscale: 0,
    snd_wnd: 500,
    snd_mss: 536,
  });
  connection.dispose();
});

t.test('what the clock’s echo was bent for is no measure of the round trip', async (t) => {
  const { connection } = opened(t, FULL);
  t.match(connection.info(NOW + 100), { rtt: Number.NaN, rcv_rtt: Number.NaN, rto: 1000 });
  connection.dispose();
});

t.test('text that comes with the ACK is taken', async (t) => {
  const one = exchange(FULL);
  const kept = redeemed(one)!;
  const setup = {
    config: DEFAULT_TCP_CONFIG,
    localPort: 80,
    remotePort: 9,
    mss: 1400,
    timestampOffset: 0,
  };
  const connection = new Connection(setup);
  const place = packetMemory.allocate(256);
  packetMemory.bytes.fill(7, place, place + 100);
  one.ack.textOffset = place;
  one.ack.textLength = 100;
  connection.openFromCookie(one.ack, kept, one.answer.seq, NOW + 100);
  t.equal(connection.pollEvents(), EVENT_CONNECTED | EVENT_READABLE);
  t.same([...connection.receive(NOW + 100)!], new Array(100).fill(7));
  packetMemory.release(place, 256);
  connection.abort();
  connection.dispose();
});
