import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { IP_BAD_EXTENSION, IP_OK, IpHeader } from '../../lib/wire/ip-header';
import { readIpv6 } from '../../lib/wire/ipv6';
import {
  MAX_EXTENSION_BYTES,
  MAX_EXTENSION_HEADERS,
  MAX_EXTENSION_OPTIONS,
} from '../../lib/wire/ipv6-extensions';

const AT = packetMemory.allocate(8192) + 3;
const read = new IpHeader();

/** A packet whose first extension, or transport, is `next`, and whose payload is `hex`. */
function readChain(next: number, hex: string, destination = '20010db8 0 0 1'): number {
  const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const packet = Buffer.alloc(40 + payload.length);
  packet.writeUInt8(0x60, 0);
  packet.writeUInt16BE(payload.length, 4);
  packet.writeUInt8(next, 6);
  const words = destination.split(' ');
  words.forEach((word, i) => {
    packet.writeUInt32BE(Number.parseInt(word, 16), 24 + 4 * i);
  });
  packet.set(payload, 40);
  packetMemory.bytes.set(packet, AT);
  return readIpv6(AT, packet.length, read);
}

const PADN_6 = '0104 00000000';
const TCP = 'abcdabcd';
const eight = (next: string, rest = PADN_6) => `${next}00 ${rest}`;

/** [first header, the chain, bytes of the whole header, name] */
const SOUND: [number, string, number, string][] = [
  [6, TCP, 40, 'no extension'],
  [0, eight('06') + TCP, 48, 'hop-by-hop options'],
  [60, eight('06') + TCP, 48, 'destination options'],
  [60, eight('06', '000000000000') + TCP, 48, 'padding of single bytes'],
  [0, eight('06', '0502 0000 0100') + TCP, 48, 'a router alert, which is for routers'],
  [60, `0601 ${`010c${'00'.repeat(12)}`}${TCP}`, 56, 'a header of two units'],
  [60, eight('06', '1e04 12345678') + TCP, 48, 'an unknown option that may be skipped'],
  [43, eight('06', '0000 00000000') + TCP, 48, 'route of type 0 with nothing left [RFC 5095]'],
  [43, eight('06', '2a00 00000000') + TCP, 48, 'an unknown route with nothing left'],
  [44, `0600 0000 00000007${TCP}`, 48, 'a fragment that is the whole [RFC 6946]'],
  [44, `3c00 0000 00000007 ${eight('06')}${TCP}`, 56, '… with options behind it'],
  [0, eight('3c') + eight('06') + TCP, 56, 'two extensions'],
  [0, eight('3c') + eight('3c').repeat(MAX_EXTENSION_HEADERS - 2) + eight('06') + TCP, 104, 'most'],
  [59, '', 40, 'nothing at all'],
];

t.test('skips extensions that ask for nothing', async (t) => {
  for (const [next, chain, headerLength, name] of SOUND) {
    t.equal(readChain(next, chain), IP_OK, name);
    t.equal(read.headerLength, headerLength, `${name}: header`);
    t.equal(read.payloadOffset, AT + headerLength, `${name}: payload`);
    t.equal(read.totalLength, read.headerLength + read.payloadLength, `${name}: length`);
    t.equal(read.protocol, next === 59 ? 59 : 6, `${name}: protocol`);
    t.equal(read.isFragment, false, `${name}: no fragment`);
    t.equal(packetMemory.bytes[AT + read.nextHeaderAt], read.protocol, `${name}: named there`);
  }
});

const LONG = `06${(MAX_EXTENSION_BYTES / 8).toString(16)}${'00'.repeat(MAX_EXTENSION_BYTES + 6)}`;
const OPTION = '1e00';
const options = (count: number) =>
  `0603 ${OPTION.repeat(count)}${'00'.repeat(30 - 2 * count)}${TCP}`;

/** [first header, the chain, code of the problem, pointer, name] */
const REFUSED: [number, string, number, number, string][] = [
  [0, '', -1, 40, 'no room for the extension'],
  [0, '0600 0104 0000', -1, 40, 'half an extension'],
  [60, `0601 ${PADN_6}`, -1, 40, 'a length beyond the packet'],
  [60, eight('00') + eight('06') + TCP, 1, 40, 'hop-by-hop options not in front'],
  [43, eight('06', '0001 00000000') + TCP, 0, 42, 'a route of type 0 [RFC 5095]'],
  [43, eight('06', '0201 00000000') + TCP, 0, 42, 'a mobile route'],
  [43, eight('06', '2aff 00000000') + TCP, 0, 42, 'an unknown route'],
  [60, eight('06', '4004 00000000') + TCP, -1, 42, 'an option that says: discard'],
  [60, eight('06', '8004 00000000') + TCP, 2, 42, 'an option that says: report'],
  [60, eight('06', 'c204 00010000') + TCP, 2, 42, 'a jumbo payload'],
  [60, eight('06', '00 c203 000100') + TCP, 2, 43, 'an unknown option behind padding'],
  [60, eight('06', '0105 00000000') + TCP, -1, 42, 'an option beyond its header'],
  [60, eight('06', '0103 000000 01') + TCP, -1, 47, 'an option without a length'],
  [60, LONG + TCP, 7, 40, 'too many bytes'],
  [60, options(MAX_EXTENSION_OPTIONS + 1), 9, 58, 'too many options'],
  [60, eight('3c').repeat(MAX_EXTENSION_HEADERS) + eight('06') + TCP, 8, 104, 'too many headers'],
  [44, '0600 0001 00000007 abcdabcd', 0, 4, 'a fragment of four bytes that is not the last'],
  [44, '0600 00', -1, 40, 'half a fragment header'],
];

t.test('refuses the others, and says what is to be reported', async (t) => {
  for (const [next, chain, code, pointer, name] of REFUSED) {
    t.equal(readChain(next, chain), IP_BAD_EXTENSION, name);
    t.equal(read.problemCode, code, `${name}: code`);
    if (code >= 0) t.equal(read.problemAt, pointer, `${name}: pointer`);
  }
  t.equal(readChain(60, options(MAX_EXTENSION_OPTIONS)), IP_OK, 'as many options as may be');
});

t.test('to a multicast address, some problems are kept quiet about [RFC 8200]', async (t) => {
  readChain(60, eight('06', 'c204 00010000') + TCP, 'ff020000 0 0 1');
  t.equal(read.problemCode, -1);
  readChain(60, eight('06', '8204 00010000') + TCP, 'ff020000 0 0 1');
  t.equal(read.problemCode, 2);
});

t.test('a fragment ends the chain', async (t) => {
  t.equal(readChain(0, `${eight('2c')} 3c00 0051 01020304 ${eight('06')}`), IP_OK);
  t.match(read, { isFragment: true, fragmentOffset: 80, moreFragments: true, protocol: 60 });
  t.match(read, { identification: 0x01020304, headerLength: 56, payloadLength: 8 });
  t.equal(readChain(44, '0600 0008 00000001 ab'), IP_OK);
  t.match(
    read,
    { fragmentOffset: 8, moreFragments: false, payloadLength: 1 },
    'the last: any size',
  );
});
