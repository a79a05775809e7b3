import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import {
  addressSum,
  addSums,
  copyBytes,
  copyBytesJs,
  finishSum,
  foldSum,
  pseudoHeaderSum,
  sumBehind,
  sumBytes,
  sumBytesJs,
  usesSimd,
} from '../../lib/wire/checksum';
import { IpAddress } from '../../lib/wire/ip-address';

const BLOCK_BYTES = 4 * 1024 * 1024;
const block = packetMemory.allocate(BLOCK_BYTES);

/** RFC 1071 §1 word by word, slowly: what both implementations are compared with. */
function sumSlowly(offset: number, length: number): number {
  const bytes = packetMemory.bytes;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    sum += i % 2 === 0 ? bytes[offset + i] << 8 : bytes[offset + i];
    if (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum;
}

function place(hex: string): number {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  packetMemory.bytes.set(bytes, block);
  return bytes.length;
}

/** [bytes, sum, name] */
const TABLE: [string, number, string][] = [
  ['', 0, 'nothing'],
  ['00', 0, 'one zero'],
  ['01', 0x0100, 'an odd byte is the first half of a word'],
  ['ff', 0xff00, 'the largest odd byte'],
  ['0001', 1, 'one word'],
  ['ffff', 0xffff, 'minus zero stays minus zero'],
  ['ffff ffff', 0xffff, 'twice minus zero'],
  ['ffff 0001', 1, 'end-around carry'],
  ['ffff ffff 01', 0x0100, 'carry and odd byte'],
  ['0001 f203 f4f5 f6f7', 0xddf2, 'the example of RFC 1071 §3'],
  ['4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7', 0xffff, 'an IPv4 header with its checksum'],
  ['00'.repeat(100), 0, 'a hundred zeros'],
  ['ff'.repeat(100), 0xffff, 'a hundred ones'],
  ['ff'.repeat(99), 0xff00, 'ninety-nine ones'],
];

t.test('sums by the table', async (t) => {
  for (const [hex, sum, name] of TABLE) {
    const length = place(hex);
    t.equal(sumBytes(block, length), sum, name);
    t.equal(sumBytesJs(block, length), sum, `${name}, without WebAssembly`);
  }
});

t.test('agrees with the definition at every length and alignment', async (t) => {
  t.equal(usesSimd, true, 'the SIMD module was instantiated');
  const wrong: string[] = [];
  const random = new SeededRandom(20250101);
  random.fill(packetMemory.bytes.subarray(block, block + 4096));
  for (let length = 0; length <= 300; length++) {
    for (let at = 0; at < 17; at++) wrong.push(compare(block + at, length));
  }
  for (let i = 0; i < 2_000; i++) {
    wrong.push(compare(block + random.below(100), random.below(3_900)));
  }
  t.same(wrong.filter(Boolean), []);
});

t.test('copies as it sums, and nothing beside', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const wrong: string[] = [];
  for (let i = 0; i < 2_000; i++) {
    const length = i < 200 ? i : random.below(3_000);
    const from = block + random.below(64);
    const to = block + 8192 + random.below(64);
    random.fill(packetMemory.bytes.subarray(block, block + 4096));
    const sum = sumSlowly(from, length);
    for (const copy of [copyBytes, copyBytesJs]) {
      packetMemory.bytes.fill(0xa5, block + 8000, block + 12_000);
      const result = copy(to, from, length);
      const isCopied = Buffer.compare(slice(to, length), slice(from, length)) === 0;
      const isNarrow = slice(to - 9, 9).every(isFill) && slice(to + length, 70).every(isFill);
      if (result === sum && isCopied && isNarrow) continue;
      wrong.push(`${copy.name}: ${length} bytes from ${from - block} to ${to - block}`);
    }
  }
  t.same(wrong, []);
  packetMemory.bytes.fill(0xff, block, block + BLOCK_BYTES / 2);
  const half = BLOCK_BYTES / 2;
  for (const length of [65_535, 512 * 1024, 512 * 1024 + 1, half - 1]) {
    t.equal(copyBytes(block + half, block, length), sumBytes(block, length), `${length} bytes`);
    t.ok(slice(block + half, length).equals(slice(block, length)));
  }
});

t.test('a sum behind an odd number of bytes is turned', async (t) => {
  new SeededRandom(11).fill(packetMemory.bytes.subarray(block, block + 2000));
  const whole = sumBytes(block, 1999);
  for (const cut of [0, 1, 2, 21, 1000, 1001, 1998, 1999]) {
    const behind = sumBehind(cut, sumBytes(block + cut, 1999 - cut));
    t.equal(addSums(sumBytes(block, cut), behind), whole, `${cut}`);
  }
});

