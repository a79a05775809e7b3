import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { formatSegment, parseSegmentText, type SequenceBases } from '../../lib/wire/packet-text';
import { ACK, Segment } from '../../lib/wire/segment';
import { readSegment, SEGMENT_OK, writeSegment } from '../../lib/wire/tcp-header';

/** Lines in their canonical form: they read and print as themselves. */
const LINES = [
  'S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>',
  'S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,sackOK,nop,wscale 7>',
  'S 0:0(0) win 65535 <mss 536>',
  'S 0:10(10) win 8192 <mss 1460>',
  'S 0:0(0) win 512',
  '. 1:1(0) ack 1 win 257',
  '. 1:1461(1460) ack 1 win 257',
  '. 1:1(0) ack 1 win 0',
  'P. 1461:2001(540) ack 1 win 257 <nop,nop,TS val 4294967295 ecr 2147483648>',
  'F. 1:1(0) ack 1 win 257',
  'FP. 1:11(10) ack 4294967295 win 257',
  'R 1:1(0)',
  'R. 0:0(0) ack 1',
  'R 1:1(0) win 100',
  'P.U 1:6(5) ack 1 win 257 urg 5',
  '. 1:1(0) ack 1 win 257 urg 7',
  '.U 1:1(0) ack 1 win 257 urg 0',
  'SEW 0:0(0) win 65535',
  'S.E 0:0(0) ack 1 win 65535',
  '- 1:1(0) win 257',
  '. 1:1(0) ack 1 win 257 <nop,nop,sack 1461:2921>',
  '. 1:1(0) ack 1 win 257 <nop,nop,TS val 1 ecr 2,nop,nop,sack 3:4 5:6 4294967294:1>',
  '. 1:1(0) ack 1 win 257 <nop,nop,sack 1:2 3:4 5:6 7:8>',
  '. 4294967295:0(1) ack 1 win 257',
];

/** Initial sequence numbers far from, on and just before a wrap. */
const BASES: SequenceBases[] = [
  {},
  { seqBase: 1000, ackBase: 5000 },
  { seqBase: -1, ackBase: 0x7fffffff },
  { seqBase: 0x7fffffff, ackBase: -1 },
  { seqBase: -0x80000000, ackBase: -0x80000000 },
];

t.test('a canonical line reads and prints as itself, whatever it counts from', async (t) => {
  const seg = new Segment();
  for (const line of LINES) {
    for (const bases of BASES) {
      parseSegmentText(line, seg, bases);
      t.equal(formatSegment(seg, bases), line);
    }
  }
});

t.test('numbers count from the initial sequence numbers', async (t) => {
  const seg = new Segment();
  const bases = { seqBase: -2, ackBase: 0x7ffffffe };
  parseSegmentText('P. 3:8(5) ack 4 win 1 <sack 5:7>', seg, bases);
  t.equal(seg.seq, 1, 'past 2^32');
  t.equal(seg.ack, -0x80000000 + 2, 'past 2^31');
  t.same([...seg.sackEdges.subarray(0, 2)], [-0x80000000 + 3, -0x80000000 + 5]);
  t.equal(
    formatSegment(seg, {}),
    'P. 1:6(5) ack 2147483650 win 1 <nop,nop,sack 2147483651:2147483653>',
  );
});

/** [line, canonical line, name] */
const SPELLINGS: [string, string, string][] = [
  ['  .   1:1(0)  ack 1   win 257 ', '. 1:1(0) ack 1 win 257', 'blanks'],
  ['.P 1:2(1) ack 1 win 2', 'P. 1:2(1) ack 1 win 2', 'flags in any order'],
  ['. -1:0(1) ack -1 win 2', '. 4294967295:0(1) ack 4294967295 win 2', 'negative numbers'],
  ['S 0:0(0)', 'S 0:0(0) win 0', 'no window is 0'],
  ['S 0:0(0) win 1 <>', 'S 0:0(0) win 1', 'no options'],
  ['S 0:0(0) win 1 <...>', 'S 0:0(0) win 1', 'any options'],
  [
    'S 0:0(0) win 1 <wscale 3, nop , mss 9,eol>',
    'S 0:0(0) win 1 <mss 9,nop,wscale 3>',
    'options in any order, padding anywhere',
  ],
];

t.test('reads other spellings', async (t) => {
  const seg = new Segment();
  for (const [line, canonical, name] of SPELLINGS) {
    parseSegmentText(line, seg);
    t.equal(formatSegment(seg), canonical, name);
  }
});

