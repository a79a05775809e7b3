/**
 * A flood of SYNs from addresses that nobody has (RFC 4987): the stack's memory stays what it was,
 * and honest clients connect meanwhile.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { SimulatedLink } from '../../lib/sim/simulated-link';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY, IpAddress } from '../../lib/wire/ip-address';
import { Segment, SYN } from '../../lib/wire/segment';
import type { ConnectionHandler, StackConnection, StackOptions } from '../../types/stack';
import type { TcpInfo } from '../../types/tcp';
import { buildPacket } from '../support/test-packet';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const SERVER = IpAddress.parse('10.0.0.1')!;
const CLIENT = IpAddress.parse('10.0.0.2')!;
const ATTACKER = IpAddress.parse('10.0.0.3')!;
const PORT = 80;
const BACKLOG = 511;
const SYNS_A_MS = 20;
const REQUEST_BYTES = 3000;
const RESPONSE_BYTES = 50_000;

/** An honest client: asks, reads the answer, and is gone. */
class Client implements ConnectionHandler {
  connection: StackConnection | null = null;
  received = 0;
  info: TcpInfo | null = null;
  error = '';

  handleConnect(): void {
    this.connection!.send(Buffer.alloc(REQUEST_BYTES));
    this.connection!.shutdown();
  }

  handleReadable(): void {
    const { connection } = this;
    for (let piece = connection!.receive(); piece !== null; piece = connection!.receive()) {
      this.received += piece.length;
    }
    if (connection!.readEnded) this.info ??= connection!.info();
  }

  handleUrgent(): void {}
  handleWritable(): void {}
  handleError(code: string): void {
    this.error = code;
  }
  handleClose(): void {
    this.connection!.release();
  }
}

/** Answers when it has read the whole request. */
class Answerer extends Client {
  #answered = false;

  constructor(connection: StackConnection) {
    super();
    this.connection = connection;
  }

  override handleReadable(): void {
    super.handleReadable();
    if (!this.connection!.readEnded || this.#answered) return;
    this.#answered = true;
    this.connection!.send(Buffer.alloc(RESPONSE_BYTES));
    this.connection!.shutdown();
  }
}

class Flood {
  readonly clock = new VirtualClock();
  readonly server: Stack;
  readonly clients: Client[] = [];
  sent = 0;
  mostConnections = 0;
  mostMemory = 0;
  /** Of the server's end of each honest connection. */
  readonly served: TcpInfo[] = [];
  readonly #client: Stack;
  readonly #attack: SimulatedLink;
  readonly #random: SeededRandom;
  readonly #total: number;

  constructor(seed: number, total: number, options: StackOptions = {}) {
    this.#random = new SeededRandom(seed);
    this.#total = total;
    const [client, toClient] = this.#pair(CLIENT);
    const [attack, toAttacker] = this.#pair(ATTACKER);
    this.#attack = attack;
    this.#client = this.#stack([client], {});
    this.server = this.#stack([toClient, toAttacker], options);
    const where = { address: IPV4_ANY, port: PORT, backlog: BACKLOG };
    this.server.listen(where, (connection) => {
      connection.handler = new Answerer(connection);
      this.served.push(connection.info());
    });
  }

