import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { finishSum, sumBytes } from '../../lib/wire/checksum';
import {
  IP_BAD_CHECKSUM,
  IP_BAD_HEADER_LENGTH,
  IP_BAD_TOTAL_LENGTH,
  IP_BAD_VERSION,
  IP_FAULT_NAMES,
  IP_OK,
  IP_SHORT,
  IpHeader,
} from '../../lib/wire/ip-header';
import { readIpv4, writeIpv4 } from '../../lib/wire/ipv4';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(65_536) + 1; // odd: nothing may rely on alignment
const read = new IpHeader();

function place(hex: string): number {
  return placeHex(AT, hex);
}

/** Makes the checksum right again after the bytes were changed. */
function mend(headerLength: number): void {
  packetMemory.view.setUint16(AT + 10, 0);
  packetMemory.view.setUint16(AT + 10, finishSum(sumBytes(AT, headerLength)));
}

t.test('reads a header byte for byte', async (t) => {
  const length = place('45b8 0018 1c46 4000 4006 0000 ac10 0a63 ac10 0a0c 0102 0304');
  mend(20);
  t.equal(readIpv4(AT, length, read), IP_OK);
  t.match(read, {
    family: 4,
    source0: 0,
    source1: 0,
    source2: 0xffff,
    source3: 0xac100a63 | 0,
    destination0: 0,
    destination1: 0,
    destination2: 0xffff,
    destination3: 0xac100a0c | 0,
    protocol: 6,
    trafficClass: 0xb8,
    ttl: 64,
    identification: 0x1c46,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    headerLength: 20,
    totalLength: 24,
    payloadOffset: AT + 20,
    payloadLength: 4,
  });
  t.equal(read.isFragment, false);
});

t.test('skips options [MUST-50], and what a link has padded', async (t) => {
  // Record route, six more bytes of options, two bytes of payload, four bytes of padding.
  const length = place(
    '4700 001e 0001 0000 4006 0000 0a00 0001 0a00 0002 0707 0400 0000 0001 abcd 00000000',
  );
  mend(28);
  t.equal(readIpv4(AT, length, read), IP_OK);
  t.equal(read.headerLength, 28);
  t.equal(read.payloadOffset, AT + 28);
  t.equal(read.payloadLength, 2);
});

t.test('reads fragments as such', async (t) => {
  for (const [field, more, offset] of [
    [0x2000, true, 0],
    [0x0001, false, 8],
    [0x3fff, true, 0x1fff * 8],
    [0x1fff, false, 0x1fff * 8],
    [0x8000, false, 0], // the reserved bit is ignored
  ] as const) {
    const length = place('4500 0014 0001 0000 4006 0000 0a00 0001 0a00 0002');
    packetMemory.view.setUint16(AT + 6, field);
    mend(20);
    t.equal(readIpv4(AT, length, read), IP_OK);
    t.equal(read.moreFragments, more);
    t.equal(read.fragmentOffset, offset);
    t.equal(read.isFragment, more || offset > 0);
  }
});

/** [length received, first word, fault, name] */
const FAULTS: [number, number, number, string][] = [
  [0, 0x45000014, IP_SHORT, 'nothing'],
  [19, 0x45000014, IP_SHORT, 'a byte less than a header'],
  [20, 0x45000014, IP_OK, 'a header and nothing else'],
  [20, 0x65000014, IP_BAD_VERSION, 'IPv6'],
  [20, 0x05000014, IP_BAD_VERSION, 'version 0'],
  [20, 0x44000014, IP_BAD_HEADER_LENGTH, 'a header of 16 bytes'],
  [20, 0x40000014, IP_BAD_HEADER_LENGTH, 'a header of 0 bytes'],
  [20, 0x46000018, IP_BAD_HEADER_LENGTH, 'a header longer than what was received'],
  [59, 0x4f00003c, IP_BAD_HEADER_LENGTH, 'the largest header, a byte short'],
  [60, 0x4f00003c, IP_OK, 'the largest header'],
  [60, 0x4f00003b, IP_BAD_TOTAL_LENGTH, 'a total length inside the header'],
  [20, 0x45000013, IP_BAD_TOTAL_LENGTH, 'a total length below the header'],
  [20, 0x45000000, IP_BAD_TOTAL_LENGTH, 'a total length of 0'],
  [20, 0x45000015, IP_BAD_TOTAL_LENGTH, 'a total length beyond what was received'],
  [1500, 0x4500ffff, IP_BAD_TOTAL_LENGTH, 'the largest total length in a small packet'],
  [65_535, 0x4500ffff, IP_OK, 'the largest packet'],
];

