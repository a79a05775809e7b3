/** How a connection closes: each direction for itself (RFC 9293 §3.6). */
import t from 'tap';
import { exchange } from '../support/exchange';

/** Both ends are ESTABLISHED; the next numbers are 101 and 301. */
const OPEN = `
  A                                                          B
  B: listen
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
`;

exchange(
  t,
  '[MUST-12] four segments close, and data still flows while B is in CLOSE-WAIT (figure 12)',
  `${OPEN}
  A: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 102               <--  CLOSE-WAIT
  B: hears end

  B: write 10                         // A has said all it has to say; B has not
  FIN-WAIT-2    <--  P. 301:311(10) ack 102             <--  CLOSE-WAIT
  A: read 10
  after 40 ms
  FIN-WAIT-2    -->  . 102:102(0) ack 311               -->  CLOSE-WAIT

  B: close
  TIME-WAIT     <--  F. 311:311(0) ack 102              <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 312               -->  LISTEN
  A: hears end, hears closed
  B: hears closed
  after 60 s                          // 2MSL
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'three segments close when B has nothing more to say either',
  `${OPEN}
  A: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              -->  LAST-ACK
  & B: close
  TIME-WAIT     <--  F. 301:301(0) ack 102              <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 302               -->  LISTEN
  after 60 s
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'the FIN goes with the last data',
  `${OPEN}
  A: write 10, close
  FIN-WAIT-1    -->  FP. 101:111(10) ack 301            -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 112               <--  CLOSE-WAIT
  B: read 10, hears end
  B: write 20, close
  TIME-WAIT     <--  FP. 301:321(20) ack 112            <--  LAST-ACK
  TIME-WAIT     -->  . 112:112(0) ack 322               -->  LISTEN
  A: read 20, hears end
  after 60 s
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'both ends close at once, and both wait (figure 13)',
  `${OPEN}
  A: close
  B: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              ...  FIN-WAIT-1
  CLOSING       <--  F. 301:301(0) ack 101              <--  FIN-WAIT-1
  CLOSING       ...  F. 101:101(0) ack 301              -->  CLOSING
  CLOSING       -->  . 102:102(0) ack 302               -->  TIME-WAIT
  TIME-WAIT     <--  . 302:302(0) ack 102               <--  TIME-WAIT
  A: hears closed
  B: hears closed
  after 60 s
  CLOSED                                                     LISTEN
`,
);

exchange(
  t,
  'a connection may be opened by both ends and closed by both ends at once',
  `
  A                                                          B
  A: connect
  B: connect
  SYN-SENT      -->  S 100:100(0)                       ...  SYN-SENT
  SYN-RECEIVED  <--  S 300:300(0)                       <--  SYN-SENT
  SYN-RECEIVED  ...  S 100:100(0)                       -->  SYN-RECEIVED
  SYN-RECEIVED  -->  S. 100:100(0) ack 301              -->  ESTABLISHED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  ESTABLISHED
  A: close
  B: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              ...  FIN-WAIT-1
  CLOSING       <--  F. 301:301(0) ack 101              <--  FIN-WAIT-1
  CLOSING       ...  F. 101:101(0) ack 301              -->  CLOSING
  CLOSING       -->  . 102:102(0) ack 302               -->  TIME-WAIT
  TIME-WAIT     <--  . 302:302(0) ack 102               <--  TIME-WAIT
`,
);

exchange(
  t,
  'either direction may stay open for as long as the application likes',
  `${OPEN}
  A: close
  FIN-WAIT-1    -->  F. 101:101(0) ack 301              -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 102               <--  CLOSE-WAIT
  after 100000 s
  FIN-WAIT-2                                                 CLOSE-WAIT
  B: write 5, close
  TIME-WAIT     <--  FP. 301:306(5) ack 102             <--  LAST-ACK
  TIME-WAIT     -->  . 102:102(0) ack 307               -->  LISTEN
  A: read 5, hears end
`,
);
