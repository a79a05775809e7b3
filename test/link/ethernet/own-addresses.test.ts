import t from 'tap';
import { Cidr } from '../../../lib/link/cidr';
import { ownAddresses } from '../../../lib/link/ethernet/own-addresses';
import { MacAddress } from '../../../lib/wire/mac-address';

/** [given, hardware address, all of them] */
const ROWS: [string[], string, string[]][] = [
  [['10.0.0.1/24'], '02:00:00:00:00:01', ['10.0.0.1/24']],
  [['fd00::1/64'], '02:00:00:00:00:01', ['fd00::1/64', 'fe80::ff:fe00:1%card/64']],
  [['fd00::1/64'], '52:54:00:fb:9c:2e', ['fd00::1/64', 'fe80::5054:ff:fefb:9c2e%card/64']],
  [['fe80::7/64'], '02:00:00:00:00:01', ['fe80::7%card/64']],
  [
    ['10.0.0.1/24', 'fd00::1/64'],
    'fe:dc:ba:98:76:54',
    ['10.0.0.1/24', 'fd00::1/64', 'fe80::fcdc:baff:fe98:7654%card/64'],
  ],
];

t.test('with IPv6 there is a link-local address, in the zone of the link', async (t) => {
  for (const [given, mac, all] of ROWS) {
    const cidrs = given.map((one) => Cidr.parse(one)!);
    const own = ownAddresses(cidrs, MacAddress.parse(mac)!, 'card');
    t.same(
      own.map(({ text }) => text),
      all,
    );
  }
});
