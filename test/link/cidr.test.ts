import t from 'tap';
import { Cidr, readCidrs } from '../../lib/link/cidr';
import { IpAddress } from '../../lib/wire/ip-address';

const GOOD: [string, string, string | null][] = [
  ['10.9.0.2/24', '0a090002', '10.9.0.1/24'],
  ['10.9.0.1/24', '0a090001', '10.9.0.2/24'],
  ['10.9.0.7/30', '0a090007', '10.9.0.5/30'],
  ['10.9.0.6/31', '0a090006', '10.9.0.7/31'],
  ['10.9.0.7/31', '0a090007', '10.9.0.6/31'],
  ['10.9.0.7/32', '0a090007', null],
  ['200.0.0.1/0', 'c8000001', '0.0.0.1/0'],
  ['255.255.255.254/24', 'fffffffe', '255.255.255.1/24'],
  ['fd00::2/64', 'fd000000000000000000000000000002', 'fd00::1/64'],
  ['fd00::1/127', 'fd000000000000000000000000000001', 'fd00::/127'],
  ['fd00::1/128', 'fd000000000000000000000000000001', null],
];

t.test('reads what is well formed, and finds the neighbour', async (t) => {
  for (const [text, bytes, neighbour] of GOOD) {
    const cidr = Cidr.parse(text);
    t.equal(cidr?.text, text);
    t.equal(cidr?.bytes.toString('hex'), bytes);
    t.equal(cidr?.neighbour?.text ?? null, neighbour, `${text} and ${neighbour}`);
  }
});

t.test('refuses everything else', async (t) => {
  for (const text of [
    '',
    '/',
    '10.9.0.2',
    '10.9.0.2/',
    '10.9.0.2/33',
    '10.9.0.2/-1',
    '10.9.0.2/24/24',
    '10.9.0.2/2 4',
    '10.9.2/24',
    'fd00::2/129',
    'fd00::2/1000',
    '/24',
    'host/24',
  ]) {
    t.equal(Cidr.parse(text), null, text);
    t.throws(() => readCidrs('options.addresses', [text]), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /"options\.addresses".*prefix length, as in '10\.9\.0\.2\/24'/,
    });
  }
  t.throws(() => readCidrs('x', 7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' });
  t.throws(() => readCidrs('x', [7] as unknown as string[]), { code: 'ERR_INVALID_ARG_TYPE' });
  t.same(readCidrs('x', []), []);
});

t.test('knows which addresses are in the network', async (t) => {
  for (const [network, address, isIn] of [
    ['10.9.0.2/24', '10.9.0.255', true],
    ['10.9.0.2/24', '10.9.1.0', false],
    ['10.9.0.2/23', '10.9.1.0', true],
    ['10.9.0.2/32', '10.9.0.2', true],
    ['10.9.0.2/32', '10.9.0.3', false],
    ['0.0.0.0/0', '10.9.0.3', true],
    ['0.0.0.0/0', 'fd00::1', false],
    ['fd00::/63', 'fd00:0:0:1::1', true],
    ['fd00::/64', 'fd00:0:0:1::1', false],
    ['::/0', '10.9.0.3', false],
  ] as const) {
    const holds = Cidr.parse(network)?.holds(IpAddress.parse(address)!);
    t.equal(holds, isIn, `${network} ${address}`);
  }
});
