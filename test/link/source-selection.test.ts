import t from 'tap';
import { selectSource } from '../../lib/link/source-selection';
import { IpAddress } from '../../lib/wire/ip-address';

const parse = (text: string) => IpAddress.parse(text)!;

/** [own addresses, destination, the one that speaks, name]: examples of RFC 6724 §10.1 and more */
const CASES: [string[], string, string | null, string][] = [
  [['10.0.0.1', '10.0.0.2'], '10.0.0.9', '10.0.0.1', 'IPv4: the first'],
  [['10.0.0.1', '10.0.0.2'], '10.0.0.2', '10.0.0.2', 'IPv4: an own address speaks to itself'],
  [['10.0.0.1'], '2001:db8::1', null, 'no address of that family'],
  [['2001:db8::1'], '10.0.0.1', null, 'nor of this one'],
  [['2001:db8:1::1', '2001:db8:2::1'], '2001:db8:2::9', '2001:db8:2::1', 'rule 8: longest prefix'],
  [['2001:db8:1::1', '2001:db8:2::1'], '2001:db8:2::1', '2001:db8:2::1', 'rule 1: the same'],
  [
    ['2001:db8:1::1', '2001:db8:1::2'],
    '2001:db8:1::9',
    '2001:db8:1::1',
    'beyond 64 bits: the first',
  ],
  [['fe80::1', '2001:db8:3::1'], '2001:db8:1::1', '2001:db8:3::1', 'rule 2: scope that reaches'],
  [['2001:db8::1', 'fe80::1'], 'fe80::2', 'fe80::1', 'rule 2: the smallest that reaches'],
  [['2001:db8::1', 'fe80::1'], 'ff02::1', 'fe80::1', 'rule 2: multicast on the link'],
  [['fe80::1', '2001:db8::1'], 'ff05::1', '2001:db8::1', 'rule 2: multicast of the site'],
  [['2002:c633:6401::1', '2001:db8:1::1'], '2001:db8:1::9', '2001:db8:1::1', 'rule 6: label'],
  [['2002:c633:6401::d5e3', '2001:db8::2'], '2002:c633:6401::1', '2002:c633:6401::d5e3', '6to4'],
  [['2001:db8:1::1', 'fd00::1'], 'fd01::1', 'fd00::1', 'rule 6: unique local'],
  [['fd00::1', '2001:db8:1::1'], '2001:470::1', '2001:db8:1::1', 'rule 6: not unique local'],
  [['2001:db8::1', '2001::1'], '2001::99', '2001::1', 'rule 6: Teredo'],
];

t.test('chooses as RFC 6724 has it, in whatever order the addresses come', async (t) => {
  for (const [own, destination, expected, name] of CASES) {
    t.equal(selectSource(own.map(parse), parse(destination))?.text ?? null, expected, name);
    if (!/first/.test(name)) {
      const turned = own.map(parse).reverse();
      t.equal(
        selectSource(turned, parse(destination))?.text ?? null,
        expected,
        `${name}, reversed`,
      );
    }
  }
});
