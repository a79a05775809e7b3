import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { Segment } from '../../lib/wire/segment';
import {
  MAX_OPTION_BYTES,
  OPTION_EOL,
  OPTION_NOP,
  optionBytes,
  readOptions,
  writeOptions,
} from '../../lib/wire/tcp-options';

const AT = packetMemory.allocate(256) + 64;

/** Counts the steps: each takes its option's kind, a byte, from the memory. */
class CountingView extends DataView<ArrayBuffer> {
  bytesRead = 0;

  override getUint8(offset: number): number {
    this.bytesRead++;
    return super.getUint8(offset);
  }
}

function place(hex: string, at = AT): number {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  packetMemory.bytes.set(bytes, at);
  return bytes.length;
}

/** The options of a segment as an object with only what is there. */
function optionsOf(seg: Segment): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (seg.mss >= 0) options.mss = seg.mss;
  if (seg.windowScale >= 0) options.scale = seg.windowScale;
  if (seg.sackPermitted) options.sackOK = true;
  if (seg.hasTimestamps) options.ts = [seg.tsval, seg.tsecr];
  if (seg.sackCount > 0) options.sack = [...seg.sackEdges.subarray(0, 2 * seg.sackCount)];
  return options;
}

const SACK = '00000001 00000002';
/** [bytes, all lengths legal, what was read, name] */
const TABLE: [string, boolean, Record<string, unknown>, string][] = [
  ['', true, {}, 'nothing'],
  ['00', true, {}, 'EOL'],
  ['01', true, {}, 'NOP'],
  ['01010101', true, {}, 'four NOPs'],
  ['020405b4', true, { mss: 1460 }, 'MSS'],
  ['02040000', true, { mss: 0 }, 'the smallest MSS'],
  ['0204ffff', true, { mss: 65535 }, 'the largest MSS'],
  ['030307', true, { scale: 7 }, 'window scale'],
  ['0303ff', true, { scale: 255 }, 'a window scale beyond 14 is read as it stands'],
  ['0402', true, { sackOK: true }, 'SACK-permitted'],
  ['080a 00000001 fffffffe', true, { ts: [1, -2] }, 'timestamps are int32'],
  [`050a ${SACK}`, true, { sack: [1, 2] }, 'one SACK block'],
  [`0522 ${SACK.repeat(4)}`, true, { sack: [1, 2, 1, 2, 1, 2, 1, 2] }, 'four SACK blocks'],
  ['00 020405b4', true, {}, 'what follows EOL is padding [MUST-69]'],
  ['01 020405b4 01 030302', true, { mss: 1460, scale: 2 }, 'at odd places [MUST-64]'],
  ['020405b4 02040218', true, { mss: 536 }, 'the last of two counts'],
  ['fd04 f989 030307', true, { scale: 7 }, 'an unknown kind is skipped [MUST-6]'],
  ['1e02 ff02 030307', true, { scale: 7 }, 'unknown kinds of length 2'],
  ['1c04 0000 2212 00000000000000000000000000000000', true, {}, 'user timeout and TFO cookie'],
  ['030307 02', false, { scale: 7 }, 'a kind without a length at the end'],
  ['030307 0200', false, { scale: 7 }, 'length 0 [MUST-7]'],
  ['030307 0201', false, { scale: 7 }, 'length 1'],
  ['030307 fe00', false, { scale: 7 }, 'length 0 of an unknown kind'],
  ['030307 fe01', false, { scale: 7 }, 'length 1 of an unknown kind'],
  ['030307 020405', false, { scale: 7 }, 'cut by a byte'],
  ['030307 fe04 00', false, { scale: 7 }, 'an unknown kind, cut by a byte'],
  ['030307 feff', false, { scale: 7 }, 'length 255'],
  ['0203 05 030307', false, {}, 'MSS of length 3'],
  ['0205 05b400 030307', false, {}, 'MSS of length 5'],
  ['0302', false, {}, 'window scale without its byte'],
  ['0403 00', false, {}, 'SACK-permitted with a byte'],
  ['0809 00000001 000000', false, {}, 'timestamps of length 9'],
  ['0502', false, {}, 'SACK without a block'],
  ['0506 00000001', false, {}, 'SACK of half a block'],
  [`052a ${SACK.repeat(5)}`, false, {}, 'five blocks do not fit a header'],
];

t.test('reads options by the table, at every alignment [MUST-4] [MUST-64]', async (t) => {
  for (const [hex, sound, expected, name] of TABLE) {
    for (let shift = 0; shift < 4; shift++) {
      const seg = new Segment();
      const length = place(hex, AT + shift);
      t.equal(readOptions(AT + shift, AT + shift + length, seg), sound, name);
      t.same(optionsOf(seg), expected, `${name}, shifted by ${shift}`);
    }
  }
});

