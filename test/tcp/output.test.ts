/** What leaves, in which order, with which flags. */
import t from 'tap';
import { Segment } from '../../lib/wire/segment';
import { Bench, eachWrap } from './bench';
import { REACHABLE, reach } from './reach';

eachWrap(t, '[MUST-61] PSH stands on the last of what is buffered', (t, make) => {
  const b = make({ config: { noDelay: true } }).establish();
  b.send(2500);
  t.same(b.sent(), ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'P. 2001:2501(500) ack 1']);
  b.inject('. 1:1(0) ack 2501 win 65535');
  b.send(1000);
  t.same(b.sent(), ['P. 2501:3501(1000) ack 1']);
});

eachWrap(t, '[SHLD-27] [SHLD-28] many small writes make full segments', (t, make) => {
  const b = make().establish();
  for (let i = 0; i < 300; i++) b.send(10);
  t.same(b.sent(), ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'P. 2001:3001(1000) ack 1']);
});

eachWrap(t, 'a FIN rides on the last text, or goes alone', (t, make) => {
  const b = make().establish();
  b.send(1500);
  b.shutdown();
  t.same(b.sent(), ['. 1:1001(1000) ack 1', 'FP. 1001:1501(500) ack 1']);
  const late = make().establish();
  late.send(1000);
  late.sent();
  late.shutdown();
  t.same(late.sent(), ['F. 1001:1001(0) ack 1']);
});

eachWrap(t, 'a FIN does not go beyond the window', (t, make) => {
  const b = make().establish({ win: 1000 });
  b.send(1000);
  b.shutdown();
  t.same(b.sent(), ['P. 1:1001(1000) ack 1']);
  b.inject('. 1:1(0) ack 1001 win 1');
  t.same(b.sent(), ['F. 1001:1001(0) ack 1']);
});

eachWrap(t, 'a FIN waits for the congestion window behind its text', (t, make) => {
  const b = make().establish();
  b.send(11_000);
  b.shutdown();
  t.equal(b.sent().length, 10);
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(b.sent(), ['FP. 10001:11001(1000) ack 1']);
});

eachWrap(t, '[MUST-62] urgent: the pointer names what follows the urgent data', (t, make) => {
  const b = make().establish();
  b.send(5, true);
  t.same(b.sent(), ['P.U 1:6(5) ack 1 urg 5']);
  b.send(10);
  t.same(b.sent(), [], 'what is not urgent waits as ever');
  b.inject('. 1:1(0) ack 6 win 65535');
  t.same(b.sent(), ['P. 6:16(10) ack 1']);
  b.send(1, true);
  t.same(b.sent(), ['P.U 16:17(1) ack 1 urg 1'], 'but what is urgent passes by Nagle');
});

eachWrap(t, '[MUST-62] urgent data in the middle, and more of it', (t, make) => {
  const b = make({ config: { noDelay: true } }).establish();
  b.send(1500);
  b.send(1, true);
  b.send(999);
  t.same(b.sent(), [
    '.U 1:1001(1000) ack 1 urg 1501',
    '.U 1001:2001(1000) ack 1 urg 501',
    'P. 2001:2501(500) ack 1',
  ]);
  b.send(1, true);
  t.same(b.sent(), ['P.U 2501:2502(1) ack 1 urg 1']);
});

eachWrap(t, '[MUST-31] urgent data longer than the pointer reaches', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 100_000;
  b.inject('. 1:1(0) ack 1 win 65535');
  b.send(66_000, true);
  const lines = b.sent();
  t.equal(lines[0], '.U 1:1001(1000) ack 1 urg 65535', 'as far as it can');
  t.equal(lines[1], '.U 1001:2001(1000) ack 1 urg 65000');
});

