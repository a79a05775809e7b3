/**
 * A peer that sends whatever comes to its mind: segments whose numbers lie near the windows, with any
 * flags, options and lengths; while the user calls whatever comes to his.
 *
 * Nothing is expected but that nothing throws, that the invariants hold after every event, that the
 * stack does not answer without end, and that nothing is left when all is closed.
 */
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { ACK, FIN, RST, Segment, SYN, URG } from '../../lib/wire/segment';
import type { ConnectionHandler, StackConnection } from '../../types/stack';
import './invariant-check';
import { TestLink } from './test-link';
import { buildPacket, readPacket } from './test-packet';

const LOCAL = IpAddress.parse('192.0.2.1')!;
const PEER = IpAddress.parse('192.0.2.2')!;
const PORT = 80;
const STEPS = 300;
/** More answers at once than this are a storm: the largest send buffer in the smallest segments. */
const MOST_ANSWERS = 2000;

const FLAG_SETS = [
  ACK,
  ACK,
  ACK,
  ACK,
  ACK | FIN,
  SYN,
  SYN | ACK,
  RST,
  RST | ACK,
  FIN,
  URG | ACK,
  0,
];

/** How often each state was met: a test may show that the peer got that far. */
export const statesMet = new Map<string, number>();

/** @throws Error naming the seed */
export function runHostilePeer(seed: number): void {
  const memoryBefore = packetMemory.allocated;
  const visit = new Visit(seed);
  try {
    visit.run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).stack}`);
  }
  const kept = packetMemory.allocated - memoryBefore;
  if (kept !== 0) throw new Error(`seed ${seed}: ${kept} bytes of packet memory are kept`);
  const { pending } = visit.clock;
  if (pending !== 0) throw new Error(`seed ${seed}: ${pending} timers are left`);
}

class Visit implements ConnectionHandler {
  readonly clock = new VirtualClock(1000);
  readonly #random: SeededRandom;
  readonly #link: TestLink;
  readonly #stack: Stack;
  #connection: StackConnection | null = null;
  /** Where the two ends are, as far as the peer can see. */
  #peerNext: number;
  #localNext: number;
  #hasTimestamps = false;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#peerNext = random.next32() | 0;
    this.#localNext = random.next32() | 0;
    this.#link = new TestLink({ clock: this.clock, address: LOCAL });
    this.#stack = new Stack({
      links: [this.#link],
      clock: this.clock,
      random: (target) => random.fill(target),
      tcp: {
        timestamps: random.chance(0.5),
        windowScaling: random.chance(0.5),
        keepAlive: random.chance(0.2),
        ecn: (['off', 'accept', 'request'] as const)[random.below(3)],
        receiveBufferBytes: 1024 << random.below(8),
        receiveBufferMaxBytes: 131_072,
        sendBufferBytes: 1024 << random.below(8),
        sendBufferMaxBytes: 131_072,
        mslMs: 1 + random.below(2000),
      },
    });
  }

  run(): void {
    const random = this.#random;
    if (random.chance(0.3)) this.#connect();
    else this.#listen();
    for (let i = 0; i < STEPS; i++) {
      this.#settle();
      if (random.chance(0.3)) this.#send(ACK);
      else if (random.chance(0.5)) this.#send(FLAG_SETS[random.below(FLAG_SETS.length)]);
      else if (random.chance(0.6)) this.#call();
      else this.clock.advanceTo(this.clock.now() + random.fraction() * 10 ** random.below(6));
    }
    this.#settle();
    this.#connection?.release();
    this.#settle();
    this.#stack.close();
    this.clock.run();
  }

  /** Sends what there is to send, and learns from it. */
  #settle(): void {
    this.#link.endBatch();
    this.clock.advanceTo(this.clock.now());
    for (const { state } of this.#stack.connections()) {
      statesMet.set(state, (statesMet.get(state) ?? 0) + 1);
    }
    const { sent } = this.#link;
    if (sent.length > MOST_ANSWERS) throw new Error(`${sent.length} segments at once`);
    for (const { bytes } of sent) {
      const segment = new Segment();
      readPacket(bytes, segment);
      this.#localNext = (segment.seq + segment.length) | 0;
      if ((segment.flags & ACK) !== 0 && this.#random.chance(0.5)) this.#peerNext = segment.ack;
      this.#hasTimestamps = segment.hasTimestamps;
    }
    sent.length = 0;
  }

  #send(flags: number): void {
    const random = this.#random;
    const segment = new Segment();
    segment.sourcePort = PORT + 1;
    segment.destinationPort = PORT;
    segment.flags = flags;
    segment.seq = (this.#peerNext + this.#near()) | 0;
    segment.ack = (this.#localNext + this.#near()) | 0;
    segment.window = random.chance(0.2) ? 0 : random.below(65_536);
    if ((flags & URG) !== 0) segment.urgentPointer = random.below(3000);
    this.#addOptions(segment);
    const length = random.chance(0.5) ? 0 : random.below(1400);
    const text = new Uint8Array(length).fill(random.below(256));
    segment.textLength = length;
    this.#link.receive(buildPacket({ source: PEER, destination: LOCAL, segment, text }));
    if (random.chance(0.5)) this.#peerNext = (segment.seq + segment.length) | 0;
  }

  /** Mostly exactly here, often a little off, sometimes anywhere. */
  #near(): number {
    const random = this.#random;
    if (random.chance(0.6)) return 0;
    if (random.chance(0.8)) return random.below(6000) - 3000;
    return random.next32();
  }

  #addOptions(segment: Segment): void {
    const random = this.#random;
    if ((segment.flags & SYN) !== 0) {
      if (random.chance(0.7)) segment.mss = random.below(random.chance(0.5) ? 65_536 : 200);
      if (random.chance(0.5)) segment.windowScale = random.below(20);
      segment.sackPermitted = random.chance(0.3);
    }
    segment.hasTimestamps = random.chance(this.#hasTimestamps ? 0.9 : 0.3);
    segment.tsval = (this.clock.now() + this.#near()) | 0;
    segment.tsecr = random.next32() | 0;
    if (random.chance(0.1)) {
      segment.sackCount = 1 + random.below(3);
      for (let i = 0; i < 6; i++) segment.sackEdges[i] = this.#localNext + this.#near();
    }
  }

  #call(): void {
    const connection = this.#connection;
    const random = this.#random;
    if (connection === null) return;
    switch (random.below(random.chance(0.05) ? 8 : 5)) {
      case 0:
      case 1:
        connection.send(new Uint8Array(random.below(10_000)));
        break;
      case 2:
        connection.receive();
        break;
      case 3:
        connection.receiveInto(new Uint8Array(1 + random.below(3000)));
        break;
      case 4:
        if (random.chance(0.1)) connection.shutdown();
        else connection.sendUrgent(new Uint8Array(1 + random.below(20)));
        break;
      case 5:
        connection.abort();
        break;
      case 6:
        connection.release();
        break;
      case 7:
        connection.setKeepAlive(random.chance(0.5), random.below(5000));
        break;
    }
  }

  #listen(): void {
    this.#stack.listen({ address: IPV4_ANY, port: PORT, backlog: 4 }, (connection) => {
      connection.handler = this;
      this.#connection = connection;
    });
    this.#send(SYN);
  }

  #connect(): void {
    const request = { remoteAddress: PEER, remotePort: PORT + 1, localPort: PORT };
    this.#connection = this.#stack.connect(request, this);
  }

  handleConnect(): void {}
  handleUrgent(): void {}
  handleReadable(): void {
    if (this.#random.chance(0.3)) this.#connection?.receive();
  }
  handleWritable(): void {}
  handleError(): void {}
  handleClose(): void {
    if (this.#random.chance(0.5)) this.#connection?.release();
  }
}
