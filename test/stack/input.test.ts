import t from 'tap';
import { INBOUND_FATES } from '../../lib/stack/counters';
import { FourTuple } from '../../lib/stack/four-tuple';
import type { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { pseudoHeaderSum } from '../../lib/wire/checksum';
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
} from '../../lib/wire/checksum-note';
import { describePacket, packet } from './support/packet';
import { address, setUp } from './support/setup';

const SYN = 'S 100:100(0) win 1000 <mss 1460>';

/** The counters that have moved since, by name. */
function moved(stack: Stack, before: ReturnType<Stack['stats']>): Record<string, number> {
  const now = stack.stats();
  const changes: Record<string, number> = {};
  for (const name of INBOUND_FATES) {
    if (now[name] !== before[name]) changes[name] = now[name] - before[name];
  }
  return changes;
}

t.test('a segment for nobody is answered with a reset [RFC 9293 §3.10.7.1]', async (t) => {
  const cases: Array<[string, string | null, string]> = [
    [SYN, 'R. 0:0(0) ack 101', 'a SYN'],
    ['. 100:110(10) ack 777 win 1', 'R 777:777(0)', 'with ACK: its sequence number is known'],
    ['F 100:110(10) win 1', 'R. 0:0(0) ack 111', 'text and FIN count'],
    ['R 100:100(0)', null, 'a reset is never answered'],
    ['R. 100:100(0) ack 5', null, 'nor one with ACK'],
  ];
  for (const [text, answer, name] of cases) {
    const { link, stack } = setUp();
    const before = stack.stats();
    link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', text)]);
    const sent = link.take().map(describePacket);
    const expected = { from: '10.0.0.1:80', to: '10.0.0.2:1234', text: answer, sound: true };
    t.same(sent, answer === null ? [] : [expected], name);
    t.same(moved(stack, before), answer === null ? { tcpStray: 1 } : { tcpRefused: 1 });
    t.equal(stack.stats().resetsOut, sent.length);
  }
});

t.test('a listener answers what LISTEN answers [RFC 9293 §3.10.7.2]', async (t) => {
  const cases: Array<[string, string, RegExp | null]> = [
    [SYN, 'tcpOpened', /^S\. .* ack 101 /],
    ['. 100:100(0) ack 9 win 1', 'tcpListenReset', /^R 9:9\(0\)$/],
    ['R 100:100(0)', 'tcpListenIgnored', null],
    ['F 100:100(0) win 1', 'tcpListenIgnored', null],
  ];
  for (const [text, fate, answer] of cases) {
    const { link, stack, listen } = setUp();
    listen({ address: address('0.0.0.0'), port: 80 });
    const before = stack.stats();
    link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', text)]);
    const sent = link.take().map(describePacket);
    t.same(moved(stack, before), { [fate]: 1 }, text);
    t.equal(sent.length, answer === null ? 0 : 1);
    if (answer !== null) t.match(sent[0].text, answer);
  }
});

t.test('nothing is answered that may not be [MUST-57, MUST-63]', async (t) => {
  const cases: Array<[string, string, string, string]> = [
    ['10.0.0.2:1', '224.0.0.1:80', 'tcpBadDestination', 'to a multicast address'],
    ['10.0.0.2:1', '255.255.255.255:80', 'tcpBadDestination', 'to the broadcast address'],
    ['10.0.0.2:1', '10.0.0.255:80', 'ipForeign', 'to what may be a subnet broadcast'],
    ['10.0.0.2:1', '127.0.0.1:80', 'ipForeign', 'to the loopback from outside'],
    ['224.0.0.1:1', '10.0.0.1:80', 'tcpBadSource', 'from a multicast address'],
    ['255.255.255.255:1', '10.0.0.1:80', 'tcpBadSource', 'from the broadcast address'],
    ['0.0.0.0:1', '10.0.0.1:80', 'tcpBadSource', 'from the unspecified address'],
    ['127.0.0.1:1', '10.0.0.1:80', 'tcpBadSource', 'from the loopback, outside'],
    ['10.0.0.1:1', '10.0.0.1:80', 'tcpBadSource', 'from our own address, outside'],
    ['10.0.0.1:80', '10.0.0.1:80', 'tcpBadSource', 'LAND'],
  ];
  for (const listening of [false, true]) {
    for (const [from, to, fate, name] of cases) {
      const { link, stack, listen } = setUp();
      if (listening) listen({ address: address('::'), port: 80 });
      const before = stack.stats();
      link.deliver([packet(from, to, SYN)]);
      t.same(link.take(), [], `${name}${listening ? ', with a listener' : ''}`);
      t.same(moved(stack, before), { [fate]: 1 }, fate);
    }
  }
});

t.test('LAND is dropped where the own address may be the source, too [A-18]', async (t) => {
  const { link, stack, listen } = setUp({ sharesHost: true });
  listen({ address: address('127.0.0.1'), port: 80 });
  const before = stack.stats();
  link.deliver([packet('127.0.0.1:80', '127.0.0.1:80', SYN)]);
  t.same(link.take(), []);
  t.same(moved(stack, before), { tcpLand: 1 });
  t.equal(stack.stats().connections, 0);
});

