/** What the controller is told of the path with each ACK. */
import t from 'tap';
import { path } from '../../../lib/tcp/acknowledgment';
import { eachWrap } from '../bench';

eachWrap(t, 'round trips are counted, and measured by what was sent once', (t, make) => {
  const b = make().establish();
  b.send(3000);
  b.sent();
  b.advance(80);
  b.inject('. 1:1(0) ack 1001 win 65535');
  t.equal(path.rtt, 80);
  t.equal(path.now, b.now);
  const { rounds } = path;
  t.ok(rounds <= 1);
  b.inject('. 1:1(0) ack 2001 win 65535');
  b.advance(80);
  b.inject('. 1:1(0) ack 3001 win 65535');
  t.equal(path.rounds, rounds, 'its last byte belongs to the round');
  t.equal(path.srtt, b.tcb.rtt.srtt);
  b.send(1000);
  b.sent();
  b.advance(1500);
  b.inject('. 1:1(0) ack 4001 win 65535');
  t.ok(Number.isNaN(path.rtt), 'a repetition says nothing');
  t.equal(path.rounds, rounds + 1, 'what left after it is another');
});
