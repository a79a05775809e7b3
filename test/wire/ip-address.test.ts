import { isIP } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import {
  IPV4_ANY,
  IPV4_LOOPBACK,
  IPV6_ANY,
  IPV6_LOOPBACK,
  IpAddress,
} from '../../lib/wire/ip-address';

/** [text, family, canonical text] */
const ADDRESSES: [string, 4 | 6, string][] = [
  ['0.0.0.0', 4, '0.0.0.0'],
  ['127.0.0.1', 4, '127.0.0.1'],
  ['255.255.255.255', 4, '255.255.255.255'],
  ['128.9.0.10', 4, '128.9.0.10'],
  ['::', 6, '::'],
  ['::1', 6, '::1'],
  ['0:0:0:0:0:0:0:1', 6, '::1'],
  ['2001:DB8::00a', 6, '2001:db8::a'],
  ['1:2:3:4:5:6:7:8', 6, '1:2:3:4:5:6:7:8'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 6, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  // RFC 5952 §4.2.2: one group of zeros is not shortened.
  ['2001:db8:0:1:1:1:1:1', 6, '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', 6, '2001:db8:0:1:1:1:1:1'],
  // RFC 5952 §4.2.3: the longest run is, and the first of equals.
  ['2001:0:0:1:0:0:0:1', 6, '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', 6, '2001:db8::1:0:0:1'],
  ['1::', 6, '1::'],
  ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', 6, '0:2:3:4:5:6:7:8'],
  ['::ffff:1.2.3.4', 6, '::ffff:1.2.3.4'],
  ['::ffff:102:304', 6, '::ffff:1.2.3.4'],
  ['64:ff9b::1.2.3.4', 6, '64:ff9b::102:304'],
  ['1:2:3:4:5:6:1.2.3.4', 6, '1:2:3:4:5:6:102:304'],
  ['fe80::1%eth0', 6, 'fe80::1%eth0'],
  ['fe80::1%2', 6, 'fe80::1%2'],
];

t.test('reads what is an address and prints it canonically', async (t) => {
  for (const [text, family, canonical] of ADDRESSES) {
    const address = IpAddress.parse(text);
    t.equal(address?.text, canonical, text);
    t.equal(address?.family, family, `${text}: family`);
    t.equal(isIP(text), family, `${text}: node agrees`);
    t.equal(String(address), canonical);
  }
});

const NO_ADDRESSES = [
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.04',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '+1.2.3.4',
  '0x1.2.3.4',
  '1.2.3.4%eth0',
  'localhost',
  ':',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1::2::3',
  '1:::2',
  ':1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:',
  '12345::',
  'g::',
  '::1.2.3',
  '::1.2.3.256',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '1:2:3:4:5:6:7:1.2.3.4',
  'fe80::1%',
  'fe80::1%eth/0',
  '%eth0',
  '[::1]',
];

t.test('refuses what is none', async (t) => {
  for (const text of NO_ADDRESSES) {
    t.equal(IpAddress.parse(text), null, `"${text}"`);
    t.equal(isIP(text), 0, `"${text}": node agrees`);
  }
});

t.test('agrees with node about every mixture of the characters of an address', async () => {
  const piece = fc.constantFrom(
    ':',
    '::',
    '.',
    '%',
    '0',
    '1',
    'ff',
    '255',
    '256',
    'abcd',
    '1.2.3.4',
  );
  const text = fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (candidate) => (IpAddress.parse(candidate)?.family ?? 0) === isIP(candidate)),
    { numRuns: 5_000 },
  );
});

t.test('words, text and words again are the same', async () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, -1), fc.integer());
  fc.assert(
    fc.property(word, word, word, word, (w0, w1, w2, w3) => {
      const address = IpAddress.fromWords(w0, w1, w2, w3);
      const again = IpAddress.parse(address.text);
      return again?.sameWords(w0, w1, w2, w3) === true && again.equals(address);
    }),
  );
});

