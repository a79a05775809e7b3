/** Fragments at a stack (RFC 791 §3.2, RFC 8200 §4.5), and the ICMP errors that it sends. */
import t from 'tap';
import { INBOUND_FATES } from '../../lib/stack/counters';
import { ICMP_ERRORS_PER_SECOND } from '../../lib/stack/icmp-output';
import { packetMemory } from '../../lib/support/memory';
import { cutPacket } from '../support/fragments';
import { buildIpv4, buildIpv6, bytesOf } from '../support/icmp-packet';
import { describePacket, packet } from './support/packet';
import { reach } from './support/reach';
import { address, setUp } from './support/setup';

const OWN = { 4: '10.0.0.1', 6: '2001:db8::1' } as const;
const PEER = { 4: '10.0.0.2', 6: '2001:db8::2' } as const;
const SYN = 'S 1:1(0) win 1000 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>';

function synTo(family: 4 | 6, port: number): Uint8Array {
  const [from, to] = family === 4 ? [PEER[4], OWN[4]] : [`[${PEER[6]}]`, `[${OWN[6]}]`];
  return packet(`${from}:80`, `${to}:${port}`, SYN);
}

/** An echo request with so many bytes of data. */
function echoRequest(family: 4 | 6, data: number): Buffer {
  const message = Buffer.alloc(8 + data);
  for (let i = 8; i < message.length; i++) message[i] = (i * 13) & 0xff;
  message.writeUInt8(family === 4 ? 8 : 128, 0);
  message.writeUInt32BE(0x12340001, 4);
  if (family === 6) {
    return buildIpv6(bytesOf(address(PEER[6])), bytesOf(address(OWN[6])), 58, message, 2);
  }
  let sum = 0;
  for (let i = 0; i < message.length; i += 2) sum += message.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  message.writeUInt16BE(~sum & 0xffff, 2);
  return buildIpv4(address(PEER[4]).w3, address(OWN[4]).w3, 1, message);
}

for (const family of [4, 6] as const) {
  t.test(`IPv${family}: a segment in pieces is a segment`, async (t) => {
    const memory = packetMemory.allocated;
    const { link, stack } = setUp({ address: OWN[family] });
    const pieces = cutPacket(synTo(family, 9), 24);
    t.equal(pieces.length, 2);
    for (const order of [pieces, [...pieces].reverse()]) {
      link.deliver(order);
      t.match(describePacket(link.take()[0]), { text: 'R. 0:0(0) ack 2', sound: true });
    }
    const name = family === 4 ? 'ip' : 'ip6';
    const stats = stack.stats();
    t.match(stats, { ipFragments: 2, tcpRefused: 2, packetsIn: 4, fragmentBytes: 0 });
    t.match(stats, { [`${name}ReasmReqds`]: 4, [`${name}ReasmOKs`]: 2, [`${name}ReasmFails`]: 0 });
    stack.close();
    t.equal(packetMemory.allocated, memory, 'no packet memory is held');
  });

  t.test(`IPv${family}: data in pieces reaches its connection`, async (t) => {
    const r = reach('ESTABLISHED', {}, family);
    const from = family === 4 ? '10.0.0.2:80' : '[2001:db8::2]:80';
    const whole = packet(from, r.local, `P. 101:1101(1000) ack ${r.iss + 1} win 1000`);
    r.link.deliver(cutPacket(whole, 400));
    r.turn();
    t.equal(r.user!.received, 1000);
  });

  t.test(`IPv${family}: a long echo request is answered in pieces that fit`, async (t) => {
    const { link, stack } = setUp({ address: OWN[family] });
    link.deliver(cutPacket(echoRequest(family, 3000), 1448));
    const reply = link.take();
    t.equal(reply.length, 3);
    t.ok(reply.every(({ length }) => length <= 1500));
    const back = setUp({ address: PEER[family] });
    back.link.deliver(reply);
    const name = family === 4 ? 'ip' : 'ip6';
    t.match(stack.stats(), { icmpEchoed: 1, [`${name}FragOKs`]: 1, [`${name}FragCreates`]: 3 });
    // It is an echo reply, which nobody here has asked for; but it was whole and sound.
    t.match(back.stack.stats(), { icmpIgnored: 1, icmpBad: 0, [`${name}ReasmOKs`]: 1 });
  });

  t.test(`IPv${family}: what stays incomplete is given up, and its sender told`, async (t) => {
    const { link, stack, clock } = setUp({ address: OWN[family] });
    const [first, second] = cutPacket(synTo(family, 9), 24);
    link.deliver([first]);
    const [, other] = cutPacket(synTo(family, 9), 24, 78);
    link.deliver([other]);
    t.ok(stack.stats().fragmentBytes > 0);
    clock.advanceTo(59_999);
    t.same(link.take(), []);
    clock.advanceTo(60_001);
    const sent = link.take();
    t.equal(sent.length, 1, 'without its first piece nobody is told of a packet [RFC 1122]');
    const headerBytes = family === 4 ? 20 : 40;
    t.same([...sent[0].slice(headerBytes, headerBytes + 2)], family === 4 ? [11, 1] : [3, 1]);
    const quoted = sent[0].slice(headerBytes + 8);
    t.same(quoted, family === 4 ? first.subarray(0, 28) : first);
    const name = family === 4 ? 'ip' : 'ip6';
    t.match(stack.stats(), { [`${name}ReasmTimeout`]: 2, [`${name}ReasmFails`]: 2 });
    t.match(stack.stats(), { fragmentBytes: 0, icmpErrorsOut: 1 });
    link.deliver([second]);
    t.equal(stack.stats().tcpRefused, 0, 'too late');
  });
}