t.test('on a shared host only our own ports are answered for', async (t) => {
  const { link, stack, listen, connect, turn } = setUp({ sharesHost: true });
  const { listener } = listen({ address: address('10.0.0.1'), port: 80 });
  const client = connect({ remoteAddress: address('10.0.0.2'), remotePort: 99 }).connection!;
  turn();
  link.take();
  const before = stack.stats();
  const data = '. 100:110(10) ack 777 win 1';
  link.deliver([
    packet('10.0.0.2:1234', '10.0.0.1:22', SYN),
    packet('10.0.0.2:1234', '10.0.0.1:22', data),
    packet('10.0.0.2:1234', '10.0.0.9:80', data),
  ]);
  t.same(link.take(), []);
  t.same(moved(stack, before), { tcpForeign: 3 });
  link.deliver([
    packet('10.0.0.2:1234', '10.0.0.1:80', data),
    packet('10.0.0.2:1234', `10.0.0.1:${client.localPort}`, data),
  ]);
  t.same(
    link.take().map((one) => describePacket(one).text),
    ['R 777:777(0)', 'R 777:777(0)'],
  );
  listener.close();
  link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', data)]);
  t.same(link.take(), [], 'the port is the kernel’s again');
});

t.test('checksums are looked at as far as the link vouches for them', async (t) => {
  const good = packet('10.0.0.2:1234', '10.0.0.1:80', SYN);
  const bad = good.slice();
  bad[bad.length - 1] ^= 1;
  const partial = good.slice();
  const tuple = FourTuple.of(false, address('10.0.0.1'), 80, address('10.0.0.2'), 1234);
  const sum = pseudoHeaderSum(tuple.addressSum(), 6, good.length - 20);
  partial[36] = sum >> 8;
  partial[37] = sum & 0xff;
  const cases: Array<[Uint8Array, 0 | 1 | 2, boolean, string]> = [
    [good, CHECKSUM_COMPLETE, true, 'right'],
    [bad, CHECKSUM_COMPLETE, false, 'wrong'],
    [partial, CHECKSUM_COMPLETE, false, 'partial, on a link that carries whole packets'],
    [good, CHECKSUM_MAYBE_PARTIAL, true, 'right, though it may be partial'],
    [bad, CHECKSUM_MAYBE_PARTIAL, false, 'wrong, though it may be partial'],
    [partial, CHECKSUM_MAYBE_PARTIAL, true, 'partial, as it may be'],
    [bad, CHECKSUM_VERIFIED, true, 'not looked at'],
  ];
  for (const [bytes, note, accepted, name] of cases) {
    const { link, stack } = setUp();
    link.deliver([bytes], note);
    t.equal(stack.stats().tcpRefused, accepted ? 1 : 0, name);
    t.equal(stack.stats().tcpBadChecksum, accepted ? 0 : 1, name);
    const partials = bytes === partial && note === CHECKSUM_MAYBE_PARTIAL ? 1 : 0;
    t.equal(stack.stats().tcpPartialChecksum, partials, name);
  }
});

t.test('a wrong checksum reaches no connection either', async (t) => {
  const { link, stack, connect, turn } = setUp();
  const user = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  turn();
  const bytes = packet('10.0.0.2:80', `10.0.0.1:${user.connection!.localPort}`, 'R. 0:0(0) ack 1');
  bytes[bytes.length - 1] ^= 1;
  link.deliver([bytes]);
  t.equal(stack.stats().tcpBadChecksum, 1);
  t.same(user.heard, []);
});

t.test('every broken packet has a reason', async (t) => {
  const good = packet('10.0.0.2:1234', '10.0.0.1:80', SYN);
  const change = (at: number, value: number, fixSum = true): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    if (fixSum) fixIpChecksum(bytes);
    return bytes;
  };
  const cases: Array<[Uint8Array, string, string]> = [
    [new Uint8Array(0), 'ipShort', 'no bytes at all'],
    [good.slice(0, 19), 'ipShort', 'half a header'],
    [change(0, 0x65), 'ipBadExtension', 'version 6 in an IPv4 header'],
    [change(0, 0x75), 'ipBadVersion', 'version 7'],
    [change(0, 0x44), 'ipBadHeader', 'header length 16'],
    [good.slice(0, 30), 'ipBadHeader', 'total length beyond the end'],
    [change(10, 0, false), 'ipBadChecksum', 'IP checksum'],
    [change(6, 0x20), 'ipFragments', 'more fragments'],
    [change(7, 3), 'ipFragments', 'a fragment that is not the first'],
    [change(7, 1), 'ipFragmentsRefused', 'one that cuts the TCP header'],
    [change(9, 17), 'ipUnknownProtocol', 'UDP'],
    [change(9, 1), 'icmpBad', 'called ICMP'],
    [change(32, 0x40, false), 'tcpBadHeader', 'data offset 16'],
    [change(32, 0xf0, false), 'tcpBadHeader', 'data offset beyond the end'],
  ];
  for (const [bytes, fate, name] of cases) {
    const { link, stack } = setUp();
    link.deliver([bytes]);
    t.same(moved(stack, { ...stack.stats(), [fate]: 0 } as never), { [fate]: 1 }, name);
    t.equal(stack.stats()[fate as 'ipShort'], 1, name);
    t.same(link.take(), [], name);
  }
});

