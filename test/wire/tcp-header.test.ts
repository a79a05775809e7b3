import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { pseudoHeaderSum, sumBytes } from '../../lib/wire/checksum';
import { ACK, FIN, PSH, RST, Segment, SYN } from '../../lib/wire/segment';
import {
  CHECKSUM_BAD,
  CHECKSUM_FULL,
  CHECKSUM_PARTIAL,
  holdsPartialChecksum,
  readSegment,
  SEGMENT_BAD_DATA_OFFSET,
  SEGMENT_BAD_OPTIONS,
  SEGMENT_CUT,
  SEGMENT_FAULT_NAMES,
  SEGMENT_OK,
  SEGMENT_SHORT,
  segmentHeaderBytes,
  verifyTcpChecksum,
  writeGatheredChecksum,
  writeSegment,
  writeSegmentHeader,
  writeTcpChecksum,
  writeWholeSegment,
} from '../../lib/wire/tcp-header';
import { placeHex } from '../support/place-hex';

const BLOCK = packetMemory.allocate(256 * 1024);
const AT = BLOCK + 1; // odd: nothing may rely on alignment
const TEXT = BLOCK + 128 * 1024;

function place(hex: string): number {
  return placeHex(AT, hex);
}

function hexAt(offset: number, length: number): string {
  return Buffer.from(packetMemory.bytes.subarray(offset, offset + length)).toString('hex');
}

t.test('reads a segment byte for byte', async (t) => {
  const seg = new Segment();
  seg.trafficClass = 3;
  const length = place('fffe 0050 80000001 ffffffff 5f18 ffff 1234 8000 68656c6c6f');
  t.equal(readSegment(AT, length, seg), SEGMENT_OK);
  t.match(seg, {
    sourcePort: 65534,
    destinationPort: 80,
    seq: 0x80000001 | 0,
    ack: -1,
    flags: PSH | ACK,
    window: 65535, // never negative [MUST-1]
    urgentPointer: 0x8000,
    mss: -1,
    windowScale: -1,
    sackPermitted: false,
    hasTimestamps: false,
    sackCount: 0,
    textOffset: AT + 20,
    textLength: 5,
    moreLength: 0,
    trafficClass: 0,
  });
});

t.test('forgets the segment before', async (t) => {
  const seg = new Segment();
  const rich = place(
    '0001 0002 00000003 00000004 e002 0005 0000 0006' +
      '020405b4 0402080a 00000007 00000008 01030309 050a0000000100000002 0000 0000 0000',
  );
  t.equal(readSegment(AT, rich, seg), SEGMENT_OK);
  t.match(seg, { mss: 1460, windowScale: 9, hasTimestamps: true, sackCount: 1 });
  const bare = place('0001 0002 00000003 00000004 5010 0005 0000 0000');
  t.equal(readSegment(AT, bare, seg), SEGMENT_OK);
  t.match(seg, {
    mss: -1,
    windowScale: -1,
    sackPermitted: false,
    hasTimestamps: false,
    tsval: 0,
    tsecr: 0,
    sackCount: 0,
    textLength: 0,
  });
});

t.test('the fast path for timestamps reads what the slow one does', async (t) => {
  const header = '0001 0002 00000003 00000004 8010 0005 0000 0000';
  const fast = new Segment();
  const slow = new Segment();
  t.equal(readSegment(AT, place(`${header} 0101080a fffffff0 00000011 aa`), fast), SEGMENT_OK);
  t.equal(readSegment(AT, place(`${header} 080a fffffff0 00000011 0101 aa`), slow), SEGMENT_OK);
  t.match(fast, { hasTimestamps: true, tsval: -16, tsecr: 17, textLength: 1 });
  t.same(fast, slow);
});

