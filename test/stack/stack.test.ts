import { createHash } from 'node:crypto';
import t from 'tap';
import { PacketLink } from '../../lib/link/packet-link';
import { RealClock } from '../../lib/stack/real-clock';
import type { SegmentEvent } from '../../lib/stack/segment-trace';
import { Stack } from '../../lib/stack/stack';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import type { StackConnection, TransportStack } from '../../types/stack';
import { NotingHandler } from './support/handler';
import { describePacket, packet } from './support/packet';
import { address, setUp } from './support/setup';

const LOOPBACK = address('127.0.0.1');
const MIB = 2 ** 20;

/** A user who sends `total` bytes of a seeded stream, then closes, and hashes what he gets. */
class Transfer extends NotingHandler {
  readonly sent = createHash('sha256');
  readonly got = createHash('sha256');
  #left: number;
  readonly #random: SeededRandom;
  #chunk = Buffer.alloc(0);
  #from = 0;
  readonly closed: Promise<void>;
  #resolve: () => void = () => {};

  constructor(total: number, seed: number) {
    super();
    this.#left = total;
    this.#random = new SeededRandom(seed);
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  pump(): void {
    const connection = this.connection!;
    for (;;) {
      if (this.#from === this.#chunk.length && !this.#nextChunk()) {
        connection.shutdown();
        return;
      }
      this.#from += connection.send(this.#chunk, this.#from);
      if (this.#from < this.#chunk.length) return;
    }
  }

  override handleReadable(): void {
    for (let piece = this.connection!.receive(); piece; piece = this.connection!.receive()) {
      this.got.update(piece);
      this.received += piece.length;
    }
  }

  override handleWritable(): void {
    this.pump();
  }

  override handleClose(): void {
    super.handleClose();
    this.connection!.release();
    this.#resolve();
  }

  #nextChunk(): boolean {
    if (this.#left === 0) return false;
    const length = Math.min(this.#left, 1 + this.#random.below(100_000));
    this.#chunk = Buffer.alloc(length, this.#random.below(256));
    this.#random.fill(this.#chunk.subarray(0, 16));
    this.sent.update(this.#chunk);
    this.#left -= length;
    this.#from = 0;
    return true;
  }
}

/** Both ways at once, from one stack to another or to itself. */
async function exchange(
  from: TransportStack,
  to: TransportStack,
  where: string,
  total: number,
): Promise<[Transfer, Transfer]> {
  const server = new Transfer(total, 1);
  const client = new Transfer(total, 2);
  const target = { address: address('0.0.0.0'), port: 0, backlog: 5 };
  const listener = to.listen(target, (connection) => {
    connection.handler = server;
    server.connection = connection;
    server.pump();
  });
  const remote = { remoteAddress: address(where), remotePort: listener.port };
  client.connection = from.connect(remote, client);
  client.pump();
  await Promise.all([server.closed, client.closed]);
  listener.close();
  return [server, client];
}

t.test('10 MiB each way inside a stack, and nothing is left', async (t) => {
  const before = packetMemory.allocated;
  const stack = new Stack({ tcp: { mslMs: 5 } });
  const [server, client] = await exchange(stack, stack, '127.0.0.1', 10 * MIB);
  t.equal(server.received, 10 * MIB);
  t.equal(client.received, 10 * MIB);
  t.equal(server.got.digest('hex'), client.sent.digest('hex'));
  t.equal(client.got.digest('hex'), server.sent.digest('hex'));
  t.same(client.heard, ['connect', 'close']);
  t.same(server.heard, ['close']);
  const clock = new RealClock();
  await new Promise<void>((resolve) => clock.schedule(clock.now() + 30, resolve));
  const { connections, deadlines, keepingAlive, resetsOut, failures, listeners } = stack.stats();
  t.same(
    { connections, deadlines, keepingAlive, resetsOut, failures, listeners },
    { connections: 0, deadlines: 0, keepingAlive: 0, resetsOut: 0, failures: 0, listeners: 0 },
  );
  t.equal(packetMemory.allocated, before, 'packet memory is back');
  stack.close();
});

t.test('5 MiB each way between two stacks joined by packet links', async (t) => {
  const before = packetMemory.allocated;
  const links: PacketLink[] = [];
  const stacks = ['10.0.0.1', '10.0.0.2'].map((own, i) => {
    links.push(
      new PacketLink({
        addresses: own,
        send: (bytes) => links[1 - i].receive(bytes),
        drain: () => links[1 - i].drained(),
      }),
    );
    return new Stack({ links: [links[i]] });
  });
  const [server, client] = await exchange(stacks[0], stacks[1], '10.0.0.2', 5 * MIB);
  t.equal(server.got.digest('hex'), client.sent.digest('hex'));
  t.equal(client.got.digest('hex'), server.sent.digest('hex'));
  for (const stack of stacks) {
    const { tcpBadChecksum, tcpRefused, packetsIn, tcpToConnection } = stack.stats();
    t.same({ tcpBadChecksum, tcpRefused }, { tcpBadChecksum: 0, tcpRefused: 0 });
    t.ok(packetsIn - tcpToConnection <= 1, 'all but the SYN found a connection');
    stack.close();
  }
  t.equal(packetMemory.allocated, before, 'packet memory is back');
});

t.test('a connection goes through its states, and its listener’s user gets it', async (t) => {
  const { connect, listen, turn, stack, clock } = setUp();
  const { listener, accepted } = listen();
  const user = connect({ remotePort: listener.port });
  t.equal(user.connection!.state, 'SYN-SENT');
  turn();
  t.same(user.heard, ['connect']);
  const [server] = accepted;
  t.equal(server.connection!.state, 'ESTABLISHED');
  t.equal(server.connection!.remotePort, user.connection!.localPort);
  t.equal(stack.stats().keepingAlive, 3);
  user.connection!.send(Buffer.from('hello'));
  turn();
  t.same(server.heard, ['readable']);
  t.equal(server.received, 5);
  user.connection!.shutdown();
  turn();
  t.same(server.heard, ['readable', 'end']);
  t.equal(server.connection!.state, 'CLOSE-WAIT');
  t.equal(user.connection!.state, 'FIN-WAIT-2');
  server.connection!.send(Buffer.from('still here'));
  turn();
  t.equal(user.received, 10);
  server.connection!.shutdown();
  turn();
  t.same(user.heard, ['connect', 'readable', 'end', 'close']);
  t.same(server.heard, ['readable', 'end', 'close']);
  t.equal(user.connection!.state, 'TIME-WAIT');
  t.equal(stack.stats().timeWait, 1);
  t.equal(stack.stats().keepingAlive, 1, 'the listener');
  clock.run();
  t.equal(clock.now(), 60_000, '2 MSL');
  t.equal(stack.stats().connections, 0);
  t.equal(clock.pending, 0);
});

t.test('a port without a listener refuses', async (t) => {
  const { connect, turn, stack } = setUp();
  for (const to of ['127.0.0.1', '10.0.0.1']) {
    const user = connect({ remoteAddress: address(to), remotePort: 9 });
    turn();
    t.same(user.heard, ['ECONNREFUSED', 'close'], to);
    user.connection!.release();
  }
  t.equal(stack.stats().connections, 0);
  t.equal(stack.stats().keepingAlive, 0);
  t.equal(stack.stats().failures, 2);
});

t.test('a socket may connect to itself, as on Linux', async (t) => {
  const { connect, turn } = setUp();
  const user = connect({ remotePort: 50_000, localPort: 50_000 });
  turn();
  t.same(user.heard, ['connect']);
  user.connection!.send(Buffer.from('me'));
  turn();
  t.equal(user.received, 2);
});

t.test('the peer hears of an abort', async (t) => {
  const { connect, listen, turn, stack } = setUp();
  const { listener, accepted } = listen();
  const user = connect({ remotePort: listener.port });
  turn();
  user.connection!.abort();
  turn();
  t.same(user.heard, ['connect']);
  t.same(accepted[0].heard, ['ECONNRESET', 'close']);
  accepted[0].connection!.release();
  t.equal(stack.stats().connections, 0);
  t.equal(stack.stats().resetsOut, 1);
});

t.test('data left unread at release is answered with a reset [SHLD-3]', async (t) => {
  const { connect, listen, turn, stack } = setUp();
  const { listener, accepted } = listen();
  const user = connect({ remotePort: listener.port });
  turn();
  accepted[0].handleReadable = () => {};
  user.connection!.send(Buffer.from('never read'));
  turn();
  accepted[0].connection!.release();
  turn();
  t.same(user.heard, ['connect', 'ECONNRESET', 'close']);
  user.connection!.release();
  t.equal(stack.stats().connections, 0);
});

t.test(
  'a released connection finishes by itself, and keeps the process alive until then',
  async (t) => {
    const { connect, link, turn, stack } = setUp();
    const user = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
    const { connection } = user;
    const local = `10.0.0.1:${connection!.localPort}`;
    turn();
    const [syn] = link.take().map(describePacket);
    const iss = Number(/S (\d+):/.exec(syn.text)![1]);
    const reply = (text: string) => {
      link.deliver([packet('10.0.0.2:80', local, text)]);
      turn();
    };
    reply(`S. 100:100(0) ack ${iss + 1} win 1000`);
    connection!.send(Buffer.from('last words'));
    connection!.release();
    turn();
    t.equal(stack.stats().keepingAlive, 1, 'what it said is not acknowledged');
    t.equal(link.referenced, true);
    reply(`. 101:101(0) ack ${iss + 12} win 1000`);
    t.equal(connection!.state, 'FIN-WAIT-2');
    t.equal(stack.stats().keepingAlive, 0);
    t.equal(link.referenced, false);
    reply(`F. 101:101(0) ack ${iss + 12} win 1000`);
    t.equal(connection!.state, 'TIME-WAIT');
    t.same(user.heard, ['connect']);
  },
);

t.test('references decide what keeps the process alive', async (t) => {
  const { connect, listen, turn, stack, clock, link } = setUp();
  const alive = () => [stack.stats().keepingAlive, clock.referenced, link.referenced];
  t.same(alive(), [0, 0, false], 'an idle stack does not');
  const { listener, accepted } = listen();
  t.equal(stack.stats().keepingAlive, 1);
  t.equal(link.referenced, true);
  listener.unref();
  t.same(alive(), [0, 0, false]);
  const user = connect({ remotePort: listener.port });
  turn();
  t.equal(stack.stats().keepingAlive, 2, 'both ends');
  user.connection!.unref();
  accepted[0].connection!.unref();
  t.same(alive(), [0, 0, false]);
  user.connection!.ref();
  t.equal(stack.stats().keepingAlive, 1);
  user.connection!.abort();
  turn();
  t.same(alive(), [0, 0, false]);
});

t.test(
  'closing a listener resets what is still opening and keeps what was handed out',
  async (t) => {
    const { connect, listen, link, turn, stack } = setUp();
    const { listener, accepted } = listen({ address: address('0.0.0.0'), port: 80 });
    const user = connect({ remotePort: 80 });
    turn();
    link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', 'S 7:7(0) win 1000')]);
    t.match(link.take().map(describePacket)[0].text, /^S\. /);
    t.equal(stack.stats().connections, 3);
    listener.close();
    listener.close();
    turn();
    t.match(link.take().map(describePacket)[0].text, /^R/);
    t.equal(stack.stats().connections, 2);
    t.equal(stack.stats().listeners, 0);
    user.connection!.send(Buffer.from('x'));
    turn();
    t.equal(accepted[0].received, 1);
  },
);

t.test('without cookies a full SYN queue drops the next SYN, and counts it', async (t) => {
  const options = { limits: { synQueue: 3 }, tcp: { synTimeoutMs: 10_000 }, synCookies: false };
  const { listen, link, turn, stack, clock } = setUp({}, options);
  listen({ address: address('0.0.0.0'), port: 80 });
  for (let port = 1; port <= 4; port++) {
    link.deliver([packet(`10.0.0.2:${port}`, '10.0.0.1:80', 'S 7:7(0) win 1000')]);
  }
  t.equal(link.take().length, 3);
  t.equal(stack.stats().tcpListenFull, 1);
  t.equal(stack.stats().connections, 3);
  // Nobody answers: they are given up, and there is room again.
  clock.advanceTo(200_000);
  turn();
  link.take();
  t.equal(stack.stats().connections, 0);
  t.equal(stack.stats().abandoned, 3);
  link.deliver([packet('10.0.0.2:9', '10.0.0.1:80', 'S 7:7(0) win 1000')]);
  t.equal(link.take().length, 1);
});

t.test('a full stack drops a SYN, and counts it', async (t) => {
  const { listen, link, stack } = setUp({}, { limits: { connections: 2 } });
  listen({ address: address('0.0.0.0'), port: 80 });
  for (let port = 1; port <= 3; port++) {
    link.deliver([packet(`10.0.0.2:${port}`, '10.0.0.1:80', 'S 7:7(0) win 1000')]);
  }
  t.equal(stack.stats().connections, 2);
  t.equal(stack.stats().tcpConnectionLimit, 1);
});

t.test('a connection that its listener’s user does not want is closed', async (t) => {
  const { connect, stack, turn } = setUp();
  const listener = stack.listen({ address: LOOPBACK, port: 0, backlog: 1 }, () => {});
  const user = connect({ remotePort: listener.port });
  turn();
  t.same(user.heard, ['connect', 'end']);
});

t.test('nor is one left over whose listener’s user throws', async (t) => {
  const { connect, stack, turn } = setUp();
  const listener = stack.listen({ address: LOOPBACK, port: 0, backlog: 1 }, () => {
    throw new Error('his mistake');
  });
  const user = connect({ remotePort: listener.port });
  t.throws(turn, { message: 'his mistake' });
  turn();
  t.same(user.heard, ['connect', 'end']);
});

t.test('a ping-pong without end leaves the event loop its turns', async (t) => {
  const stack = new Stack({ limits: { packetsPerTurn: 100 } });
  const ball = Buffer.from('x');
  let strokes = 0;
  let playing = true;
  const play = (connection: StackConnection) => {
    const player = new NotingHandler();
    player.connection = connection;
    player.react = () => {
      strokes++;
      if (playing) connection.send(ball);
    };
    connection.handler = player;
    return player;
  };
  const listener = stack.listen({ address: LOOPBACK, port: 0, backlog: 1 }, play);
  const request = { remoteAddress: LOOPBACK, remotePort: listener.port };
  play(stack.connect(request, new NotingHandler()));
  let turns = 0;
  await new Promise<void>((resolve) => {
    const count = () => {
      turns++;
      if (turns < 100) setImmediate(count);
      else resolve();
    };
    count();
  });
  playing = false;
  t.ok(strokes >= turns, `${strokes} strokes in ${turns} turns of the event loop`);
  stack.close();
});

t.test('a connection that dies before it is handed out is handed out dead', async (t) => {
  const { link, listen, turn, stack } = setUp();
  const { accepted } = listen({ address: address('0.0.0.0'), port: 80 });
  link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', 'S 7:7(0) win 1000')]);
  const iss = Number(/S\. (\d+):/.exec(link.take().map(describePacket)[0].text)![1]);
  link.deliver([
    packet('10.0.0.2:1234', '10.0.0.1:80', `. 8:8(0) ack ${iss + 1} win 1000`),
    packet('10.0.0.2:1234', '10.0.0.1:80', 'R 8:8(0)'),
  ]);
  turn();
  t.equal(accepted.length, 1);
  t.same(accepted[0].heard, ['ECONNRESET', 'close']);
  accepted[0].connection!.release();
  t.equal(stack.stats().connections, 0);
});

t.test('an IPv4 peer of a dual-stack listener has mapped addresses', async (t) => {
  const { connect, listen, turn } = setUp();
  const { listener, accepted } = listen({ address: address('::') });
  connect({ remotePort: listener.port });
  turn();
  const { localAddress, remoteAddress } = accepted[0].connection!;
  t.equal(localAddress.text, '::ffff:127.0.0.1');
  t.equal(remoteAddress.text, '::ffff:127.0.0.1');
});

t.test(
  'closing the stack resets everybody, tells their users, and gives everything back',
  async (t) => {
    const before = packetMemory.allocated;
    const { connect, listen, turn, stack, link, clock } = setUp();
    const { listener, accepted } = listen();
    const inside = connect({ remotePort: listener.port });
    const outside = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
    turn();
    inside.connection!.send(Buffer.alloc(1000));
    stack.close();
    stack.close();
    turn();
    t.same(inside.heard, ['connect', 'ECONNABORTED', 'close']);
    t.same(accepted[0].heard, ['ECONNABORTED', 'close']);
    t.same(outside.heard, ['ECONNABORTED', 'close']);
    for (const { connection } of [inside, outside, accepted[0]]) connection!.release();
    t.equal(link.isOpen, false);
    t.equal(clock.pending, 0);
    t.equal(stack.stats().keepingAlive, 0);
    t.equal(packetMemory.allocated, before);
    t.throws(() => connect({ remotePort: 1 }), { code: 'ENETDOWN' });
    t.throws(() => listen(), { code: 'ENETDOWN' });
  },
);

t.test('a link that breaks takes its connections with it, and no others', async (t) => {
  const { connect, listen, turn, stack, link } = setUp();
  const { listener } = listen();
  const inside = connect({ remotePort: listener.port });
  const outside = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  turn();
  const failures: string[] = [];
  stack.on('linkFailed', (name, error) => failures.push(`${name}: ${error.message}`));
  link.room = 0;
  link.host!.failed(new Error('unplugged'));
  turn();
  t.same(outside.heard, ['ENETDOWN', 'close']);
  t.same(inside.heard, ['connect']);
  t.same(failures, ['fake: unplugged']);
});

t.test('a link that does not open closes those before it', async (t) => {
  const { link } = setUp();
  link.close();
  const broken = setUp().link;
  broken.open = () => {
    throw new Error('no such device');
  };
  t.throws(() => new Stack({ links: [link, broken] }), { message: 'no such device' });
  t.equal(link.isOpen, false);
});

t.test('segments are told of while somebody listens, relative to both SYNs', async (t) => {
  const { connect, listen, turn, stack } = setUp();
  const { listener, accepted } = listen();
  const lines: string[] = [];
  const note = (event: SegmentEvent) => {
    const flow = event.localPort === listener.port ? 'server' : 'client';
    const text = event.text.replace(/ win.*/, '');
    lines.push(`${flow} ${event.direction} ${text} ${event.stateBefore} ${event.stateAfter}`);
  };
  stack.on('segment', note);
  const user = connect({ remotePort: listener.port });
  turn();
  t.same(lines, [
    'client out S 0:0(0) SYN-SENT SYN-SENT',
    'server in S 0:0(0) LISTEN SYN-RECEIVED',
    'server out S. 0:0(0) ack 1 SYN-RECEIVED SYN-RECEIVED',
    'client in S. 0:0(0) ack 1 SYN-SENT ESTABLISHED',
    'client out . 1:1(0) ack 1 ESTABLISHED ESTABLISHED',
    'server in . 1:1(0) ack 1 SYN-RECEIVED ESTABLISHED',
  ]);
  lines.length = 0;
  stack.off('segment', note);
  user.connection!.send(Buffer.from('unseen'));
  turn();
  t.same(lines, []);
  stack.on('segment', note);
  stack.on('segment', () => {
    throw new Error('a mistake in a listener');
  });
  const later: Array<() => void> = [];
  t.intercept(globalThis, 'queueMicrotask', { value: (fn: () => void) => later.push(fn) });
  accepted[0].connection!.send(Buffer.from('12345'));
  turn();
  t.equal(lines[0], 'server out P. 1:6(5) ack 7 ESTABLISHED ESTABLISHED');
  t.equal(accepted[0].connection!.state, 'ESTABLISHED');
  t.equal(user.received, 5, 'a listener that throws stops nothing');
  t.throws(() => later[0](), { message: 'a mistake in a listener' });
});

t.test('what there is can be listed, as ss does', async (t) => {
  const { connect, listen, turn, stack } = setUp();
  listen({ address: address('0.0.0.0'), port: 8080 });
  const user = connect({ remoteAddress: address('10.0.0.2'), remotePort: 443, localPort: 5555 });
  user.connection!.send(Buffer.from('waits'));
  turn();
  t.same(stack.connections(), [
    {
      state: 'LISTEN',
      localAddress: '0.0.0.0',
      localPort: 8080,
      remoteAddress: '',
      remotePort: 0,
      sendQueue: 0,
      link: '',
    },
    {
      state: 'SYN-SENT',
      localAddress: '10.0.0.1',
      localPort: 5555,
      remoteAddress: '10.0.0.2',
      remotePort: 443,
      sendQueue: 5,
      link: 'fake',
    },
  ]);
});

t.test('options of a connection and of a listener reach the engine', async (t) => {
  const { connect, listen, turn, stack } = setUp({}, { tcp: { sendBufferBytes: 100 } });
  const { listener, accepted } = listen({ sendBufferBytes: 7 });
  const user = connect({ remotePort: listener.port });
  const other = connect({ remotePort: listener.port, sendBufferBytes: 50 });
  turn();
  const most = (connection: StackConnection) => connection.send(Buffer.alloc(1000));
  t.equal(most(user.connection!), 100, 'the stack’s');
  t.equal(most(other.connection!), 50, 'the connection’s');
  t.equal(most(accepted[0].connection!), 7, 'the listener’s');
  stack.close();
});

t.test('initial sequence numbers are RFC 6528’s, or a test’s', async (t) => {
  const chosen = setUp({}, { initialSequence: () => 0x7fffffff });
  chosen.connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  chosen.turn();
  t.match(describePacket(chosen.link.take()[0]).text, /^S 2147483647:/);
  const seen = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const { connect, turn, link } = setUp();
    connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 + i });
    turn();
    seen.add(describePacket(link.take()[0]).text.split(' ')[1]);
  }
  t.equal(seen.size, 5);
});

t.test('a hundred connections at once inside a stack, each echoed', async (t) => {
  const stack = new Stack({ tcp: { mslMs: 1 } });
  const listener = stack.listen({ address: LOOPBACK, port: 0, backlog: 511 }, (connection) => {
    connection.handler = new Echo(connection);
  });
  const clients: Transfer[] = [];
  for (let i = 0; i < 100; i++) {
    const client = new Transfer(100_000, i);
    client.connection = stack.connect(
      { remoteAddress: LOOPBACK, remotePort: listener.port },
      client,
    );
    client.pump();
    clients.push(client);
  }
  await Promise.all(clients.map((client) => client.closed));
  for (const client of clients) {
    if (client.got.digest('hex') !== client.sent.digest('hex')) return t.fail('bytes differ');
  }
  t.equal(stack.stats().accepted, 100);
  stack.close();
});

class Echo extends NotingHandler {
  #pending: Buffer | null = null;
  #from = 0;

  constructor(connection: StackConnection) {
    super();
    this.connection = connection;
  }

  override handleReadable(): void {
    const connection = this.connection!;
    for (;;) {
      if (this.#pending === null) {
        this.#pending = connection.receive();
        this.#from = 0;
        if (this.#pending === null) break;
      }
      this.#from += connection.send(this.#pending, this.#from);
      if (this.#from < this.#pending.length) return;
      this.#pending = null;
    }
    if (connection.readEnded) connection.shutdown();
  }

  override handleWritable(): void {
    this.handleReadable();
  }

  override handleClose(): void {
    this.connection!.release();
  }
}
