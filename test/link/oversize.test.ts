/** Packets that are longer than their header can say: which kernels take them, and who is sent some. */
import { release } from 'node:os';
import t from 'tap';
import { OVERSIZE_BYTES, takesOversize } from '../../lib/link/oversize';
import { createTunLink } from '../../lib/link/tun-link';
import type { TunLinkOptions } from '../../lib/link/tun-options';
import { IpAddress } from '../../lib/wire/ip-address';

/** [release, does it take them?] */
const KERNELS: readonly (readonly [string, boolean])[] = [
  ['6.3.0', true],
  ['6.3.0-rc1+', true],
  ['6.18.44-fc-v657', true],
  ['7.0', true],
  ['6.2.16-20-generic', false],
  ['5.15.0-1-amd64', false],
  ['4.4.0', false],
  ['', false],
];

t.test('kernels take them since 6.3', async (t) => {
  for (const [kernel, does] of KERNELS) t.equal(takesOversize(kernel), does, kernel);
  t.equal(takesOversize(), takesOversize(release()));
});

function mostTo(destination: string, options: Partial<TunLinkOptions> = {}): number {
  const link = createTunLink({ addresses: ['10.9.0.2/24', 'fd09::2/64'], ...options });
  return link.maxSegmentBytesTo(IpAddress.parse(destination)!);
}

t.test('only the host itself is sent them', { skip: !takesOversize() && release() }, async (t) => {
  t.equal(mostTo('10.9.0.1'), OVERSIZE_BYTES);
  t.equal(mostTo('10.9.0.3'), 65_535, 'somebody behind it');
  t.equal(mostTo('10.8.0.1', { hostAddresses: '10.8.0.1/24' }), OVERSIZE_BYTES);
  t.equal(mostTo('fd09::1'), 65_535, 'IPv6 would need another header');
  t.equal(mostTo('10.9.0.1', { offload: false }), 1500, 'finished packets');
  t.equal(
    mostTo('10.9.0.1', { existing: true, name: 'tun9' }),
    65_535,
    'a device whose addresses are unknown',
  );
});
