/**
 * Why two segments are not enough to open a connection: segments of the past (RFC 9293 §3.5 and §3.5.1).
 */
import t from 'tap';
import { exchange } from '../support/exchange';

exchange(
  t,
  '[MUST-11] an old SYN arrives late, alone: the third segment is a reset, and B listens again',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       ...  LISTEN
  A: abort                            // A gives up before the SYN has arrived
  CLOSED                                                     LISTEN

  // B cannot tell it from a new one. Were two segments enough, B would now hold a connection
  // that A knows nothing of.
  CLOSED        ...  S 100:100(0)                       -->  SYN-RECEIVED
  CLOSED        <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  CLOSED        -->  R 101:101(0)                       -->  LISTEN
`,
);

exchange(
  t,
  '[U-18] an old SYN arrives in a live SYN-SENT: A sees that B answers the wrong one (figure 8)',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 90:90(0)                         ...  LISTEN
  A: abort
  A: connect
  SYN-SENT      -->  S 100:100(0)                       ...  LISTEN

  SYN-SENT      ...  S 90:90(0)                         -->  SYN-RECEIVED
  SYN-SENT      <--  S. 300:300(0) ack 91               <--  SYN-RECEIVED
  SYN-SENT      -->  R 91:91(0)                         -->  LISTEN

  SYN-SENT      ...  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 400:400(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 401               -->  ESTABLISHED
`,
  { iss: { A: [90, 100], B: [300, 400] } },
);

exchange(
  t,
  '[U-7] an old SYN arrives when all is established: B asks A, and A knows nothing of it',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 90:90(0)                         ...  LISTEN
  A: abort
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED

  ESTABLISHED   ...  S 90:90(0)                         -->  ESTABLISHED
  ESTABLISHED   <--  . 301:301(0) ack 101               <--  ESTABLISHED   // a challenge
`,
  { iss: { A: [90, 100] } },
);

exchange(
  t,
  'one end has crashed and calls again: the half-open connection is found out (figure 9)',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: abort                            // what a crash is to B: nothing
  CLOSED        -->  R 101:101(0)                       --x  ESTABLISHED

  A: connect
  SYN-SENT      -->  S 400:400(0)                       -->  ESTABLISHED   // "??"
  SYN-SENT      <--  . 301:301(0) ack 101               <--  ESTABLISHED   // "what we had reached"
  SYN-SENT      -->  R 101:101(0)                       -->  LISTEN        // "abort!"
  B: hears reset
  after 1 s
  SYN-SENT      -->  S 400:400(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 500:500(0) ack 401              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 401:401(0) ack 501               -->  ESTABLISHED
`,
  { iss: { A: [100, 400], B: [300, 500] } },
);

exchange(
  t,
  'the end that has not crashed writes: the answer is a reset (figure 10)',
  `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: abort
  CLOSED        -->  R 101:101(0)                       --x  ESTABLISHED

  B: write 10
  CLOSED        <--  P. 301:311(10) ack 101             <--  ESTABLISHED
  CLOSED        -->  R 101:101(0)                       -->  LISTEN
  B: hears reset
`,
);
