/** What IPv6 stations on one Ethernet say of the groups that they listen to, in virtual time. */
import t from 'tap';
import { packetMemory } from '../../../lib/support/memory';
import { addressSum } from '../../../lib/wire/checksum';
import { isIcmpv6Intact, writeIcmpv6Checksum } from '../../../lib/wire/icmpv6';
import { IpAddress } from '../../../lib/wire/ip-address';
import { type Attached, Hub } from './hub';

const ANNE = { mac: '02:00:00:00:00:01', addresses: 'fd00::a1/64', probeMs: 0 };
/** The groups of fd00::a1 and of the link-local address that goes with the hardware address. */
const GROUPS = ['ff02::1:ff00:a1', 'ff02::1:ff00:1'];
const ROUTER = 'fe80::9';
const ALL_NODES = 'ff02::1';
const ROUTER_ALERT = '3a00050200000100';
const IS_EXCLUDE = 2;
const CHANGE_TO_EXCLUDE = 4;

/** What is said of groups, as text: `:: > ff02::16 143 4 ff02::1:ff00:a1 4 …`. */
function reportsOf(hub: Hub, ms: number): string[] {
  hub.clock.advanceTo(hub.clock.now() + ms);
  const frames = hub.frames.splice(0);
  hub.log.length = 0;
  return frames
    .filter((frame) => frame.toString('hex', 12, 14) === '86dd' && frame[20] === 0)
    .map(read);
}

function read(frame: Buffer): string {
  const packet = frame.subarray(14);
  const [source, destination] = [address(packet, 8), address(packet, 24)];
  const message = packet.subarray(48, 40 + packet.readUInt16BE(4));
  t.equal(frame.toString('hex', 0, 6), `3333${packet.toString('hex', 36, 40)}`, 'to its group');
  t.equal(packet[7], 1, 'no further than here');
  t.equal(packet.toString('hex', 40, 48), ROUTER_ALERT);
  t.ok(checked(message, source, destination, isIcmpv6Intact), 'the checksum is right');
  const way = `${source} > ${destination} ${message[0]}`;
  if (message[0] === 131) return `${way} ${address(message, 8)}`;
  const count = message.readUInt16BE(6);
  t.equal(message.length, 8 + 20 * count);
  const records = Array.from({ length: count }, (_, i) => {
    t.equal(message.readUInt32BE(8 + 20 * i) & 0xffffff, 0, 'no sources, no more data');
    return `${message[8 + 20 * i]} ${address(message, 12 + 20 * i)}`;
  });
  return `${way} ${records.join(' ')}`;
}

/** Runs `use` on the message in packet memory. */
function checked<T>(
  message: Buffer,
  source: string,
  destination: string,
  use: (at: number, length: number, addresses: number) => T,
): T {
  const [from, to] = [source, destination].map((one) => IpAddress.parse(one)!);
  const sum = addressSum(from.w0, from.w1, from.w2, from.w3, to.w0, to.w1, to.w2, to.w3);
  const at = packetMemory.allocate(message.length);
  packetMemory.bytes.set(message, at);
  const result = use(at, message.length, sum);
  message.set(packetMemory.bytes.subarray(at, at + message.length));
  packetMemory.release(at, message.length);
  return result;
}

function address(bytes: Buffer, at: number): string {
  const words = [0, 4, 8, 12].map((i) => bytes.readInt32BE(at + i));
  return IpAddress.fromIpv6(words[0], words[1], words[2], words[3]).text;
}

interface Question {
  source?: string;
  group?: string;
  hopLimit?: number;
  isIntact?: boolean;
  /** Of MLDv1 24; of MLDv2 28. */
  bytes?: number;
  /** The maximum response code. */
  code?: number;
}

/** A query in a frame from 02:…:09. */
function ask(hub: Hub, question: Question = {}): void {
  const { source = ROUTER, group = '::', hopLimit = 1, isIntact = true, bytes = 28 } = question;
  const message = Buffer.alloc(bytes);
  message[0] = 130;
  message.writeUInt16BE(question.code ?? 1000, 4);
  write(message, 8, group);
  checked(message, source, ALL_NODES, writeIcmpv6Checksum);
  if (!isIntact) message[2] ^= 1;
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(8 + bytes, 4);
  header[7] = hopLimit;
  write(header, 8, source);
  write(header, 24, ALL_NODES);
  const packet = `${header.toString('hex')} ${ROUTER_ALERT} ${message.toString('hex')}`;
  hub.inject(`333300000001 020000000009 86dd ${packet}`);
}

