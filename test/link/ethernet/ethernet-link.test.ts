/** Stations on one Ethernet in virtual time: every frame that they send is looked at. */
import t from 'tap';
import { createNet } from '../../../lib/net/create-net';
import { packetMemory } from '../../../lib/support/memory';
import { Hub, settle } from './hub';
import { attachBoth, type Couple, close, connect, meet } from './stations';

const ANNE = { mac: '02:00:00:00:00:01', addresses: '10.0.0.1/24' };
const BERT = { mac: '02:00:00:00:00:02', addresses: '10.0.0.2/24' };
/** Without waiting for claims: for tests of other things. */
const AT_ONCE = { probeMs: 0 };
const ARP = '0806 0001 0800 06 04';
const BROADCAST = 'ff ff ff ff ff ff';

function couple(hub = new Hub()): Couple {
  return attachBoth({ ...ANNE, ...AT_ONCE }, { ...BERT, ...AT_ONCE }, hub);
}

t.test('claims its address before it uses it, and says so', async (t) => {
  const hub = new Hub();
  const anne = hub.attach(ANNE);
  const { seen } = connect(anne, '10.0.0.2');
  t.same(await settle(hub, 100), [
    '01 > ff arp who 10.0.0.1 tell 0.0.0.0',
    '01 > ff arp who 10.0.0.1 tell 0.0.0.0',
    '01 > ff arp who 10.0.0.1 tell 0.0.0.0',
  ]);
  const ready = anne.link.whenReady();
  t.same(await settle(hub, 150), [
    '01 > ff arp 10.0.0.1 is here',
    '01 > ff arp who 10.0.0.2 tell 10.0.0.1',
  ]);
  await ready;
  t.same(seen, []);
  close(anne);
});

t.test('two stations meet: one question, one answer, and the answerer need not ask', async (t) => {
  const both = couple();
  const sent = await meet(t, both, '10.0.0.2');
  t.same(sent.slice(0, 4), [
    '01 > ff arp who 10.0.0.2 tell 10.0.0.1',
    '02 > 01 arp 10.0.0.2 is 02',
    '01 > 02 ip 10.0.0.1 > 10.0.0.2',
    '02 > 01 ip 10.0.0.2 > 10.0.0.1',
  ]);
  t.notOk(sent.slice(4).some((one) => one.includes('arp')));
  const [first] = both.bert.link.neighbours();
  t.equal(first.state, 'DELAY', 'who has asked is known, and used');
  close(both.anne, both.bert);
});

t.test('nobody answers: EHOSTUNREACH after three questions', async (t) => {
  const { hub, anne, bert } = couple();
  const { seen } = connect(anne, '10.0.0.9');
  t.same(await settle(hub, 2_900), [
    '01 > ff arp who 10.0.0.9 tell 10.0.0.1',
    '01 > ff arp who 10.0.0.9 tell 10.0.0.1',
    '01 > ff arp who 10.0.0.9 tell 10.0.0.1',
  ]);
  t.same(seen, []);
  t.same(await settle(hub, 200), []);
  t.same(seen, ['EHOSTUNREACH']);
  t.match(anne.link.counters, { neighboursUnreachable: 1, droppedUnresolved: 3 });
  close(anne, bert);
});

t.test('no prefix and no gateway: ENETUNREACH at once; a gateway is asked for', async (t) => {
  const hub = new Hub();
  const anne = hub.attach({ ...ANNE, ...AT_ONCE });
  const bert = hub.attach({ ...BERT, ...AT_ONCE, gateway: '10.0.0.1' });
  hub.pass(3_000);
  const { seen } = connect(anne, '192.0.2.1');
  const other = connect(bert, '192.0.2.1');
  t.same(await settle(hub, 10), [
    '02 > ff arp who 10.0.0.1 tell 10.0.0.2',
    '01 > 02 arp 10.0.0.1 is 01',
    '02 > 01 ip 10.0.0.2 > 192.0.2.1',
  ]);
  t.same(seen, ['ENETUNREACH']);
  t.equal(anne.stack.stats().ipForeign, 1, 'and what comes for others is not ours');
  other.socket.destroy();
  close(anne, bert);
});

t.test('somebody has the address already: EADDRINUSE', async (t) => {
  const hub = new Hub();
  const anne = hub.attach({ ...ANNE, ...AT_ONCE });
  hub.pass(3_000);
  const thief = hub.attach({ ...BERT, addresses: '10.0.0.1/24' });
  const failures: string[] = [];
  thief.stack.on('linkFailed', (name, error) => failures.push(`${name}: ${error.message}`));
  const { seen } = connect(thief, '10.0.0.9');
  const ready = thief.link.whenReady().catch((error) => error);
  t.same(await settle(hub, 300), [
    '02 > ff arp who 10.0.0.1 tell 0.0.0.0',
    '01 > 02 arp 10.0.0.1 is 01',
  ]);
  const { code, message } = await ready;
  t.equal(code, 'EADDRINUSE');
  t.match(message, /^10\.0\.0\.1 is in use by 02:00:00:00:00:01/);
  t.same(failures, [`ethernet: ${message}`]);
  t.same(seen, ['EADDRINUSE']);
  const late = connect(thief, '10.0.0.9');
  await settle(hub, 10);
  t.same(late.seen, ['EADDRINUSE'], 'and so fails whoever comes later');
  t.equal(anne.stack.stats().packetsIn, 0);
  close(anne, thief);
});

