import t from 'tap';
import {
  ICMP_BAD_CAUSE,
  ICMP_BAD_CHECKSUM,
  ICMP_OK,
  ICMP_SHORT,
  IcmpMessage,
} from '../../lib/ip/icmp-message';
import { readIcmpv6 } from '../../lib/ip/icmpv6-message';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { writeIcmpv6Checksum } from '../../lib/wire/icmpv6';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(512) + 1;
const SUM = 0x1234;
const read = new IcmpMessage();

/** Our segment 2001:db8::1 port 0x1111 to 2001:db8::2 port 0x2222, as a router quotes it. */
const CAUSE =
  '60000000 001c 06 40 20010db8 00000000 00000000 00000001 ' +
  '20010db8 00000000 00000000 00000002 1111 2222 89abcdef';

function place(hex: string, isRight = true): number {
  const length = placeHex(AT, hex);
  if (isRight) writeIcmpv6Checksum(AT, length, SUM);
  return length;
}

t.test('reads an error and what it is about', async (t) => {
  const length = place(`0200 0000 00000500 ${CAUSE}`);
  t.equal(readIcmpv6(AT, length, SUM, read), ICMP_OK);
  t.match(read, {
    family: 6,
    type: 2,
    code: 0,
    mtu: 1280,
    isError: true,
    isTooBig: true,
    isEchoRequest: false,
    source0: 0x20010db8,
    source1: 0,
    source2: 0,
    source3: 1,
    destination0: 0x20010db8,
    destination1: 0,
    destination2: 0,
    destination3: 2,
    protocol: 6,
    causeBytes: 68,
    sourcePort: 0x1111,
    destinationPort: 0x2222,
    seq: 0x89abcdef | 0,
  });
});

/** [message, fault or type, name] */
const TABLE: [string, number, string][] = [
  ['0100 0000 000000', ICMP_SHORT, 'seven bytes'],
  ['0100 0000 00000000', ICMP_BAD_CAUSE, 'an error about nothing'],
  [`0100 0000 00000000 ${CAUSE.slice(0, -8)}`, ICMP_BAD_CAUSE, 'ports, but no sequence number'],
  [`0100 0000 00000000 45${CAUSE.slice(2)}`, ICMP_BAD_CAUSE, 'about a packet of IPv4'],
  [`0100 0000 00000000 ${CAUSE}`, ICMP_OK, 'unreachable'],
  [`0300 0000 00000000 ${CAUSE}`, ICMP_OK, 'time exceeded'],
  [`0400 0000 00000028 ${CAUSE}`, ICMP_OK, 'parameter problem'],
  ['8000 0000 00010001', ICMP_OK, 'echo request'],
  ['8800 0000 60000000', ICMP_OK, 'a neighbour advertisement'],
];

t.test('tells faults from messages', async (t) => {
  for (const [hex, fault, name] of TABLE) {
    const length = place(hex);
    t.equal(readIcmpv6(AT, length, SUM, read), fault, name);
    if (fault !== ICMP_OK) continue;
    t.equal(read.isError, read.type < 128, `${name}: is an error`);
    t.equal(read.isEchoRequest, read.type === 128);
    t.equal(read.isTooBig, false);
    t.equal(readIcmpv6(AT, length, SUM + 1, read), ICMP_BAD_CHECKSUM, `${name}: other addresses`);
  }
  const length = place('0200 0000 ffffffff', false);
  t.equal(readIcmpv6(AT, length, SUM, read), ICMP_BAD_CHECKSUM, 'no checksum is a wrong one');
});

t.test('an MTU of 32 bits is more than any packet has', async (t) => {
  readIcmpv6(AT, place(`0200 0000 ffffffff ${CAUSE}`), SUM, read);
  t.equal(read.mtu, 65_535);
});

t.test('random bytes never throw', async (t) => {
  const random = new SeededRandom(79);
  let sound = 0;
  for (let i = 0; i < 20_000; i++) {
    random.fill(packetMemory.bytes.subarray(AT, AT + 80));
    packetMemory.bytes[AT] = random.below(6);
    if (random.chance(0.5)) packetMemory.bytes[AT + 8] = 0x60;
    const length = random.below(81);
    if (length > 7) writeIcmpv6Checksum(AT, length, SUM);
    if (readIcmpv6(AT, length, SUM, read) === ICMP_OK) sound++;
  }
  t.ok(sound > 1000, `${sound} of them were sound`);
});
