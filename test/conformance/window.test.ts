/** Windows, closed ones and their probes: RFC 9293 §3.8.6, as whole exchanges. */
import t from 'tap';
import { script } from '../support/script';

const PLAIN = { timestamps: false, windowScaling: false };
const SMALL = { tcp: { ...PLAIN, receiveBufferBytes: 4000, receiveBufferMaxBytes: 4000 } };
const ACCEPTED = `
  0    listen 80
  +0   < S 0:0(0) win 4000 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 4000
  +0   accept`;

script(
  t,
  '[U-13] [SHLD-14] text that is accepted leaves the right edge of the window where it was',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 4000
  +.04 > . 1:1(0) ack 1001 win 3000
  +0   < P. 1001:1501(500) ack 1 win 4000
  +.04 > . 1:1(0) ack 1501 win 2500
  +0   < . 1501:2501(1000) ack 1 win 4000
  +0   < . 2501:3501(1000) ack 1 win 4000
  +0   > . 1:1(0) ack 3501 win 500
  +0   read 3500
  +0   > . 1:1(0) ack 3501 win 4000
`,
  SMALL,
);

script(
  t,
  '[MAY-8] [U-15] the window may stay closed for a day; each probe is answered',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 4000
  &    < . 1001:2001(1000) ack 1 win 4000
  +0   > . 1:1(0) ack 2001 win 2000
  +0   < . 2001:3001(1000) ack 1 win 4000
  &    < . 3001:4001(1000) ack 1 win 4000
  +0   > . 1:1(0) ack 4001 win 0
  +1   < . 4001:4002(1) ack 1 win 4000
  +0   > . 1:1(0) ack 4001 win 0
  +86400 < . 4001:4002(1) ack 1 win 4000
  +0   > . 1:1(0) ack 4001 win 0
  +0   read 4000
  +0   > . 1:1(0) ack 4001 win 4000
  +0   < P. 4001:4002(1) ack 1 win 4000
  +.04 > . 1:1(0) ack 4002 win 3999
  +0   read 1
`,
  SMALL,
);

script(
  t,
  '[MUST-66] a closed window shuts out neither ACKs nor urgent pointers',
  `${ACCEPTED}
  +0   write 1000
  +0   > P. 1:1001(1000) ack 1
  +0   < . 1:1001(1000) ack 1 win 4000
  &    < . 1001:2001(1000) ack 1 win 4000
  +0   > . 1001:1001(0) ack 2001 win 2000
  +0   < . 2001:3001(1000) ack 1 win 4000
  &    < . 3001:4001(1000) ack 1 win 4000
  +0   > . 1001:1001(0) ack 4001 win 0
  +0   < U. 4001:4101(100) ack 1001 win 4000 urg 100
  +0   > . 1001:1001(0) ack 4001 win 0
  +0   event urgent
  +0   info bytes_acked 1000
  +1   nothing                         // our text was acknowledged: it does not go again
`,
  SMALL,
);

script(
  t,
  '[MUST-66] nor resets',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 4000
  &    < . 1001:2001(1000) ack 1 win 4000
  +0   > . 1:1(0) ack 2001 win 2000
  +0   < . 2001:3001(1000) ack 1 win 4000
  &    < . 3001:4001(1000) ack 1 win 4000
  +0   > . 1:1(0) ack 4001 win 0
  +0   < R 4001:4001(0)
  +0   event reset
  +0   state CLOSED
`,
  SMALL,
);

script(
  t,
  '[MUST-36] [MUST-37] [SHLD-29] [SHLD-30] a closed window is probed, ever more slowly',
  `
  0    listen 80
  +0   < S 0:0(0) win 1000 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +.1  < . 1:1(0) ack 1 win 1000       // a round trip of 100 ms: the timeout is 300 ms
  +0   accept
  +0   write 1500
  +0   > . 1:1001(1000) ack 1
  +.1  < . 1:1(0) ack 1001 win 0       // the second sample: 250 ms
  +.25 > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 0
  +.5  > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 0
  +1   > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 0
  +2   > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 1000
  +0   > P. 1001:1501(500) ack 1
`,
  { tcp: PLAIN },
);

script(
  t,
  '[MUST-34] [MUST-35] [SHLD-15] [SHLD-16] [SHLD-17] a window shrinks over what is sent',
  `
  0    listen 80
  +0   < S 0:0(0) win 4000 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +.1  < . 1:1(0) ack 1 win 4000
  +0   accept
  +0   write 6000
  +0   > . 1:1001(1000) ack 1
  +0   > . 1001:2001(1000) ack 1
  +0   > . 2001:3001(1000) ack 1
  +0   > . 3001:4001(1000) ack 1
  +.1  < . 1:1(0) ack 1001 win 0       // the edge moves left, by 3000
  +.25 > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 0
  +.5  > . 1001:1002(1) ack 1
  +0   < . 1:1(0) ack 1001 win 1500    // and a little to the right again
  +0   > . 1001:2001(1000) ack 1       // what lies inside goes again
  +.1  < . 1:1(0) ack 2001 win 4000
  +0   > . 2001:3001(1000) ack 1
  +0   > . 3001:4001(1000) ack 1
  +0   > . 4001:5001(1000) ack 1
  +0   > P. 5001:6001(1000) ack 1
`,
  { tcp: PLAIN },
);