t.test('two probe for one address at once: one of them gets it', async (t) => {
  const hub = new Hub();
  const stations = [hub.attach(ANNE), hub.attach({ ...BERT, addresses: '10.0.0.1/24' })];
  const ends = stations.map(({ link }) => link.whenReady().catch(({ code }) => code));
  await settle(hub, 300);
  t.same((await Promise.all(ends)).sort(), ['EADDRINUSE', undefined]);
  close(...stations);
});

t.test('an address that is held is defended once, then yielded', async (t) => {
  const { hub, anne, bert } = couple();
  const claim = `${BROADCAST} 02000000000a ${ARP} 0001 02000000000a 0a000001 000000000000 0a000001`;
  hub.inject(claim);
  t.same(hub.pass(1), ['01 > ff arp 10.0.0.1 is here']);
  const failures: string[] = [];
  anne.stack.on('linkFailed', (_name, error) => failures.push(error.message));
  hub.inject(claim);
  t.same(await settle(hub, 10), []);
  t.match(failures, [/10\.0\.0\.1 is in use by 02:00:00:00:00:0a/]);
  t.equal(anne.link.counters.conflicts, 2);
  close(anne, bert);
});

/** [message of a stranger at 02:…:0a, what it is, what is answered, is he known afterwards?] */
const STRANGERS: [string, string, string[], boolean][] = [
  [
    `0001 02000000000a 0a00000a 000000000000 0a000001`,
    'asks for us',
    ['01 > 0a arp 10.0.0.1 is 01'],
    true,
  ],
  [`0001 02000000000a 0a00000a 000000000000 0a000003`, 'asks for another', [], false],
  [`0002 02000000000a 0a00000a 020000000001 0a000001`, 'answers unasked', [], false],
  [`0001 02000000000a 0a00000a 000000000000 0a00000a`, 'announces itself', [], false],
  [
    `0001 02000000000a 00000000 000000000000 0a000001`,
    'probes for our address',
    ['01 > 0a arp 10.0.0.1 is 01'],
    false,
  ],
  [
    `0001 02000000000a c0000201 000000000000 0a000001`,
    'asks from another network',
    ['01 > 0a arp 10.0.0.1 is 01'],
    false,
  ],
  [`0001 03000000000a 0a00000a 000000000000 0a000001`, 'has a group’s address', [], false],
  [`0001 000000000000 0a00000a 000000000000 0a000001`, 'has no address', [], false],
  [`0003 02000000000a 0a00000a 000000000000 0a000001`, 'speaks reverse ARP', [], false],
  [`0001 020000000001 0a00000a 000000000000 0a000001`, 'uses our own address', [], false],
];

t.test('strangers are answered, and remembered only if they ask for us', async (t) => {
  for (const [message, what, answers, isKnown] of STRANGERS) {
    const hub = new Hub();
    const anne = hub.attach({ ...ANNE, ...AT_ONCE });
    hub.pass(3_000);
    hub.inject(`${BROADCAST} 02000000000a ${ARP} ${message}`);
    t.same(hub.pass(10), answers, what);
    const known = anne.link.neighbours().map(({ address, mac }) => `${address} ${mac}`);
    t.same(known, isKnown ? ['10.0.0.10 02:00:00:00:00:0a'] : [], what);
    close(anne);
  }
});

t.test('one that is known: a lie is believed only later, and is verified', async (t) => {
  const { hub, anne, bert } = couple();
  const { socket } = connect(anne, '10.0.0.2');
  socket.on('error', () => undefined);
  await settle(hub, 10);
  const lie = `${BROADCAST} 02000000000a ${ARP} 0002 02000000000a 0a000002 020000000001 0a000001`;
  hub.loses = (frame) => frame[11] === 2 && frame[13] === 6; // bert does not defend himself
  hub.inject(lie);
  hub.pass(1);
  t.match(anne.link.neighbours(), [{ mac: '02:00:00:00:00:02', state: 'REACHABLE' }]);
  hub.pass(1_000);
  hub.inject(lie);
  hub.pass(1);
  t.match(anne.link.neighbours(), [{ mac: '02:00:00:00:00:0a', state: 'STALE' }]);
  connect(anne, '10.0.0.2', 81);
  await settle(hub, 10);
  const later = await settle(hub, 5_000);
  t.ok(later.includes('01 > 0a arp who 10.0.0.2 tell 10.0.0.1'), 'the liar is asked');
  close(anne, bert);
});

