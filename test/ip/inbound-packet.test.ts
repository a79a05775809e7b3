import t from 'tap';
import {
  PACKET_FRAGMENT,
  PACKET_ICMP,
  PACKET_OTHER,
  PACKET_TCP,
  readInboundPacket,
} from '../../lib/ip/inbound-packet';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import {
  IP_BAD_ADDRESS,
  IP_BAD_CHECKSUM,
  IP_BAD_EXTENSION,
  IP_BAD_VERSION,
  IP_SHORT,
  IpHeader,
} from '../../lib/wire/ip-header';
import { writeIpv4 } from '../../lib/wire/ipv4';
import { writeIpv6 } from '../../lib/wire/ipv6';

const AT = packetMemory.allocate(256);
const read = new IpHeader();

/** [fields of the header, kind, name] */
const TABLE: [Partial<IpHeader>, number, string][] = [
  [{ protocol: 6 }, PACKET_TCP, 'TCP'],
  [{ protocol: 6, dontFragment: true }, PACKET_TCP, 'TCP not to be fragmented'],
  [{ protocol: 1 }, PACKET_ICMP, 'ICMP'],
  [{ protocol: 17 }, PACKET_OTHER, 'UDP'],
  [{ protocol: 0 }, PACKET_OTHER, 'protocol 0'],
  [{ protocol: 255 }, PACKET_OTHER, 'protocol 255'],
  [{ protocol: 6, moreFragments: true }, PACKET_FRAGMENT, 'the first fragment'],
  [{ protocol: 6, fragmentOffset: 8 }, PACKET_FRAGMENT, 'the last fragment'],
  [{ protocol: 1, fragmentOffset: 65528 }, PACKET_FRAGMENT, 'the furthest fragment'],
];

t.test('tells kinds apart', async (t) => {
  for (const [fields, kind, name] of TABLE) {
    const header = Object.assign(new IpHeader(), fields);
    writeIpv4(AT, header, 40);
    t.equal(readInboundPacket(AT, 60, read), kind, name);
    t.equal(read.protocol, fields.protocol);
    t.equal(read.payloadLength, 40);
  }
});

t.test('hands up the faults of the header, negative', async (t) => {
  writeIpv4(AT, new IpHeader(), 40);
  t.equal(readInboundPacket(AT, 19, read), -IP_SHORT);
  packetMemory.bytes[AT + 8] ^= 1;
  t.equal(readInboundPacket(AT, 60, read), -IP_BAD_CHECKSUM);
  packetMemory.bytes[AT] = 0x50;
  t.equal(readInboundPacket(AT, 60, read), -IP_BAD_VERSION);
});

t.test('IPv6 beside IPv4', async (t) => {
  const kinds: [number, number, string][] = [
    [6, PACKET_TCP, 'TCP'],
    [58, PACKET_ICMP, 'ICMPv6'],
    [1, PACKET_OTHER, 'ICMP, which is for IPv4'],
    [17, PACKET_OTHER, 'UDP'],
    [59, PACKET_OTHER, 'nothing'],
  ];
  const header = new IpHeader();
  Object.assign(header, { source0: 0x20010db8, destination0: 0x20010db8 });
  for (const [protocol, kind, name] of kinds) {
    header.protocol = protocol;
    writeIpv6(AT, header, 20);
    t.equal(readInboundPacket(AT, 60, read), kind, name);
    t.equal(read.family, 6);
  }
  t.equal(readInboundPacket(AT, 39, read), -IP_SHORT);
  header.moreFragments = true;
  writeIpv6(AT, header, 8);
  t.equal(readInboundPacket(AT, 60, read), PACKET_FRAGMENT);
  packetMemory.bytes[AT + 6] = 60;
  packetMemory.bytes[AT + 41] = 9;
  t.equal(readInboundPacket(AT, 60, read), -IP_BAD_EXTENSION);
});

t.test('an IPv4 address in an IPv6 header is refused at either end', async (t) => {
  const header = new IpHeader();
  Object.assign(header, { source0: 0x20010db8, destination0: 0x20010db8 });
  for (const end of ['source', 'destination'] as const) {
    const spoofed = Object.assign(new IpHeader(), header);
    Object.assign(spoofed, { [`${end}0`]: 0, [`${end}2`]: 0xffff, [`${end}3`]: 0x7f000001 });
    writeIpv6(AT, spoofed, 20);
    t.equal(readInboundPacket(AT, 60, read), -IP_BAD_ADDRESS, end);
  }
});

t.test('random bytes never throw', async (t) => {
  const random = new SeededRandom(77);
  let faults = 0;
  for (let i = 0; i < 20_000; i++) {
    random.fill(packetMemory.bytes.subarray(AT, AT + 64));
    if (readInboundPacket(AT, random.below(65), read) < 0) faults++;
  }
  t.ok(faults > 19_000, `${faults} of 20,000 were faulty`);
});
