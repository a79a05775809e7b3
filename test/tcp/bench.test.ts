/** The bench itself: it opens, shows, counts time, and notices what is wrong. */
import t from 'tap';
import { Bench, eachWrap } from './bench';

eachWrap(t, 'shows an active open, text both ways and the close', (t, make) => {
  const b = make();
  b.open();
  t.same(b.sent({ win: true, options: true }), ['S 0:0(0) win 65535 <mss 1000>']);
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000>');
  t.same(b.sent(), ['. 1:1(0) ack 1']);
  t.equal(b.events(), 'connected');
  t.equal(b.send(100), 100);
  t.same(b.sent(), ['P. 1:101(100) ack 1']);
  b.inject('P. 1:51(50) ack 101 win 65535');
  t.equal(b.receive(), 50);
  t.equal(b.events(), 'readable');
  t.same(b.advance(1000), ['40 . 101:101(0) ack 51']);
  b.abort();
  t.same(b.sent(), ['R 101:101(0)']);
});

eachWrap(t, 'establishes passively', (t, make) => {
  const b = make().establish({ passive: true });
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.tcb.passive, true);
});

t.test('notices text that is not what was sent', (t) => {
  const b = new Bench().establish();
  b.send(10);
  b.sendPosition = 100; // as if the bytes between had been lost on their way into the buffer
  b.send(10);
  t.throws(() => b.sent(), { name: 'AssertionError' });
  t.end();
});

t.test('notices a window that shrinks', (t) => {
  const b = new Bench().establish();
  b.inject('. 1:101(100) ack 1 win 65535').advance(100);
  b.receive();
  b.tcb.rcv.edge -= 1;
  b.inject('. 1:101(100) ack 1 win 65535');
  t.throws(() => b.sent(), { name: 'AssertionError' });
  t.end();
});

t.test('notices forged text that was delivered', (t) => {
  const b = new Bench().establish();
  b.inject('. 1:101(100) ack 1 win 65535', 99);
  t.throws(() => b.receive(), { name: 'AssertionError' });
  t.end();
});
