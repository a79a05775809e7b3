import t from 'tap';
import { plateauBelow } from '../../lib/ip/mtu-plateaus';

/** [packet that did not fit, what to try, name]: RFC 1191 table 7-1 */
const CASES: readonly (readonly [number, number, string])[] = [
  [65_535, 32_000, 'the largest packet there is'],
  [32_001, 32_000, 'just above a plateau'],
  [32_000, 17_914, 'on it'],
  [9_000, 8_166, 'a jumbo frame'],
  [1_500, 1_492, 'Ethernet: perhaps PPPoE'],
  [1_492, 1_006, 'PPPoE: perhaps SLIP'],
  [1_006, 508, ''],
  [508, 296, ''],
  [296, 68, 'point to point'],
  [69, 68, 'the smallest that every link carries (RFC 791)'],
  [68, 68, 'not below it'],
  [0, 68, 'not below it'],
];

t.test('the next plateau lies below what did not fit', async (t) => {
  for (const [bytes, next, name] of CASES) t.equal(plateauBelow(bytes), next, `${bytes} ${name}`);
});
