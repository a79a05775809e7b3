/** Which text leaves: what was lost before what is new, as far as both windows allow. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

function established(make: MakeBench): Bench {
  return make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK' });
}

eachWrap(t, 'what was lost goes before what is new', (t, make) => {
  const b = established(make);
  b.send(20_000);
  t.equal(b.sent().length, 10);
  b.inject('. 1:1(0) ack 1 win 65535 <sack 1001:2001 3001:10001>');
  const lines = b.sent();
  t.match(lines[0], /\. 1:1001\(1000\)/);
  t.match(lines[1], /\. 2001:3001\(1000\)/);
  t.ok(
    lines.slice(2).every((line) => /\. 1\d001:/.test(line)),
    'then what is new',
  );
});

eachWrap(t, 'small segments that were lost go again in one', (t, make) => {
  const b = established(make);
  b.connection.setNoDelay(true);
  for (let i = 0; i < 5; i++) {
    b.send(100);
    b.sent();
  }
  const lines = b.advance(1100).filter((line) => line.includes(' 1:'));
  t.match(lines[0], /1:501\(500\)/);
});

eachWrap(t, 'a shrunken window cuts what goes again', (t, make) => {
  const b = established(make);
  b.send(4000);
  b.sent();
  b.inject('. 1:1(0) ack 1 win 1500');
  const lines = b.advance(1100).filter((line) => /^\S+ \S+ \d+:\d+\([1-9]/.test(line));
  t.ok(lines.length > 0);
  for (const line of lines) t.ok(Number(/:(\d+)\(/.exec(line)![1]) <= 1501, line);
});

eachWrap(t, 'nothing new leaves beyond either window', (t, make) => {
  const b = make({ config: { sack: true } }).establish({ options: 'mss 1000,sackOK', win: 3000 });
  b.send(10_000);
  t.equal(b.sent().length, 3, 'the peer allows three');
  b.inject('. 1:1(0) ack 3001 win 65535');
  b.tcb.cc.cwnd = 4000;
  t.equal(b.sent().length, 4, 'the network four');
});

eachWrap(t, 'a FIN goes with the last text, alone behind it, and again', (t, make) => {
  const b = established(make);
  b.send(500);
  b.shutdown();
  t.match(b.sent(), [/F.* 1:501\(500\)/]);
  const again = b.advance(1100);
  t.match(again[0], /F.* 1:501\(500\)/);
});
