/**
 * What a user may choose for his connection: before it opens, on a listener, and while it lives.
 */
import t from 'tap';
import type { ConnectionOptions } from '../../types/stack';
import { describePacket, packet } from './support/packet';
import { reach } from './support/reach';
import { address, setUp, type TestStack } from './support/setup';

const PEER = address('10.0.0.2');
const TTL_AT = 8;
const TOS_AT = 1;

/** The first packet of a connection that we open, and of one that a listener answers. */
function firstPackets(options: ConnectionOptions): [Uint8Array, Uint8Array] {
  const tools = setUp();
  tools.connect({ remoteAddress: PEER, remotePort: 80, ...options });
  tools.turn();
  const [syn] = tools.link.take();
  return [syn, answerOf(tools, options)];
}

function answerOf(
  { listen, link }: TestStack,
  options: ConnectionOptions,
  flags = 'S',
): Uint8Array {
  listen({ address: address('0.0.0.0'), port: 80, ...options });
  link.deliver([packet('10.0.0.2:1', '10.0.0.1:80', `${flags} 1:1(0) win 1000 <mss 1460>`)]);
  return link.take()[0];
}

t.test('[MUST-49] the time to live is 64, or what the user says', async (t) => {
  for (const [hopLimit, wanted] of [
    [undefined, 64],
    [1, 1],
    [7, 7],
    [255, 255],
  ] as const) {
    const [syn, synAck] = firstPackets({ hopLimit });
    t.equal(syn[TTL_AT], wanted, `SYN ${hopLimit}`);
    t.equal(synAck[TTL_AT], wanted, `SYN-ACK ${hopLimit}`);
    t.ok(describePacket(syn).sound && describePacket(synAck).sound);
  }
});

t.test('[MUST-49] it can be changed while the connection lives', async (t) => {
  const r = reach('ESTABLISHED');
  t.equal(r.last[TTL_AT], 64);
  r.user!.connection!.setHopLimit(3);
  r.user!.connection!.send(Buffer.alloc(5000));
  r.turn();
  t.ok(r.link.take().every((one) => one[TTL_AT] === 3));
  r.connect({ remoteAddress: PEER, remotePort: 81 });
  r.turn();
  t.equal(r.link.take()[0][TTL_AT], 64, 'others keep theirs');
});

t.test('an accepted connection may have another than its listener', async (t) => {
  const { listen, link, turn } = setUp({}, { initialSequence: () => 5000 });
  const { accepted } = listen({ address: address('0.0.0.0'), port: 80, hopLimit: 9 });
  const say = (text: string) => link.deliver([packet('10.0.0.2:1', '10.0.0.1:80', text)]);
  say('S 1:1(0) win 1000');
  say('. 2:2(0) ack 5001 win 1000');
  turn();
  link.take();
  accepted[0].connection!.setHopLimit(2);
  accepted[0].connection!.send(Buffer.alloc(1));
  turn();
  t.equal(link.take()[0][TTL_AT], 2);
  link.deliver([packet('10.0.0.2:2', '10.0.0.1:80', 'S 1:1(0) win 1000')]);
  t.equal(link.take()[0][TTL_AT], 9);
});

t.test('a time to live that is none is refused, and nothing is begun', async (t) => {
  const tools = setUp();
  const live = tools.connect({ remoteAddress: PEER, remotePort: 80 }).connection!;
  for (const hopLimit of [0, -1, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const refusal = { code: 'EINVAL' };
    t.throws(() => tools.connect({ remoteAddress: PEER, remotePort: 81, hopLimit }), refusal);
    t.throws(() => tools.listen({ hopLimit }), refusal);
    t.throws(() => live.setHopLimit(hopLimit), refusal);
  }
  t.match(tools.stack.stats(), { connections: 1, listeners: 0 });
});

t.test('what can be tuned can be chosen before the SYN, on either side', async (t) => {
  const tuning = { trafficClass: 0x28, receiveBufferBytes: 3000, receiveBufferMaxBytes: 0 };
  for (const first of firstPackets({ tuning })) {
    t.equal(first[TOS_AT], 0x28);
    t.match(describePacket(first).text, /win 3000/);
  }
  const [syn] = firstPackets({ receiveBufferBytes: 5000, tuning: { receiveBufferBytes: 4000 } });
  t.match(describePacket(syn).text, /win 4000/, 'the tuning has the last word');
});

t.test('[MUST-48] [SHLD-21] and while the connection lives', async (t) => {
  const r = reach('ESTABLISHED');
  const { connection } = r.user!;
  t.equal(r.last[TOS_AT], 0);
  connection!.tune({ trafficClass: 0x48, sendBufferBytes: 1234 });
  connection!.send(Buffer.alloc(500));
  r.reply(`. 101:101(0) ack ${r.iss + 11} win 1000`);
  t.equal(r.link.take()[0][TOS_AT], 0x48);
  t.equal(connection!.info().sndbuf, 1234);
  connection!.abort();
  r.turn();
  connection!.tune({ trafficClass: 0 });
  t.equal(connection!.state, 'CLOSED', 'it is harmless afterwards');
});

t.test('ECN is for each connection to ask for, and for each listener to agree to', async (t) => {
  const flagsOf = (bytes: Uint8Array) => describePacket(bytes).text.split(' ')[0];
  for (const [ecn, asks, agrees] of [
    ['off', 'S', 'S.'],
    ['accept', 'S', 'S.E'],
    ['request', 'SEW', 'S.E'],
  ] as const) {
    const tools = setUp();
    tools.connect({ remoteAddress: PEER, remotePort: 81, ecn });
    tools.turn();
    t.equal(flagsOf(tools.link.take()[0]), asks, `${ecn}: asks`);
    t.equal(flagsOf(answerOf(setUp(), { ecn }, 'SEW')), agrees, `${ecn}: is asked`);
    const stackWide = setUp({}, { tcp: { ecn } });
    t.equal(flagsOf(answerOf(stackWide, {}, 'SEW')), agrees, `${ecn}: the stack’s choice`);
  }
});

t.test('[MUST-33] how much urgent data is left to read can be asked', async (t) => {
  const r = reach('ESTABLISHED');
  const { connection } = r.user!;
  r.user!.handleReadable = () => {};
  t.equal(connection!.urgentBytes, 0);
  r.reply(`PU. 101:131(30) ack ${r.iss + 1} win 1000 urg 20`);
  t.same(r.user!.heard, ['urgent']);
  t.equal(connection!.urgentBytes, 20);
  connection!.receiveInto(Buffer.alloc(15));
  t.equal(connection!.urgentBytes, 5);
  connection!.receive();
  t.equal(connection!.urgentBytes, 0);
  connection!.abort();
  t.equal(connection!.urgentBytes, 0);
});

t.test('connections() shows their insides where that is asked for, as ss -i does', async (t) => {
  const r = reach('ESTABLISHED');
  r.listen({ address: address('0.0.0.0'), port: 8080 });
  const [listener, plain] = r.stack.connections();
  t.notOk('info' in plain);
  const [same, full] = r.stack.connections({ info: true });
  t.same(same, listener, 'a listener has none');
  t.match(full, { ...plain, info: { state: 'ESTABLISHED', unacked: 10, snd_mss: 1460 } });
});
