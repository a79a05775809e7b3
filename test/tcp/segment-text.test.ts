/** Sixth to eighth check: text in and out of turn, FIN, and when it is acknowledged. */
import t from 'tap';
import { type Bench, eachWrap } from './bench';

/** Bytes in order so far, relative. */
function nxt(b: Bench): number {
  return (b.tcb.rcv.nxt - b.irs) | 0;
}

eachWrap(t, 'text in its turn is delivered at once, and acknowledged after a while', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  t.equal(b.events(), 'readable');
  t.equal(b.receive(), 100);
  t.same(b.sent(), []);
  t.same(b.advance(500), ['40 . 1:1(0) ack 101'], '[SHLD-18] [MUST-40]');
  t.same(b.advance(5000), [], 'once');
});

eachWrap(t, '[SHLD-19] every second full segment is acknowledged at once', (t, make) => {
  const b = make().establish();
  const lines: string[] = [];
  for (let seq = 1; seq <= 5001; seq += 1000) {
    b.inject(`. ${seq}:${seq + 1000}(1000) ack 1 win 65535`);
    lines.push(...b.sent());
  }
  t.same(lines, ['. 1:1(0) ack 2001', '. 1:1(0) ack 4001', '. 1:1(0) ack 6001']);
});

eachWrap(t, '[SHLD-19] the size of his segments decides what is full', (t, make) => {
  const b = make({ mss: 1460 }).establish();
  b.inject('. 1:537(536) ack 1 win 65535');
  t.same(b.sent(), []);
  b.inject('. 537:1073(536) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 1073'], 'a peer who sends no more than 536 bytes');
  b.inject('. 1073:2533(1460) ack 1 win 65535');
  t.same(b.sent(), []);
  b.inject('. 2533:3993(1460) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 3993']);
});

eachWrap(t, '[MUST-58] [MUST-59] a batch is acknowledged once', (t, make) => {
  const b = make().establish();
  for (let seq = 1; seq <= 9001; seq += 1000) {
    b.inject(`. ${seq}:${seq + 1000}(1000) ack 1 win 65535`);
  }
  t.same(b.sent(), ['. 1:1(0) ack 10001']);
});

eachWrap(t, 'text of our own pays the ACK that is owed', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  b.send(10);
  t.same(b.sent(), ['P. 1:11(10) ack 101']);
  t.same(b.advance(150), [], 'and nothing is left to acknowledge');
});

eachWrap(t, 'a peer whose window is nearly used up is answered at once', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 2000 } }).establish();
  b.inject('. 1:1501(1500) ack 1 win 65535');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1501 win 500']);
});

eachWrap(
  t,
  '[SHLD-31] [MAY-13] text ahead of its turn waits, and each is answered at once',
  (t, make) => {
    const b = make().establish();
    b.inject('. 1001:2001(1000) ack 1 win 65535');
    t.same(b.sent(), ['. 1:1(0) ack 1']);
    b.inject('. 2001:3001(1000) ack 1 win 65535');
    b.inject('. 4001:5001(1000) ack 1 win 65535');
    t.same(
      b.sent(),
      ['. 1:1(0) ack 1', '. 1:1(0) ack 1'],
      'one for each, in a batch, too (RFC 5681)',
    );
    t.equal(b.events(), '');
    b.inject('. 1:1001(1000) ack 1 win 65535');
    t.same(b.sent(), ['. 1:1(0) ack 3001'], 'a hole filled is answered at once');
    t.equal(b.receive(), 3000);
    b.inject('. 3001:4001(1000) ack 1 win 65535');
    t.same(b.sent(), ['. 1:1(0) ack 5001']);
    t.equal(b.receive(), 2000);
    t.equal(b.connection.info(b.now).rcv_ooopack, 3);
  },
);

eachWrap(t, 'a flood out of order does not owe answers without end', (t, make) => {
  const b = make().establish();
  for (let i = 0; i < 500; i++) b.inject('. 1001:1002(1) ack 1 win 65535');
  t.equal(b.sent().length, 64);
});

/** [segments, in order then, ranges that wait then, name]; a window of 10,000 bytes */
const OVERLAPS: readonly (readonly [string[], number, number, string])[] = [
  [['1:101', '1:101'], 101, 0, 'the same twice'],
  [['1:101', '51:151'], 151, 0, 'its first half old'],
  [['1:101', '21:31'], 101, 0, 'inside what was taken'],
  [['51:101', '1:61'], 101, 0, 'reaching into what waits'],
  [['51:101', '1:151'], 151, 0, 'around what waits'],
  [['51:101', '1:51'], 101, 0, 'up to what waits'],
  [['51:101', '1:50'], 50, 1, 'one byte short of it'],
  [['51:101', '41:61', '1:41'], 101, 0, 'waiting ones that overlap'],
  [['51:101', '51:101', '1:51'], 101, 0, 'the same one waiting twice'],
  [['151:201', '51:101', '1:160'], 201, 0, 'around one, into another'],
  [['101:151', '1:10001'], 10_001, 0, 'a whole window over it'],
  [['9001:11001', '1:9001'], 10_001, 0, 'cut at the edge of the window'],
  [['-49:51'], 51, 0, 'beginning before the window'],
  [['-49:51', '-99:61'], 61, 0, 'again, longer'],
  [['2:101', '1:2'], 101, 0, 'the first byte missing'],
];

