/** TCP over IPv6: what is the same, and what is not (RFC 8200, RFC 4443, RFC 8201, RFC 9293). */
import t from 'tap';
import { PacketLink } from '../../lib/link/packet-link';
import { mssFor } from '../../lib/stack/registry';
import { buildIcmpv6Error, buildIpv6, bytesOf } from '../support/icmp-packet';
import { describePacket, packet } from './support/packet';
import { PEER_V6, type Reached, reach } from './support/reach';
import { address, setUp } from './support/setup';

const OWN = '2001:db8::1';
const PEER = '2001:db8::2';
const ROUTER = address('2001:db8:9::9');

const flowLabelOf = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32BE(0) & 0xfffff;

t.test('a connection, from SYN to TIME-WAIT', async (t) => {
  const { link, connect, turn, stack } = setUp({ address: OWN });
  const user = connect({ remoteAddress: address(PEER), remotePort: 80 });
  turn();
  const local = `[${OWN}]:${user.connection!.localPort}`;
  const sent = [...link.take()];
  const syn = describePacket(sent[0]);
  t.ok(syn.sound);
  t.match(syn, { from: local, to: PEER_V6 });
  t.match(syn.text, /<mss 1440,/, 'the MSS is the MTU less 60');
  const iss = Number(/^S (\d+):/.exec(syn.text)![1]);
  link.deliver([packet(PEER_V6, local, `S. 1:1(0) ack ${iss + 1} win 9000 <mss 1440>`)]);
  t.same(user.heard, ['connect']);
  user.connection!.send(Buffer.alloc(2880));
  turn();
  sent.push(...link.take());
  link.deliver([packet(PEER_V6, local, `P. 2:12(10) ack ${iss + 2881} win 9000`)]);
  t.equal(user.received, 10);
  user.connection!.shutdown();
  turn();
  link.deliver([packet(PEER_V6, local, `F. 12:12(0) ack ${iss + 2882} win 9000`)]);
  turn();
  t.equal(user.connection!.state, 'TIME-WAIT');
  sent.push(...link.take());
  t.ok(sent.every((bytes) => describePacket(bytes).sound));
  t.equal(Math.max(...sent.map((bytes) => bytes.length)), 1500, 'packets fill the MTU');
  const labels = new Set(sent.map(flowLabelOf));
  t.equal(labels.size, 1, 'one flow, one label [RFC 6437]');
  t.notOk(labels.has(0));
  t.equal(user.connection!.remoteAddress.text, PEER);
  t.equal(user.connection!.localAddress.family, 6);
  t.equal(stack.stats().ipBadHeader, 0);
});

t.test('[MUST-15] without the MSS option a peer takes 1,220 bytes', async (t) => {
  for (const [family, mss] of [
    [4, 536],
    [6, 1220],
  ] as const) {
    const r = reach('SYN-SENT', {}, family);
    r.reply('S. 100:100(0) ack 5001 win 9000');
    r.user!.connection!.send(Buffer.alloc(9000));
    r.turn();
    t.equal(r.user!.connection!.info().snd_mss, mss, `IPv${family}`);
  }
});

t.test('a listener on :: takes both families, and calls IPv4 by mapped addresses', async (t) => {
  for (const [own, peer, shown] of [
    [OWN, PEER_V6, PEER],
    ['10.0.0.1', '10.0.0.2:80', '::ffff:10.0.0.2'],
  ] as const) {
    const { link, listen, turn } = setUp({ address: own }, { initialSequence: () => 5000 });
    const { accepted } = listen({ address: address('::'), port: 7 });
    const to = own === OWN ? `[${OWN}]:7` : `${own}:7`;
    link.deliver([packet(peer, to, 'S 1:1(0) win 1000')]);
    link.deliver([packet(peer, to, '. 2:2(0) ack 5001 win 1000')]);
    turn();
    t.equal(accepted[0].connection!.remoteAddress.text, shown);
    t.equal(accepted[0].connection!.localAddress.family, 6);
  }
});

t.test('told so, it takes IPv6 only; 0.0.0.0 never takes any', async (t) => {
  for (const [listening, ipv6Only, own, isRefused] of [
    ['::', true, OWN, false],
    ['::', true, '10.0.0.1', true],
    ['0.0.0.0', false, OWN, true],
    [OWN, true, OWN, false],
  ] as const) {
    const { link, listen } = setUp({ address: own });
    listen({ address: address(listening), port: 7, ipv6Only });
    const [from, to] = own === OWN ? [PEER_V6, `[${OWN}]:7`] : ['10.0.0.2:80', `${own}:7`];
    link.deliver([packet(from, to, 'S 1:1(0) win 1000')]);
    const answer = describePacket(link.take()[0]).text;
    t.equal(answer.startsWith('R.'), isRefused, `${listening} ${ipv6Only}, to ${own}: ${answer}`);
  }
});

