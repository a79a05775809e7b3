/** Segments that belong to no connection (RFC 9293 §3.10.7.1 and §3.5.2, group 1). */
import t from 'tap';
import { writeResetFor } from '../../lib/tcp/stray';
import { formatSegment, parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';

/** [what arrives, the answer or null, name]; numbers are absolute */
const CASES: readonly (readonly [string, string | null, string])[] = [
  ['S 100:100(0) win 65535 <mss 1460>', 'R. 0:0(0) ack 101', 'a SYN: refused'],
  ['S 100:150(50) win 65535', 'R. 0:0(0) ack 151', 'a SYN with text'],
  ['S 4294967295:4294967295(0) win 1', 'R. 0:0(0) ack 0', 'a SYN at the end of the space'],
  ['SF 4294967290:4294967300(10) win 1', 'R. 0:0(0) ack 6', 'SYN, text and FIN across 2^32'],
  ['. 1:1(0) ack 500 win 1', 'R 500:500(0)', 'an ACK'],
  ['. 1:1(0) ack 0 win 1', 'R 0:0(0)', 'an ACK of 0'],
  ['. 1:1(0) ack 2147483648 win 1', 'R 2147483648:2147483648(0)', 'an ACK of 2^31'],
  ['S. 7:7(0) ack 500 win 1', 'R 500:500(0)', 'a SYN-ACK: RFC 9293 figure 9'],
  ['P. 1:11(10) ack 500 win 1 urg 4 <TS val 1 ecr 2>', 'R 500:500(0)', 'text'],
  ['F. 1:1(0) ack 500 win 1', 'R 500:500(0)', 'a FIN'],
  ['- 1:1(0) win 1', 'R. 0:0(0) ack 1', 'no flag at all'],
  ['F 9:9(0) win 1', 'R. 0:0(0) ack 10', 'a FIN without ACK'],
  ['- 1:101(100) win 1', 'R. 0:0(0) ack 101', 'text without ACK'],
  ['R 1:1(0)', null, 'a reset'],
  ['R. 1:1(0) ack 5', null, 'a reset with ACK'],
  ['SFRP.UEW 1:2(1) ack 5 win 1 urg 1', null, 'all flags: one of them is RST'],
];

t.test('[U-12] a stray segment is answered with a reset, a reset never', (t) => {
  const seg = new Segment();
  const out = new Segment();
  for (const [line, want, name] of CASES) {
    parseSegmentText(line, seg);
    seg.sourcePort = 80;
    seg.destinationPort = 1234;
    // What an earlier use left in `out` must not leak into the answer.
    parseSegmentText('SP. 9:19(10) ack 9 win 99 urg 9 <mss 9,TS val 9 ecr 9,wscale 9>', out);
    out.moreLength = 5;
    const due = writeResetFor(seg, out);
    t.equal(due, want !== null, name);
    if (!due) continue;
    t.equal(formatSegment(out), want, name);
    t.equal(out.sourcePort, 1234, 'ports are exchanged');
    t.equal(out.destinationPort, 80);
    t.equal(out.window, 0);
    t.equal(out.length, 0);
  }
  t.end();
});

t.test('[A-16] the answer to an answer is nothing', (t) => {
  const seg = new Segment();
  const out = new Segment();
  for (const [line] of CASES) {
    parseSegmentText(line, seg);
    if (!writeResetFor(seg, out)) continue;
    t.equal(writeResetFor(out, new Segment()), false, line);
  }
  t.end();
});
