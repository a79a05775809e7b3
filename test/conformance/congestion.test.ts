/** Congestion control in whole exchanges: RFC 9293 §3.8.2, RFC 5681, RFC 6582, RFC 3168. */
import t from 'tap';
import { script } from '../support/script';
import { PacketPeer } from './packet-peer';

const ECT_0 = 2;
const CE = 3;
const PLAIN = { timestamps: false, windowScaling: false, congestionControl: 'reno' };

script(
  t,
  '[MUST-19] slow start doubles the window; a timeout starts it anew, and doubles itself',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +.1  < . 1:1(0) ack 1 win 65535
  +0   accept
  +0   write 20000
  +0   > . 1:1001(1000) ack 1          // an initial window of two
  +0   > . 1001:2001(1000) ack 1
  +.1  < . 1:1(0) ack 2001 win 65535
  +0   > . 2001:3001(1000) ack 1       // four
  +0   > . 3001:4001(1000) ack 1
  +0   > . 4001:5001(1000) ack 1
  +0   > . 5001:6001(1000) ack 1
  +.25 > . 2001:3001(1000) ack 1       // nothing is answered: all of it counts as lost
  +.5  > . 2001:3001(1000) ack 1
  +1   > . 2001:3001(1000) ack 1
  +.1  < . 1:1(0) ack 3001 win 65535
  +0   > . 3001:4001(1000) ack 1       // slow start again
  +0   > . 4001:5001(1000) ack 1
`,
  { tcp: { ...PLAIN, initialWindowSegments: 2, blackHoleTimeouts: 0 } },
);

script(
  t,
  '[MUST-19] three duplicates bring the lost segment back at once, and half the window',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +.1  < . 1:1(0) ack 1 win 65535
  +0   accept
  +0   write 8000
  +0   > . 1:1001(1000) ack 1
  +0   > . 1001:2001(1000) ack 1
  +0   > . 2001:3001(1000) ack 1
  +0   > . 3001:4001(1000) ack 1
  +0   > . 4001:5001(1000) ack 1
  +0   > . 5001:6001(1000) ack 1
  +0   > . 6001:7001(1000) ack 1
  +0   > P. 7001:8001(1000) ack 1
  +.1  < . 1:1(0) ack 1 win 65535
  +0   < . 1:1(0) ack 1 win 65535
  +0   < . 1:1(0) ack 1 win 65535
  +0   > . 1:1001(1000) ack 1
  +0   info snd_ssthresh 4000
  +.1  < . 1:1(0) ack 8001 win 65535
`,
  { tcp: PLAIN },
);

t.test('[SHLD-8] ECN is agreed on by the SYNs, by request of either side', async (t) => {
  const active = new PacketPeer({ tcp: { ecn: 'request' } }).connect();
  t.match(active.take()[0].line, 'SEW 0:0(0)', 'our SYN asks');
  active.send('S.E 0:0(0) ack 1 win 65535 <mss 1460>');
  t.ok(active.connection!.info().ecn);
  active.stack.close();

  const refused = new PacketPeer({ tcp: { ecn: 'request' } }).connect();
  refused.take();
  refused.send('S. 0:0(0) ack 1 win 65535 <mss 1460>').write(100).turn();
  t.notOk(refused.connection!.info().ecn, 'a peer who does not know it says nothing');
  t.same(new Set(refused.take().map(({ trafficClass }) => trafficClass)), new Set([0]));
  refused.stack.close();

  const passive = new PacketPeer({ tcp: { ecn: 'accept', congestionControl: 'reno' } }).listen();
  passive.send('SEW 0:0(0) win 65535 <mss 1460>');
  t.match(passive.take()[0].line, 'S.E 0:0(0) ack 1', 'our SYN-ACK agrees');
  passive.stack.close();
});

t.test('[SHLD-8] marks are echoed until CWR, an echo halves the window once', async (t) => {
  const peer = new PacketPeer({ tcp: { ecn: 'accept', congestionControl: 'reno' } }).listen();
  peer.send('SEW 0:0(0) win 65535 <mss 1000>').take();
  peer.send('. 1:1(0) ack 1 win 65535');

  peer.send('P. 1:11(10) ack 1 win 65535', { trafficClass: CE });
  t.same(peer.lines(), ['.E 1:1(0) ack 11'], 'a mark is echoed at once');
  peer.send('P. 11:21(10) ack 1 win 65535').advance(40);
  t.same(peer.lines(), ['.E 1:1(0) ack 21'], 'and on every ACK');
  peer.send('PW. 21:31(10) ack 1 win 65535').advance(40);
  t.same(peer.lines(), ['. 1:1(0) ack 31'], 'until the peer has slowed down');

  peer.write(10_000).turn();
  const sent = peer.take();
  t.equal(sent.length, 10);
  t.same(new Set(sent.map(({ trafficClass }) => trafficClass)), new Set([ECT_0]));
  const before = peer.connection!.info().snd_cwnd;
  peer.send('.E 31:31(0) ack 5001 win 65535').send('.E 31:31(0) ack 6001 win 65535');
  const { snd_cwnd, ecn_seen } = peer.connection!.info();
  t.equal(ecn_seen, 1, 'two echoes of one round trip are one');
  t.ok(snd_cwnd <= before / 2 + 1000, `from ${before} to ${snd_cwnd}`);
  peer.send('. 31:31(0) ack 10001 win 65535').write(1000).turn();
  t.match(peer.lines()[0], /^PW?\.?W? 10001:11001/, 'new text says so');
  t.same(
    peer
      .write(1000)
      .turn()
      .take()
      .filter(({ line }) => line.includes('W')),
    [],
  );
  peer.stack.close();
});
