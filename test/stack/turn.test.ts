import t from 'tap';
import {
  EVENT_CLOSED,
  EVENT_CONNECTED,
  EVENT_ERROR,
  EVENT_READABLE,
  EVENT_URGENT,
  EVENT_WRITABLE,
} from '../../lib/tcp/events';
import type { TcpEngine } from '../../types/tcp';
import { FakeEngine } from './support/fake-engine';
import type { NotingHandler } from './support/handler';
import { describePacket, packet } from './support/packet';
import { address, setUp } from './support/setup';

const PEER = address('10.0.0.2');

/** A stack whose engines are fakes, and `count` connections over its link. */
function withFakes(count: number, packetsPerTurn = 512) {
  const engines: FakeEngine[] = [];
  const createEngine = (): TcpEngine => {
    const engine = new FakeEngine();
    engines.push(engine);
    return engine;
  };
  const test = setUp({}, { limits: { packetsPerTurn } }, { createEngine });
  const handlers: NotingHandler[] = [];
  for (let i = 0; i < count; i++) {
    handlers.push(test.connect({ remoteAddress: PEER, remotePort: 80 + i }));
  }
  test.turn();
  test.link.take();
  test.link.flushes = 0;
  return { ...test, engines, handlers };
}

/** The sequence number that the fake engine counted up for this packet. */
function seqOf(bytes: Uint8Array): number {
  return Number(/ (\d+):/.exec(describePacket(bytes).text)![1]);
}

t.test('ten writes make one burst and one flush', async (t) => {
  const { turn, link, handlers, engines } = withFakes(1);
  for (let i = 0; i < 10; i++) handlers[0].connection!.send(Buffer.from('x'));
  t.equal(link.sent.length, 0, 'nothing leaves inside the call');
  turn();
  t.equal(link.sent.length, 10);
  t.equal(link.flushes, 1);
  t.equal(engines[0].calls.filter((call) => call.startsWith('send')).length, 10);
});

t.test('a batch of packets is answered once, after the last [MUST-58, MUST-59]', async (t) => {
  const { link, handlers, engines } = withFakes(1);
  const { localPort } = handlers[0].connection!;
  const seen: number[] = [];
  engines[0].handleSegment = () => {
    seen.push(link.sent.length);
    engines[0].owed = 1;
  };
  const data = packet('10.0.0.2:80', `10.0.0.1:${localPort}`, '. 1:2(1) ack 1 win 100');
  link.deliver([data, data, data]);
  t.same(seen, [0, 0, 0], 'all were processed before anything was sent');
  t.equal(link.sent.length, 1);
  t.equal(link.flushes, 1);
});

t.test('connections take turns of 64 segments', async (t) => {
  const { turn, link, engines, handlers } = withFakes(2, 10_000);
  engines[0].owed = 200;
  engines[1].owed = 100;
  const burst: Uint8Array[][] = [];
  link.flush = () => burst.push(link.take());
  handlers[0].connection!.setNoDelay(true);
  handlers[1].connection!.setNoDelay(true);
  turn();
  t.same(
    burst.map((packets) => packets.length),
    [128, 64 + 36, 64, 8],
  );
  t.same(
    [0, 63, 64, 127].map((i) => seqOf(burst[0][i])),
    [0, 63, 0, 63],
  );
});

t.test('after packetsPerTurn packets the event loop has its chance', async (t) => {
  const { clock, link, engines, handlers } = withFakes(1, 100);
  engines[0].owed = 250;
  const sent: number[] = [];
  handlers[0].connection!.setNoDelay(true);
  // Deferred by others, in between: before the event loop turns, and after.
  let turns = 0;
  const note = () => {
    sent.push(link.sent.length);
    turns++;
    if (turns < 8) clock.defer(note, false);
  };
  clock.defer(note, false);
  clock.advanceTo(clock.now());
  t.equal(link.sent.length, 250);
  const most = Math.max(...sent.map((count, i) => count - (sent[i - 1] ?? 0)));
  t.ok(most <= 100 + 64, `at most ${most} packets between two looks of the loop`);
});

t.test('a link without room loses nothing and is not asked in a loop', async (t) => {
  const { turn, link, engines, handlers, stack, clock } = withFakes(2);
  link.room = 5;
  engines[0].owed = 4;
  engines[1].owed = 4;
  for (const handler of handlers) handler.connection!.setNoDelay(true);
  turn();
  t.equal(link.sent.length, 5);
  t.equal(engines[1].owed, 3);
  const events = clock.events;
  clock.advanceTo(clock.now() + 1000);
  t.equal(clock.events, events, 'it waits for the link');
  link.room = 2;
  link.host!.writable();
  turn();
  t.equal(link.sent.length, 7);
  link.room = Number.POSITIVE_INFINITY;
  link.host!.writable();
  turn();
  t.equal(link.sent.length, 8);
  t.ok(stack.stats().linkFull > 0);
});

