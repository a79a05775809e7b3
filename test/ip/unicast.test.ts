import t from 'tap';
import { isUnicast, isValidDestination, isValidSource } from '../../lib/ip/unicast';
import { IpAddress } from '../../lib/wire/ip-address';
import { IpHeader } from '../../lib/wire/ip-header';

/** [address, may one host have it?, name] */
const TABLE: [string, boolean, string][] = [
  ['0.0.0.0', false, 'unspecified'],
  ['0.255.255.255', false, 'the end of "this network"'],
  ['1.0.0.0', true, 'behind it'],
  ['10.0.0.1', true, 'private'],
  ['127.0.0.1', true, 'loopback: which link it may come from is for the link'],
  ['223.255.255.255', true, 'before multicast'],
  ['224.0.0.0', false, 'first multicast'],
  ['239.255.255.255', false, 'last multicast'],
  ['240.0.0.0', true, 'reserved, used by some as unicast'],
  ['255.255.255.254', true, 'a bit below the broadcast address'],
  ['255.255.255.255', false, 'broadcast'],
  ['::', false, 'unspecified, IPv6'],
  ['::1', true, 'loopback, IPv6'],
  ['2001:db8::1', true, 'IPv6'],
  ['feff::1', true, 'before multicast, IPv6'],
  ['ff00::', false, 'first multicast, IPv6'],
  ['ff02::1', false, 'all nodes'],
];

t.test('one host may have it [MUST-57] [MUST-63]', async (t) => {
  for (const [text, unicast, name] of TABLE) {
    const { w0, w1, w2, w3 } = IpAddress.parse(text)!;
    t.equal(isUnicast(w0, w1, w2, w3), unicast, `${text}: ${name}`);

    const from = new IpHeader();
    Object.assign(from, { source0: w0, source1: w1, source2: w2, source3: w3 });
    t.equal(isValidSource(from), unicast, `from ${text}`);
    t.equal(isValidDestination(from), false, 'the destination is another matter');

    const to = new IpHeader();
    Object.assign(to, { destination0: w0, destination1: w1, destination2: w2, destination3: w3 });
    t.equal(isValidDestination(to), unicast, `to ${text}`);
    t.equal(isValidSource(to), false, 'the source is another matter');
  }
});
