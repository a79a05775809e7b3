/** Trains: text of several segments that is sent at once, and leaves one by one. */
import t from 'tap';
import { type Bench, type BenchOptions, eachWrap, type MakeBench } from './bench';

function established(make: MakeBench, options: BenchOptions = {}, more = ''): Bench {
  const b = make({ linkText: 5500, inTrains: true, ...options });
  return b.establish({ options: `mss 1000${more}` });
}

/** Sends what may be sent of it, one call. @returns its line */
function pollOne(b: Bench): string {
  const text = b.connection.pollTransmit(b.now, b.last);
  if (!text) return '';
  const { seq, textLength, moreLength, flags } = b.last;
  const first = (seq - b.iss) | 0;
  return `${flags.toString(16)} ${first}:${first + textLength + moreLength}`;
}

eachWrap(t, 'each segment is as if it had been sent by itself', (t, make) => {
  const b = established(make);
  b.send(7500);
  const full = [1, 1001, 2001, 3001, 4001, 5001, 6001].map((at) => `. ${at}:${at + 1000}(1000)`);
  t.same(
    b.sent(),
    full.map((line) => `${line} ack 1`),
  );
  t.equal(b.tcb.scoreboard.count, 2, 'and remembered as trains');
  const { segs_out: segments, data_segs_out: data } = b.connection.info(b.now);
  t.same([segments, data], [9, 7], 'the segments on the wire are counted');
  b.inject('. 1:1(0) ack 7001 win 65535');
  t.same(b.sent(), ['P. 7001:7501(500) ack 1']);
});

eachWrap(t, 'the last one is pushed, and bears the FIN', (t, make) => {
  const b = established(make, { config: { noDelay: true } });
  b.send(2500);
  b.shutdown();
  const lines = ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'FP. 2001:2501(500) ack 1'];
  t.same(b.sent(), lines);
  b.inject('. 1:1(0) ack 2502 win 65535');
  t.equal(b.state, 'FIN-WAIT-2');
});

eachWrap(t, 'a train that had to wait says what is true when it goes on', (t, make) => {
  const config = { timestamps: true, sendBufferBytes: 8192 };
  const b = established(make, { config }, ',TS val 1 ecr 0');
  b.send(4940);
  t.equal(pollOne(b), '10 1:989');
  b.now += 5;
  b.inject('. 1:101(100) ack 1 win 65535 <TS val 9 ecr 1000>');
  t.match(b.sent({ options: true, win: true }), [
    /^\. 989:1977\(988\) ack 101 win 65435 <nop,nop,TS val 1005 ecr 9>/,
    /^\. 1977:2965\(988\) ack 101 win 65435/,
    /^\. 2965:3953\(988\) ack 101/,
    /^P?\. 3953:4941\(988\) ack 101/,
  ]);
  t.equal(b.tcb.count.segmentsOut, 7, 'each was counted once: two of the handshake, five');
});

eachWrap(t, 'more text meanwhile moves the send buffer, and the train finds its own', (t, make) => {
  const b = established(make);
  b.send(5000);
  pollOne(b);
  b.send(30_000); // each byte that leaves is compared with what belongs there
  t.equal(b.sent().length, 9, 'the rest of the train, and of the initial window');
});

eachWrap(t, 'what had not left when all counts as lost goes with the rest', (t, make) => {
  const b = established(make);
  b.send(5000);
  t.equal(pollOne(b), '10 1:1001');
  b.now = b.connection.deadline;
  b.connection.handleTimeout(b.now);
  t.same(b.sent(), ['. 1:1001(1000) ack 1'], 'not 1001, before it is repeated');
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.same(b.sent(), ['. 1001:2001(1000) ack 1', '. 2001:3001(1000) ack 1']);
});

eachWrap(t, 'an ACK of what has not left ends the train', (t, make) => {
  const b = established(make);
  b.send(5000);
  pollOne(b);
  b.inject('. 1:1(0) ack 4001 win 65535');
  t.same(b.sent(), [], 'its text may be gone');
  const [line] = b.advance(5000);
  t.match(line, /4001:5001/, 'what is still owed is repeated');
});

eachWrap(t, 'a path that shrinks meanwhile gets smaller segments', (t, make) => {
  const b = established(make);
  b.send(5000);
  pollOne(b);
  t.ok(b.connection.handlePathMtu(600, b.tcb.snd.una));
  t.match(b.sent()[0], /^\. 1:601\(600\)/, 'all of it again');
});

eachWrap(t, 'a slow path does not get a long train', (t, make) => {
  const b = established(make);
  b.tcb.rtt.srtt = 50;
  b.send(8000);
  b.sent();
  t.equal(b.tcb.scoreboard.count, 4, 'two segments, for a window of ten in 50 ms');
});