t.test('tells what a line left open', async (t) => {
  const seg = new Segment();
  const open = { ack: false, window: false, urgentPointer: false, options: false };
  t.match(parseSegmentText('S 0:0(0)', seg), { ...open, anyOptions: false });
  t.match(parseSegmentText('. 0:0(0) ack 0', seg), { ...open, ack: true });
  t.match(parseSegmentText('S 0:0(0) win 0', seg), { ...open, window: true });
  t.match(parseSegmentText('S 0:0(0) urg 0', seg), { ...open, urgentPointer: true });
  t.match(parseSegmentText('S 0:0(0) <>', seg), { ...open, options: true, anyOptions: false });
  t.match(parseSegmentText('S 0:0(0) <...>', seg), { ...open, options: true, anyOptions: true });
});

t.test('forgets what the segment was before', async (t) => {
  const seg = new Segment();
  parseSegmentText('SP.U 5:9(4) ack 3 win 2 urg 1 <mss 1,sackOK,TS val 1 ecr 1,wscale 1>', seg);
  seg.sourcePort = 7;
  parseSegmentText('R 1:1(0)', seg);
  t.equal(formatSegment(seg), 'R 1:1(0)');
  t.equal(seg.ack, 0);
  t.equal(seg.sourcePort, 7, 'but not the ports, which the text does not have');
});

const NO_LINES = [
  '',
  'S',
  '1:1(0) ack 1',
  'X 1:1(0)',
  '.. 1:1(0)',
  'S- 1:1(0)',
  '. 1:1',
  '. 1:2(2)',
  '. 2:1(1)',
  '. 1:1(0) win 1 ack 1',
  '. 1:1(0) win 65536',
  '. 1:1(0) win -1',
  '. 1:1(0) urg 65536',
  '. 1:1(0) ack',
  '. 1:1(0) ack 1 <mss>',
  '. 1:1(0) ack 1 <mss 65536>',
  '. 1:1(0) ack 1 <mss -1>',
  '. 1:1(0) ack 1 <mss x>',
  '. 1:1(0) ack 1 <wscale 256>',
  '. 1:1(0) ack 1 <TS val 1>',
  '. 1:1(0) ack 1 <TS val 1 ecr 4294967296>',
  '. 1:1(0) ack 1 <TS 1 2>',
  '. 1:1(0) ack 1 <sack>',
  '. 1:1(0) ack 1 <sack 1>',
  '. 1:1(0) ack 1 <sack 1:2:3>',
  '. 1:1(0) ack 1 <sack 1:2 1:2 1:2 1:2 1:2>',
  '. 1:1(0) ack 1 <unknown>',
  '. 1:1(0) ack 1 <mss 1> more',
];

t.test('refuses what is no segment', async (t) => {
  const seg = new Segment();
  for (const line of NO_LINES) {
    t.throws(() => parseSegmentText(line, seg), SyntaxError, `"${line}"`);
  }
});

t.test('through text and through bytes a segment stays what it was', async () => {
  const int32 = fc.oneof(fc.constantFrom(0, -1, 0x7fffffff, -0x80000000), fc.integer());
  const anySegment = fc.record({
    seq: int32,
    ack: int32,
    flags: fc.nat(255).map((flags) => flags | ACK),
    window: fc.nat(0xffff),
    urgentPointer: fc.nat(0xffff),
    mss: fc.oneof(fc.constant(-1), fc.nat(0xffff)),
    windowScale: fc.oneof(fc.constant(-1), fc.nat(255)),
    sackPermitted: fc.boolean(),
    hasTimestamps: fc.boolean(),
    tsval: int32,
    tsecr: int32,
    textLength: fc.nat(1460),
  });
  const at = packetMemory.allocate(4096);
  const text = packetMemory.allocate(2048);
  const bases = fc.record({ seqBase: int32, ackBase: int32 });
  fc.assert(
    fc.property(anySegment, fc.array(int32, { maxLength: 4 }), bases, (fields, edges, from) => {
      const seg = Object.assign(new Segment(), fields);
      if (!seg.hasTimestamps) seg.tsval = seg.tsecr = 0;
      seg.sackCount = edges.length >> 1;
      seg.sackEdges.set(edges.slice(0, 2 * seg.sackCount));
      seg.textOffset = text;
      const line = formatSegment(seg, from);

      const parsed = new Segment();
      parseSegmentText(line, parsed, from);
      parsed.textOffset = text;
      const read = new Segment();
      if (readSegment(at, writeSegment(at, parsed), read) !== SEGMENT_OK) return false;
      return formatSegment(read, from) === line && read.seq === seg.seq && read.ack === seg.ack;
    }),
  );
});
