/** When text is acknowledged: RFC 9293 §3.8.6.3 and §3.10.7.4. */
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
  '[SHLD-18] [MUST-40] one segment alone is acknowledged after 40 ms',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 65535
  +.04 > . 1:1(0) ack 1001
`,
  PLAIN,
);

script(
  t,
  '[SHLD-18] or with the text that goes the other way',
  `${ACCEPTED}
  +0   < P. 1:101(100) ack 1 win 65535
  +.02 write 50
  +0   > P. 1:51(50) ack 101
  +.1  < . 101:101(0) ack 51 win 65535
  +1   nothing
`,
  PLAIN,
);

script(
  t,
  '[SHLD-19] every second full segment is acknowledged at once',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 65535
  +.01 < . 1001:2001(1000) ack 1 win 65535
  +0   > . 1:1(0) ack 2001
  +0   < . 2001:3001(1000) ack 1 win 65535
  +.04 > . 1:1(0) ack 3001
`,
  PLAIN,
);

script(
  t,
  '[MUST-58] [MUST-59] all that arrives at once is processed first, then acknowledged once',
  `${ACCEPTED}
  +0   < . 1:1001(1000) ack 1 win 65535
  &    < . 1001:2001(1000) ack 1 win 65535
  &    < . 2001:3001(1000) ack 1 win 65535
  &    < . 3001:4001(1000) ack 1 win 65535
  &    < . 4001:5001(1000) ack 1 win 65535
  +0   > . 1:1(0) ack 5001
  +1   nothing
`,
  PLAIN,
);

script(
  t,
  '[SHLD-31] [MAY-13] text ahead of its turn is answered at once and kept, with the FIN behind it',
  `${ACCEPTED}
  +0   < . 1001:2001(1000) ack 1 win 65535
  +0   > . 1:1(0) ack 1
  +0   < F. 2001:2501(500) ack 1 win 65535
  +0   > . 1:1(0) ack 1
  +0   < . 1:1001(1000) ack 1 win 65535
  +0   > . 1:1(0) ack 2502
  +0   read 2500
  +0   event end
`,
  PLAIN,
);
