/**
 * Who may take the place of a connection in TIME-WAIT: RFC 6191, RFC 9293 §3.6.1, Linux's
 * tcp_tw_reuse.
 */
import t, { type Test as Tap } from 'tap';
import type { Endpoint } from '../../lib/stack/endpoint';
import { EPHEMERAL_PORTS } from '../../lib/stack/ports';
import type { StackOptions } from '../../types/stack';
import type { TcpEngine, TcpInfo } from '../../types/tcp';
import { FakeEngine } from './support/fake-engine';
import { NotingHandler } from './support/handler';
import { describePacket, packet } from './support/packet';
import { address, setUp, type TestStack } from './support/setup';

const PEER = '10.0.0.2:1234';
const OWN = '10.0.0.1:80';
/** What the peer has sent, FIN included, is below it. */
const PEER_NEXT = 102;
/** The last timestamp of the peer's. */
const PEER_TIME = 9000;
const GAP = 65_537;

interface Waiting extends TestStack {
  user: NotingHandler;
  /** Behind the last sequence number that we sent, as in the packets' text. */
  next: number;
  reply(text: string): string[];
}

function stamp(timestamps: boolean, value = PEER_TIME): string {
  return timestamps ? `<nop,nop,TS val ${value} ecr 0>` : '';
}

/** A server that has closed first, and waits. */
function waiting(timestamps: boolean, options: StackOptions = {}): Waiting {
  const tools = setUp({}, { initialSequence: () => 5000, ...options });
  const { accepted } = tools.listen({ address: address('0.0.0.0'), port: 80 });
  const reply = (text: string): string[] => {
    tools.link.deliver([packet(PEER, OWN, text)]);
    tools.turn();
    return tools.link.take().map((one) => describePacket(one).text);
  };
  const syn = timestamps ? `<mss 1460,TS val ${PEER_TIME} ecr 0>` : '<mss 1460>';
  reply(`S 100:100(0) win 1000 ${syn}`);
  reply(`. 101:101(0) ack 5001 win 1000 ${stamp(timestamps)}`);
  accepted[0].connection!.send(Buffer.alloc(99));
  accepted[0].connection!.shutdown();
  tools.turn();
  reply(`F. 101:101(0) ack 5101 win 1000 ${stamp(timestamps)}`);
  if (accepted[0].connection!.state !== 'TIME-WAIT') throw new Error('not in TIME-WAIT');
  return { ...tools, user: accepted[0], next: 5101, reply };
}

/** [SYN, may it begin, name]; options of timestamps where the old connection had them */
type Case = readonly [string, boolean, string];

/** Sequence numbers decide where timestamps cannot. */
const BY_SEQUENCE: readonly Case[] = [
  [`S ${PEER_NEXT + 1}:${PEER_NEXT + 1}(0) win 1000`, true, 'beyond the last sequence number'],
  ['S 1000000:1000000(0) win 1000', true, 'far beyond it'],
  [`S ${PEER_NEXT}:${PEER_NEXT}(0) win 1000`, false, 'the very next number'],
  ['S 100:100(0) win 1000', false, 'the old SYN again'],
  ['S 4294967000:4294967000(0) win 1000', false, 'an older sequence number'],
  ['S. 1000000:1000000(0) ack 5101 win 1000', false, 'a SYN-ACK'],
  ['SR 1000000:1000000(0)', false, 'a reset'],
  ['F. 101:101(0) ack 5101 win 1000', false, 'the FIN again'],
  ['. 1000000:1000010(10) ack 5101 win 1000', false, 'text'],
];

