/** Header and options of whole packets: RFC 9293 §3.1, §3.2 and §3.7.1. */
import t from 'tap';
import { script } from '../support/script';
import { LOCAL, PacketPeer } from './packet-peer';

/** An unknown kind of six bytes, then timestamps where no word begins, then padding. */
const LATE_TIMESTAMPS = 'fd06aabbccdd 01 080a 0000000700000000';

script(
  t,
  '[MUST-5] [MUST-6] [MUST-64] [MUST-68] any segment may bear options, unknown ones are skipped',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1460,TS val 5 ecr 0>
  +0   > S. 0:0(0) ack 1 <mss 1460,TS val 0 ecr 5>
  +0   < . 1:1(0) ack 1 win 65535 <TS val 5 ecr 0>
  +0   < P. 1:101(100) ack 1 win 65535 <hex ${LATE_TIMESTAMPS}>
  +.04 > . 1:1(0) ack 101 <TS val 40 ecr 7>
  +0   < F. 101:101(0) ack 1 win 65535 <hex ${LATE_TIMESTAMPS}>
  +0   > . 1:1(0) ack 102 <TS val 40 ecr 7>
  +0   counter tcpBadOptions 0
  +0   read 100
`,
  { tcp: { timestamps: true, windowScaling: false } },
);

script(
  t,
  '[MUST-7] a length of zero, or beyond the header, ends the reading and nothing else',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <hex 02040200 fd00 0303 07>
  +0   > S. 0:0(0) ack 1 <mss 1460>
  +0   < . 1:1(0) ack 1 win 65535 <hex 0800>
  +0   < P. 1:101(100) ack 1 win 65535 <hex fdff>
  +.04 > . 1:1(0) ack 101
  +0   counter tcpBadOptions 3
  +0   info snd_mss 512
  +0   read 100
`,
  { tcp: { windowScaling: true, timestamps: false } },
);

script(
  t,
  '[MUST-69] [MUST-4] what stands behind the end of the list is not looked at',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <hex 01 02040200 00 02040300 030307>
  +0   > S. 0:0(0) ack 1 <mss 1460>
  +0   < . 1:1(0) ack 1 win 65535
  +0   info snd_mss 512
  +0   counter tcpBadOptions 0
`,
);

script(
  t,
  '[MUST-15] [MUST-16] without an MSS option segments bear 536 bytes',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535
  +0   > S. 0:0(0) ack 1 <mss 1460>
  +0   < . 1:1(0) ack 1 win 65535
  +0   write 1200
  +0   > . 1:537(536) ack 1
  +0   > . 537:1073(536) ack 1
  +.1  < . 1:1(0) ack 1073 win 65535
  +0   > P. 1073:1201(128) ack 1
`,
  { tcp: { timestamps: false } },
);

/** [MTU of the path, MSS to be offered] */
const MTUS = [
  [576, 536],
  [1006, 966],
  [1500, 1460],
  [9000, 8960],
  [65_535, 65_495],
] as const;

t.test('[SHLD-5] [MUST-14] [MUST-67] each SYN offers the MSS that the MTU allows', async (t) => {
  for (const [mtu, mss] of MTUS) {
    const active = new PacketPeer({ mtu }).connect();
    const [syn] = active.take();
    t.equal(syn.segment.mss, mss, `SYN over an MTU of ${mtu}`);
    active.advance(1000);
    t.equal(active.take()[0].segment.mss, mss, 'and the SYN again');
    active.stack.close();
    const passive = new PacketPeer({ mtu }).listen().send('S 0:0(0) win 65535 <mss 100>');
    t.equal(passive.take()[0].segment.mss, mss, `SYN-ACK over an MTU of ${mtu}`);
    passive.stack.close();
  }
});

t.test('[SHLD-6] where a path takes less than its link, its MTU decides', async (t) => {
  const route = () => ({ source: LOCAL, mtu: 1280 });
  const active = new PacketPeer({ route }).connect();
  t.equal(active.take()[0].segment.mss, 1240, 'SYN');
  active.stack.close();
  const passive = new PacketPeer({ route }).listen().send('S 0:0(0) win 65535 <mss 1460>');
  t.equal(passive.take()[0].segment.mss, 1240, 'SYN-ACK');
  passive.send('. 1:1(0) ack 1 win 65535').write(2000);
  t.same(
    passive.turn().lines(),
    ['. 1:1241(1240) ack 1', 'P. 1241:2001(760) ack 1'].slice(0, 1),
    'and its segments are no larger; the rest waits (Nagle)',
  );
  passive.stack.close();
});
