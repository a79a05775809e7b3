/** Selective acknowledgment both ways: which blocks are told in which order, which are believed. */
import t from 'tap';
import { isDuplicateReport } from '../../lib/tcp/sack';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import { type Bench, eachWrap, type MakeBench } from './bench';

const SHOW = { options: true };

function established(make: MakeBench): Bench {
  return make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
}

/** The blocks of the one ACK that answers `line`. */
function answer(b: Bench, line: string): string {
  b.inject(line);
  const sent = b.sent(SHOW);
  return sent.length === 1 ? (/<.*>/.exec(sent[0])?.[0] ?? 'no blocks') : sent.join('; ');
}

eachWrap(t, 'the block of the latest arrival comes first (RFC 2018 §4)', (t, make) => {
  const b = established(make);
  const rows = [
    ['1001:2001', '<sack 1001:2001>'],
    ['3001:4001', '<sack 3001:4001 1001:2001>'],
    ['5001:6001', '<sack 5001:6001 3001:4001 1001:2001>'],
    ['7001:8001', '<sack 7001:8001 5001:6001 3001:4001 1001:2001>'],
    ['9001:10001', '<sack 9001:10001 7001:8001 5001:6001 3001:4001>'],
    ['2001:3001', '<sack 1001:4001 9001:10001 7001:8001 5001:6001>'],
  ];
  for (const [range, blocks] of rows) {
    const told = answer(b, `. ${range}(1000) ack 1 win 65535`).replaceAll(/nop,/g, '');
    t.equal(told, blocks, range);
  }
  t.equal(answer(b, '. 1:1001(1000) ack 1 win 65535').replaceAll(/nop,/g, '').length > 0, true);
  b.receive();
});

eachWrap(t, 'a duplicate is reported once, in the first block (RFC 2883 §4)', (t, make) => {
  const b = established(make);
  b.inject('. 1:1001(1000) ack 1 win 65535').sent();
  const below = answer(b, '. 1:1001(1000) ack 1 win 65535').replaceAll(/nop,/g, '');
  t.equal(below, '<sack 1:1001>', 'below the ACK');
  answer(b, '. 2001:3001(1000) ack 1 win 65535');
  const inside = answer(b, '. 2001:3001(1000) ack 1 win 65535').replaceAll(/nop,/g, '');
  t.equal(inside, '<sack 2001:3001 2001:3001>', 'inside a range held');
  const next = answer(b, '. 4001:5001(1000) ack 1 win 65535').replaceAll(/nop,/g, '');
  t.equal(next, '<sack 4001:5001 2001:3001>', 'and never again');
  b.receive();
});

eachWrap(t, 'a FIN that is ahead of its turn is reported like text', (t, make) => {
  const told = (b: Bench, line: string) => answer(b, line).replaceAll(/nop,/g, '');
  const alone = established(make);
  t.equal(told(alone, 'F. 2001:2001(0) ack 1 win 65535'), '<sack 2001:2002>', 'alone');
  t.equal(told(alone, '. 501:1001(500) ack 1 win 65535'), '<sack 501:1001 2001:2002>');
  t.equal(told(alone, '. 1001:2001(1000) ack 1 win 65535'), '<sack 501:2002>', 'behind its text');
  const last = established(make);
  t.equal(told(last, 'F. 1001:2001(1000) ack 1 win 65535'), '<sack 1001:2002>', 'with text');
  last.inject('. 1:1001(1000) ack 1 win 65535').sent();
  t.equal(last.state, 'CLOSE-WAIT', 'and taken once its turn has come');
});

eachWrap(t, 'text lost before a FIN is repeated as soon as the FIN is reported', (t, make) => {
  const b = make({ config: { sack: true } });
  b.open().sent();
  b.now += 40;
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>').sent();
  b.send(1000);
  b.sent();
  b.shutdown();
  b.sent();
  b.advance(40);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:1002>');
  t.same(b.advance(10), ['10 P. 1:1001(1000) ack 1'], 'a quarter of a round trip, for reordering');
});

eachWrap(t, 'without the option on both SYNs no block is sent or believed', (t, make) => {
  const b = make({ config: { sack: true } }).establish();
  t.equal(answer(b, '. 1001:2001(1000) ack 1 win 65535'), 'no blocks');
  b.send(3000);
  b.sent();
  b.inject('. 2001:2001(0) ack 1 win 65535 <sack 1001:2001>');
  t.equal(b.tcb.scoreboard.sackedBytes, 0);
});

/** [blocks, bytes believed, name]; 1 to 4001 are outstanding */
const BLOCKS: readonly (readonly [string, number, string])[] = [
  ['1001:2001', 1000, 'one segment'],
  ['1001:2001 3001:4001', 2000, 'two'],
  ['1001:2500', 1000, 'half a segment does not count'],
  ['1:1001', 1000, 'even the first one'],
  ['3001:4002', 0, 'beyond what was sent'],
  ['2001:1001', 0, 'the wrong way round'],
  ['2001:2001', 0, 'empty'],
  ['1001:2001 1001:2001', 1000, 'a duplicate says nothing new'],
];

eachWrap(t, 'only blocks of what is outstanding are believed', (t, make) => {
  for (const [blocks, bytes, name] of BLOCKS) {
    const b = established(make);
    b.send(4000);
    b.sent();
    b.inject(`. 1:1(0) ack 1 win 65535 <sack ${blocks}>`);
    t.equal(b.tcb.scoreboard.sackedBytes, bytes, name);
  }
});

/** [ACK, blocks, is a duplicate reported?] */
const REPORTS: readonly (readonly [number, string, boolean])[] = [
  [1000, '500:1000', true],
  [1000, '500:1001', false],
  [1000, '2000:2500 1500:3000', true],
  [1000, '1500:3000 2000:2500', false],
  [1000, '2000:2500 3000:4000', false],
];

t.test('a report of a duplicate is known by where its first block lies', (t) => {
  const seg = new Segment();
  for (const [ack, blocks, expected] of REPORTS) {
    parseSegmentText(`. 1:1(0) ack ${ack} win 100 <sack ${blocks}>`, seg, {
      seqBase: 0,
      ackBase: 0,
    });
    t.equal(isDuplicateReport(seg), expected, blocks);
  }
  t.end();
});