const BY_TIMESTAMP: readonly Case[] = [
  [`S 50:50(0) win 1000 <mss 1460,TS val ${PEER_TIME + 1} ecr 0>`, true, 'later, number older'],
  [
    `S 100:100(0) win 1000 <mss 1460,TS val ${PEER_TIME + 1} ecr 0>`,
    true,
    'later, number as before',
  ],
  [`S 103:103(0) win 1000 <mss 1460,TS val ${PEER_TIME} ecr 0>`, true, 'same tick, number beyond'],
  [`S 100:100(0) win 1000 <mss 1460,TS val ${PEER_TIME} ecr 0>`, false, 'same tick, old number'],
  [
    `S 1000000:1000000(0) win 1 <mss 9,TS val ${PEER_TIME - 1} ecr 0>`,
    false,
    'earlier, number beyond',
  ],
  ['S 103:103(0) win 1000 <mss 1460>', true, 'no timestamp, number beyond'],
  ['S 100:100(0) win 1000 <mss 1460>', false, 'no timestamp, old number'],
];

for (const [timestamps, cases] of [
  [false, BY_SEQUENCE],
  [true, BY_TIMESTAMP],
] as const) {
  const what = timestamps ? 'timestamps' : 'sequence numbers';
  t.test(`[SHLD-4] [MAY-2] ${what} tell a new SYN from an old duplicate`, async (t) => {
    for (const [text, begins, name] of cases)
      checkReopening(t, waiting(timestamps), text, begins, name);
  });
}

function checkReopening(t: Tap, w: Waiting, text: string, begins: boolean, name: string): void {
  const sent = w.reply(text);
  const { timeWaitReused, timeWait, tcpOpened, connections } = w.stack.stats();
  t.equal(timeWaitReused, begins ? 1 : 0, name);
  t.equal(timeWait, begins ? 0 : 1);
  t.equal(tcpOpened, begins ? 2 : 1);
  t.equal(connections, 1);
  if (begins) t.match(sent, [new RegExp(`^S\\. ${w.next + GAP}:`)], 'behind all that was sent');
  else
    t.notOk(
      sent.some((one) => one.startsWith('S')),
      'nothing begins',
    );
}

t.test(
  'the connection that comes after carries text, and the old user stays as he was',
  async (t) => {
    const w = waiting(true);
    t.same(w.user.heard.slice(-2), ['end', 'close']);
    const [synAck] = w.reply(`S 50:50(0) win 1000 <mss 1460,TS val ${PEER_TIME + 1} ecr 0>`);
    const iss = Number(/S\. (\d+):/.exec(synAck)![1]);
    t.equal(w.user.connection!.state, 'CLOSED');
    const heard = w.user.heard.length;
    w.reply(`P. 51:61(10) ack ${iss + 1} win 1000 ${stamp(true, PEER_TIME + 2)}`);
    t.equal(w.stack.stats().accepted, 2);
    t.equal(w.user.heard.length, heard);
    w.user.connection!.setNoDelay(true);
    w.user.connection!.tune({ lingerMs: 0 });
    w.user.connection!.release();
    w.turn();
    t.same(w.link.take(), [], 'nothing of the old one is sent');
    t.match(w.stack.connections()[1], { state: 'ESTABLISHED', remotePort: 1234 });
    w.clock.advanceTo(w.clock.now() + 120_000);
    t.match(w.stack.connections()[1], { state: 'ESTABLISHED' }, 'its TIME-WAIT ends nothing now');
  },
);

t.test('what was not read of the old connection can be read still', async (t) => {
  const tools = setUp({}, { initialSequence: () => 5000 });
  const { accepted } = tools.listen({ address: address('0.0.0.0'), port: 80 });
  const reply = (text: string): void => {
    tools.link.deliver([packet(PEER, OWN, text)]);
    tools.turn();
  };
  reply('S 100:100(0) win 1000 <mss 1460>');
  reply('. 101:101(0) ack 5001 win 1000');
  const [user] = accepted;
  user.handleReadable = () => {};
  user.connection!.shutdown();
  tools.turn();
  reply('. 101:111(10) ack 5002 win 1000');
  // The last of it and the next connection, in one batch.
  tools.link.deliver([
    packet(PEER, OWN, 'F. 111:111(0) ack 5002 win 1000'),
    packet(PEER, OWN, 'S 500:500(0) win 1000'),
  ]);
  tools.turn();
  t.equal(tools.stack.stats().timeWaitReused, 1);
  t.equal(user.heard.at(-1), 'close', 'he hears of the end all the same');
  t.equal(user.connection!.receive()?.length, 10);
  t.equal(user.connection!.readEnded, true);
  user.connection!.release();
});

