/** What becomes of segments that belong to nobody, are broken, or carry a full header. */
import t from 'tap';
import { exchange } from '../support/exchange';
import { script } from '../support/script';

const SYN_OPTIONS =
  'fd14 aabbccddeeff00112233445566778899aabb 020401f4 030303 0101010101010101 fe05000000';
const DATA_OPTIONS = `fd28 ${'5a'.repeat(38)}`;

exchange(
  t,
  '[U-12] a SYN to a port that nobody listens on is answered by a reset',
  `
  A                                                          B
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  CLOSED
  CLOSED        <--  R. 0:0(0) ack 101                  <--  CLOSED
  A: hears refused, hears closed
`,
);

exchange(
  t,
  '[MUST-12] [U-4] a reset ends an established connection at once, and is not answered',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: abort
  CLOSED        -->  R 101:101(0)                       -->  LISTEN
  B: hears reset, hears closed
`,
);

exchange(
  t,
  '[SHLD-3] whoever closes with data unread says so: a reset instead of a FIN',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: write 10
  ESTABLISHED   -->  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: leave
  CLOSED        <--  R 301:301(0)                       <--  LISTEN
  A: hears reset
`,
);

exchange(
  t,
  '[MUST-3] a segment with a bit flipped is as good as lost: its checksum tells; it goes again',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: write 100
  ESTABLISHED   -->  P. 101:201(100) ack 301            -#>  ESTABLISHED
  B: read 0
  after 200 ms
  ESTABLISHED   -->  P. 101:201(100) ack 301            -->  ESTABLISHED
  B: read 100
  after 40 ms
  ESTABLISHED   <--  . 301:301(0) ack 201               <--  ESTABLISHED
`,
);

script(
  t,
  '[U-12] an ACK to a port that nobody listens on is reset at the number it acknowledges',
  `
  0    < . 700:700(0) ack 4242 win 1000
  +0   > R 4242:4242(0)
  +0   < P. 700:710(10) ack 4242 win 1000
  +0   > R 4242:4242(0)
  +0   < R 700:700(0)                      // a reset is never answered
  +1   nothing
`,
);

script(
  t,
  '[MUST-3] a segment with a wrong checksum is dropped and counted, whatever it says',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1460> <badsum>
  +1   nothing
  +0   counter tcpBadChecksum 1
  +0   state LISTEN
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 65535
  +0   < R 1:1(0) <badsum>
  +0   < P. 1:11(10) ack 1 win 65535 <badsum>
  +1   nothing
  +0   counter tcpBadChecksum 3
  +0   state ESTABLISHED
`,
);

script(
  t,
  '[MUST-5] [MUST-6] of 40 bytes of options known kinds are used, others are passed over',
  `
  0    listen 80
  // An unknown kind of 20 bytes, MSS 500, window scale 3, eight NOPs, an unknown kind of 5 bytes.
  +0   < S 0:0(0) win 1000 <hex ${SYN_OPTIONS}>
  +0   > S. 0:0(0) ack 1 <mss 1460,nop,wscale 7>
  // One unknown kind of 40 bytes, and text behind it.
  +0   < P. 1:101(100) ack 1 win 1000 <hex ${DATA_OPTIONS}>
  +0   accept
  +0   info snd_mss 500
  +0   info snd_wnd 8000
  +0   read 100
  +0   > . 1:1(0) ack 101 win 8192    // scaled by 128: more than a SYN could offer
  +0   write 700
  +0   > . 1:501(500) ack 101
  +.1  < . 101:101(0) ack 501 win 1000   // until now Nagle's algorithm held the rest back
  +0   > P. 501:701(200) ack 101
  +0   counter tcpBadOptions 0
`,
);

script(
  t,
  '[MUST-7] options whose lengths make no sense are not read, and the segment is used without them',
  `
  0    listen 80
  // A window scale of 200 bytes: what comes behind it is lost, what came before it counts.
  +0   < S 0:0(0) win 1000 <hex 020401f4 03c803 01>
  +0   > S. 0:0(0) ack 1 <mss 1460>
  +0   < . 1:1(0) ack 1 win 1000
  +0   accept
  +0   info snd_mss 500
  +0   info snd_wnd 1000
  +0   counter tcpBadOptions 1
`,
);
