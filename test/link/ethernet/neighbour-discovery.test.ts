/** IPv6 stations on one Ethernet in virtual time: every frame that they send is looked at. */
import t from 'tap';
import { createNet } from '../../../lib/net/create-net';
import { packetMemory } from '../../../lib/support/memory';
import { addressSum } from '../../../lib/wire/checksum';
import { writeIcmpv6Checksum } from '../../../lib/wire/icmpv6';
import { IpAddress } from '../../../lib/wire/ip-address';
import { Hub, settle } from './hub';
import { attachBoth, type Couple, close, connect, meet } from './stations';

const ANNE = { mac: '02:00:00:00:00:01', addresses: 'fd00::1/64', probeMs: 0 };
const BERT = { mac: '02:00:00:00:00:02', addresses: 'fd00::2/64', probeMs: 0 };

const couple = (): Couple => attachBoth(ANNE, BERT);

/** A frame of neighbour discovery from 02:…:0a, its checksum right unless it shall not be. */
function message(
  [source, destination, mac]: [string, string, string],
  body: string,
  { hopLimit = 255, isIntact = true } = {},
): string {
  const icmp = Buffer.from(body.replaceAll(' ', ''), 'hex');
  const at = packetMemory.allocate(icmp.length);
  packetMemory.bytes.set(icmp, at);
  const [from, to] = [IpAddress.parse(source)!, IpAddress.parse(destination)!];
  const destinationWords = [to.w0, to.w1, to.w2, to.w3] as const;
  const sum = addressSum(from.w0, from.w1, from.w2, from.w3, ...destinationWords);
  writeIcmpv6Checksum(at, icmp.length, sum);
  icmp.set(packetMemory.bytes.subarray(at, at + icmp.length));
  packetMemory.release(at, icmp.length);
  if (!isIntact) icmp[2] ^= 1;
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x60000000, 0);
  header.writeUInt16BE(icmp.length, 4);
  header[6] = 58;
  header[7] = hopLimit;
  for (const [i, address] of [from, to].entries()) {
    for (const [j, word] of [address.w0, address.w1, address.w2, address.w3].entries()) {
      header.writeInt32BE(word, 8 + 16 * i + 4 * j);
    }
  }
  return `${mac} 02000000000a 86dd ${header.toString('hex')} ${icmp.toString('hex')}`;
}

const GROUP: [string, string, string] = ['fd00::a', 'ff02::1:ff00:1', '3333ff000001'];
const DIRECT: [string, string, string] = ['fd00::a', 'fd00::1', '020000000001'];
const NOBODY: [string, string, string] = ['::', 'ff02::1:ff00:1', '3333ff000001'];
const ALL: [string, string, string] = ['fd00::a', 'ff02::1', '333300000001'];
const ABOUT_ANNE = 'fd000000000000000000000000000001';
const ABOUT_BERT = 'fd000000000000000000000000000002';
const HIS_MAC = '0101 02000000000a';

t.test('claims a global and a link-local address, and says so', async (t) => {
  const hub = new Hub();
  const anne = hub.attach({ ...ANNE, probeMs: 200 });
  t.same(anne.link.addresses, ['fd00::1', 'fe80::ff:fe00:1%ethernet']);
  const sent = await settle(hub, 3_000);
  t.same(sent.filter((one) => one.includes('who')).sort(), [
    '01 > 01 nd who fd00::1 tell ::',
    '01 > 01 nd who fe80::ff:fe00:1 tell ::',
  ]);
  t.same([...new Set(sent.filter((one) => one.includes('here')))].sort(), [
    '01 > 01 nd fd00::1 is 01, here',
    '01 > 01 nd fe80::ff:fe00:1 is 01, here',
  ]);
  await anne.link.whenReady();
  close(anne);
});

t.test('two stations meet: one question, one answer, and the answerer need not ask', async (t) => {
  const both = couple();
  const sent = await meet(t, both, 'fd00::2');
  t.same(sent.slice(0, 4), [
    '01 > 02 nd who fd00::2 tell fd00::1',
    '02 > 01 nd fd00::2 is 02',
    '01 > 02 ip fd00::1 > fd00::2',
    '02 > 01 ip fd00::2 > fd00::1',
  ]);
  t.notOk(sent.slice(4).some((one) => one.includes('nd')));
  close(both.anne, both.bert);
});

t.test('by link-local addresses, in the zone of the link', async (t) => {
  const { hub, anne, bert } = couple();
  const server = createNet(bert.stack).createServer((socket) => socket.end());
  server.listen(80, '::');
  const { socket, seen } = connect(anne, 'fe80::ff:fe00:2%ethernet');
  socket.resume();
  await settle(hub, 100);
  t.same(seen, ['connect']);
  server.close();
  close(anne, bert);
});

t.test('nobody answers: EHOSTUNREACH after three questions', async (t) => {
  const { hub, anne, bert } = couple();
  const { seen } = connect(anne, 'fd00::9');
  t.equal((await settle(hub, 2_900)).length, 3);
  t.same(seen, []);
  await settle(hub, 200);
  t.same(seen, ['EHOSTUNREACH']);
  close(anne, bert);
});

