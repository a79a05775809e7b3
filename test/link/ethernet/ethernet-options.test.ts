import t from 'tap';
import { ethernetOptionsFrom } from '../../../lib/link/ethernet/ethernet-environment';
import { createEthernetLink } from '../../../lib/link/ethernet/ethernet-link';
import type { EthernetLinkOptions } from '../../../lib/link/ethernet/ethernet-options';

const GOOD: EthernetLinkOptions = {
  carrier: { send: () => undefined },
  addresses: '10.1.0.2/24',
};

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';

/** [what is wrong, code, what the message says] */
const MISTAKES: [object, string, RegExp][] = [
  [{ carrier: undefined }, VALUE, /exactly one of carrier, interface and tap/],
  [{ interface: 'eth0' }, VALUE, /exactly one of carrier, interface and tap/],
  [{ carrier: null }, TYPE, /"options.carrier".*object/],
  [{ carrier: {} }, TYPE, /"options.carrier.send".*function/],
  [{ carrier: { ...GOOD.carrier, drain: 1 } }, TYPE, /"options.carrier.drain"/],
  [{ carrier: { ...GOOD.carrier, receive: 1 } }, TYPE, /"options.carrier.receive"/],
  [{ carrier: undefined, interface: 7 }, TYPE, /"options.interface"/],
  [{ carrier: undefined, interface: '' }, VALUE, /a device's name of 1 to 15 characters/],
  [{ carrier: undefined, interface: 'eth%d' }, VALUE, /"options.interface"/],
  [{ carrier: undefined, interface: 'a/b' }, VALUE, /"options.interface"/],
  [{ carrier: undefined, interface: 'sixteen-letters-' }, VALUE, /1 to 15 characters/],
  [{ carrier: undefined, tap: null }, TYPE, /"options.tap"/],
  [{ carrier: undefined, tap: 'tap%d%d' }, VALUE, /"options.tap.name"/],
  [{ carrier: undefined, tap: { existing: 1 } }, TYPE, /"options.tap.existing"/],
  [{ carrier: undefined, tap: { existing: true } }, VALUE, /"options.tap.name".*'usernet%d'/],
  [{ carrier: undefined, tap: { bridge: 'b r' } }, VALUE, /"options.tap.bridge"/],
  [{ carrier: undefined, tap: { hostAddresses: '10.1.0.1' } }, VALUE, /hostAddresses.*prefix/],
  [{ namespace: 1 }, TYPE, /"options.namespace"/],
  [{ addresses: undefined }, TYPE, /"options.addresses"/],
  [{ addresses: [] }, VALUE, /at least one address/],
  [{ addresses: '10.1.0.2' }, VALUE, /as in '10.9.0.2\/24'/],
  [{ addresses: '10.1.0.2/33' }, VALUE, /as in '10.9.0.2\/24'/],
  [{ addresses: '10.1.0.0/24' }, VALUE, /a host's addresses.*'10.1.0.0\/24'/],
  [{ addresses: '10.1.0.255/24' }, VALUE, /a host's addresses/],
  [{ addresses: '127.0.0.2/8' }, VALUE, /a host's addresses/],
  [{ addresses: '224.0.0.2/8' }, VALUE, /a host's addresses/],
  [{ addresses: '0.0.0.0/0' }, VALUE, /a host's addresses/],
  [{ mac: '02:00:00:00:00' }, VALUE, /one station's address.*Received.*'02:00:00:00:00'/],
  [{ mac: '01:00:5e:00:00:01' }, VALUE, /one station's address/],
  [{ mac: '00:00:00:00:00:00' }, VALUE, /one station's address/],
  [{ mac: 7 }, TYPE, /"options.mac"/],
  [{ gateway: 'nowhere' }, VALUE, /"options.gateway" argument must be an IP address/],
  [{ gateway: '10.2.0.1' }, VALUE, /within a prefix of options.addresses/],
  [{ gateway: ['10.1.0.1', '10.1.0.3'] }, VALUE, /one address of each family at most/],
  [{ gateway: 7 }, TYPE, /"options.gateway"/],
  [{ mtu: 67 }, VALUE, /from 68 to 65521/],
  [{ mtu: 65_522 }, VALUE, /from 68 to 65521/],
  [{ mtu: '1500' }, TYPE, /"options.mtu"/],
  [{ probeMs: -1 }, VALUE, /from 0 to 60000/],
  [{ conflicts: 'fight' }, VALUE, /'yield' or 'defend'/],
  [{ neighbours: 7 }, TYPE, /"options.neighbours"/],
  [{ neighbours: { gateway: '02:00:00:00:00:01' } }, VALUE, /keyed by IP addresses.*'gateway'/],
  [{ neighbours: { '10.1.0.1': '02' } }, VALUE, /"options.neighbours\['10.1.0.1'\]"/],
  [{ name: 7 }, TYPE, /"options.name"/],
];

t.test('mistakes are named', async (t) => {
  t.doesNotThrow(() => createEthernetLink(GOOD));
  for (const [mistake, code, message] of MISTAKES) {
    const options = { ...GOOD, ...mistake } as EthernetLinkOptions;
    t.throws(() => createEthernetLink(options), { code, message }, JSON.stringify(mistake));
  }
  t.throws(() => createEthernetLink(null as unknown as EthernetLinkOptions), { code: TYPE });
});

t.test('what is given is there before the link is opened', async (t) => {
  const link = createEthernetLink({ ...GOOD, mac: '02-00-00-00-00-0A', mtu: 9_000, name: 'card' });
  t.match(link, { name: 'card', mac: '02:00:00:00:00:0a', mtu: 9_000, maxSegmentBytes: 9_000 });
  t.equal(createEthernetLink(GOOD).mac, '', 'an address of chance comes with the stack');
  t.equal(createEthernetLink({ ...GOOD, addresses: '10.1.0.2/31' }).isLocal.length, 1);
});

t.test('frames are the user’s only where he carries them', async (t) => {
  const link = createEthernetLink({ interface: 'eth0', addresses: '10.1.0.2/24' });
  t.throws(() => link.receive(Buffer.alloc(60)), { code: 'ENOTSUP' });
  let deliver: (frame: Uint8Array) => boolean = () => false;
  const receive = (take: typeof deliver) => {
    deliver = take;
  };
  const own = createEthernetLink({ ...GOOD, carrier: { send: () => undefined, receive } });
  deliver(Buffer.alloc(60));
  own.receive(Buffer.alloc(60));
  t.equal(own.frames.droppedClosed, 2, 'both ways lead in, once it is open');
});

t.test('the environment says the same', async (t) => {
  const read = (variables: Record<string, string>) =>
    ethernetOptionsFrom(
      Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [`USERNET_ETHERNET_${name}`, value]),
      ),
    );
  t.throws(() => read({}), { code: 'EINVAL', message: /set USERNET_ETHERNET_ADDRESS/ });
  const needs = { code: 'EINVAL', message: /either USERNET_ETHERNET_INTERFACE or/ };
  t.throws(() => read({ ADDRESS: '10.1.0.2/24' }), needs);
  t.throws(() => read({ ADDRESS: '10.1.0.2/24', INTERFACE: 'a', TAP: 'b' }), needs);
  const full = {
    ADDRESS: '10.1.0.2/24, fd00::2/64',
    INTERFACE: 'eth0',
    GATEWAY: '10.1.0.1',
    MAC: '02:00:00:00:00:01',
    MTU: '9000',
    NAMESPACE: 'there',
    PROBE_MS: '0',
  };
  t.same(read(full), {
    addresses: ['10.1.0.2/24', 'fd00::2/64'],
    gateway: ['10.1.0.1'],
    mac: '02:00:00:00:00:01',
    mtu: 9000,
    namespace: 'there',
    probeMs: 0,
    interface: 'eth0',
  });
  const tap = read({ ADDRESS: '10.1.0.2/24', TAP: 'tap%d', BRIDGE: 'br0' });
  t.match(tap, { tap: { name: 'tap%d', bridge: 'br0' } });
  t.doesNotThrow(() => createEthernetLink(tap));
});