t.test('inside the stack ::1 speaks to ::1', async (t) => {
  const { listen, connect, turn } = setUp();
  const { listener, accepted } = listen({ address: address('::1') });
  const remotePort = listener.port;
  const user = connect({ remoteAddress: address('::1'), remotePort });
  const mapped = connect({ remoteAddress: address('::ffff:127.0.0.1'), remotePort });
  turn();
  t.same(user.heard, ['connect']);
  t.equal(accepted[0].connection!.remoteAddress.text, '::1');
  t.same(mapped.heard, ['ECONNREFUSED', 'close'], '127.0.0.1 is another address, however spelled');
  t.equal(mapped.connection!.localAddress.text, '::ffff:127.0.0.1');
  accepted[0].connection!.send(Buffer.from('hello'));
  turn();
  t.equal(user.received, 5);
});

t.test('segments for nobody are reset', async (t) => {
  const { link, stack } = setUp({ address: OWN });
  link.deliver([packet(PEER_V6, `[${OWN}]:9`, 'S 1:1(0) win 1000')]);
  const answer = describePacket(link.take()[0]);
  t.match(answer, { from: `[${OWN}]:9`, to: PEER_V6, text: 'R. 0:0(0) ack 2', sound: true });
  t.equal(stack.stats().tcpRefused, 1);
});

/** [from, to, counter, name] */
const ADDRESSES: [string, string, string, string][] = [
  ['ff02::1', OWN, 'tcpBadSource', 'from a multicast address [MUST-63]'],
  ['::', OWN, 'tcpBadSource', 'from nobody'],
  ['::1', OWN, 'tcpBadSource', 'from the loopback, outside'],
  [OWN, OWN, 'tcpBadSource', 'from ourselves'],
  [PEER, 'ff02::1', 'tcpBadDestination', 'to a multicast address [MUST-57]'],
  [PEER, '2001:db8::3', 'ipForeign', 'to another'],
];

t.test('addresses that cannot be are not answered', async (t) => {
  for (const [from, to, counter, name] of ADDRESSES) {
    const { link, stack, listen } = setUp({ address: OWN });
    listen({ address: address('::'), port: 7 });
    link.deliver([packet(`[${from}]:1`, `[${to}]:7`, 'S 1:1(0) win 1000')]);
    t.same(link.take(), [], name);
    t.equal(stack.stats()[counter as 'tcpBadSource'], 1, name);
  }
});

t.test('extension headers are skipped, fragments and bad chains counted', async (t) => {
  const { link, stack } = setUp({ address: OWN });
  const syn = packet(PEER_V6, `[${OWN}]:9`, 'S 1:1(0) win 1000');
  const [from, to] = [bytesOf(address(PEER)), bytesOf(address(OWN))];
  const chain = (hex: string) => Buffer.concat([Buffer.from(hex, 'hex'), syn.subarray(40)]);
  link.deliver([
    buildIpv6(from, to, 60, chain('0600010400000000')),
    buildIpv6(from, to, 43, chain('0600000100000000')),
    buildIpv6(from, to, 51, chain('0604000100000000')),
  ]);
  const stats = stack.stats();
  t.match(stats, { tcpRefused: 1, ipBadExtension: 1, ipUnknownProtocol: 1 });
});

/** [type, code, what the user hears, name] */
const ERRORS: [number, number, string, string][] = [
  [1, 0, 'ENETUNREACH', 'no route'],
  [1, 1, 'EACCES', 'prohibited'],
  [1, 3, 'EHOSTUNREACH', 'address unreachable'],
  [1, 4, 'ECONNREFUSED', 'port unreachable'],
  [3, 0, 'EHOSTUNREACH', 'hop limit exceeded'],
  [4, 1, 'EPROTO', 'parameter problem'],
];

function deliver(r: Reached, type: number, code: number, mtu = 0): void {
  r.link.deliver([buildIcmpv6Error({ source: ROUTER, type, code, mtu, cause: r.last })]);
  r.turn();
}

t.test('[MUST-54] [MUST-56] errors reach the connection whose segment they quote', async (t) => {
  for (const [type, code, error, name] of ERRORS) {
    const opening = reach('SYN-SENT', {}, 6);
    deliver(opening, type, code);
    t.same(opening.user!.heard, [error, 'close'], `${name}, opening`);
    const open = reach('ESTABLISHED', {}, 6);
    deliver(open, type, code);
    t.same(open.user!.heard, [`trouble ${error}`], `${name}, established`);
    t.equal(open.stack.stats().icmpToConnection, 1);
  }
});