eachWrap(t, 'a repetition of urgent data is urgent, too', (t, make) => {
  const b = make().establish();
  b.send(5, true);
  b.sent();
  t.same(b.advance(200), ['200 P.U 1:6(5) ack 1 urg 5']);
  b.inject('. 1:1(0) ack 6 win 65535');
  b.send(5);
  t.same(b.sent(), ['P. 6:11(5) ack 1'], 'and then it is over');
});

eachWrap(t, 'long after urgent data nothing is urgent, wherever the numbers are', (t, make) => {
  const b = make().establish();
  b.send(5, true);
  b.sent();
  b.inject('. 1:1(0) ack 6 win 65535');
  // 2^31 bytes later SND.UP would look as if it were ahead.
  b.tcb.snd.una = (b.tcb.snd.una + 0x4000_0000) | 0;
  b.tcb.snd.nxt = b.tcb.snd.una;
  b.tcb.snd.up = b.tcb.snd.una;
  b.sendPosition += 0x4000_0000;
  b.send(5);
  t.same(b.sent(), ['P. 1073741830:1073741835(5) ack 1']);
});

eachWrap(t, 'in one round: resets, repetitions, new text, ACKs', (t, make) => {
  const b = make().establish();
  b.send(5000);
  b.sent();
  b.inject('. 1001:2001(1000) ack 1 win 65535');
  for (let i = 0; i < 3; i++) b.inject('. 1:1(0) ack 1 win 65535');
  b.tcb.cc.cwnd = 6000;
  b.send(1000);
  t.same(b.sent(), ['. 1:1001(1000) ack 1', 'P. 5001:6001(1000) ack 1', '. 6001:6001(0) ack 1']);
});

t.test('polling twice sends nothing twice', (t) => {
  for (const state of REACHABLE) {
    const b = reach(new Bench(), state);
    t.same(b.sent(), [], state);
    t.same(b.sent(), [], state);
    b.connection.dispose();
  }
  t.end();
});

t.test('every field of the segment is set anew', (t) => {
  const b = new Bench().establish();
  b.send(10, true);
  const dirty = new Segment();
  dirty.mss = 99;
  dirty.windowScale = 9;
  dirty.hasTimestamps = true;
  dirty.sackPermitted = true;
  dirty.sackCount = 3;
  dirty.moreLength = 77;
  dirty.trafficClass = 3;
  dirty.flags = 0xff;
  const clean = new Segment();
  const twin = new Bench().establish();
  twin.send(10, true);
  t.ok(b.connection.pollTransmit(b.now, dirty));
  t.ok(twin.connection.pollTransmit(twin.now, clean));
  dirty.textOffset = clean.textOffset;
  dirty.moreOffset = clean.moreOffset;
  t.same(dirty, clean);
  b.abort();
  twin.abort();
  dirty.trafficClass = 3;
  dirty.mss = 5;
  t.ok(b.connection.pollTransmit(b.now, dirty));
  t.ok(twin.connection.pollTransmit(twin.now, clean));
  t.same(dirty, clean, 'a reset, too');
  t.end();
});

t.test('[MUST-48] [SHLD-22] the traffic class stands in every segment', (t) => {
  const b = new Bench({ config: { trafficClass: 0xb8 } }).establish();
  b.send(10);
  b.sent();
  t.equal(b.last.trafficClass, 0xb8);
  b.connection.tune({ trafficClass: 0x20 });
  b.inject('P. 1:2001(2000) ack 11 win 65535');
  t.same(b.sent(), ['. 11:11(0) ack 2001']);
  t.equal(b.last.trafficClass, 0x20, '[SHLD-21] and can be changed');
  t.end();
});

eachWrap(t, 'idle for longer than a timeout: the window begins anew (RFC 5681 §4.1)', (t, make) => {
  const b = make().establish();
  b.tcb.cc.cwnd = 50_000;
  b.send(1000);
  b.sent();
  b.inject('. 1:1(0) ack 1001 win 65535');
  b.advance(201);
  b.send(50_000);
  t.equal(b.sent().length, 10);
});