/** [length, byte 12, result, name] */
const FAULTS: [number, number, number, string][] = [
  [0, 0x50, SEGMENT_SHORT, 'nothing'],
  [19, 0x50, SEGMENT_SHORT, 'a byte less than a header'],
  [20, 0x50, SEGMENT_OK, 'a header and nothing else'],
  [20, 0x5f, SEGMENT_OK, 'reserved bits are ignored'],
  [20, 0x40, SEGMENT_BAD_DATA_OFFSET, 'a data offset of 16 bytes'],
  [20, 0x00, SEGMENT_BAD_DATA_OFFSET, 'a data offset of 0'],
  [20, 0x60, SEGMENT_CUT, 'options that were not received'],
  [59, 0xf0, SEGMENT_CUT, 'the largest header, a byte short'],
  [60, 0xf0, SEGMENT_OK, 'the largest header'],
  [65_515, 0xf0, SEGMENT_OK, 'the largest segment'],
];

t.test('believes no data offset beyond the bytes received [A-01]', async (t) => {
  const seg = new Segment();
  for (const [length, offsetByte, result, name] of FAULTS) {
    packetMemory.bytes.fill(0, AT, AT + 60);
    packetMemory.bytes[AT + 12] = offsetByte;
    t.equal(readSegment(AT, length, seg), result, `${name}: ${SEGMENT_FAULT_NAMES[result]}`);
  }
});

t.test('survives an illegal option length and says so [MUST-7]', async (t) => {
  const seg = new Segment();
  const length = place('0001 0002 00000003 00000004 7002 0005 0000 0000 020405b4 03000000 ff');
  t.equal(readSegment(AT, length, seg), SEGMENT_BAD_OPTIONS);
  t.ok(SEGMENT_BAD_OPTIONS < SEGMENT_OK, 'negative: the segment can be used');
  t.match(seg, { seq: 3, mss: 1460, windowScale: -1, textOffset: AT + 28, textLength: 1 });
});

t.test('writes a segment byte for byte', async (t) => {
  const seg = new Segment();
  Object.assign(seg, { sourcePort: 65534, destinationPort: 80, seq: -2, ack: 0x80000000 | 0 });
  Object.assign(seg, { flags: FIN | ACK, window: 65535, urgentPointer: 65535 });
  packetMemory.bytes.fill(0xee, AT - 1, AT + 30);
  t.equal(writeSegment(AT, seg), 20);
  t.equal(
    hexAt(AT - 1, 22),
    'ee fffe0050 fffffffe 80000000 5011ffff 0000ffff ee'.replaceAll(' ', ''),
  );

  Object.assign(seg, { flags: RST, urgentPointer: 0, window: 0 });
  writeSegment(AT, seg);
  t.equal(hexAt(AT + 8, 4), '00000000', 'without ACK no acknowledgment is shown');
});

t.test('copies both pieces of a text that wraps', async (t) => {
  packetMemory.bytes.set(Buffer.from('world'), TEXT + 3);
  packetMemory.bytes.set(Buffer.from('hello '), TEXT + 100);
  const seg = new Segment();
  Object.assign(seg, { flags: ACK, textOffset: TEXT + 100, textLength: 6 });
  Object.assign(seg, { moreOffset: TEXT + 3, moreLength: 5, hasTimestamps: true });
  t.equal(segmentHeaderBytes(seg), 32);
  t.equal(writeSegment(AT, seg), 43);
  t.equal(Buffer.from(hexAt(AT + 32, 11), 'hex').toString(), 'hello world');

  const read = new Segment();
  t.equal(readSegment(AT, 43, read), SEGMENT_OK);
  t.equal(read.textLength, 11);
});

const anySegment = fc.record({
  sourcePort: fc.nat(0xffff),
  destinationPort: fc.nat(0xffff),
  seq: fc.integer(),
  ack: fc.integer(),
  flags: fc.nat(255).map((flags) => flags | ACK),
  window: fc.nat(0xffff),
  urgentPointer: fc.nat(0xffff),
  mss: fc.oneof(fc.constant(-1), fc.nat(0xffff)),
  windowScale: fc.oneof(fc.constant(-1), fc.nat(255)),
  sackPermitted: fc.boolean(),
  timestamps: fc.option(fc.record({ tsval: fc.integer(), tsecr: fc.integer() })),
  sackEdges: fc.array(fc.integer(), { maxLength: 2 }),
  textLength: fc.nat(100),
  moreLength: fc.nat(100),
});