t.test('an IPv4 address stands behind the mapped prefix', async (t) => {
  const address = IpAddress.parse('1.2.3.4')!;
  t.same([address.w0, address.w1, address.w2, address.w3], [0, 0, 0xffff, 0x01020304]);
  t.equal(IpAddress.fromWords(0, 0, 0xffff, 0x01020304).family, 4);
  t.equal(IpAddress.fromWords(0, 0, 0xffff, 0x01020304).text, '1.2.3.4');
  t.equal(IpAddress.fromIpv4(0xc0a80101).w3, 0xc0a80101 | 0, 'words are int32');

  const mapped = IpAddress.parse('::ffff:1.2.3.4')!;
  t.equal(mapped.family, 6);
  t.ok(mapped.sameWords(address.w0, address.w1, address.w2, address.w3));
  t.ok(mapped.equals(address), 'the same place, however spelled');
  t.equal(IpAddress.fromIpv6(0, 0, 0xffff, 0x01020304).text, '::ffff:1.2.3.4');
});

t.test('a zone makes another address', async (t) => {
  const one = IpAddress.parse('fe80::1%1')!;
  t.notOk(one.equals(IpAddress.parse('fe80::1%2')!));
  t.ok(one.equals(IpAddress.parse('fe80:0::1%1')!));
  t.equal(one.zone, '1');
});

/** [text, unspecified, loopback, multicast, broadcast, link-local] */
const KINDS: [string, boolean, boolean, boolean, boolean, boolean][] = [
  ['0.0.0.0', true, false, false, false, false],
  ['::', true, false, false, false, false],
  ['::ffff:0.0.0.0', true, false, false, false, false],
  ['0.0.0.1', false, false, false, false, false],
  ['127.0.0.0', false, true, false, false, false],
  ['127.255.255.255', false, true, false, false, false],
  ['128.0.0.0', false, false, false, false, false],
  ['::1', false, true, false, false, false],
  ['::2', false, false, false, false, false],
  ['223.255.255.255', false, false, false, false, false],
  ['224.0.0.0', false, false, true, false, false],
  ['239.255.255.255', false, false, true, false, false],
  ['240.0.0.0', false, false, false, false, false],
  ['255.255.255.255', false, false, false, true, false],
  ['ff02::1', false, false, true, false, false],
  ['feff::1', false, false, false, false, false],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false, false, true, false, false],
  ['fe80::1', false, false, false, false, true],
  ['febf::1', false, false, false, false, true],
  ['fec0::1', false, false, false, false, false],
];

t.test('knows the special addresses', async (t) => {
  for (const [text, unspecified, loopback, multicast, broadcast, linkLocal] of KINDS) {
    const address = IpAddress.parse(text)!;
    t.equal(address.isUnspecified, unspecified, `${text} unspecified`);
    t.equal(address.isLoopback, loopback, `${text} loopback`);
    t.equal(address.isMulticast, multicast, `${text} multicast`);
    t.equal(address.isBroadcast, broadcast, `${text} broadcast`);
    t.equal(address.isLinkLocal, linkLocal, `${text} link-local`);
  }
  t.equal(IPV4_ANY.text, '0.0.0.0');
  t.equal(IPV6_ANY.text, '::');
  t.equal(IPV4_LOOPBACK.text, '127.0.0.1');
  t.equal(IPV6_LOOPBACK.text, '::1');
});

t.test('lately used addresses of IPv4 are shared, each spelling by itself', async (t) => {
  const word = IpAddress.parse('192.0.2.7')!.w3;
  const plain = IpAddress.fromIpv4(word);
  t.equal(IpAddress.fromIpv4(word), plain);
  t.equal(plain.mapped(), plain.mapped());
  t.equal(plain.mapped().mapped(), plain.mapped());
  for (let i = 0; i < 100_000; i += 17) {
    const text = `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`;
    const one = IpAddress.fromIpv4((10 << 24) | i);
    if (one.text !== text || one.family !== 4) return t.fail(`${one.text} for ${text}`);
    const mapped = one.mapped();
    if (mapped.text !== `::ffff:${text}` || mapped.family !== 6) return t.fail(mapped.text);
  }
  t.equal(plain.text, '192.0.2.7');
});
