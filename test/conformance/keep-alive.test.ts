/** Keep-alives: RFC 9293 §3.8.4. */
import t from 'tap';
import { script } from '../support/script';

const PLAIN = { tcp: { timestamps: false, windowScaling: false } };
const ACCEPTED = `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1000>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept`;

script(t, '[MUST-25] off unless asked for', `${ACCEPTED}\n  +1000000 nothing\n`, PLAIN);

script(
  t,
  '[MAY-5] [MUST-24] [MUST-28] [SHLD-12] after two hours of quiet a probe without text',
  `${ACCEPTED}
  +0    keepalive on
  +7200 > . 0:0(0) ack 1
  +0    < . 1:1(0) ack 1 win 65535
  +7200 > . 0:0(0) ack 1
  +0    < . 1:1(0) ack 1 win 65535
  +0    keepalive off
  +100000 nothing
`,
  PLAIN,
);

script(
  t,
  '[MUST-26] [MUST-27] the time of quiet can be chosen, and counts from the last that was heard',
  `${ACCEPTED}
  +0    keepalive on 10
  +9    < P. 1:11(10) ack 1 win 65535
  +.04  > . 1:1(0) ack 11
  +9.96 > . 0:0(0) ack 11
`,
  PLAIN,
);

script(
  t,
  '[MUST-29] one probe without an answer is not the end, nine are',
  `${ACCEPTED}
  +0    keepalive on 10
  +10   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +75   > . 0:0(0) ack 1
  +0    state ESTABLISHED
  +75   > R 1:1(0)
  +0    event timeout
  +0    state CLOSED
`,
  PLAIN,
);