/** [what ends the old connection in one batch with the SYN, what its user hears last, its name] */
const ENDS = [
  ['R 101:101(0)', ['ECONNRESET', 'close'], 'a reset'],
  ['. 102:102(0) ack 5002 win 1000', ['end', 'close'], 'the last ACK'],
] as const;

for (const [end, last, name] of ENDS) {
  t.test(`${name} and the SYN of the next connection come in one batch`, async (t) => {
    const tools = setUp({}, { initialSequence: () => 5000 });
    const { accepted } = tools.listen({ address: address('0.0.0.0'), port: 80 });
    const reply = (...texts: string[]): string[] => {
      tools.link.deliver(texts.map((text) => packet(PEER, OWN, text)));
      tools.turn();
      return tools.link.take().map((one) => describePacket(one).text);
    };
    reply('S 100:100(0) win 1000');
    reply('. 101:101(0) ack 5001 win 1000');
    if (name !== 'a reset') {
      reply('F. 101:101(0) ack 5001 win 1000');
      accepted[0].connection!.shutdown();
      tools.turn();
      tools.link.take();
    }
    const sent = reply(end, 'S 900:900(0) win 1000');
    t.match(sent, [/^S\. \d+:\d+\(0\) ack 901 /], 'it is answered at once');
    t.match(tools.stack.stats(), { tcpOpened: 2, timeWaitReused: 0, connections: 1 });
    t.same(accepted[0].heard.slice(-2), last, 'the user of the old one hears of its end');
  });
}

t.test('without a listener nothing ends TIME-WAIT', async (t) => {
  const tools = setUp({}, { initialSequence: () => 5000 });
  const { accepted, listener } = tools.listen({ address: address('0.0.0.0'), port: 80 });
  const reply = (text: string): void => {
    tools.link.deliver([packet(PEER, OWN, text)]);
    tools.turn();
  };
  reply('S 100:100(0) win 1000');
  reply('. 101:101(0) ack 5001 win 1000');
  listener.close();
  accepted[0].connection!.shutdown();
  tools.turn();
  reply('F. 101:101(0) ack 5002 win 1000');
  t.equal(accepted[0].connection!.state, 'TIME-WAIT');
  tools.link.take();
  reply('S 103:103(0) win 1000');
  t.match(
    tools.link.take().map((one) => describePacket(one).text),
    [/^\. 5002:5002\(0\) ack 102/],
  );
  t.equal(accepted[0].connection!.state, 'TIME-WAIT');
});

t.test('a thousand calls from one port in a row are all answered', async (t) => {
  const tools = setUp();
  const { accepted } = tools.listen({ address: address('0.0.0.0'), port: 80 });
  let seq = 100;
  for (let i = 0; i < 1000; i++) {
    const say = (text: string): string => {
      tools.link.deliver([packet(PEER, OWN, text)]);
      tools.turn();
      return tools.link.take().map((one) => describePacket(one).text)[0] ?? '';
    };
    const iss = Number(/^S\. (\d+):/.exec(say(`S ${seq}:${seq}(0) win 1000`))![1]);
    say(`. ${seq + 1}:${seq + 1}(0) ack ${(iss + 1) % 2 ** 32} win 1000`);
    accepted[i].connection!.release();
    tools.turn();
    tools.link.take();
    say(`F. ${seq + 1}:${seq + 1}(0) ack ${(iss + 2) % 2 ** 32} win 1000`);
    seq += 3;
    if (tools.stack.stats().connections !== 1) t.fail(`${i}: more than one connection is there`);
  }
  t.equal(tools.stack.stats().timeWaitReused, 999);
});

