/** Urgent data between two whole stacks: RFC 9293 §3.8.5. */
import t from 'tap';
import { exchange } from '../support/exchange';
import { PacketPeer } from './packet-peer';

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
  '[MUST-30] [MUST-62] the pointer names what follows the urgent data, which stays in the stream',
  `${OPEN}
  A: write 10, urgent 5
  ESTABLISHED   -->  PU. 101:116(15) ack 301 urg 15     -->  ESTABLISHED
  B: hears urgent, hears readable, read 15
`,
);

exchange(
  t,
  '[MUST-31] a sequence of urgent data may be longer than segments',
  `${OPEN}
  A: urgent 3500
  ESTABLISHED   -->  U. 101:1561(1460) ack 301 urg 3500 -->  ESTABLISHED
  B: hears urgent
  ESTABLISHED   -->  U. 1561:3021(1460) ack 301 urg 2040  -->  ESTABLISHED
  ESTABLISHED   <--  . 301:301(0) ack 3021              <--  ESTABLISHED
  ESTABLISHED   -->  PU. 3021:3601(580) ack 301 urg 580 -->  ESTABLISHED
  B: read 3500
`,
);

t.test(
  '[MUST-32] [MUST-33] [U-1] the user hears of it before he reads, and how much is left',
  async (t) => {
    const peer = new PacketPeer().establish('passive');
    peer.heard();
    peer.send('U. 1:1(0) ack 1 win 65535 urg 300');
    t.same(peer.heard(), ['urgent'], 'announced before any of it has come');
    t.equal(peer.connection!.urgentBytes, 300);
    peer.send('PU. 1:101(100) ack 1 win 65535 urg 300');
    t.same(peer.heard(), ['readable'], 'the same pointer is no news');
    t.equal(peer.connection!.urgentBytes, 300, 'none of it was read');
    t.equal(peer.connection!.receiveInto(new Uint8Array(40)), 40);
    t.equal(peer.connection!.urgentBytes, 260);
    peer.send('PU. 101:201(100) ack 1 win 65535 urg 500');
    t.same(peer.heard(), ['urgent', 'readable'], 'it has advanced');
    t.equal(peer.connection!.urgentBytes, 560);
    peer.send('P. 201:601(400) ack 1 win 65535');
    while (peer.connection!.receive() !== null);
    t.equal(peer.connection!.urgentBytes, 0, 'all of it has been read');
    peer.stack.close();
  },
);

t.test('[U-14] pointers that cannot be change nothing of the stream', async (t) => {
  for (const urg of [0, 1, 99, 100, 101, 65_535]) {
    const peer = new PacketPeer().establish('passive');
    peer.send(`PU. 1:101(100) ack 1 win 65535 urg ${urg}`);
    peer.send(`PU. 1:101(100) ack 1 win 65535 urg ${urg}`);
    peer.send('P. 101:201(100) ack 1 win 65535 urg 40', { urgentPointer: 40 });
    let read = 0;
    for (let piece = peer.connection!.receive(); piece !== null; ) {
      read += piece.length;
      piece = peer.connection!.receive();
    }
    t.equal(read, 200, `pointer ${urg}`);
    peer.stack.close();
  }
});