t.test('those who wait for room go on in their order, a few segments each', async (t) => {
  const { turn, link, engines, handlers } = withFakes(3);
  const room = (packets: number): void => {
    link.room = packets;
    link.host!.writable();
    turn();
  };
  link.room = 2;
  for (const engine of engines) engine.owed = 10;
  for (const handler of handlers) handler.connection!.setNoDelay(true);
  turn();
  const owed = () => engines.map((engine) => engine.owed);
  t.same(owed(), [8, 10, 10], 'the first has found the room');
  room(6);
  t.same(owed(), [4, 8, 10], 'four, and the second what is left');
  room(9);
  t.same(owed(), [0, 7, 6], 'the third, the first, and the second has what is left');
  room(100);
  t.same(owed(), [0, 0, 0]);
});

t.test('room for one is not offered to a hundred', async (t) => {
  const { turn, link, engines, handlers, stack } = withFakes(100);
  link.room = 0;
  for (const engine of engines) engine.owed = 1;
  for (const handler of handlers) handler.connection!.setNoDelay(true);
  turn();
  const { linkFull } = stack.stats();
  for (let i = 1; i <= 100; i++) {
    link.room = 1;
    link.host!.writable();
    turn();
    t.equal(link.sent.length, i);
  }
  t.ok(stack.stats().linkFull - linkFull <= 100, 'one more has asked each time');
});

t.test('a full link is flushed before anybody waits for it', async (t) => {
  const { turn, link, engines, handlers } = withFakes(1);
  link.room = 3;
  link.flush = () => {
    link.room = 3;
  };
  engines[0].owed = 10;
  handlers[0].connection!.setNoDelay(true);
  turn();
  t.equal(link.sent.length, 10);
});

t.test('events are told in the order of the contract', async (t) => {
  const { turn, engines, handlers } = withFakes(1);
  const all =
    EVENT_CLOSED | EVENT_ERROR | EVENT_WRITABLE | EVENT_READABLE | EVENT_URGENT | EVENT_CONNECTED;
  engines[0].events = all;
  engines[0].error = 'ETIMEDOUT';
  handlers[0].connection!.setNoDelay(true);
  t.same(handlers[0].heard, [], 'never inside a command');
  turn();
  t.same(handlers[0].heard, ['connect', 'urgent', 'readable', 'writable', 'ETIMEDOUT', 'close']);
});

t.test('a user who leaves in the middle hears no more', async (t) => {
  for (const leave of ['release', 'abort'] as const) {
    const { turn, engines, handlers } = withFakes(1);
    engines[0].events = EVENT_CONNECTED | EVENT_READABLE | EVENT_CLOSED;
    handlers[0].react = () => handlers[0].connection![leave]();
    handlers[0].connection!.setNoDelay(true);
    turn();
    t.same(handlers[0].heard, ['connect'], leave);
  }
});

t.test('a user may close the whole stack', async (t) => {
  const { turn, engines, handlers, stack, link } = withFakes(3);
  for (const engine of engines) engine.events = EVENT_READABLE;
  for (const handler of handlers) {
    handler.react = () => stack.close();
    handler.connection!.setNoDelay(true);
  }
  turn();
  t.same(handlers[0].heard, ['readable', 'ECONNABORTED', 'close']);
  t.same(handlers[2].heard, ['readable', 'ECONNABORTED', 'close']);
  t.equal(link.isOpen, false);
  t.equal(stack.stats().connections, 0);
});

t.test('a user who throws stops neither his own other news nor the others', async (t) => {
  const { clock, engines, handlers, turn } = withFakes(2);
  for (const engine of engines) engine.events = EVENT_CONNECTED | EVENT_READABLE;
  handlers[0].react = (what) => {
    if (what === 'connect') throw new Error('his mistake');
  };
  for (const handler of handlers) handler.connection!.setNoDelay(true);
  t.throws(() => clock.advanceTo(clock.now()), { message: 'his mistake' });
  turn();
  t.same(handlers[0].heard, ['connect', 'readable']);
  t.same(handlers[1].heard, ['connect', 'readable']);
});

t.test('deadlines of an engine are kept, with one timer for all', async (t) => {
  const { clock, turn, engines, handlers } = withFakes(3);
  engines.forEach((engine, i) => {
    engine.deadline = 100 * (i + 1);
    handlers[i].connection!.setNoDelay(true);
  });
  turn();
  t.equal(clock.pending, 1);
  clock.advanceTo(250);
  const timeouts = engines.map((engine) => engine.calls.filter((call) => /timeout/.test(call)));
  t.same(timeouts, [['timeout@100'], ['timeout@200'], []]);
  clock.run();
  t.equal(clock.pending, 0);
});

