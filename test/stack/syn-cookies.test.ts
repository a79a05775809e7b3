/**
 * A listener whose SYN queue is full: cookies go out, come back, are refused, run out (RFC 4987).
 */
import t from 'tap';
import type { SegmentEvent } from '../../lib/stack/segment-trace';
import type { ListenRequest, StackOptions } from '../../types/stack';
import type { FakeLinkOptions } from './support/fake-link';
import { NotingHandler } from './support/handler';
import { describePacket, packet } from './support/packet';
import { address, setUp, type TestStack } from './support/setup';

const OWN = '10.0.0.1:80';
const MINUTE = 60_000;
const FULL = '<mss 1460,sackOK,TS val 700 ecr 0,nop,wscale 7>';

interface Flooded extends TestStack {
  accepted: ReturnType<TestStack['listen']>['accepted'];
  listener: ReturnType<TestStack['listen']>['listener'];
  /** One packet from 10.0.0.2:port; what it is answered with. */
  say(port: number, text: string): string[];
  /** A SYN from there. @returns the number that its ACK must bear, and the timestamp to echo */
  call(port: number, options?: string): { ack: number; tsval: number };
  /** Completes that call. */
  complete(port: number, answer: { ack: number; tsval: number }): string[];
}

/** Two SYNs are in the queue, and no more fit. */
function flooded(
  options: StackOptions = {},
  request: Partial<ListenRequest> = {},
  link: FakeLinkOptions = {},
): Flooded {
  const tools = setUp(link, { limits: { synQueue: 2 }, ...options });
  const where = { address: address('10.0.0.1'), port: 80, ...request };
  const { listener, accepted } = tools.listen(where);
  const say = (port: number, text: string): string[] => {
    tools.link.deliver([packet(`10.0.0.2:${port}`, OWN, text)]);
    tools.turn();
    return tools.link.take().map((one) => describePacket(one).text);
  };
  const call = (port: number, options = FULL) => {
    const [answer] = say(port, `S 100:100(0) win 1000 ${options}`);
    const iss = Number(/^S\. (\d+):/.exec(answer)![1]);
    const tsval = Number(/TS val (\d+)/.exec(answer)?.[1] ?? -1);
    return { ack: (iss + 1) % 2 ** 32, tsval };
  };
  const complete = (port: number, { ack, tsval }: { ack: number; tsval: number }): string[] => {
    const stamp = tsval < 0 ? '' : `<nop,nop,TS val 701 ecr ${tsval}>`;
    return say(port, `. 101:101(0) ack ${ack} win 1000 ${stamp}`);
  };
  call(1);
  call(2);
  return { ...tools, listener, accepted, say, call, complete };
}

t.test('[A-14] a SYN beyond the queue is answered and not remembered', async (t) => {
  const f = flooded();
  const [answer] = f.say(3, `S 100:100(0) win 1000 ${FULL}`);
  t.match(answer, /^S\. .* ack 101 win 65535 <mss 1460,sackOK,TS val \d+ ecr 700,nop,wscale 7>$/);
  t.match(f.stack.stats(), { synCookiesSent: 1, connections: 2, tcpListenFull: 0 });
  t.same(f.say(3, 'R 101:101(0)'), [], 'and may be given up without a trace');
  t.equal(f.stack.stats().connections, 2);
});

t.test('[A-14] the ACK brings it back, with all that the SYN had', async (t) => {
  const f = flooded();
  const answer = f.call(3);
  t.same(f.complete(3, answer), []);
  t.match(f.stack.stats(), { synCookiesReceived: 1, synCookiesFailed: 0, accepted: 1 });
  t.equal(f.accepted.length, 1);
  const { connection } = f.accepted[0];
  t.match(connection, { state: 'ESTABLISHED', remotePort: 3, localPort: 80 });
  const info = connection!.info();
  t.match(info, { timestamps: true, sack: true, snd_wscale: 7, rcv_wscale: 7, snd_mss: 1448 });
  connection!.send(Buffer.from('hello'));
  f.turn();
  t.match(
    f.link.take().map((one) => describePacket(one).text),
    [new RegExp(`^P\\. ${answer.ack}:${(answer.ack + 5) % 2 ** 32}\\(5\\) ack 101`)],
  );
});

t.test('without timestamps the MSS is kept and the rest is not', async (t) => {
  const f = flooded();
  f.complete(3, f.call(3, '<mss 1300,sackOK,wscale 7>'));
  const info = f.accepted[0].connection!.info();
  t.match(info, { timestamps: false, sack: false, snd_wscale: 0, rcv_wscale: 0, snd_mss: 1300 });
});

t.test('text may come with the ACK, and a lost ACK costs nothing', async (t) => {
  const f = flooded();
  const { ack } = f.call(3, '<mss 1300>');
  f.say(3, `P. 101:111(10) ack ${ack} win 1000`);
  t.equal(f.accepted.length, 1);
  t.equal(f.accepted[0].received, 10);
});