t.test('what is written reads the same', async () => {
  const random = new SeededRandom(5);
  random.fill(packetMemory.bytes.subarray(TEXT, TEXT + 1000));
  const text = Buffer.from(packetMemory.bytes.subarray(TEXT, TEXT + 200)).toString('hex');
  fc.assert(
    fc.property(anySegment, ({ timestamps, sackEdges, ...fields }) => {
      const seg = Object.assign(new Segment(), fields, timestamps ?? {});
      seg.hasTimestamps = timestamps !== null;
      seg.sackCount = sackEdges.length >> 1;
      seg.sackEdges.set(sackEdges.slice(0, 2 * seg.sackCount));
      seg.textOffset = TEXT;
      seg.moreOffset = TEXT + seg.textLength;
      const length = writeSegment(AT, seg);
      const read = new Segment();
      if (readSegment(AT, length, read) !== SEGMENT_OK) return false;
      if (hexAt(read.textOffset, read.textLength) !== text.slice(0, 2 * read.textLength)) {
        return false;
      }
      if (read.textLength !== fields.textLength + fields.moreLength) return false;
      const names = Object.keys(fields) as (keyof typeof fields)[];
      return (
        names.every((name) => name.endsWith('Length') || read[name] === seg[name]) &&
        read.hasTimestamps === seg.hasTimestamps &&
        read.tsval === seg.tsval &&
        read.tsecr === seg.tsecr &&
        read.sackCount === seg.sackCount &&
        read.sackEdges.join() === seg.sackEdges.join()
      );
    }),
  );
});

t.test('the checksum covers pseudo-header, header and text [MUST-2] [MUST-3]', async (t) => {
  const random = new SeededRandom(6);
  random.fill(packetMemory.bytes.subarray(TEXT, TEXT + 1460));
  const seg = new Segment();
  Object.assign(seg, { sourcePort: 1, destinationPort: 2, flags: ACK, textOffset: TEXT });
  for (const textLength of [0, 1, 2, 19, 20, 21, 1459, 1460]) {
    seg.textLength = textLength;
    const length = writeSegment(AT, seg);
    const pseudo = pseudoHeaderSum(0x1234, 6, length);
    writeTcpChecksum(AT, length, pseudo);
    t.equal(verifyTcpChecksum(AT, length, pseudo), CHECKSUM_FULL, `${textLength} bytes of text`);
    t.equal(verifyTcpChecksum(AT, length, pseudo ^ 1), CHECKSUM_BAD, 'another address');
    for (let bit = 0; bit < length * 8; bit += 1 + random.below(40)) {
      packetMemory.bytes[AT + (bit >> 3)] ^= 1 << (bit & 7);
      if (verifyTcpChecksum(AT, length, pseudo) !== CHECKSUM_BAD) t.fail(`bit ${bit} unseen`);
      packetMemory.bytes[AT + (bit >> 3)] ^= 1 << (bit & 7);
    }
  }
});

t.test("knows a field that holds the pseudo-header's sum only", async (t) => {
  const seg = new Segment();
  Object.assign(seg, { flags: SYN, mss: 65495 });
  const length = writeSegment(AT, seg);
  const pseudo = pseudoHeaderSum(0xfe01, 6, length);
  packetMemory.view.setUint16(AT + 16, pseudo);
  t.equal(holdsPartialChecksum(AT, pseudo), true);
  t.equal(verifyTcpChecksum(AT, length, pseudo), CHECKSUM_PARTIAL);
  t.equal(verifyTcpChecksum(AT, length, pseudo + 1), CHECKSUM_BAD);

  packetMemory.view.setUint16(AT + 16, 0);
  writeTcpChecksum(AT, length, pseudo);
  t.equal(holdsPartialChecksum(AT, pseudo), false);
});

