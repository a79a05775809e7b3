import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import {
  IP_BAD_TOTAL_LENGTH,
  IP_BAD_VERSION,
  IP_FAULT_NAMES,
  IP_OK,
  IP_SHORT,
  IpHeader,
} from '../../lib/wire/ip-header';
import { readIpv6, writeIpv6 } from '../../lib/wire/ipv6';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(70_000) + 1; // odd: nothing may rely on alignment
const read = new IpHeader();

function place(hex: string): number {
  return placeHex(AT, hex);
}

const ADDRESSES = '20010db8 00000000 00000000 00000001 fe800000 00000000 02000000 00000002';

t.test('reads a header byte for byte', async (t) => {
  const length = place(`6b8 12345 0004 06 40 ${ADDRESSES} 01020304`);
  t.equal(readIpv6(AT, length, read), IP_OK);
  t.match(read, {
    family: 6,
    source0: 0x20010db8,
    source1: 0,
    source2: 0,
    source3: 1,
    destination0: 0xfe800000 | 0,
    destination1: 0,
    destination2: 0x02000000,
    destination3: 2,
    protocol: 6,
    trafficClass: 0xb8,
    flowLabel: 0x12345,
    ttl: 64,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    headerLength: 40,
    totalLength: 44,
    payloadOffset: AT + 40,
    payloadLength: 4,
    nextHeaderAt: 6,
  });
  t.equal(read.isFragment, false);
});

t.test('ignores what a link has padded', async (t) => {
  const length = place(`60000000 0001 06 40 ${ADDRESSES} 01 0000000000`);
  t.equal(readIpv6(AT, length, read), IP_OK);
  t.equal(read.payloadLength, 1);
});

/** [bytes received, first word, payload length, fault, name] */
const FAULTS: [number, number, number, number, string][] = [
  [0, 0x60000000, 0, IP_SHORT, 'nothing'],
  [39, 0x60000000, 0, IP_SHORT, 'a byte less than a header'],
  [40, 0x60000000, 0, IP_OK, 'a header and nothing else'],
  [40, 0x45000028, 0, IP_BAD_VERSION, 'IPv4'],
  [40, 0x70000000, 0, IP_BAD_VERSION, 'version 7'],
  [40, 0x60000000, 1, IP_BAD_TOTAL_LENGTH, 'a payload beyond what was received'],
  [1500, 0x60000000, 0xffff, IP_BAD_TOTAL_LENGTH, 'the longest payload in a small packet'],
  [65_575, 0x60000000, 0xffff, IP_OK, 'the longest packet'],
];

t.test('believes no length field beyond the bytes received [A-01]', async (t) => {
  for (const [length, first, payload, fault, name] of FAULTS) {
    packetMemory.bytes.fill(0, AT, AT + 60);
    packetMemory.view.setInt32(AT, first);
    packetMemory.view.setUint16(AT + 4, payload);
    packetMemory.bytes[AT + 6] = 6;
    t.equal(readIpv6(AT, length, read), fault, `${name}: ${IP_FAULT_NAMES[fault]}`);
  }
});

t.test('what is written reads the same, fragments too', async () => {
  const header = fc.record({
    source0: fc.integer(),
    source1: fc.integer(),
    source2: fc.integer(),
    source3: fc.integer(),
    destination0: fc.integer(),
    destination1: fc.integer(),
    destination2: fc.integer(),
    destination3: fc.integer(),
    protocol: fc.constantFrom(6, 17, 58, 59, 255),
    trafficClass: fc.nat(255),
    flowLabel: fc.nat(0xfffff),
    ttl: fc.nat(255),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map((units) => units * 8),
  });
  fc.assert(
    fc.property(header, fc.integer(), fc.nat(8000), (fields, identification, units) => {
      const written = Object.assign(new IpHeader(), fields, { identification });
      const payloadLength = units * 8;
      const headerBytes = written.isFragment ? 48 : 40;
      if (writeIpv6(AT, written, payloadLength) !== headerBytes) return false;
      if (readIpv6(AT, headerBytes + payloadLength, read) !== IP_OK) return false;
      if (read.payloadLength !== payloadLength || read.headerLength !== headerBytes) return false;
      if (written.isFragment && read.identification !== identification) return false;
      const names = Object.keys(fields) as (keyof typeof fields)[];
      return names.every((name) => read[name] === fields[name]);
    }),
  );
});

t.test('random bytes never throw and are never read beyond their end', async (t) => {
  const random = new SeededRandom(4714);
  let sound = 0;
  for (let i = 0; i < 40_000; i++) {
    const length = random.below(160);
    random.fill(packetMemory.bytes.subarray(AT, AT + 160));
    if (random.chance(0.9)) packetMemory.bytes[AT] = 0x60;
    if (random.chance(0.9)) packetMemory.view.setUint16(AT + 4, random.below(120));
    for (let at = 6, n = 0; n < random.below(10); n++) {
      packetMemory.bytes[AT + at] = [0, 43, 44, 60, 6][random.below(5)];
      at = 40 + 8 * n;
      if (random.chance(0.8)) packetMemory.bytes[AT + at + 1] = random.below(3);
    }
    if (readIpv6(AT, length, read) !== IP_OK) continue;
    sound++;
    if (read.payloadLength < 0) t.fail(`round ${i}: less than nothing`);
    if (read.payloadOffset + read.payloadLength > AT + length) t.fail(`round ${i}: beyond the end`);
    if (read.payloadOffset !== AT + read.headerLength) t.fail(`round ${i}: payload misplaced`);
  }
  t.ok(sound > 1000, `${sound} of them were sound (seed ${random.seed})`);
});
