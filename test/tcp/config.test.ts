/** The defaults obey the limits that the RFCs set them. */
import t from 'tap';
import {
  DEFAULT_PEER_MSS,
  DEFAULT_TCP_CONFIG,
  MAXIMUM_WINDOW_SHIFT,
  MINIMUM_PEER_MSS,
  TIMESTAMP_OPTION_BYTES,
} from '../../lib/tcp/config';
import { Segment } from '../../lib/wire/segment';
import { segmentHeaderBytes, TCP_HEADER_BYTES } from '../../lib/wire/tcp-header';
import { Bench } from './bench';

const config = DEFAULT_TCP_CONFIG;

/** [what holds, name] */
const LIMITS: readonly (readonly [boolean, string])[] = [
  [config.delayedAckMs < 500, '[MUST-40] an ACK is delayed by less than half a second'],
  [config.keepAlive === false, '[MUST-25] keep-alive is off by default'],
  [config.keepAliveDelayMs >= 7_200_000, '[MUST-28] keep-alive waits two hours at least'],
  [config.keepAliveProbes > 1, '[MUST-29] one unanswered probe is not the end'],
  [config.synTimeoutMs >= 180_000, '[MUST-23] a SYN is repeated for three minutes at least'],
  [config.dataTimeoutMs >= 100_000, '[SHLD-11] data is repeated for 100 seconds at least'],
  [config.swsOverrideMs >= 100 && config.swsOverrideMs <= 1000, 'the override takes 0.1 to 1 s'],
  [config.noDelay === false, '[SHLD-7] Nagle is on'],
  [config.initialRtoMs === 1000, 'the first RTO is 1 s (RFC 6298 2.1)'],
  [config.maxRtoMs >= 60_000, 'an upper bound of the RTO is 60 s at least (RFC 6298 2.5)'],
  [
    config.minRtoMs > config.delayedAckMs,
    'a delayed ACK of our own kind does not look like a loss',
  ],
  [config.minRtoMs <= 1000, 'the lower bound is not above the RFC 6298 one'],
  [config.initialWindowSegments === 10, 'the initial window is ten segments (RFC 6928)'],
  [config.mslMs >= 30_000 && config.mslMs <= 120_000, 'the MSL is between Linux and RFC 9293'],
  [config.receiveBufferBytes <= 65_535 * 2 ** 14, 'the largest window can offer the buffer'],
  [config.reassemblyRanges > 0 && config.reassemblyRanges <= 4096, 'ranges are few'],
  [config.challengeAcksPerSecond > 0, 'challenges are sent (RFC 5961 7)'],
  [config.finWait2TimeoutMs > 0 && config.finWait2TimeoutMs < 600_000, 'FIN-WAIT-2 ends'],
];

t.test('defaults', (t) => {
  for (const [holds, name] of LIMITS) t.ok(holds, name);
  t.end();
});

t.test('constants', (t) => {
  t.equal(DEFAULT_PEER_MSS, 536, '[MUST-15]');
  t.equal(MAXIMUM_WINDOW_SHIFT, 14, 'RFC 7323 2.3');
  t.ok(MINIMUM_PEER_MSS > 40, 'more text than header (CVE-2019-11479)');
  t.ok(MINIMUM_PEER_MSS - TIMESTAMP_OPTION_BYTES > 0, 'even beside timestamps');
  const seg = new Segment();
  seg.hasTimestamps = true;
  t.equal(TIMESTAMP_OPTION_BYTES, segmentHeaderBytes(seg) - TCP_HEADER_BYTES);
  t.end();
});

t.test('[MUST-23] by default a SYN is repeated over three minutes and more', (t) => {
  const b = new Bench().open();
  b.sent();
  const seconds = b.advance(180_000).map((line) => Number(line.split(' ')[0]) / 1000);
  t.same(seconds, [1, 3, 7, 15, 31, 63, 127]);
  t.equal(b.state, 'SYN-SENT', 'after three minutes it still waits for an answer');
  b.advance(120_000);
  t.equal(b.state, 'CLOSED');
  t.equal(b.connection.error, 'ETIMEDOUT');
  t.end();
});

t.test('the defaults cannot be changed by mistake through a connection', (t) => {
  const before = { ...config };
  const b = new Bench({ config: { sendBufferBytes: 10 } });
  b.connection.setNoDelay(true);
  b.setKeepAlive(true, 1);
  t.same(config, before);
  t.end();
});