t.test('pieces for others, and from nobody, are not kept', async (t) => {
  const { link, stack } = setUp({ address: OWN[6] });
  const [from, to, other] = [PEER[6], OWN[6], '2001:db8::3'].map((one) => bytesOf(address(one)));
  const piece = (source: Buffer, target: Buffer) =>
    buildIpv6(
      source,
      target,
      44,
      Buffer.concat([Buffer.from('0600000100000001', 'hex'), Buffer.alloc(24)]),
    );
  link.deliver([piece(from, other), piece(bytesOf(address('ff02::1')), to)]);
  t.match(stack.stats(), { ipForeign: 1, tcpBadSource: 1, fragmentBytes: 0, ip6ReasmReqds: 0 });
});

t.test('a fragment inside a fragment is refused', async (t) => {
  const { link, stack } = setUp({ address: OWN[6] });
  const inner = Buffer.concat([Buffer.from('0600000100000009', 'hex'), Buffer.alloc(56)]);
  const whole = buildIpv6(bytesOf(address(PEER[6])), bytesOf(address(OWN[6])), 44, inner);
  link.deliver(cutPacket(whole, 32));
  t.match(stack.stats(), {
    ipFragments: 1,
    ipFragmentsRefused: 1,
    ip6ReasmOKs: 1,
    fragmentBytes: 0,
  });
});

t.test(
  'a flood of pieces holds no more than it may, and each is counted once [A-07]',
  async (t) => {
    const limits = { fragmentBytes: 20_000, fragmentPackets: 32, fragmentPacketsPerSource: 8 };
    const { link, stack, clock } = setUp({ address: OWN[4] }, { limits });
    for (let i = 0; i < 2000; i++) {
      const source = (0x0a000002 + (i % 50)) | 0;
      const whole = buildIpv4(source, address(OWN[4]).w3, 17, Buffer.alloc(1000));
      link.deliver([cutPacket(whole, 504, i)[i % 2]]);
      if (stack.stats().fragmentBytes > limits.fragmentBytes) t.fail(`round ${i}`);
    }
    const stats = stack.stats();
    t.equal(stats.packetsIn, 2000);
    t.equal(
      INBOUND_FATES.reduce((sum, name) => sum + stats[name], 0),
      2000,
    );
    // In the midst of it an honest sender gets through.
    link.deliver(cutPacket(synTo(4, 9), 24));
    t.equal(link.take().length, 1);
    clock.advanceTo(61_000);
    t.equal(stack.stats().fragmentBytes, 0);
    t.ok(link.take().length <= ICMP_ERRORS_PER_SECOND);
  },
);

/** [next header, what follows, code and pointer of the error, name] */
const PROBLEMS: [number, string, [number, number] | null, string][] = [
  [17, '0001000200080000', [1, 6], 'a protocol that nobody speaks'],
  [60, '1100010400000000 0001000200080000', [1, 40], '… behind an option'],
  [60, '0600c20400010000', [2, 42], 'an option that is to be reported'],
  [43, '0600000100000000', [0, 42], 'a route'],
  [60, '0600400400000000', null, 'an option that is not to be reported'],
  [59, '', null, 'nothing'],
];

t.test('whose headers ask for too much is told so in ICMPv6 [RFC 4443]', async (t) => {
  const [from, to] = [bytesOf(address(PEER[6])), bytesOf(address(OWN[6]))];
  for (const [next, hex, problem, name] of PROBLEMS) {
    const { link } = setUp({ address: OWN[6] });
    const cause = buildIpv6(from, to, next, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    link.deliver([cause]);
    const sent = link.take();
    if (problem === null) {
      t.same(sent, [], name);
      continue;
    }
    const [code, pointer] = problem;
    const error = Buffer.from(sent[0]);
    t.same([error[40], error[41], error.readUInt32BE(44)], [4, code, pointer], name);
    t.same(error.subarray(48), cause, name);
    const shared = setUp({ address: OWN[6], sharesHost: true });
    shared.link.deliver([cause]);
    t.same(shared.link.take(), [], `${name}: the kernel says so where the address is its own`);
  }
});

t.test('errors are sent at a bounded rate', async (t) => {
  const { link, stack, clock } = setUp({ address: OWN[6] });
  const cause = buildIpv6(bytesOf(address(PEER[6])), bytesOf(address(OWN[6])), 17, Buffer.alloc(8));
  for (let i = 0; i < 1000; i++) link.deliver([cause]);
  t.equal(link.take().length, ICMP_ERRORS_PER_SECOND);
  t.equal(stack.stats().icmpErrorsHeldBack, 1000 - ICMP_ERRORS_PER_SECOND);
  clock.advanceTo(clock.now() + 500);
  for (let i = 0; i < 1000; i++) link.deliver([cause]);
  t.equal(link.take().length, ICMP_ERRORS_PER_SECOND / 2);
});

t.test('without path MTU discovery routers may cut, if the user says so', async (t) => {
  for (const pathMtuDiscovery of [true, false]) {
    const { link, connect, turn } = setUp({}, { tcp: { pathMtuDiscovery } });
    connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
    turn();
    const [syn] = link.take();
    t.equal((syn[6] & 0x40) !== 0, pathMtuDiscovery);
  }
});