t.test('does not overflow on the largest sums', async (t) => {
  packetMemory.bytes.fill(0xff, block, block + BLOCK_BYTES);
  const lengths = [65_534, 65_535, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, BLOCK_BYTES - 1];
  for (const length of lengths) t.equal(compare(block, length), '', `${length} bytes`);
  // 0xfffe everywhere: sums that are not minus zero, so that a lost carry shows.
  for (let i = 1; i < BLOCK_BYTES; i += 2) packetMemory.bytes[block + i] = 0xfe;
  for (const length of lengths) t.equal(compare(block, length), '', `${length} bytes`);
});

t.test('still works on memory that has grown', async (t) => {
  const before = packetMemory.bytes.length;
  const size = before;
  const far = packetMemory.allocate(size);
  t.ok(packetMemory.bytes.length > before, 'it has');
  new SeededRandom(7).fill(packetMemory.bytes.subarray(far + size - 2000, far + size));
  t.equal(compare(far + size - 1999, 1999), '');
  packetMemory.release(far, size);
});

t.test('sums of pieces add up to the sum of the whole', async (t) => {
  new SeededRandom(8).fill(packetMemory.bytes.subarray(block, block + 2000));
  const whole = sumBytes(block, 1999);
  for (const cut of [0, 2, 20, 40, 42, 1000, 1998]) {
    t.equal(addSums(sumBytes(block, cut), sumBytes(block + cut, 1999 - cut)), whole, `${cut}`);
  }
});

t.test('folds and complements', async (t) => {
  for (const [input, output] of [
    [0, 0],
    [0xffff, 0xffff],
    [0x10000, 1],
    [0x1ffff, 1],
    [0x1fffe, 0xffff],
    [0x7fffffff, 0x7fff],
  ] as const) {
    t.equal(foldSum(input), output, `fold ${input.toString(16)}`);
  }
  t.equal(addSums(0xffff, 0xffff), 0xffff);
  t.equal(addSums(0, 0), 0);
  t.equal(finishSum(0), 0xffff);
  t.equal(finishSum(0xffff), 0);
});

t.test('the pseudo-header is what RFC 9293 §3.1 and RFC 8200 §8.1 draw', async (t) => {
  for (const [source, destination, hex] of [
    ['10.1.2.3', '255.254.0.9', '0a010203 fffe0009 0006 05b4'],
    ['0.0.0.0', '0.0.0.0', '00000000 00000000 0006 05b4'],
    [
      '2001:db8::1',
      'fe80::ffff:0:9',
      '20010db8000000000000000000000001 fe800000000000000000ffff00000009 000005b4 00000006',
    ],
  ]) {
    const a = IpAddress.parse(source)!;
    const b = IpAddress.parse(destination)!;
    const addresses = addressSum(a.w0, a.w1, a.w2, a.w3, b.w0, b.w1, b.w2, b.w3);
    const length = place(hex);
    t.equal(pseudoHeaderSum(addresses, 6, 0x05b4), sumSlowly(block, length), source);
  }
  t.equal(pseudoHeaderSum(0, 6, 0x1_0005), 6 + 1 + 5, 'a length over 16 bits (RFC 2675)');
});

t.test('where WebAssembly fails it does without', async (t) => {
  const path = require.resolve('../../lib/wire/checksum');
  const { Instance } = WebAssembly;
  const loaded = require.cache[path];
  delete require.cache[path];
  Reflect.set(WebAssembly, 'Instance', function () {
    throw new Error('no SIMD');
  });
  try {
    const plain: typeof import('../../lib/wire/checksum') = require(path);
    t.equal(plain.usesSimd, false);
    new SeededRandom(9).fill(packetMemory.bytes.subarray(block, block + 2000));
    for (const length of [0, 40, 41, 1460, BLOCK_BYTES]) {
      t.equal(plain.sumBytes(block, length), sumBytes(block, length), `${length} bytes`);
      const half = block + BLOCK_BYTES / 2;
      if (length > 2000) continue;
      t.equal(plain.copyBytes(half, block, length), sumBytes(block, length), 'copied, too');
      t.ok(slice(half, length).equals(slice(block, length)));
    }
  } finally {
    Reflect.set(WebAssembly, 'Instance', Instance);
    require.cache[path] = loaded;
  }
});

function slice(offset: number, length: number): Buffer {
  return Buffer.from(packetMemory.buffer, offset, length);
}

function isFill(byte: number): boolean {
  return byte === 0xa5;
}

/** @returns what is wrong about the sums of these bytes, '' when nothing is */
function compare(offset: number, length: number): string {
  const expected = sumSlowly(offset, length);
  const fast = sumBytes(offset, length);
  const plain = sumBytesJs(offset, length);
  if (fast === expected && plain === expected) return '';
  return `${length} bytes at ${offset - block}: ${fast} and ${plain}, not ${expected}`;
}