t.test('ends within 40 steps, whatever kind, length and truncation [A-02]', async (t) => {
  const kept = packetMemory.view;
  const view = new CountingView(packetMemory.wasm.buffer);
  const seg = new Segment();
  let most = 0;
  let illegal = 0;
  packetMemory.view = view;
  try {
    for (let kind = 0; kind < 256; kind++) {
      for (let length = 0; length < 256; length++) {
        // The same option again and again, as often as it fits, cut at every place.
        for (let i = 0; i < MAX_OPTION_BYTES; i++) {
          packetMemory.bytes[AT + i] = i % Math.max(2, length) === 0 ? kind : length;
        }
        for (let cut = 0; cut <= MAX_OPTION_BYTES; cut++) {
          seg.clear();
          view.bytesRead = 0;
          if (!readOptions(AT, AT + cut, seg)) illegal++;
          most = Math.max(most, view.bytesRead);
        }
      }
    }
  } finally {
    packetMemory.view = kept;
  }
  t.ok(most <= 40, `at most ${most} bytes were looked at as kind or length`);
  t.ok(most > 30, 'and the count counts');
  t.ok(illegal > 1_000_000, `${illegal} of 2.7 million were illegal`);
});

t.test('never reads beyond the end', async (t) => {
  // What lies behind the end must make no difference.
  const random = new SeededRandom(99);
  const kinds = [OPTION_EOL, OPTION_NOP, 2, 3, 4, 5, 8, 254];
  for (let round = 0; round < 20_000; round++) {
    random.fill(packetMemory.bytes.subarray(AT, AT + 60));
    for (let i = 0; i < 40; i += 1 + random.below(6)) {
      packetMemory.bytes[AT + i] = kinds[random.below(kinds.length)];
      packetMemory.bytes[AT + i + 1] = random.below(12);
    }
    const length = random.below(41);
    const one = new Segment();
    const other = new Segment();
    const sound = readOptions(AT, AT + length, one);
    random.fill(packetMemory.bytes.subarray(AT + length, AT + 60));
    const again = readOptions(AT, AT + length, other);
    const same = JSON.stringify(optionsOf(one)) === JSON.stringify(optionsOf(other));
    if (sound !== again || !same) t.fail(`seed ${random.seed}, round ${round}`);
  }
});

/** [options to set, bytes, name] */
const LAYOUTS: [Partial<Segment>, string, string][] = [
  [{}, '', 'none'],
  [{ mss: 1460 }, '020405b4', 'MSS'],
  [{ windowScale: 7 }, '01030307', 'window scale'],
  [{ sackPermitted: true }, '01010402', 'SACK-permitted'],
  [{ hasTimestamps: true, tsval: 1, tsecr: -2 }, '0101080a 00000001 fffffffe', 'timestamps'],
  [
    { mss: 1460, sackPermitted: true, hasTimestamps: true, tsval: 100, windowScale: 7 },
    '020405b4 0402080a 00000064 00000000 01030307',
    "a SYN's, in Linux's order",
  ],
  [{ mss: 536, sackPermitted: true, windowScale: 0 }, '02040218 01010402 01030300', 'without TS'],
];

t.test('writes whole words in a fixed layout', async (t) => {
  for (const [fields, hex, name] of LAYOUTS) {
    const seg = Object.assign(new Segment(), fields);
    const expected = hex.replaceAll(' ', '');
    t.equal(optionBytes(seg), expected.length / 2, name);
    writeOptions(AT, seg);
    const written = packetMemory.bytes.subarray(AT, AT + optionBytes(seg));
    t.equal(Buffer.from(written).toString('hex'), expected, name);
  }
});

t.test('writes as many SACK blocks as fit', async (t) => {
  for (const [timestamps, offered, written] of [
    [false, 1, 1],
    [false, 4, 4],
    [true, 1, 1],
    [true, 3, 3],
    [true, 4, 3],
  ] as const) {
    const seg = new Segment();
    seg.hasTimestamps = timestamps;
    seg.sackCount = offered;
    seg.sackEdges.set([10, 20, 30, 40, 50, 60, -1, -2]);
    const length = optionBytes(seg);
    t.ok(length <= MAX_OPTION_BYTES);
    t.equal(length, (timestamps ? 12 : 0) + 4 + 8 * written);
    packetMemory.bytes.fill(0xee, AT, AT + 60);
    writeOptions(AT, seg);
    t.equal(packetMemory.bytes[AT + length], 0xee, 'and nothing behind them');
    const read = new Segment();
    t.equal(readOptions(AT, AT + length, read), true);
    t.equal(read.sackCount, written, `${written} of ${offered} blocks`);
    t.same(read.sackEdges.subarray(0, 2 * written), seg.sackEdges.subarray(0, 2 * written));
  }
});
