import t from 'tap';
import { tunOptionsFrom } from '../../lib/link/tun-environment';
import { readTunOptions, type TunLinkOptions } from '../../lib/link/tun-options';

const ADDRESS = { addresses: '10.9.0.2/24' };

function texts(list: readonly { text: string }[]): string[] {
  return list.map(({ text }) => text);
}

t.test('a new device has a neighbour, an MTU and offload without being asked', async (t) => {
  const settings = readTunOptions({ addresses: ['10.9.0.2/24', '10.9.0.1/24', '10.8.0.1/32'] });
  t.same(texts(settings.hostAddresses), [], 'the neighbours are taken, or there is no room');
  const plain = readTunOptions(ADDRESS);
  t.same(texts(plain.hostAddresses), ['10.9.0.1/24']);
  t.match(plain, {
    name: 'usernet%d',
    mtu: 1500,
    offload: true,
    queues: 1,
    shared: false,
    persist: false,
    existing: false,
    namespace: '',
  });
  const twice = readTunOptions({ addresses: ['10.9.0.2/24', '10.9.0.3/24'] });
  t.same(texts(twice.hostAddresses), ['10.9.0.1/24'], 'once for both');
});

t.test('a device that was there is left as it is', async (t) => {
  const settings = readTunOptions({ ...ADDRESS, existing: true, name: 'tun7' });
  t.same(texts(settings.hostAddresses), []);
  t.equal(settings.mtu, 0);
  const asked = { ...ADDRESS, existing: true, name: 'tun7', hostAddresses: '10.9.0.9/24' };
  t.same(texts(readTunOptions(asked).hostAddresses), ['10.9.0.9/24']);
});

t.test('refuses what is wrong, and says what would be right', async (t) => {
  const value = 'ERR_INVALID_ARG_VALUE';
  const type = 'ERR_INVALID_ARG_TYPE';
  for (const [options, code, message] of [
    [null, type, /"options".*of type object/],
    [{}, type, /"options\.addresses"/],
    [{ addresses: [] }, value, /at least one address/],
    [{ addresses: '10.9.0.2' }, value, /prefix length, as in '10\.9\.0\.2\/24'/],
    [{ ...ADDRESS, hostAddresses: '10.9.0/8' }, value, /"options\.hostAddresses"/],
    [{ ...ADDRESS, routes: 'all' }, value, /"options\.routes"/],
    [{ ...ADDRESS, name: 7 }, type, /"options\.name".*of type string/],
    [{ ...ADDRESS, name: '' }, value, /1 to 15 characters/],
    [{ ...ADDRESS, name: 'sixteencharacter' }, value, /1 to 15 characters/],
    [{ ...ADDRESS, name: 'tun/0' }, value, /without '\/'/],
    [{ ...ADDRESS, name: 'tun 0' }, value, /without '\/'/],
    [{ ...ADDRESS, name: '..' }, value, /"options\.name"/],
    [{ ...ADDRESS, name: 'tun%s' }, value, /"options\.name"/],
    [{ ...ADDRESS, name: 'a%db%d' }, value, /"options\.name"/],
    [{ ...ADDRESS, name: 'tun%d', existing: true }, value, /"options\.name"/],
    [{ ...ADDRESS, mtu: '1500' }, type, /"options\.mtu".*of type number/],
    [{ ...ADDRESS, mtu: 67 }, value, /integer from 68 to 65535/],
    [{ ...ADDRESS, mtu: 65_536 }, value, /integer from 68 to 65535/],
    [{ ...ADDRESS, mtu: 1500.5 }, value, /integer from 68/],
    [{ ...ADDRESS, queues: 0 }, value, /integer from 1 to 256/],
    [{ ...ADDRESS, queues: 257 }, value, /integer from 1 to 256/],
    [{ ...ADDRESS, offload: 1 }, type, /"options\.offload".*of type boolean/],
    [{ ...ADDRESS, namespace: null }, type, /"options\.namespace"/],
  ] as [unknown, string, RegExp][]) {
    t.throws(() => readTunOptions(options as TunLinkOptions), { code, message });
  }
  for (const mtu of [68, 65_535]) t.equal(readTunOptions({ ...ADDRESS, mtu }).mtu, mtu);
  for (const queues of [1, 256]) t.equal(readTunOptions({ ...ADDRESS, queues }).queues, queues);
});

t.test('the environment says the same', async (t) => {
  t.throws(() => tunOptionsFrom({}), {
    code: 'EINVAL',
    message: /set USERNET_TUN_ADDRESS .*10\.9\.0\.2\/24/,
  });
  t.throws(() => tunOptionsFrom({ USERNET_TUN_ADDRESS: '' }), { code: 'EINVAL' });
  const little = readTunOptions(tunOptionsFrom({ USERNET_TUN_ADDRESS: '10.9.0.2/24' }));
  t.same(little, readTunOptions(ADDRESS));
  const much = tunOptionsFrom({
    USERNET_TUN_ADDRESS: '10.9.0.2/24, fd00::2/64',
    USERNET_TUN_NAME: 'tun7',
    USERNET_TUN_HOST_ADDRESS: '10.9.0.9/24',
    USERNET_TUN_ROUTES: '10.8.0.0/16',
    USERNET_TUN_MTU: '9000',
    USERNET_TUN_NAMESPACE: 'red',
    USERNET_TUN_EXISTING: '1',
    USERNET_TUN_OFFLOAD: '0',
  });
  const settings = readTunOptions(much);
  t.same(texts(settings.addresses), ['10.9.0.2/24', 'fd00::2/64']);
  t.same(texts(settings.hostAddresses), ['10.9.0.9/24']);
  t.same(texts(settings.routes), ['10.8.0.0/16']);
  t.match(settings, { name: 'tun7', mtu: 9000, namespace: 'red', existing: true, offload: false });
});
