/** Why the end that closes first waits for 2MSL (RFC 9293 §3.4.1, §3.6; RFC 1337). */
import t from 'tap';
import { exchange } from '../support/exchange';

const OPEN = `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
`;

/** Ten bytes are sent twice; the first of the two segments is still on its way when all is over. */
const OVERTAKEN = `${OPEN}
  A: write 10
  ESTABLISHED   -->  P. 101:111(10) ack 301             ...  ESTABLISHED
  after 200 ms                        // the retransmission timeout
  ESTABLISHED   -->  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: read 10
  after 40 ms
  ESTABLISHED   <--  . 301:301(0) ack 111               <--  ESTABLISHED
  A: close
  FIN-WAIT-1    -->  F. 111:111(0) ack 301              -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 112               <--  CLOSE-WAIT
  B: close
`;

exchange(
  t,
  '[MUST-13] [U-16] the last ACK is lost, B repeats its FIN, and A is there to acknowledge it',
  `${OPEN}
  A: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 102               <--  CLOSE-WAIT
  B: close
  TIME-WAIT     <--  F. 301:301(0) ack 102              <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 302               --x  LAST-ACK
  after 200 ms
  TIME-WAIT     <--  F. 301:301(0) ack 102              <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 302               -->  LISTEN
  after 59.9 s                        // the wait began again with the repeated FIN
  TIME-WAIT                                                  LISTEN
  after 100 ms
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'had A not waited, the repeated FIN would meet nobody: B ends with a reset, not with a close',
  `${OPEN}
  A: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 102               <--  CLOSE-WAIT
  B: close
  TIME-WAIT     <--  F. 301:301(0) ack 102              <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 302               --x  LAST-ACK
  after 2 ms                          // an MSL of one millisecond
  CLOSED                                                     LAST-ACK
  after 198 ms
  CLOSED        <--  F. 301:301(0) ack 102              <--  LAST-ACK
  CLOSED        -->  R 102:102(0)                       -->  LISTEN
`,
  { tcp: { mslMs: 1 } },
);

exchange(
  t,
  'with the wait, a lost duplicate has died before the same ports may be used again',
  `${OVERTAKEN}
  TIME-WAIT     <--  F. 301:301(0) ack 112              <--  LAST-ACK
  TIME-WAIT     -->  . 112:112(0) ack 302               -->  LISTEN
  A: connect fails EADDRNOTAVAIL
  after 60 s
  CLOSED        ...  P. 101:111(10) ack 301             --x  LISTEN        // nothing lives that long
  A: connect
  SYN-SENT      -->  S 80:80(0)                         -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 280:280(0) ack 81               <--  SYN-RECEIVED
  ESTABLISHED   -->  . 81:81(0) ack 281                 -->  ESTABLISHED
`,
  { iss: { A: [100, 80], B: [300, 280] } },
);

exchange(
  t,
  'without the wait, a lost duplicate of the old connection is taken for data of the new one',
  `${OVERTAKEN}
  TIME-WAIT     <--  F. 301:301(0) ack 112              <--  LAST-ACK
  TIME-WAIT     -->  . 112:112(0) ack 302               -->  LISTEN
  after 2 ms                          // an MSL of one millisecond
  A: connect
  SYN-SENT      -->  S 80:80(0)                         -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 280:280(0) ack 81               <--  SYN-RECEIVED
  A: write 20
  ESTABLISHED   -->  . 81:81(0) ack 281                 -->  ESTABLISHED
  ESTABLISHED   -->  P. 81:101(20) ack 281              -->  ESTABLISHED
  B: write 20
  ESTABLISHED   <--  P. 281:301(20) ack 101             <--  ESTABLISHED
  B: read 20
  A: read 20

  // Ports fit, the sequence number is the next one, the acknowledgment is good: what should B doubt?
  ESTABLISHED   ...  P. 101:111(10) ack 301             -->  ESTABLISHED
  B: read 10 foreign
`,
  { tcp: { mslMs: 1 }, iss: { A: [100, 80], B: [300, 280] } },
);

exchange(
  t,
  'a duplicate meets the listener, and its reset cannot end the wait (RFC 1337)',
  `${OVERTAKEN}
  TIME-WAIT     <--  F. 301:301(0) ack 112              <--  LAST-ACK
  TIME-WAIT     -->  . 112:112(0) ack 302               -->  LISTEN
  TIME-WAIT     ...  P. 101:111(10) ack 301             -->  LISTEN
  TIME-WAIT     <--  R 301:301(0)                       <--  LISTEN
  after 59 s
  TIME-WAIT                                                  LISTEN
  after 1 s
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'where both ends closed at once, a lost ACK makes each repeat its FIN to the other',
  `${OPEN}
  A: close
  B: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              ...  FIN-WAIT-1
  CLOSING       <--  F. 301:301(0) ack 101              <--  FIN-WAIT-1
  CLOSING       ...  F. 101:101(0) ack 301              -->  CLOSING
  CLOSING       -->  . 102:102(0) ack 302               -->  TIME-WAIT
  CLOSING       x--  . 302:302(0) ack 102               <--  TIME-WAIT
  after 200 ms
  CLOSING       -->  F. 101:101(0) ack 302              -->  TIME-WAIT
  TIME-WAIT     <--  . 302:302(0) ack 102               <--  TIME-WAIT
`,
);