t.test('somebody has the address already: EADDRINUSE', async (t) => {
  const hub = new Hub();
  const anne = hub.attach(ANNE);
  hub.pass(3_000);
  const thief = hub.attach({ ...BERT, addresses: 'fd00::1/64', probeMs: 200 });
  const ready = thief.link.whenReady().catch((error) => error);
  await settle(hub, 500);
  t.match(await ready, { code: 'EADDRINUSE', message: /^fd00::1 is in use by 02:00:00:00:00:01/ });
  close(anne, thief);
});

t.test('two probe for one address at once: not both get it', async (t) => {
  const hub = new Hub();
  const thief = { ...BERT, addresses: 'fd00::1/64', probeMs: 200 };
  const stations = [hub.attach({ ...ANNE, probeMs: 200 }), hub.attach(thief)];
  const ends = stations.map(({ link }) => link.whenReady().catch(({ code }) => code));
  await settle(hub, 600);
  t.ok((await Promise.all(ends)).includes('EADDRINUSE'));
  close(...stations);
});

/** [message of a stranger, what it is, what is answered, is he known afterwards?] */
const STRANGERS: [string, string, string[], boolean][] = [
  [
    message(GROUP, `8700 0000 00000000 ${ABOUT_ANNE} ${HIS_MAC}`),
    'asks for us',
    ['01 > 0a nd fd00::1 is 01'],
    true,
  ],
  [
    message(DIRECT, `8700 0000 00000000 ${ABOUT_ANNE}`),
    'asks whether we are there, without his address',
    ['01 > 0a nd fd00::1 is 01'],
    false,
  ],
  [
    message(NOBODY, `8700 0000 00000000 ${ABOUT_ANNE}`),
    'probes for our address',
    ['01 > 01 nd fd00::1 is 01, here'],
    false,
  ],
  [message(GROUP, `8700 0000 00000000 ${ABOUT_BERT} ${HIS_MAC}`), 'asks for another', [], false],
  [message(DIRECT, `8800 0000 60000000 ${ABOUT_BERT} 0201 02000000000a`), 'lies', [], false],
  [
    message(['fd99::a', DIRECT[1], DIRECT[2]], `8700 0000 00000000 ${ABOUT_ANNE} ${HIS_MAC}`),
    'asks from another network',
    ['01 > 0a nd fd00::1 is 01'],
    false,
  ],
];

t.test('strangers are answered, and remembered only if they ask for us', async (t) => {
  for (const [frame, what, answers, isKnown] of STRANGERS) {
    const hub = new Hub();
    const anne = hub.attach(ANNE);
    hub.pass(3_000);
    hub.inject(frame);
    t.same(hub.pass(10), answers, what);
    const known = anne.link.neighbours().map(({ address, mac }) => `${address} ${mac}`);
    t.same(known, isKnown ? ['fd00::a 02:00:00:00:00:0a'] : [], what);
    t.equal(anne.link.counters.resolutionBad, 0, what);
    close(anne);
  }
});

/** [frame, what is wrong with it] */
const BROKEN: [string, string][] = [
  [
    message(DIRECT, `8700 0000 00000000 ${ABOUT_ANNE} ${HIS_MAC}`, { hopLimit: 254 }),
    'it has come over a router',
  ],
  [
    message(DIRECT, `8700 0000 00000000 ${ABOUT_ANNE} ${HIS_MAC}`, { isIntact: false }),
    'its checksum',
  ],
  [message(NOBODY, `8700 0000 00000000 ${ABOUT_ANNE} ${HIS_MAC}`), 'nobody has an address'],
  [
    message(['::', DIRECT[1], DIRECT[2]], `8700 0000 00000000 ${ABOUT_ANNE}`),
    'nobody asks us alone',
  ],
  [message(['ff02::1', DIRECT[1], DIRECT[2]], `8700 0000 00000000 ${ABOUT_ANNE}`), 'a group asks'],
  [message(ALL, `8800 0000 60000000 ${ABOUT_BERT}`), 'an answer to all that was asked for'],
  [
    message(DIRECT, `8700 0000 00000000 ${ABOUT_ANNE} 0101 03000000000a`),
    'a group’s hardware address',
  ],
  [message(DIRECT, `8700 0000 00000000 ${ABOUT_ANNE} 0100 02000000000a`), 'an endless option'],
  [message(DIRECT, `8600 0000 00000000 ${ABOUT_ANNE}`), 'a router’s'],
];

t.test('what is broken is counted, and not answered', async (t) => {
  for (const [frame, what] of BROKEN) {
    const hub = new Hub();
    const anne = hub.attach(ANNE);
    hub.pass(3_000);
    hub.inject(frame);
    t.same(hub.pass(10), [], what);
    t.match(anne.link.counters, { resolutionBad: 1, resolutionReceived: 0 }, what);
    t.equal(anne.stack.stats().packetsIn, 0);
    close(anne);
  }
});

t.test('an address that is held is defended once, then yielded', async (t) => {
  const { hub, anne, bert } = couple();
  const claim = message(ALL, `8800 0000 20000000 ${ABOUT_ANNE} 0201 02000000000a`);
  hub.inject(claim);
  t.same(hub.pass(1), ['01 > 01 nd fd00::1 is 01, here']);
  const failures: string[] = [];
  anne.stack.on('linkFailed', (_name, error) => failures.push(error.message));
  hub.inject(claim);
  await settle(hub, 10);
  t.match(failures, [/fd00::1 is in use by 02:00:00:00:00:0a/]);
  close(anne, bert);
});