t.test('a complete checksum that looks partial counts as complete', async (t) => {
  // Choose an urgent pointer that makes the complete checksum equal the pseudo-header's sum.
  const seg = new Segment();
  seg.flags = ACK;
  const pseudo = 0x2345;
  const bare = sumBytes(AT, writeSegment(AT, seg));
  seg.urgentPointer = (((0xffff - 2 * pseudo - bare) % 0xffff) + 0xffff) % 0xffff;
  const length = writeSegment(AT, seg);
  writeTcpChecksum(AT, length, pseudo);
  t.equal(holdsPartialChecksum(AT, pseudo), true);
  t.equal(verifyTcpChecksum(AT, length, pseudo), CHECKSUM_FULL);
});

t.test('the checksum of text that lies elsewhere is that of the whole segment', async (t) => {
  const random = new SeededRandom(1071);
  random.fill(packetMemory.bytes.subarray(TEXT, TEXT + 70_000));
  const seg = new Segment();
  for (const [textLength, moreLength] of [
    [0, 0],
    [1, 0],
    [1, 1],
    [2, 3],
    [999, 1],
    [1000, 1001],
    [32_767, 32_700],
  ]) {
    for (const odd of [0, 1]) {
      Object.assign(seg, { sourcePort: 1, seq: 7, flags: ACK, textLength, moreLength });
      seg.textOffset = TEXT + odd;
      seg.moreOffset = TEXT + 35_000;
      const length = writeSegment(AT, seg);
      writeTcpChecksum(AT, length, 0x1234);
      const whole = hexAt(AT, 20);
      const headerBytes = writeSegmentHeader(AT, seg);
      writeGatheredChecksum(AT, headerBytes, seg, 0x1234);
      t.equal(hexAt(AT, 20), whole, `${textLength} + ${moreLength} bytes`);
    }
  }
});

t.test('a segment whose checksum is made on the way is the same as one summed later', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  random.fill(packetMemory.bytes.subarray(TEXT, TEXT + 10_000));
  const seg = new Segment();
  const bad: string[] = [];
  for (let i = 0; i < 500; i++) {
    seg.clear();
    const [textLength, more] = [random.below(1500), random.below(1500)];
    Object.assign(seg, { seq: random.next32() | 0, flags: ACK, textLength, ack: i });
    seg.moreLength = textLength > 0 && random.below(2) === 0 ? more : 0;
    seg.textOffset = TEXT + random.below(3000);
    seg.moreOffset = TEXT + 5000 + random.below(3000);
    seg.hasTimestamps = random.below(2) === 0;
    seg.sackCount = random.below(4);
    const addresses = random.below(0x1_0000);
    const length = writeSegment(AT, seg);
    writeTcpChecksum(AT, length, pseudoHeaderSum(addresses, 6, length));
    const later = hexAt(AT, length);
    packetMemory.bytes.fill(0xee, AT, AT + length);
    if (writeWholeSegment(AT, seg, addresses) === length && hexAt(AT, length) === later) continue;
    bad.push(`round ${i}: ${seg.textLength} + ${seg.moreLength} bytes`);
  }
  t.same(bad, [], `SEED=${seed}`);
});

t.test('random bytes never throw, text never ends behind the segment', async (t) => {
  const random = new SeededRandom(1914);
  const seg = new Segment();
  const results = new Map<number, number>();
  for (let i = 0; i < 100_000; i++) {
    const length = random.below(100);
    random.fill(packetMemory.bytes.subarray(AT, AT + 100));
    const result = readSegment(AT, length, seg);
    results.set(result, (results.get(result) ?? 0) + 1);
    if (result > 0) continue;
    if (seg.textOffset + seg.textLength !== AT + length || seg.textLength < 0) {
      t.fail(`seed ${random.seed}, round ${i}`);
    }
  }
  const all = [
    SEGMENT_BAD_OPTIONS,
    SEGMENT_OK,
    SEGMENT_SHORT,
    SEGMENT_BAD_DATA_OFFSET,
    SEGMENT_CUT,
  ];
  for (const result of all) t.ok(results.get(result)! > 100, `${result}: ${results.get(result)}`);
});