eachWrap(t, 'overlaps of every kind give the right bytes once', (t, make) => {
  for (const [segments, end, waiting, name] of OVERLAPS) {
    const b = make({ config: { receiveBufferBytes: 10_000 } }).establish();
    for (const segment of segments) {
      const [from, to] = segment.split(':').map(Number);
      b.inject(`. ${from}:${to}(${to - from}) ack 1 win 65535`);
    }
    t.equal(nxt(b), end, name);
    t.equal(b.receive(), end - 1, name);
    t.same(b.sent().at(-1) ?? b.advance(40)[0].slice(3), `. 1:1(0) ack ${end}`, name);
    t.equal(b.tcb.reassembly.count, waiting, name);
  }
});

eachWrap(t, 'text beyond the window is cut, with the FIN behind it, and answered', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 1000 } }).establish();
  b.inject('FP. 1:1501(1500) ack 1 win 65535');
  t.equal(b.state, 'ESTABLISHED');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1001 win 0']);
  t.equal(b.receive(), 1000);
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1001 win 1000']);
  b.inject('FP. 1001:1501(500) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.receive(), 500);
});

eachWrap(t, 'a FIN right at the edge of the window is taken: it needs no room', (t, make) => {
  const b = make({ config: { receiveBufferBytes: 1000 } }).establish();
  b.inject('FP. 1:1001(1000) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.same(b.sent({ win: true }), ['. 1:1(0) ack 1002 win 0']);
  t.equal(b.receive(), 1000);
});

eachWrap(t, 'a FIN ahead of its turn waits for the text before it', (t, make) => {
  const b = make().establish();
  b.inject('F. 201:201(0) ack 1 win 65535');
  t.equal(b.state, 'ESTABLISHED');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
  b.inject('. 101:201(100) ack 1 win 65535').sent();
  t.equal(b.state, 'ESTABLISHED');
  b.inject('. 1:101(100) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.same(b.sent(), ['. 1:1(0) ack 202']);
  t.equal(b.receive(), 200);
  t.ok(b.connection.readEnded);
});

eachWrap(t, 'a FIN with text ahead of its turn', (t, make) => {
  const b = make().establish();
  b.inject('FP. 101:201(100) ack 1 win 65535').sent();
  b.inject('P. 1:101(100) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.receive(), 200);
});

/** [what comes again in CLOSE-WAIT behind `FP. 1:101(100)`, name] */
const REPEATS: readonly (readonly [string, string])[] = [
  ['FP. 1:101(100)', 'all of it'],
  ['P. 1:101(100)', 'without the FIN'],
  ['F. 101:101(0)', 'the FIN'],
  ['FP. 51:101(50)', 'a part of it'],
  ['P. 1:11(10)', 'the beginning'],
  ['FP. 1:151(150)', 'more than there was'],
];

eachWrap(t, 'a repeated FIN is answered, and not taken again', (t, make) => {
  for (const [line, name] of REPEATS) {
    const b = make().establish();
    b.inject('FP. 1:101(100) ack 1 win 65535').sent();
    b.inject(`${line} ack 1 win 65535`);
    t.same(b.sent(), name === 'more than there was' ? [] : ['. 1:1(0) ack 102'], name);
    t.equal(b.state, 'CLOSE-WAIT');
    t.equal(nxt(b), 102);
    t.equal(b.receive(), 100);
  }
});

eachWrap(t, 'a repetition that begins before RCV.NXT brings its FIN', (t, make) => {
  const b = make().establish();
  b.inject('P. 1:101(100) ack 1 win 65535');
  b.inject('FP. 51:101(50) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT', 'all its text is old, the FIN is new');
  t.equal(b.receive(), 100);
  const longer = make().establish();
  longer.inject('P. 1:101(100) ack 1 win 65535');
  longer.inject('FP. 1:151(150) ack 1 win 65535');
  t.equal(longer.state, 'CLOSE-WAIT');
  t.equal(longer.receive(), 150);
});

eachWrap(t, 'text behind a FIN that waits does not confuse', (t, make) => {
  const b = make().establish();
  b.inject('F. 101:101(0) ack 1 win 65535');
  b.inject('P. 201:301(100) ack 1 win 65535');
  b.inject('P. 1:101(100) ack 1 win 65535');
  t.equal(b.state, 'CLOSE-WAIT');
  t.equal(b.receive(), 100);
  t.equal(b.tcb.reassembly.ringBytes, 0, 'and is not kept');
});

eachWrap(
  t,
  'a FIN in FIN-WAIT-1 that acknowledges our FIN goes straight to TIME-WAIT',
  (t, make) => {
    const b = make().establish();
    b.shutdown().sent();
    b.inject('FP. 1:11(10) ack 2 win 65535');
    t.equal(b.state, 'TIME-WAIT');
    t.equal(b.receive(), 10);
  },
);

eachWrap(t, 'the first segments can be acknowledged at once', (t, make) => {
  const b = make({ config: { quickAckSegments: 2 } }).establish();
  b.inject('P. 1:11(10) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 11']);
  b.inject('P. 11:21(10) ack 1 win 65535');
  t.same(b.sent(), ['. 1:1(0) ack 21']);
  b.inject('P. 21:31(10) ack 1 win 65535');
  t.same(b.sent(), []);
});
