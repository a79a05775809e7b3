/**
 * How a connection opens: RFC 9293 §3.5. `test/support/exchange-parser.ts` explains how to read the figures;
 * the packets listed are all the packets, and sequence numbers cross 2^31 and 2^32 in each of them.
 */
import t from 'tap';
import { exchange } from '../support/exchange';

exchange(
  t,
  'three segments synchronize both ends (figure 6)',
  `
  A                                                          B
  B: listen
  CLOSED                                                     LISTEN
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: hears connected
`,
);

exchange(
  t,
  '[U-3] the third segment may carry data already',
  `
  A                                                          B
  B: listen
  A: connect, write 10                // queued until ESTABLISHED
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: read 10
  after 40 ms                         // B's acknowledgment may wait for company
  ESTABLISHED   <--  . 301:301(0) ack 111               <--  ESTABLISHED
`,
);

exchange(
  t,
  '[MUST-22] a SYN that is lost is sent again, after a second and then after two',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       --x  LISTEN
  after 1 s
  SYN-SENT      -->  S 100:100(0)                       --x  LISTEN
  after 2 s
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
`,
);

exchange(
  t,
  'a second segment that is lost is sent again, as often as it takes',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               --x  SYN-RECEIVED
  after 1 s
  ESTABLISHED   x--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  after 2 s
  ESTABLISHED   x--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  after 4 s
  ESTABLISHED   x--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  after 8 s
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  B: write 10
  ESTABLISHED   <--  P. 301:311(10) ack 101             <--  ESTABLISHED
  A: read 10
`,
);

exchange(
  t,
  'a third segment that is lost is made good by the first data',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               --x  SYN-RECEIVED
  A: write 10
  ESTABLISHED   -->  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: read 10
  after 40 ms
  ESTABLISHED   <--  . 301:301(0) ack 111               <--  ESTABLISHED
`,
);

exchange(
  t,
  '[MUST-10] both ends may call at once: a simultaneous open is one connection (figure 7)',
  `
  A                                                          B
  A: connect
  B: connect
  SYN-SENT      -->  S 100:100(0)                       ...  SYN-SENT
  SYN-RECEIVED  <--  S 300:300(0)                       <--  SYN-SENT
  SYN-RECEIVED  -->  S. 100:100(0) ack 301              ...  SYN-SENT
  SYN-RECEIVED  ...  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   ...  S. 100:100(0) ack 301              -->  ESTABLISHED
  A: hears connected, write 10
  B: hears connected
  ESTABLISHED   -->  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: read 10
  after 40 ms
  ESTABLISHED   <--  . 301:301(0) ack 111               <--  ESTABLISHED
`,
);
