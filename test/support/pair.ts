/**
 * The simulated pair: two hosts, a bad link between them, a stream each way, checked to the last byte.
 *
 * One seed decides everything: the link's whims, how the users write, read and dawdle, who closes first.
 */
import type { PathCounters } from '../../lib/link/path/path-counters';
import { type SimulatedNetwork, simulate } from '../../lib/sim/network';
import type { LinkOptions } from '../../lib/sim/network-options';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY } from '../../lib/wire/ip-address';
import type { TcpConfig, TcpInfo } from '../../types/tcp';
import './invariant-check';
import { type TransferPlan, TransferUser } from './transfer-user';

export interface TransferOptions extends LinkOptions {
  seed: number;
  /** Bytes from the client to the server, and back. */
  bytes: number;
  bytesBack?: number;
  tcp?: Partial<TcpConfig>;
  /** Users write in large pieces and never wait: for measurements. */
  steady?: boolean;
  /** Sees the network before anything happens. */
  prepare?: (network: SimulatedNetwork<Side>) => void;
}

export interface TransferResult {
  /** Virtual time until both users knew that all was over, and until both ends were CLOSED. */
  closedMs: number;
  forgottenMs: number;
  events: number;
  there: PathCounters;
  back: PathCounters;
  client: TcpInfo;
}

type Side = 'client' | 'server';

const PORT = 80;
/**
 * Nothing of this kind may take longer, in virtual time. Where a third is lost, and there are no
 * SACK, no timestamps and no more than four segments outstanding, hardly any acknowledgment tells
 * the round trip (Karn's algorithm), and the timeout stays what it was doubled to: seed 7313 takes
 * 69 minutes, with other controllers up to an hour; half a minute with SACK, one with timestamps.
 */
const PATIENCE_MS = 5_400_000;
const EVENTS = 5_000_000;

/**
 * Runs one connection from the handshake until nothing is left of it.
 * @throws Error naming the seed
 */
export function runTransfer(options: TransferOptions): TransferResult {
  try {
    return new Transfer(options).run();
  } catch (error) {
    const { message, stack } = error as Error;
    throw new Error(`seed ${options.seed}: ${message}\n${stack}`);
  }
}

class Transfer {
  readonly #options: TransferOptions;
  readonly #network: SimulatedNetwork<Side>;
  readonly #random: SeededRandom;
  readonly #users: Partial<Record<Side, TransferUser>> = {};
  readonly #plans: Record<Side, TransferPlan>;

  constructor(options: TransferOptions) {
    const { seed, bytes, bytesBack, mtu, tcp, steady, prepare, ...impairments } = options;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#network = simulate<Side>({
      seed: this.#random.next32(),
      hosts: { client: { address: '10.0.0.1', tcp }, server: { address: '10.0.0.2', tcp } },
      links: [{ between: ['client', 'server'], mtu, ...impairments }],
    });
    this.#plans = this.#choosePlans();
    prepare?.(this.#network);
  }

  run(): TransferResult {
    const { clock, hosts, links } = this.#network;
    const memoryBefore = packetMemory.allocated;
    this.#listen();
    const client = this.#connect();
    if (!clock.run(() => this.#isOver, EVENTS)) throw new Error(`stuck: ${this.#describe()}`);
    const closedMs = clock.now();
    const info = client.connection.info();
    this.#checkUsers();
    clock.run(() => this.#isForgotten, EVENTS);
    const forgottenMs = clock.now();
    // What is still on its way, a duplicate of the last ACK say, arrives at hosts without connection.
    clock.run(undefined, EVENTS);
    if (!this.#isForgotten) throw new Error(`not CLOSED: ${this.#describe()}`);
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
    const kept = packetMemory.allocated - memoryBefore;
    if (kept !== 0) throw new Error(`${kept} bytes of packet memory are kept`);
    this.#network.close();
    const [first] = links[0];
    const there = first.outgoing.counters;
    const back = first.incoming.counters;
    checkCounters(hosts.client.stack.stats(), back);
    return { closedMs, forgottenMs, events: clock.events, there, back, client: info };
  }

  get #isOver(): boolean {
    if (this.#network.clock.now() > PATIENCE_MS) throw new Error(`slow: ${this.#describe()}`);
    const { client, server } = this.#users;
    return client?.isClosed === true && server?.isClosed === true;
  }

  get #isForgotten(): boolean {
    const { client, server } = this.#network.hosts;
    return client.stack.stats().connections === 0 && server.stack.stats().connections === 0;
  }

  #listen(): void {
    const { server } = this.#network.hosts;
    const request = { address: IPV4_ANY, port: PORT, backlog: 8 };
    server.stack.listen(request, (connection) => {
      const random = new SeededRandom(this.#random.next32());
      const user = new TransferUser(connection, this.#plans.server, random, this.#network.clock);
      connection.handler = user;
      this.#users.server = user;
    });
  }

  #connect(): TransferUser {
    const { client, server } = this.#network.hosts;
    const request = { remoteAddress: server.addresses[0], remotePort: PORT };
    const random = new SeededRandom(this.#random.next32());
    const ignore = (): void => {};
    const connection = client.stack.connect(request, {
      handleConnect: ignore,
      handleUrgent: ignore,
      handleReadable: ignore,
      handleWritable: ignore,
      handleError: ignore,
      handleClose: ignore,
    });
    const user = new TransferUser(connection, this.#plans.client, random, this.#network.clock);
    connection.handler = user;
    this.#users.client = user;
    return user;
  }

  #choosePlans(): Record<Side, TransferPlan> {
    const { seed, bytes, bytesBack = bytes, steady = false } = this.#options;
    const random = this.#random;
    // Somebody must close first: at most one waits for the other's end.
    const patient = (['client', 'server', 'nobody'] as const)[random.below(3)];
    const plan = (side: Side, size: number, writeSeed: number, readSeed: number): TransferPlan => ({
      bytes: size,
      writeSeed,
      readSeed,
      largestWrite: steady ? 65_536 : 1 << (4 + random.below(11)),
      dawdle: steady ? 0 : random.fraction() * 0.3,
      dawdleMs: random.fraction() * 200,
      waitsForEnd: patient === side,
    });
    return {
      client: plan('client', bytes, seed, ~seed),
      server: plan('server', bytesBack, ~seed, seed),
    };
  }

  #checkUsers(): void {
    const { bytes, bytesBack = bytes } = this.#options;
    const lacks = [
      `client ${this.#users.client!.findLack(bytesBack)}`,
      `server ${this.#users.server!.findLack(bytes)}`,
    ].filter((lack) => !lack.endsWith(' '));
    if (lacks.length > 0) throw new Error(lacks.join('; '));
  }

  #describe(): string {
    const { clock, hosts } = this.#network;
    const ends = (['client', 'server'] as const).map((side) => {
      const user = this.#users[side];
      const all = hosts[side].stack.connections();
      const state = all.find(({ remotePort }) => remotePort !== 0)?.state ?? 'CLOSED';
      return `${side} ${state} wrote ${user?.written} read ${user?.read} ${user?.error ?? ''}`;
    });
    return `at ${clock.now()} ms ${ends.join(', ')}`;
  }
}

/** Every packet that arrived has had exactly one fate. */
function checkCounters(stats: { packetsIn: number }, path: PathCounters): void {
  if (stats.packetsIn !== path.delivered) {
    throw new Error(`${path.delivered} packets arrived, ${stats.packetsIn} were counted`);
  }
}
