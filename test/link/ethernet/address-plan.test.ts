import t from 'tap';
import { Cidr } from '../../../lib/link/cidr';
import { AddressPlan } from '../../../lib/link/ethernet/address-plan';
import { IpAddress } from '../../../lib/wire/ip-address';

const at = (text: string) => IpAddress.parse(text)!;

function plan(cidrs: string[], gateways: string[] = []): AddressPlan {
  return new AddressPlan(
    cidrs.map((one) => Cidr.parse(one)!),
    gateways.map(at),
  );
}

const HOME = plan(
  ['10.1.2.3/24', '10.1.0.1/16', '192.168.0.1/31', '172.16.0.1/32', 'fd00:1::5/64', 'fe80::5/64'],
  ['10.1.2.254', 'fe80::1'],
);

/** [destination, next hop, source]; '': it cannot be reached */
const ROUTES: [string, string, string][] = [
  ['10.1.2.1', '10.1.2.1', '10.1.2.3'],
  ['10.1.3.1', '10.1.3.1', '10.1.0.1'],
  ['10.1.2.0', '', ''],
  ['10.1.2.255', '', ''],
  ['10.1.255.255', '', ''],
  ['10.1.255.254', '10.1.255.254', '10.1.0.1'],
  ['192.168.0.0', '192.168.0.0', '192.168.0.1'],
  ['192.168.0.2', '10.1.2.254', '10.1.2.3'],
  ['172.16.0.1', '172.16.0.1', '172.16.0.1'],
  ['8.8.8.8', '10.1.2.254', '10.1.2.3'],
  ['255.255.255.255', '', ''],
  ['224.0.0.1', '', ''],
  ['fd00:1::9', 'fd00:1::9', 'fd00:1::5'],
  ['fd00:1:0:1::9', 'fe80::1', 'fd00:1::5'],
  ['fe80::77', 'fe80::77', 'fe80::5'],
  ['ff02::1', '', ''],
];

t.test('next hop and source by the longest prefix, or the gateway', async (t) => {
  for (const [destination, hop, source] of ROUTES) {
    t.equal(HOME.nextHop(at(destination))?.text ?? '', hop, `next hop to ${destination}`);
    t.equal(HOME.source(at(destination))?.text ?? '', source, `source to ${destination}`);
  }
});

t.test('without a gateway, or addresses of the family, there is no way', async (t) => {
  const bare = plan(['10.1.2.3/24']);
  t.equal(bare.nextHop(at('8.8.8.8')), null);
  t.equal(bare.source(at('8.8.8.8')), null);
  t.equal(bare.source(at('fd00::1')), null);
  t.equal(plan(['0.0.0.1/0']).nextHop(at('8.8.8.8'))?.text, '8.8.8.8', 'all is one network');
});

t.test('knows its own addresses', async (t) => {
  t.ok(HOME.isLocal(at('10.1.2.3')));
  t.ok(HOME.isLocal(at('fe80::5')));
  t.notOk(HOME.isLocal(at('10.1.2.4')));
  t.notOk(HOME.isOnLink(0, 0, 0xffff, 0x08080808));
});