t.test('echo requests are answered on links of our own', async (t) => {
  const request = icmp([8, 0, 0, 0, 0x12, 0x34, 0, 1, 9, 9]);
  const own = setUp();
  own.link.deliver([request]);
  const [reply] = own.link.take();
  t.same([...reply.slice(20, 22)], [0, 0], 'type: echo reply');
  t.same([...reply.slice(24)], [0x12, 0x34, 0, 1, 9, 9]);
  t.same([...reply.slice(12, 20)], [10, 0, 0, 1, 10, 0, 0, 2]);
  t.equal(own.stack.stats().icmpEchoed, 1);
  const shared = setUp({ sharesHost: true });
  shared.link.deliver([request]);
  t.same(shared.link.take(), [], 'the kernel answers for the host');
  t.equal(shared.stack.stats().icmpIgnored, 1);
});

t.test('100,000 random, cut and twisted packets: no throw, each counted once', async (t) => {
  const seed = Number(process.env.SEED ?? 20_261_121);
  t.comment(`SEED=${seed} npx tap run test/stack/input.test.ts`);
  const random = new SeededRandom(seed);
  const { link, stack, listen, connect, turn, clock } = setUp({}, { limits: { connections: 200 } });
  listen({ address: address('0.0.0.0'), port: 80 });
  const user = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  user.react = () => {};
  turn();
  const port = user.connection!.localPort;
  const models = [
    packet('10.0.0.2:1234', '10.0.0.1:80', SYN),
    packet('10.0.0.2:80', `10.0.0.1:${port}`, 'S. 5:5(0) ack 1 win 9 <mss 1400,sackOK>'),
    packet('10.0.0.2:80', `10.0.0.1:${port}`, 'P. 6:106(100) ack 1 win 9 <nop,nop,TS val 1 ecr 2>'),
    icmp([8, 0, 0, 0, 0, 1, 0, 1]),
    packet('[2001:db8::2]:1234', '[2001:db8::1]:80', SYN),
  ];
  const notes = [CHECKSUM_COMPLETE, CHECKSUM_VERIFIED, CHECKSUM_MAYBE_PARTIAL] as const;
  const total = 100_000;
  for (let i = 0; i < total; i++) {
    link.deliver([randomPacket(random, models)], notes[random.below(3)]);
    if (i % 1000 === 0) clock.advanceTo(clock.now() + 100);
    link.sent.length = 0;
  }
  const stats = stack.stats();
  t.equal(stats.packetsIn, total);
  const counted = INBOUND_FATES.reduce((sum, name) => sum + stats[name], 0);
  t.equal(counted, total, 'the sum over all reasons');
  for (const fate of ['tcpToConnection', 'tcpOpened', 'tcpBadChecksum', 'ipBadChecksum'] as const) {
    t.ok(stats[fate] > 0, `${fate}: ${stats[fate]}`);
  }
  t.ok(stats.connections <= 200);
  stack.close();
  turn();
  t.equal(stack.stats().connections, 0);
  t.equal(clock.pending, 0);
});

t.test('what arrives after the end is counted, too', async (t) => {
  const { link, stack } = setUp();
  stack.close();
  link.isOpen = true;
  link.deliver([packet('10.0.0.2:1234', '10.0.0.1:80', SYN)]);
  t.equal(stack.stats().packetsIn, 1);
  t.equal(stack.stats().packetsAfterClose, 1);
});

function randomPacket(random: SeededRandom, models: Uint8Array[]): Uint8Array {
  if (random.chance(0.1)) {
    const noise = new Uint8Array(random.below(200));
    random.fill(noise);
    if (random.chance(0.5) && noise.length > 0) noise[0] = 0x45;
    return noise;
  }
  const bytes = models[random.below(models.length)].slice();
  for (let twists = random.below(4); twists > 0; twists--) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  if (random.chance(0.5)) fixIpChecksum(bytes);
  return random.chance(0.2) ? bytes.slice(0, random.below(bytes.length)) : bytes;
}

function icmp(message: number[]): Uint8Array {
  const bytes = packet('10.0.0.2:1', '10.0.0.1:1', '. 1:1(0) ack 1 win 1').slice(0, 20);
  const whole = Uint8Array.of(...bytes, ...message);
  whole[2] = 0;
  whole[3] = whole.length;
  whole[9] = 1;
  fixIpChecksum(whole);
  const sum = onesComplement(whole, 20);
  whole[22] = sum >> 8;
  whole[23] = sum & 0xff;
  return whole;
}

function fixIpChecksum(bytes: Uint8Array): void {
  bytes[10] = bytes[11] = 0;
  const sum = onesComplement(bytes.subarray(0, 20), 0);
  bytes[10] = sum >> 8;
  bytes[11] = sum & 0xff;
}

function onesComplement(bytes: Uint8Array, from: number): number {
  let sum = 0;
  for (let i = from; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
