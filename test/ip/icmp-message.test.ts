import t from 'tap';
import {
  ICMP_BAD_CAUSE,
  ICMP_BAD_CHECKSUM,
  ICMP_ECHO_REQUEST,
  ICMP_OK,
  ICMP_SHORT,
  IcmpMessage,
  readIcmp,
} from '../../lib/ip/icmp-message';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { finishSum, sumBytes } from '../../lib/wire/checksum';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(2048) + 1;
const read = new IcmpMessage();

/** The head of a segment from 10.0.0.1 port 40000 to 10.0.0.2 port 80, sequence number -2. */
const CAUSE = '4500 ffff 0001 4000 0106 dead 0a000001 0a000002 9c40 0050 fffffffe';

/** Places a message, its checksum filled in. */
function place(hex: string): number {
  const length = placeHex(AT, hex);
  mend(length);
  return length;
}

function mend(length: number): void {
  packetMemory.view.setUint16(AT + 2, 0);
  packetMemory.view.setUint16(AT + 2, finishSum(sumBytes(AT, length)));
}

t.test('reads an error with the head of the segment that caused it', async (t) => {
  t.equal(readIcmp(AT, place(`0304 0000 0000 05dc ${CAUSE}`), read), ICMP_OK);
  t.match(read, {
    type: 3,
    code: 4,
    mtu: 1500,
    isError: true,
    source0: 0,
    source1: 0,
    source2: 0xffff,
    source3: 0x0a000001,
    destination0: 0,
    destination1: 0,
    destination2: 0xffff,
    destination3: 0x0a000002,
    protocol: 6,
    sourcePort: 40000,
    destinationPort: 80,
    seq: -2,
  });
});

t.test('neither total length nor checksum nor TTL of the cause matter', async (t) => {
  for (const word of ['0000', '0014', 'ffff']) {
    const cause = CAUSE.replace('ffff', word).replace('0106', '0006');
    t.equal(readIcmp(AT, place(`0300 0000 00000000 ${cause}`), read), ICMP_OK, word);
  }
});

t.test('the cause may have IP options', async (t) => {
  const options = '01010101 9c40 0050 00000007';
  const cause = CAUSE.replace('4500', '4600').replace('9c40 0050 fffffffe', options);
  t.equal(readIcmp(AT, place(`0b00 0000 00000000 ${cause}`), read), ICMP_OK);
  t.match(read, { type: 11, sourcePort: 40000, destinationPort: 80, seq: 7 });
});

t.test('reads messages that are no errors', async (t) => {
  t.equal(readIcmp(AT, place('0800 0000 1234 0001 616263'), read), ICMP_OK);
  t.match(read, { type: ICMP_ECHO_REQUEST, code: 0, isError: false });
  t.equal(readIcmp(AT, place('0000 0000 1234 0001'), read), ICMP_OK);
  t.match(read, { type: 0, isError: false });
  t.equal(readIcmp(AT, place('ffff 0000 0000 0000'), read), ICMP_OK, 'an unknown type');
  t.equal(read.isError, false);
});

t.test('knows the errors by their types', async (t) => {
  for (let type = 0; type < 256; type++) {
    const length = place(`${type.toString(16).padStart(2, '0')}00 0000 00000000 ${CAUSE}`);
    t.equal(readIcmp(AT, length, read), ICMP_OK);
    t.equal(read.isError, [3, 4, 5, 11, 12].includes(type), `type ${type}`);
  }
});

/** [cause, name] */
const BAD_CAUSES: [string, string][] = [
  ['', 'none'],
  [CAUSE.slice(0, -2), 'a byte short of 8'],
  [CAUSE.replace('4500', '6500'), 'version 6'],
  [CAUSE.replace('4500', '4400'), 'a header of 16 bytes'],
  [CAUSE.replace('4500', '4600'), 'a header with options, which then lacks 4 bytes'],
  [CAUSE.replace('4500', '4f00'), 'a header longer than the message'],
  [CAUSE.replace('4000', '0001'), 'a later fragment: no ports'],
  [CAUSE.replace('4000', '1fff'), 'the last fragment'],
];

t.test('refuses an error whose cause cannot be known', async (t) => {
  for (const [cause, name] of BAD_CAUSES) {
    t.equal(readIcmp(AT, place(`0303 0000 00000000 ${cause}`), read), ICMP_BAD_CAUSE, name);
  }
});

t.test('refuses what is short or damaged', async (t) => {
  const length = place(`0303 0000 00000000 ${CAUSE}`);
  for (let cut = 0; cut < 8; cut++) t.equal(readIcmp(AT, cut, read), ICMP_SHORT, `${cut} bytes`);
  packetMemory.bytes[AT + 30] ^= 0x10;
  t.equal(readIcmp(AT, length, read), ICMP_BAD_CHECKSUM);
});

t.test('random bytes never throw', async (t) => {
  const random = new SeededRandom(1981);
  const results = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    random.fill(packetMemory.bytes.subarray(AT, AT + 80));
    const length = random.below(80);
    if (random.chance(0.5)) packetMemory.bytes[AT] = random.below(16);
    if (random.chance(0.5)) packetMemory.bytes[AT + 8] = 0x40 | random.below(16);
    if (random.chance(0.9)) mend(Math.max(length, 4));
    const result = readIcmp(AT, length, read);
    results.set(result, (results.get(result) ?? 0) + 1);
  }
  for (const result of [ICMP_OK, ICMP_SHORT, ICMP_BAD_CHECKSUM, ICMP_BAD_CAUSE]) {
    t.ok(results.get(result)! > 100, `${result}: ${results.get(result)}`);
  }
});