t.test('a forged error is not believed [RFC 5927]', async (t) => {
  const r = reach('ESTABLISHED', {}, 6);
  const elsewhere = { source: ROUTER, type: 1, cause: r.last };
  const other = r.last.slice();
  other[24 + 15] = 3; // about a segment to another peer
  const past = r.last.slice();
  past[44] ^= 0x40; // its sequence number is of nothing that is outstanding
  const broken = buildIcmpv6Error(elsewhere);
  broken[42] ^= 1;
  r.link.deliver([
    buildIcmpv6Error({ ...elsewhere, destination: address(PEER) }),
    buildIcmpv6Error({ ...elsewhere, cause: other }),
    buildIcmpv6Error({ ...elsewhere, cause: past }),
    broken,
  ]);
  r.turn();
  t.same(r.user!.heard, []);
  t.match(r.stack.stats(), { icmpNotPlausible: 2, icmpNoConnection: 1, icmpBad: 1 });
});

function sending(): Reached {
  const r = reach('ESTABLISHED', {}, 6);
  r.reply(`. 101:101(0) ack ${r.iss + 11} win 60000`);
  r.user!.connection!.send(Buffer.alloc(20_000));
  r.turn();
  r.last = r.link.take()[0];
  return r;
}

t.test('"packet too big" narrows the path, down to 1,280 bytes [RFC 8201]', async (t) => {
  const r = sending();
  t.equal(r.last.length, 1500);
  deliver(r, 2, 0, 1400);
  t.equal(Math.max(...r.link.take().map(({ length }) => length)), 1400);
  t.equal(r.user!.connection!.info().snd_mss, mssFor(1400, true));
  deliver(r, 2, 0, 1279);
  t.equal(r.stack.stats().icmpNotPlausible, 1, 'less than any path of IPv6 carries');
  t.equal(r.user!.connection!.info().snd_mss, 1340);
  deliver(r, 2, 0, 1280);
  t.equal(r.user!.connection!.info().snd_mss, 1220);
  t.equal(r.stack.stats().pathMtuReductions, 2);
  t.same(r.user!.heard, []);
  const next = r.connect({ remoteAddress: address(PEER), remotePort: 81 });
  r.turn();
  t.match(describePacket(r.link.take().at(-1)!).text, /<mss 1220/, 'the next one knows');
  next.connection!.abort();
});

t.test('a suspected black hole is no narrower than 1,280 bytes either', async (t) => {
  const r = sending();
  const sizes = new Set<number>();
  for (let i = 0; i < 200; i++) {
    r.clock.advanceTo(r.clock.now() + 1000);
    for (const { length } of r.link.take()) if (length > 100) sizes.add(length);
  }
  t.same(
    [...sizes].sort(),
    [1280, 1500].filter((size) => sizes.has(size)),
  );
  t.ok(sizes.has(1280));
});

t.test('echo requests are answered', async (t) => {
  const own = setUp({ address: OWN });
  const echo = Buffer.from('80000000123400010909', 'hex');
  const request = buildIpv6(bytesOf(address(PEER)), bytesOf(address(OWN)), 58, echo, 2);
  own.link.deliver([request]);
  const [reply] = own.link.take();
  t.equal(reply[40], 129);
  t.same(reply.slice(44), request.subarray(44));
  t.same(reply.slice(8, 24), request.subarray(24, 40));
  t.equal(own.stack.stats().icmpEchoed, 1);
});

t.test('link-local addresses bear the name of their link', async (t) => {
  const sent: Uint8Array[] = [];
  const link = new PacketLink({
    name: 'eth7',
    addresses: ['2001:db8::1', 'fe80::1'],
    send: (bytes) => sent.push(bytes),
  });
  const { connect, listen, turn } = setUp({}, { links: [link], initialSequence: () => 5000 });
  const user = connect({ remoteAddress: address('fe80::2%eth7'), remotePort: 80 });
  turn();
  const syn = describePacket(sent[0]);
  t.match(syn, { to: '[fe80::2]:80', sound: true });
  t.equal(user.connection!.localAddress.text, 'fe80::1%eth7', 'the one that reaches as far');
  t.throws(() => connect({ remoteAddress: address('fe80::2%eth8'), remotePort: 80 }), {
    code: 'EINVAL',
  });
  const { accepted } = listen({ address: address('fe80::1%eth7'), port: 7 });
  link.receive(packet('[fe80::3]:9', '[fe80::1]:7', 'S 1:1(0) win 1000'));
  turn();
  link.receive(packet('[fe80::3]:9', '[fe80::1]:7', '. 2:2(0) ack 5001 win 1000'));
  turn();
  t.equal(accepted[0].connection!.remoteAddress.text, 'fe80::3%eth7');
});