  /** The whole flood; a client calls at each of `calls`, ms. */
  run(calls: readonly number[]): void {
    const { clock } = this;
    for (const at of calls) clock.schedule(at, () => this.#call());
    const pour = clock.schedule(0, () => {
      for (let i = 0; i < SYNS_A_MS && this.sent < this.#total; i++) this.#sendSyn();
      const { connections } = this.server.stats();
      this.mostConnections = Math.max(this.mostConnections, connections);
      this.mostMemory = Math.max(this.mostMemory, packetMemory.allocated);
      if (this.sent < this.#total) pour.reschedule(clock.now() + 1);
    });
    clock.advanceTo(this.#total / SYNS_A_MS);
  }

  close(): void {
    this.server.close();
    this.#client.close();
    this.#attack.close();
    this.clock.run();
  }

  #pair(address: IpAddress): [SimulatedLink, SimulatedLink] {
    return SimulatedLink.pair({
      clock: this.clock,
      seed: this.#random.next32(),
      ends: [
        { name: address.text, addresses: [address] },
        { name: SERVER.text, addresses: [SERVER] },
      ],
      there: { delayMs: 5 },
      back: { delayMs: 5 },
    });
  }

  #stack(links: SimulatedLink[], options: StackOptions): Stack {
    const random = new SeededRandom(this.#random.next32());
    const { clock } = this;
    return new Stack({ links, clock, random: (target) => random.fill(target), ...options });
  }

  #call(): void {
    const client = new Client();
    const request = { remoteAddress: SERVER, remotePort: PORT };
    client.connection = this.#client.connect(request, client);
    this.clients.push(client);
  }

  #sendSyn(): void {
    const random = this.#random;
    const segment = new Segment();
    segment.sourcePort = 1 + random.below(65_535);
    segment.destinationPort = PORT;
    segment.seq = random.next32() | 0;
    segment.flags = SYN;
    segment.window = 65_535;
    segment.mss = 1460;
    segment.hasTimestamps = random.chance(0.5);
    segment.tsval = random.next32() | 0;
    segment.windowScale = random.chance(0.5) ? 7 : -1;
    const source = IpAddress.fromIpv4((1 + random.below(126)) * 2 ** 24 + random.below(2 ** 24));
    const packet = buildPacket({ source, destination: SERVER, segment });
    const place = packetMemory.allocate(packet.length);
    packetMemory.bytes.set(packet, place);
    this.#attack.outgoing.send(place, packet.length);
    packetMemory.release(place, packet.length);
    this.sent++;
  }
}

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

t.test('[A-14] 100,000 SYNs: memory is bounded and honest clients connect', async (t) => {
  const seed = Number(process.env.SEED ?? 4987);
  t.comment(`SEED=${seed} npx tap run test/sim/syn-flood.test.ts`);
  const memory = packetMemory.allocated;
  const flood = new Flood(seed, 100_000);
  const heap = heapBytes();
  const calls = Array.from({ length: 20 }, (_, i) => 1000 + 100 * i);
  flood.run(calls);
  const grown = heapBytes() - heap;
  const stats = flood.server.stats();
  t.equal(flood.sent, 100_000);
  t.ok(stats.synCookiesSent > 95_000, `${stats.synCookiesSent} SYNs were answered with cookies`);
  t.equal(stats.synCookiesReceived, calls.length);
  t.ok(
    flood.mostConnections <= BACKLOG + calls.length,
    `${flood.mostConnections} connections at most`,
  );
  t.ok(flood.mostMemory - memory < 2 ** 20, `${flood.mostMemory - memory} bytes of packet memory`);
  t.ok(grown < 8 * 2 ** 20, `the heap has grown by ${grown} bytes`);

  for (const client of flood.clients) {
    if (client.received !== RESPONSE_BYTES || client.error !== '') t.fail(`got ${client.received}`);
    t.match(client.info, { timestamps: true, snd_wscale: 7, rcv_wscale: 7, sack: true });
  }
  t.equal(flood.served.length, calls.length);
  for (const info of flood.served) t.match(info, { snd_mss: 1448, timestamps: true, sack: true });
  flood.close();
  t.equal(packetMemory.allocated, memory, 'and all is given back');
  t.equal(flood.clock.pending, 0);
});

t.test('without cookies the same flood shuts honest clients out', async (t) => {
  const flood = new Flood(1, 20_000, { synCookies: false });
  flood.run([500, 600, 700]);
  t.same(
    flood.clients.map(({ received }) => received),
    [0, 0, 0],
  );
  t.ok(flood.server.stats().tcpListenFull > 19_000);
  flood.close();
});
