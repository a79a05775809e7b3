import t from 'tap';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { ACK, Segment, SYN } from '../../lib/wire/segment';
import { runHostilePeer, statesMet } from '../support/hostile-peer';
import { script } from '../support/script';
import { runSeeds } from '../support/seeds';
import { StreamUser } from '../support/stream-user';
import { TestLink } from '../support/test-link';
import { buildPacket, readPacket } from '../support/test-packet';

const LOCAL = IpAddress.parse('192.0.2.1')!;
const PEER = IpAddress.parse('192.0.2.2')!;

const SEEDS = 400;

t.test('whatever a peer sends, nothing throws and no invariant breaks', async (t) => {
  runSeeds(t, [0, SEEDS], 'test/sim/hostile-peer.test.ts', runHostilePeer);
  const states = [...statesMet.keys()].sort().join(' ');
  if (process.env.USERNET_SEED === undefined) {
    t.match(states, /CLOSE-WAIT.*CLOSING.*ESTABLISHED.*FIN-WAIT-1.*FIN-WAIT-2.*LAST-ACK/);
    t.match(states, /LISTEN.*SYN-RECEIVED.*SYN-SENT.*TIME-WAIT/);
  }
});

// What seeds have found, each as a test of its own.

script(
  t,
  'text that comes with the SYN-ACK is cut off where the window ends',
  `
  0    connect 80
  +0   > S 0:0(0) win 1024 <mss 1460,...>
  +.1  < S. 0:1300(1300) ack 1 win 65535 <mss 1460>
  +0   > . 1:1(0) ack 1025 win 0
  +0   read 1024
  +0   > . 1:1(0) ack 1025 win 1024
`,
  { tcp: { receiveBufferBytes: 1024, timestamps: false } },
);

/** How much a connection takes whose user does not read, in segments of `size` bytes. */
function pour(size: number, receiveBufferBytes: number): number {
  const clock = new VirtualClock(1000);
  const link = new TestLink({ clock, address: LOCAL });
  const random = new SeededRandom(1);
  const stack = new Stack({
    links: [link],
    clock,
    random: (target) => random.fill(target),
    tcp: { receiveBufferBytes, timestamps: false },
    initialSequence: () => 0,
  });
  const user = new StreamUser(0, 0);
  stack.listen({ address: IPV4_ANY, port: 80, backlog: 1 }, (connection) => {
    connection.handler = user;
  });
  const segment = new Segment();
  const send = (flags: number, length: number): void => {
    segment.sourcePort = 50_000;
    segment.destinationPort = 80;
    segment.flags = flags;
    segment.window = 65_535;
    const text = new Uint8Array(length);
    link.receive(buildPacket({ source: PEER, destination: LOCAL, segment, text }));
    link.endBatch();
    clock.advanceTo(clock.now() + 500); // a delayed ACK has its time
  };
  segment.windowScale = 0;
  send(SYN, 0);
  segment.clear();
  segment.ack = 1;
  segment.seq = 1;
  send(ACK, 0);
  const most = receiveBufferBytes * 2;
  for (let before = 0; before < segment.seq && segment.seq < most; ) {
    before = segment.seq;
    // In large pieces at first: only the last of the window is poured in drops.
    send(ACK, before < receiveBufferBytes - 3000 ? 1000 : size);
    const answer = new Segment();
    readPacket(link.sent[link.sent.length - 1].bytes, answer);
    segment.seq = answer.ack;
  }
  stack.close();
  return segment.seq - 1;
}

const DROPS: Array<[number, number]> = [
  // bytes of a segment, bytes of the buffer
  [1, 4096],
  [1, 100_000],
  [3, 262_144],
  [15, 1_048_576],
];

for (const [size, buffer] of DROPS) {
  t.test(`a buffer of ${buffer} bytes is full one day, even in drops of ${size}`, async (t) => {
    const taken = pour(size, buffer);
    // A window may be rounded up to its scale (RFC 7323 §2.3), but only once.
    const largestScale = 128;
    t.ok(taken >= buffer - largestScale, `${taken} bytes were taken`);
    t.ok(taken <= buffer + largestScale, `${taken} bytes were taken`);
  });
}