t.test('what is deferred runs in the loop, and what it defers in the next pass', async (t) => {
  const { turn, link } = withFakes(0);
  const ran: string[] = [];
  link.host!.defer(() => {
    ran.push('first');
    link.host!.defer(() => ran.push('second'));
  });
  t.same(ran, []);
  turn();
  t.same(ran, ['first', 'second']);
});

t.test('a finished connection is forgotten, and its engine kept for its user', async (t) => {
  const { turn, engines, handlers, stack } = withFakes(1);
  engines[0].finished = true;
  engines[0].events = EVENT_ERROR | EVENT_CLOSED;
  engines[0].error = 'ECONNRESET';
  handlers[0].connection!.setNoDelay(true);
  turn();
  t.equal(stack.stats().connections, 0);
  t.equal(engines[0].disposed, false, 'there may be something left to read');
  t.same(handlers[0].heard, ['ECONNRESET', 'close']);
  const connection = handlers[0].connection!;
  connection.release();
  t.equal(engines[0].disposed, true);
  turn();
  connection.release();
  connection.abort();
  connection.shutdown();
  connection.setNoDelay(true);
  connection.setKeepAlive(true, 1);
  t.equal(connection.send(Buffer.from('x')), 0);
  t.equal(connection.receive(), null);
  t.equal(connection.receiveInto(Buffer.alloc(1)), 0);
  t.equal(connection.readEnded, true);
  t.equal(connection.sendQueueBytes, 0);
  t.equal(connection.state, 'CLOSED');
  t.same(connection.info(), { state: 'SYN-SENT' }, 'the last that was known');
});

t.test('commands reach the engine with the time of the clock', async (t) => {
  const { clock, engines, handlers } = withFakes(1);
  clock.advanceTo(77);
  const connection = handlers[0].connection!;
  connection.shutdown();
  connection.setKeepAlive(true, 5000);
  connection.sendUrgent(Buffer.from('!'));
  connection.abort();
  t.same(engines[0].calls.slice(-4), ['shutdown', 'keepAlive true 5000', 'send 1', 'abort']);
});

t.test('what has arrived is read before a timeout is believed', async (t) => {
  const { clock, link, turn, connect } = setUp();
  const client = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  turn();
  const [syn] = link.take();
  const { from, to, text } = describePacket(syn);
  const [, seq] = /^S (\d+)/.exec(text) ?? [];
  link.unread.push(packet(to, from, `S. 7:7(0) ack ${(Number(seq) + 1) >>> 0} win 1000`));
  clock.advanceTo(clock.now() + 1000); // the process was held up
  t.ok(client.heard.includes('connect'));
  const sent = link.take().map((one) => describePacket(one).text);
  t.equal(sent.length, 1);
  t.match(sent[0], /^\. /, 'an ACK, and no second SYN');
});

t.test('users are told one thing at a time, with what each puts off in between', async (t) => {
  const { link, turn, engines, handlers, clock } = withFakes(3);
  const log: string[] = [];
  const packets = handlers.map(({ connection }, i) =>
    packet(`10.0.0.2:${80 + i}`, `10.0.0.1:${connection!.localPort}`, '. 1:2(1) ack 1 win 100'),
  );
  for (const [i, engine] of engines.entries()) {
    engine.handleSegment = () => {
      engine.events |= EVENT_READABLE | EVENT_WRITABLE;
    };
    handlers[i].react = (what) => {
      log.push(`${i} ${what}`);
      clock.defer(() => log.push(`${i} put off`), true);
    };
  }
  link.deliver(packets);
  t.same(log, ['0 readable'], 'from the event loop, so at once');
  turn();
  const told = log.filter((line) => !line.endsWith('put off'));
  t.same(told, [
    '0 readable',
    '1 readable',
    '2 readable',
    '0 writable',
    '1 writable',
    '2 writable',
  ]);
  for (const [k, line] of log.entries()) {
    t.equal(line.endsWith('put off'), k % 2 === 1, `${k}: ${line}`);
  }
});

t.test('a clock that cannot settle lets the event loop turn instead', async (t) => {
  const { link, turn, engines, handlers, clock } = withFakes(2);
  Object.defineProperty(clock, 'settle', { value: undefined });
  const deferred: boolean[] = [];
  const defer = clock.defer.bind(clock);
  clock.defer = (fn, urgent) => {
    deferred.push(urgent);
    defer(fn, urgent);
  };
  for (const engine of engines) {
    engine.handleSegment = () => {
      engine.events |= EVENT_READABLE;
    };
  }
  link.deliver(
    handlers.map(({ connection }, i) =>
      packet(`10.0.0.2:${80 + i}`, `10.0.0.1:${connection!.localPort}`, '. 1:2(1) ack 1 win 100'),
    ),
  );
  turn();
  for (const handler of handlers) t.equal(handler.heard.at(-1), 'readable');
  t.ok(deferred.includes(false));
});
