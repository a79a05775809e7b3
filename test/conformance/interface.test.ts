/** What the user may ask for and what he is told: RFC 9293 §3.8.3, §3.9.1.8 and §3.9.1.9. */
import t from 'tap';
import { PacketPeer } from './packet-peer';

const DSCP_46 = 46 << 2;
const DSCP_10 = 10 << 2;

t.test(
  '[MUST-48] [SHLD-22] the Diffserv field of the user stands in every IP header',
  async (t) => {
    const tuning = { trafficClass: DSCP_46 };
    const active = new PacketPeer().connect({ tuning });
    const sent = active.advance(1000).take();
    active.send('S. 0:0(0) ack 1 win 65535 <mss 1460>').write(3000).turn();
    active.connection!.shutdown();
    active.send('. 1:1(0) ack 3001 win 65535').turn();
    active.connection!.abort();
    sent.push(...active.turn().take());
    const kinds = sent.map(({ line }) => line.split(' ')[0]);
    t.same(kinds, ['S', 'S', '.', '.', '.', 'FP.', 'R']);
    t.same(new Set(sent.map(({ trafficClass }) => trafficClass)), new Set([DSCP_46]));
    active.stack.close();

    const passive = new PacketPeer().listen({ tuning }).send('S 0:0(0) win 65535 <mss 1460>');
    t.equal(passive.take()[0].trafficClass, DSCP_46, 'SYN-ACK');
    passive.stack.close();
  },
);

t.test('[SHLD-21] [SHLD-22] and may change while the connection lives', async (t) => {
  const peer = new PacketPeer().establish();
  peer.write(100).turn();
  t.equal(peer.take()[0].trafficClass, 0);
  peer.connection!.tune({ trafficClass: DSCP_10 });
  peer.send('. 1:1(0) ack 101 win 65535').write(100).turn();
  t.equal(peer.take()[0].trafficClass, DSCP_10);
  peer.send('P. 1:11(10) ack 201 win 65535').advance(40);
  t.equal(peer.take()[0].trafficClass, DSCP_10, 'ACKs, too');
  peer.stack.close();
});

t.test(
  '[MUST-20] [SHLD-9] [SHLD-10] [U-1] after R1 the user hears of trouble, after R2 of the end',
  async (t) => {
    const peer = new PacketPeer({ tcp: { dataTimeoutMs: 100_000 } }).establish();
    peer.heard();
    const began = peer.clock.now();
    peer.write(100).turn();
    peer.advance(200 + 400);
    t.same(peer.heard(), [], 'two repetitions are nothing unusual');
    peer.advance(800);
    t.same(peer.heard(), ['trouble ETIMEDOUT']);
    t.equal(peer.connection!.softError, 'ETIMEDOUT');
    while (peer.connection!.state === 'ESTABLISHED') peer.advance(100);
    t.same(peer.heard(), ['ETIMEDOUT', 'close']);
    t.ok(peer.clock.now() - began >= 100_000, 'not before the limit');
    peer.stack.close();
  },
);

t.test('[MUST-21] [SHLD-11] R2 is the user’s to choose, up to never', async (t) => {
  const patient = new PacketPeer().establish();
  patient.connection!.tune({ dataTimeoutMs: Number.POSITIVE_INFINITY });
  patient.write(100).advance(30 * 86_400_000);
  t.equal(patient.connection!.state, 'ESTABLISHED', 'after a month without an answer');
  patient.take();
  patient.send('. 1:1(0) ack 101 win 65535');
  t.equal(patient.connection!.sendQueueBytes, 0, 'the peer is back');
  patient.stack.close();

  const standard = new PacketPeer().establish();
  standard.write(100).advance(100_000);
  t.equal(standard.connection!.state, 'ESTABLISHED', 'by default not within 100 seconds');
  standard.advance(1_000_000);
  t.equal(standard.connection!.state, 'CLOSED');
  standard.stack.close();
});

t.test('[SHLD-20] reports of trouble can be switched off', async (t) => {
  const never = new PacketPeer({ tcp: { retriesBeforeTrouble: Number.POSITIVE_INFINITY } });
  never.establish().heard();
  never.write(100).advance(60_000);
  t.same(never.heard(), [], 'by the number of repetitions');
  never.stack.close();

  const deaf = new PacketPeer().establish();
  const { user } = deaf;
  (user as { handleTrouble?: unknown }).handleTrouble = undefined;
  deaf.heard();
  deaf.write(100).advance(60_000);
  t.same(deaf.heard(), [], 'or by not listening');
  t.equal(deaf.connection!.softError, 'ETIMEDOUT', 'who wants to know can ask');
  deaf.stack.close();
});