/** [frame, counter that counts it] */
const HOSTILE: [string, string][] = [
  [`020000000001 020000000002 0800`, 'droppedMalformed'],
  [`020000000001 020000000002 0800 60`, 'droppedMalformed'],
  [`020000000001 020000000002 86dd 45`, 'droppedMalformed'],
  [`020000000001 020000000002 0040 45`, 'droppedMalformed'],
  [`020000000001 020000000002 8100 0001 8100 0001 0800 45`, 'droppedMalformed'],
  [`020000000001 020000000002 8100 0005 0800 45`, 'droppedTagged'],
  [`020000000001 020000000002 88cc 45`, 'droppedType'],
  [`${BROADCAST} 020000000002 0800 45`, 'droppedGroup'],
  [`01005e000001 020000000002 0800 45`, 'droppedGroup'],
  [`020000000003 020000000002 0800 45`, 'droppedForeign'],
  [`${BROADCAST} 020000000001 0806 45`, 'droppedForeign'],
  [`${BROADCAST} 020000000002 0806 ffff`, 'resolutionBad'],
];

t.test('every frame that is no good has a counter', async (t) => {
  const { hub, anne, bert } = couple();
  for (const [frame, counter] of HOSTILE) {
    const before = { ...anne.link.counters };
    hub.inject(frame);
    hub.pass(1);
    const changed = Object.entries(anne.link.counters).filter(
      ([name, value]) => value !== before[name as keyof typeof before],
    );
    t.same(changed, [[counter, before[counter as keyof typeof before] + 1]], frame);
  }
  t.equal(anne.stack.stats().packetsIn, 0);
  close(anne, bert);
});

t.test('a tag that gives a priority only is looked past', async (t) => {
  const { hub, anne, bert } = couple();
  hub.inject('020000000001 020000000002 8100 e000 0800 45');
  hub.pass(1);
  t.equal(anne.stack.stats().packetsIn, 1);
  close(anne, bert);
});

t.test('before the address is ours nothing is taken in and nothing answered', async (t) => {
  const hub = new Hub();
  const anne = hub.attach(ANNE);
  hub.inject(`020000000001 02000000000a ${ARP} 0001 02000000000a 0a00000a 000000000000 0a000001`);
  hub.inject('020000000001 020000000002 0800 45');
  t.notOk(hub.pass(50).some((one) => one.includes(' is ')));
  t.equal(anne.link.counters.droppedTentative, 1);
  close(anne);
});

t.test('who stops answering is asked, then everybody is, then it is unreachable', async (t) => {
  const { hub, anne, bert } = couple();
  const server = createNet(bert.stack).createServer(() => undefined);
  server.listen(80, '10.0.0.2');
  const { socket, seen } = connect(anne, '10.0.0.2');
  const trouble: string[] = [];
  socket.on('softError', (error: NodeJS.ErrnoException) => trouble.push(error.code!));
  await settle(hub, 100);
  t.same(seen, ['connect']);
  hub.loses = () => true;
  await settle(hub, 60_000); // REACHABLE wears off
  socket.write('is anybody there?');
  const sent = await settle(hub, 20_000);
  const asked = sent.filter((one) => one.includes('arp'));
  t.same(asked.slice(0, 4), [
    '01 > 02 arp who 10.0.0.2 tell 10.0.0.1',
    '01 > 02 arp who 10.0.0.2 tell 10.0.0.1',
    '01 > 02 arp who 10.0.0.2 tell 10.0.0.1',
    '01 > ff arp who 10.0.0.2 tell 10.0.0.1',
  ]);
  t.ok(trouble.includes('EHOSTUNREACH'), 'the connection hears of it, and lives on');
  t.same(seen, ['connect']);
  hub.loses = () => false;
  await settle(hub, 60_000);
  t.equal(socket.tcpInfo()!.unacked, 0, 'and all is well when it is back');
  close(anne, bert);
});

t.test('everything is given back', async (t) => {
  const memory = packetMemory.allocated;
  const { hub, anne, bert } = couple();
  for (const host of ['10.0.0.2', '10.0.0.7', '10.0.0.8']) connect(anne, host);
  await settle(hub, 10);
  t.ok(packetMemory.allocated > memory);
  close(anne, bert);
  t.equal(packetMemory.allocated, memory, 'packet memory');
  t.same(anne.link.neighbours(), []);
  await t.rejects(anne.link.whenReady(), { code: 'ENETDOWN' });
  hub.pass(100_000);
  t.equal(hub.clock.pending, 0, 'timers');
});