t.test('it is answered as ever when there is room again, and old cookies are good', async (t) => {
  const f = flooded({ tcp: { synTimeoutMs: 5000 } });
  const early = f.call(3);
  f.clock.advanceTo(f.clock.now() + MINUTE);
  f.link.take();
  t.equal(f.stack.stats().connections, 0, 'the two in the queue were given up');
  f.call(4);
  t.match(f.stack.stats(), { connections: 1, synCookiesSent: 1 });
  f.complete(3, early);
  t.equal(f.accepted.length, 1);
});

t.test('a cookie that nobody issued is answered with a reset', async (t) => {
  const f = flooded();
  const { ack } = f.call(3, '<mss 1300>');
  for (const [port, text, name] of [
    [3, `. 101:101(0) ack ${(ack + 8) % 2 ** 32} win 1000`, 'another number'],
    [3, `. 102:102(0) ack ${ack} win 1000`, 'for another SYN'],
    [4, `. 101:101(0) ack ${ack} win 1000`, 'from another port'],
  ] as const) {
    const before = f.stack.stats();
    t.match(f.say(port, text), [/^R \d+:\d+\(0\)$/], name);
    const now = f.stack.stats();
    t.equal(now.synCookiesFailed - before.synCookiesFailed, 1);
    t.equal(now.tcpListenReset - before.tcpListenReset, 1);
  }
  for (const text of [`S. 100:100(0) ack ${ack} win 1000`, `SF. 100:100(0) ack ${ack} win 9`]) {
    f.say(3, text);
    t.equal(f.stack.stats().synCookiesFailed, 3, 'what is no ACK is not looked at');
  }
  t.same(f.say(3, `R. 101:101(0) ack ${ack}`), []);
  t.equal(f.accepted.length, 0);
  f.say(3, `. 101:101(0) ack ${ack} win 1000`);
  t.equal(f.accepted.length, 1, 'the true one is good after all that');
});

t.test('what comes after text that was lost waits for it to be repeated', async (t) => {
  const f = flooded();
  const { ack } = f.call(3, '<mss 1300>');
  t.same(f.say(3, `. 111:121(10) ack ${ack} win 1000`), [], 'no reset to text');
  t.same(f.say(3, `F. 121:121(0) ack ${ack} win 1000`), [], 'nor to a FIN');
  t.match(f.stack.stats(), { synCookiesFailed: 2, tcpListenIgnored: 2, tcpListenReset: 0 });
  f.say(3, `P. 101:111(10) ack ${ack} win 1000`);
  t.equal(f.accepted.length, 1, 'the text before it brings the cookie');
});

t.test('an expired cookie is answered with a reset', async (t) => {
  const f = flooded();
  const old = f.call(3);
  f.clock.advanceTo(f.clock.now() + 2 * MINUTE);
  f.link.take();
  f.call(4); // the queue is full all the time
  t.match(f.complete(3, old), [/^R /]);
  t.equal(f.stack.stats().synCookiesFailed, 1);
  t.equal(f.accepted.length, 0);
});

t.test('a listener that was not full for two minutes does not look for cookies', async (t) => {
  const never = setUp();
  never.listen({ address: address('10.0.0.1'), port: 80 });
  never.link.deliver([packet('10.0.0.2:3', OWN, '. 101:101(0) ack 7 win 1000')]);
  t.match(never.stack.stats(), { tcpListenReset: 1, synCookiesFailed: 0 });

  const f = flooded({ tcp: { synTimeoutMs: 1000 } });
  f.clock.advanceTo(59_000);
  f.link.take();
  f.call(5);
  f.call(6);
  const answer = f.call(3); // full at 59 s; the cookie's second minute ends with the hour's third
  f.clock.advanceTo(59_000 + 2 * MINUTE + 1);
  f.link.take();
  t.match(f.complete(3, answer), [/^R /]);
  t.match(f.stack.stats(), { synCookiesFailed: 0, tcpListenReset: 1 });
});

t.test('the queue ends at the backlog where that is smaller, as on Linux', async (t) => {
  const { listen, link, stack } = setUp();
  listen({ address: address('10.0.0.1'), port: 80, backlog: 3 });
  const syns = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => packet(`10.0.0.2:${from + i}`, OWN, 'S 1:1(0) win 9'));
  link.deliver(syns(1, 5));
  t.match(stack.stats(), { tcpOpened: 3, synCookiesSent: 2, connections: 3 });
  const large = setUp({}, { limits: { synQueue: 4 } });
  large.listen({ address: address('10.0.0.1'), port: 80, backlog: 511 });
  large.link.deliver(syns(1, 6));
  t.match(large.stack.stats(), { tcpOpened: 4, synCookiesSent: 2 });
});