t.test('believes no length field beyond the bytes received [A-01]', async (t) => {
  for (const [length, first, fault, name] of FAULTS) {
    packetMemory.bytes.fill(0, AT, AT + 60);
    packetMemory.view.setInt32(AT, first);
    mend(((first >>> 24) & 0xf) * 4);
    t.equal(readIpv4(AT, length, read), fault, `${name}: ${IP_FAULT_NAMES[fault]}`);
  }
});

t.test('sees every flipped bit of a header', async (t) => {
  for (let bit = 0; bit < 160; bit++) {
    const header = new IpHeader();
    header.source3 = 0x0a000001;
    header.destination3 = 0x0a0000ff;
    writeIpv4(AT, header, 0);
    packetMemory.bytes[AT + (bit >> 3)] ^= 0x80 >> (bit & 7);
    if (readIpv4(AT, 20, read) === IP_OK) t.fail(`bit ${bit} went unseen`);
  }
  packetMemory.bytes.fill(0, AT, AT + 20);
  packetMemory.view.setInt32(AT, 0x45000014);
  t.equal(readIpv4(AT, 20, read), IP_BAD_CHECKSUM, 'a checksum of zero is not "none" in IPv4');
});

t.test('what is written reads the same', async () => {
  const header = fc.record({
    source3: fc.integer(),
    destination3: fc.integer(),
    protocol: fc.nat(255),
    trafficClass: fc.nat(255),
    ttl: fc.nat(255),
    identification: fc.nat(0xffff),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map((units) => units * 8),
  });
  fc.assert(
    fc.property(header, fc.nat(65_515), (fields, payloadLength) => {
      const written = Object.assign(new IpHeader(), fields);
      if (writeIpv4(AT, written, payloadLength) !== 20) return false;
      if (readIpv4(AT, 20 + payloadLength, read) !== IP_OK) return false;
      if (read.payloadLength !== payloadLength || read.totalLength !== 20 + payloadLength) {
        return false;
      }
      const names = Object.keys(fields) as (keyof typeof fields)[];
      return names.every((name) => read[name] === fields[name]);
    }),
  );
});

t.test('a packet longer than the header can say has a total length of 0', async (t) => {
  for (const [payloadLength, totalLength] of [
    [65_515, 65_535],
    [65_516, 0],
    [200_000, 0],
  ]) {
    const header = new IpHeader();
    header.protocol = 6;
    t.equal(writeIpv4(AT, header, payloadLength), 20);
    t.equal(packetMemory.view.getInt32(AT), 0x45000000 | totalLength);
    t.equal(sumBytes(AT, 20), 0xffff);
  }
});

t.test('random bytes never throw and are never read beyond their end', async (t) => {
  const random = new SeededRandom(4711);
  let sound = 0;
  for (let i = 0; i < 20_000; i++) {
    const length = random.below(80);
    random.fill(packetMemory.bytes.subarray(AT, AT + 80));
    if (random.chance(0.7)) packetMemory.bytes[AT] = 0x40 | random.below(16);
    if (random.chance(0.7)) packetMemory.view.setUint16(AT + 2, random.below(80));
    if (random.chance(0.7)) mend((packetMemory.bytes[AT] & 0xf) * 4);
    if (readIpv4(AT, length, read) !== IP_OK) continue;
    sound++;
    if (read.payloadOffset + read.payloadLength > AT + length) t.fail(`round ${i}: beyond the end`);
  }
  t.ok(sound > 100, `${sound} of them were sound (seed ${random.seed})`);
});