function write(bytes: Buffer, at: number, text: string): void {
  const { w0, w1, w2, w3 } = IpAddress.parse(text)!;
  for (const [i, word] of [w0, w1, w2, w3].entries()) bytes.writeInt32BE(word, at + 4 * i);
}

function report(source: string, kind: number): string {
  return `${source} > ff02::16 143 ${GROUPS.map((group) => `${kind} ${group}`).join(' ')}`;
}

/** Anne, when she has said what there was to say. */
function quiet(): { hub: Hub; anne: Attached } {
  const hub = new Hub();
  const anne = hub.attach(ANNE);
  reportsOf(hub, 5_000);
  return { hub, anne };
}

const OWN = 'fe80::ff:fe00:1';

t.test('a station tells before it probes, and twice in its own name', async (t) => {
  const hub = new Hub();
  const { stack, link } = hub.attach({ ...ANNE, probeMs: 200 });
  t.same(reportsOf(hub, 1), [report('::', CHANGE_TO_EXCLUDE)]);
  const later = reportsOf(hub, 5_000);
  t.same(later.slice(-2), [report(OWN, CHANGE_TO_EXCLUDE), report(OWN, CHANGE_TO_EXCLUDE)]);
  t.equal(link.counters.listenerReports, later.length + 1);
  t.same(reportsOf(hub, 60_000), [], 'and then no more');
  stack.close();
});

t.test('whoever asks is answered in time, as he understands it', async (t) => {
  const { hub, anne } = quiet();
  ask(hub, { code: 500 });
  t.same(reportsOf(hub, 501), [report(OWN, IS_EXCLUDE)]);
  ask(hub, { group: GROUPS[0] });
  t.same(reportsOf(hub, 1_001), [report(OWN, IS_EXCLUDE)], 'about one group');
  ask(hub, { group: 'ff02::1:ff00:b2' });
  t.same(reportsOf(hub, 1_001), [], 'not about a group of others');
  ask(hub, { bytes: 24 });
  t.same(
    reportsOf(hub, 1_001),
    GROUPS.map((group) => `${OWN} > ${group} 131 ${group}`),
    'MLDv1: one report for each group, and to it',
  );
  ask(hub, { code: 0x8000 });
  t.equal(reportsOf(hub, 32_769).length, 1, 'the code may be a floating point number');
  t.equal(anne.link.counters.listenerQueries, 5);
  t.equal(anne.link.counters.resolutionBad, 0);
  anne.stack.close();
});

t.test('those who ask at once get one answer', async (t) => {
  const { hub, anne } = quiet();
  for (let i = 0; i < 5; i++) ask(hub, { code: 1000 - i });
  t.equal(reportsOf(hub, 3_000).length, 1);
  t.equal(anne.link.counters.listenerQueries, 5);
  anne.stack.close();
});

t.test('what is no query is counted, and not answered', async (t) => {
  const { hub, anne } = quiet();
  const faults: Question[] = [
    { hopLimit: 2 },
    { source: 'fd00::9' },
    { isIntact: false },
    { bytes: 26 },
  ];
  for (const fault of faults) ask(hub, fault);
  t.same(reportsOf(hub, 3_000), []);
  const { listenerQueries, resolutionBad } = anne.link.counters;
  t.same({ listenerQueries, resolutionBad }, { listenerQueries: 0, resolutionBad: faults.length });
  anne.stack.close();
});

t.test('a station without IPv6 says nothing', async (t) => {
  const hub = new Hub();
  const { stack, link } = hub.attach({ ...ANNE, addresses: '10.0.0.1/24' });
  reportsOf(hub, 3_000);
  ask(hub);
  t.same(reportsOf(hub, 3_000), []);
  t.equal(link.counters.listenerReports, 0);
  stack.close();
});
