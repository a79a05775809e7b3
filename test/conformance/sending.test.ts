/** When text is sent and how it is cut: RFC 9293 §3.7.4, §3.8.6 and §3.9.1.2. */
import t from 'tap';
import { script } from '../support/script';

const PLAIN = { tcp: { timestamps: false, windowScaling: false } };
const ACCEPTED = `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +.1  < . 1:1(0) ack 1 win 65535
  +0   accept`;

script(
  t,
  '[MUST-60] [MUST-61] what is written leaves when nothing is on its way, with PSH on its end',
  `${ACCEPTED}
  +0   write 2500
  +0   > . 1:1001(1000) ack 1
  +0   > . 1001:2001(1000) ack 1
  +.1  < . 1:1(0) ack 2001 win 65535
  +0   > P. 2001:2501(500) ack 1       // what Nagle's algorithm held back, by its ACK at the latest
`,
  PLAIN,
);

script(
  t,
  '[SHLD-27] [SHLD-28] [MAY-16] [SHLD-7] small writes gather to the largest segment',
  `${ACCEPTED}
  +0   write 10
  +0   > P. 1:11(10) ack 1
  +0   write 300
  +0   write 300
  +0   write 300
  +0   write 300
  +0   > . 11:1011(1000) ack 1
  +.1  < . 1:1(0) ack 1011 win 65535
  +0   > P. 1011:1211(200) ack 1
`,
  PLAIN,
);

script(
  t,
  '[MAY-16] what is written in one turn leaves as one segment',
  `${ACCEPTED}
  +0   write 10
  &    write 20
  &    write 30
  +0   > P. 1:61(60) ack 1
`,
  PLAIN,
);

script(
  t,
  '[MUST-17] without Nagle small writes do not wait',
  `${ACCEPTED}
  +0   nodelay on
  +0   write 10
  +0   > P. 1:11(10) ack 1
  +0   write 20
  +0   > P. 11:31(20) ack 1
`,
  PLAIN,
);

script(
  t,
  '[MUST-38] [MUST-60] a silly window is not used at once, but it is used',
  `${ACCEPTED}
  +0   < . 1:1(0) ack 1 win 400
  +0   write 2000
  +.2  > . 1:401(400) ack 1            // the override
  +.1  < . 1:1(0) ack 401 win 65535
  +0   > . 401:1401(1000) ack 1
`,
  PLAIN,
);
