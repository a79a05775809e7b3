/** SipHash-2-4 against the outputs that its authors publish. */
import t from 'tap';
import { SipHash } from '../../lib/support/siphash';

/**
 * Low halves of the reference's outputs (vectors_sip64, little-endian as published) for key 00 … 0f and
 * messages 00 01 02 … of as many bytes as words count four times.
 */
const REFERENCE = [
  '310e0edd', // 0 bytes
  'b7877127', // 4
  '6224939a', // 8
  'fbe50e86', // 12
  'db9bc257', // 16
  '98eea21a', // 20
  '94af49f6', // 24
  'a5c91da7', // 28
  'ce7cf272', // 32
  'b4a31508', // 36
  'd0a70453', // 40
  'f21df2e4', // 44
  '51a9cb9e', // 48
  'b274cb8e', // 52
  'bd838d3a', // 56
  'e1915f5c', // 60
];

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const WORDS = new Int32Array(Uint8Array.from({ length: 64 }, (_, i) => i).buffer);

t.test('agrees with the published outputs for every length', (t) => {
  const hash = new SipHash(KEY);
  REFERENCE.forEach((hex, count) => {
    const want = Buffer.from(hex, 'hex').readInt32LE();
    t.equal(hash.hash(WORDS, count), want, `${4 * count} bytes`);
  });
  t.equal(hash.hash(WORDS, 0), 0xdd0e0e31 | 0, 'the empty message: 0x726fdb47dd0e0e31');
  t.equal(hash.high, 0x726fdb47, 'and its other half');
  t.end();
});

t.test('the length counts: zeros more or less are another message', (t) => {
  const hash = new SipHash(KEY);
  const zeros = new Int32Array(70);
  const seen = new Set<number>();
  for (let count = 0; count < 64; count++) seen.add(hash.hash(zeros, count));
  t.equal(seen.size, 64);
  t.not(hash.hash(zeros, 64), hash.hash(zeros, 0), 'also where the length byte wraps');
  t.end();
});

t.test('only the first words count', (t) => {
  const hash = new SipHash(KEY);
  const other = WORDS.slice();
  other[3] ^= 1;
  t.equal(hash.hash(other, 3), hash.hash(WORDS, 3));
  t.not(hash.hash(other, 4), hash.hash(WORDS, 4));
  t.end();
});

t.test('the key may lie anywhere in its memory, and every byte of it counts', (t) => {
  const shifted = new Uint8Array(19);
  shifted.set(KEY, 3);
  const base = new SipHash(KEY).hash(WORDS, 9);
  t.equal(new SipHash(shifted.subarray(3)).hash(WORDS, 9), base);
  for (let i = 0; i < 16; i++) {
    const other = KEY.slice();
    other[i] ^= 0x80;
    t.not(new SipHash(other).hash(WORDS, 9), base, `byte ${i}`);
  }
  t.end();
});

t.test('the key is copied, and a hash leaves nothing behind', (t) => {
  const key = KEY.slice();
  const hash = new SipHash(key);
  const first = hash.hash(WORDS, 9);
  key.fill(0);
  hash.hash(WORDS, 16);
  t.equal(hash.hash(WORDS, 9), first);
  t.end();
});
