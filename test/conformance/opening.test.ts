/** How connections come to be: RFC 9293 §3.5 and §3.9.1.1, as whole packets. */
import t from 'tap';
import { IpAddress } from '../../lib/wire/ip-address';
import { script } from '../support/script';
import { LOCAL, PacketPeer } from './packet-peer';

t.test(
  '[MUST-44] [MUST-45] the address of the first SYN is kept whatever routes say later',
  async (t) => {
    let source = LOCAL;
    const peer = new PacketPeer({ route: () => ({ source, mtu: 1500 }) }).connect();
    t.equal(peer.take()[0].source, '192.0.2.1', 'the link chooses it before the first SYN');
    source = IpAddress.parse('192.0.2.77')!;
    peer.advance(1000);
    const sources = peer.take().map((sent) => sent.source);
    peer.send('S. 0:0(0) ack 1 win 65535 <mss 1460>').write(100).turn();
    sources.push(...peer.take().map((sent) => sent.source));
    peer.connection!.shutdown();
    peer.advance(5000);
    sources.push(...peer.take().map((sent) => sent.source));
    t.ok(sources.length >= 5, 'SYN again, ACK, text, FIN, repetitions');
    t.same(new Set(sources), new Set(['192.0.2.1']));
    peer.stack.close();
  },
);

script(
  t,
  '[MUST-41] [MUST-42] LISTEN leaves alone connections that are opening from its port',
  `
  0    connect 50000
  +0   > S 0:0(0)
  +0   listen 40000                    // the port of the connection in SYN-SENT
  +0   state SYN-SENT
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1               // simultaneous open: the connection's, not the listener's
  +0   unlisten
  +0   listen 40000                    // and in SYN-RECEIVED
  +0   state SYN-RECEIVED
  +0   < . 1:1(0) ack 1 win 65535
  +0   state ESTABLISHED
  +0   event connected
  +0   counter accepted 0
  +0   peer 50001
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1               // another peer finds the listener
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept
`,
);

script(
  t,
  '[MUST-11] [U-19] after a passive OPEN nobody hears of a reset, and the listener stays',
  `
  0    listen 80
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   state SYN-RECEIVED
  +0   < R 1:1(0)
  +0   state LISTEN
  +0   counter abandoned 1
  +0   counter accepted 0
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept
`,
);

script(
  t,
  '[MUST-22] [MUST-23] a SYN is repeated for three minutes before it is given up',
  `
  0    connect 50000
  +0   > S 0:0(0)
  +1   > S 0:0(0)
  +2   > S 0:0(0)
  +4   > S 0:0(0)
  +8   > S 0:0(0)
  +16  > S 0:0(0)
  +32  > S 0:0(0)
  +64  > S 0:0(0)
  +53  state SYN-SENT                  // three minutes
  +67  event timeout
  +0   state CLOSED
`,
);