/** We have called from `localPort`, and closed first. */
function called(timestamps: boolean, sharesHost = false): TestStack & { call(): NotingHandler } {
  const tools = setUp({ sharesHost }, { initialSequence: () => 5000, tcp: { timestamps } });
  const request = { remoteAddress: address('10.0.0.2'), remotePort: 80, localPort: 4000 };
  const call = () => tools.connect(request);
  const user = call();
  tools.turn();
  const reply = (text: string): void => {
    tools.link.deliver([packet('10.0.0.2:80', '10.0.0.1:4000', text)]);
    tools.turn();
  };
  const syn = timestamps ? `<mss 1460,TS val ${PEER_TIME} ecr 0>` : '<mss 1460>';
  reply(`S. 100:100(0) ack 5001 win 1000 ${syn}`);
  user.connection!.shutdown();
  tools.turn();
  reply(`F. 101:101(0) ack 5002 win 1000 ${stamp(timestamps)}`);
  user.connection!.release();
  tools.turn();
  if (tools.stack.stats().timeWait !== 1) throw new Error('not in TIME-WAIT');
  tools.link.take();
  return { ...tools, call };
}

t.test(
  '[SHLD-4] calling again from the same port works a second later, with timestamps',
  async (t) => {
    for (const sharesHost of [false, true]) {
      const { call, clock, link, stack, turn } = called(true, sharesHost);
      t.throws(call, { code: 'EADDRNOTAVAIL' }, 'at once it does not');
      clock.advanceTo(clock.now() + 1000);
      t.throws(call, { code: 'EADDRNOTAVAIL' }, 'nor just before');
      clock.advanceTo(clock.now() + 1);
      call();
      turn();
      const [syn] = link.take().map((one) => describePacket(one).text);
      t.match(syn, `S ${5002 + GAP}:`, 'behind all that was sent');
      t.match(stack.stats(), { connections: 1, timeWait: 0, timeWaitReused: 1 });
      t.same(link.claims, sharesHost ? ['10.0.0.1:4000'] : []);
    }
  },
);

t.test('without timestamps it must wait for the end of TIME-WAIT', async (t) => {
  const { call, clock, stack } = called(false);
  clock.advanceTo(clock.now() + 59_999);
  t.throws(call, { code: 'EADDRNOTAVAIL' });
  clock.advanceTo(clock.now() + 2);
  t.ok(call());
  t.equal(stack.stats().timeWaitReused, 0);
});

t.test('in no other state does a connection give way', async (t) => {
  const tools = setUp();
  const request = { remoteAddress: address('10.0.0.2'), remotePort: 80, localPort: 4000 };
  tools.connect(request);
  tools.clock.advanceTo(10_000);
  t.throws(() => tools.connect(request), { code: 'EADDRNOTAVAIL' });
});

t.test('when every ephemeral port waits, those that have waited a second are used', async (t) => {
  let silentMs = 1000;
  class Over extends FakeEngine {
    override info(): TcpInfo {
      return { timestamps: true, last_data_recv: silentMs } as TcpInfo;
    }
  }
  const createEngine = (): TcpEngine => new Over();
  const { stack } = setUp({}, {}, { createEngine });
  const call = (): void => {
    const request = { remoteAddress: address('10.0.0.2'), remotePort: 80 };
    const connection = stack.connect(request, new NotingHandler()) as Endpoint;
    (connection.engine as Over).state = 'TIME-WAIT';
  };
  for (let i = 0; i < EPHEMERAL_PORTS; i++) call();
  t.throws(call, { code: 'EADDRNOTAVAIL' });
  silentMs = 1001;
  for (let i = 0; i < 100; i++) call();
  t.equal(stack.stats().timeWaitReused, 100);
  t.equal(stack.stats().connections, EPHEMERAL_PORTS);
});
