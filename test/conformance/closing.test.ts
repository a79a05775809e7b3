/** How connections end: RFC 9293 §3.6, as whole exchanges. */
import t from 'tap';
import { script } from '../support/script';

const ACCEPTED = `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept`;
const PLAIN = { tcp: { timestamps: false, windowScaling: false } };

script(
  t,
  '[MUST-12] a FIN is an orderly end',
  `${ACCEPTED}
  +0   < F. 1:1(0) ack 1 win 65535
  +0   > . 1:1(0) ack 2
  +0   event end
  +0   shutdown
  +0   > F. 1:1(0) ack 2
  +0   < . 2:2(0) ack 2 win 65535
  +0   event closed
  +0   state CLOSED
`,
  PLAIN,
);

script(
  t,
  '[MUST-12] a reset is none',
  `${ACCEPTED}
  +0   < R 1:1(0)
  +0   event reset
  +0   event closed
  +0   state CLOSED
`,
  PLAIN,
);

script(
  t,
  '[SHLD-3] [MAY-1] whoever leaves reads no more: text that comes later is answered with a reset',
  `${ACCEPTED}
  +0   close
  +0   > F. 1:1(0) ack 1
  +0   < . 1:1(0) ack 2 win 65535
  +0   state FIN-WAIT-2
  +0   < P. 1:101(100) ack 2 win 65535
  +0   > R 2:2(0)
  +0   state CLOSED
`,
  PLAIN,
);

script(
  t,
  '[SHLD-3] [MAY-1] whoever leaves text unread sends a reset instead of a FIN',
  `${ACCEPTED}
  +0   < P. 1:101(100) ack 1 win 65535
  +0   close
  +0   > R 1:1(0)
  +0   state CLOSED
`,
  PLAIN,
);

script(
  t,
  '[SHLD-3] a half-close is no such end: what comes then can be read',
  `${ACCEPTED}
  +0   shutdown
  +0   > F. 1:1(0) ack 1
  +0   < P. 1:101(100) ack 2 win 65535
  +.04 > . 2:2(0) ack 101
  +0   read 100
`,
  PLAIN,
);

script(
  t,
  '[MUST-13] [U-16] TIME-WAIT lasts twice the MSL; a FIN that comes again begins it anew',
  `${ACCEPTED}
  +0   shutdown
  +0   > F. 1:1(0) ack 1
  +0   < F. 1:1(0) ack 2 win 65535
  +0   > . 2:2(0) ack 2
  +0   state TIME-WAIT
  +59  < F. 1:1(0) ack 2 win 65535
  +0   > . 2:2(0) ack 2
  +59.9 state TIME-WAIT
  +.1  state CLOSED
`,
  PLAIN,
);

script(
  t,
  '[SHLD-2] text in a reset does not make it less of one',
  `${ACCEPTED}
  +0   < R 1:21(20)
  +0   event reset
  +0   state CLOSED
`,
  PLAIN,
);