t.test('while more wait to be accepted than may, SYNs and cookies are dropped', async (t) => {
  const { stack, link, turn } = setUp();
  const one = (port: number, text: string) => packet(`10.0.0.2:${port}`, OWN, text);
  const accepted: number[] = [];
  const late: Uint8Array[] = [];
  stack.listen({ address: address('10.0.0.1'), port: 80, backlog: 1 }, (connection) => {
    accepted.push(connection.remotePort);
    connection.handler = new NotingHandler();
    // Called from the event phase, while the second still waits.
    if (accepted.length === 1) link.deliver(late);
  });
  link.deliver([1, 2, 3].map((port) => one(port, 'S 100:100(0) win 1000')));
  const answers = link.take().map(describePacket);
  const acks = [1, 2, 3].map((port) => {
    const { text } = answers.find(({ to }) => to === `10.0.0.2:${port}`)!;
    const iss = Number(/^S\. (\d+):/.exec(text)![1]);
    return one(port, `. 101:101(0) ack ${(iss + 1) % 2 ** 32} win 1000`);
  });
  t.match(stack.stats(), { tcpOpened: 1, synCookiesSent: 2 });
  late.push(one(4, 'S 100:100(0) win 1000'), acks[2]);
  link.deliver(acks.slice(0, 2));
  turn();
  t.same(accepted, [1, 2]);
  t.match(stack.stats(), { tcpBacklogFull: 2, synCookiesReceived: 1 });
  t.same(link.take(), [], 'nothing is answered: the peers try again');
  link.deliver([acks[2]]);
  turn();
  t.same(accepted, [1, 2, 3]);
});

t.test('without cookies the SYN is dropped, and no ACK is looked at', async (t) => {
  const f = flooded({ synCookies: false });
  t.same(f.say(3, 'S 100:100(0) win 1000'), []);
  t.match(f.say(3, '. 101:101(0) ack 777 win 1000'), [/^R 777:777/]);
  t.match(f.stack.stats(), { tcpListenFull: 1, synCookiesSent: 0, synCookiesFailed: 0 });
});

t.test('a full stack has no room for a cookie either', async (t) => {
  const f = flooded({ limits: { synQueue: 2, connections: 2 } });
  const answer = f.call(3);
  t.same(f.complete(3, answer), [], 'the peer may try again');
  t.match(f.stack.stats(), { tcpConnectionLimit: 1, connections: 2, accepted: 0 });
});

t.test('a cookie’s connection holds the port, and bears what the listener chose', async (t) => {
  const f = flooded({}, { hopLimit: 7, noDelay: true }, { sharesHost: true });
  f.link.take();
  f.link.deliver([packet('10.0.0.2:3', OWN, `S 100:100(0) win 1000 ${FULL}`)]);
  const [synAck] = f.link.take();
  t.equal(synAck[8], 7, 'the time to live of the SYN-ACK');
  f.complete(3, f.call(3));
  f.listener.close();
  f.turn();
  t.same(f.link.claims, ['10.0.0.1:80'], 'held by the connection');
  f.accepted[0].connection!.send(Buffer.from('x'));
  f.turn();
  t.equal(f.link.take().at(-1)![8], 7);
  f.accepted[0].connection!.abort();
  f.turn();
  t.same(f.link.claims, []);
});

t.test('a SYN that ends TIME-WAIT may be answered with a cookie, too', async (t) => {
  const f = flooded({ tcp: { synTimeoutMs: 900_000 } });
  const { ack } = f.call(3, '<mss 1300>');
  f.say(3, `. 101:101(0) ack ${ack} win 1000`);
  f.accepted[0].connection!.release();
  f.turn();
  f.say(3, `F. 101:101(0) ack ${(ack + 1) % 2 ** 32} win 1000`);
  t.equal(f.stack.stats().timeWait, 1);
  f.say(3, 'S 100:100(0) win 1000');
  t.equal(f.stack.stats().timeWait, 1, 'the same SYN is an old duplicate');
  const [answer] = f.say(3, 'S 500:500(0) win 1000 <mss 1300>');
  t.match(f.stack.stats(), { timeWait: 0, timeWaitReused: 1, synCookiesSent: 2 });
  const iss = Number(/^S\. (\d+):/.exec(answer)![1]);
  f.say(3, `. 501:501(0) ack ${(iss + 1) % 2 ** 32} win 1000`);
  t.equal(f.accepted.length, 2);
});

t.test('segments are told of, with the states around them', async (t) => {
  const f = flooded();
  const lines: string[] = [];
  f.stack.on('segment', ({ direction, text, stateBefore, stateAfter }: SegmentEvent) => {
    lines.push(`${direction} ${text.split(' ')[0]} ${stateBefore} ${stateAfter}`);
  });
  f.complete(3, f.call(3));
  t.same(lines, ['in S LISTEN LISTEN', 'out S. CLOSED CLOSED', 'in . LISTEN ESTABLISHED']);
});
