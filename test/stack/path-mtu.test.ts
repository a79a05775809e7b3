/** The table of narrow paths: how long it remembers, and how much. */
import t from 'tap';
import { PathMtus } from '../../lib/stack/path-mtu';
import { IpAddress } from '../../lib/wire/ip-address';

const TEN_MINUTES = 600_000;
const address = (text: string) => IpAddress.parse(text)!;
const A = address('10.0.0.1');

t.test('nothing is known of a path until it is told of', async (t) => {
  const paths = new PathMtus(10);
  t.equal(paths.find(A, 0), null);
  paths.note(A, 1400, false, 0);
  t.match(paths.find(A, 0), { mtu: 1400, mayFragment: false });
  t.equal(paths.find(address('10.0.0.2'), 0), null);
});

t.test('an entry lives ten minutes, from when it was last told of', async (t) => {
  const paths = new PathMtus(10);
  t.equal(paths.note(A, 1400, false, 1000).expiresAt, 1000 + TEN_MINUTES);
  t.ok(paths.find(A, 1000 + TEN_MINUTES - 0.001));
  paths.note(A, 1300, false, 2000);
  t.match(paths.find(A, 2000 + TEN_MINUTES - 0.001), { mtu: 1300 });
  t.equal(paths.find(A, 2000 + TEN_MINUTES), null);
  t.equal(paths.size, 0, 'and is gone then');
});

t.test('the last word counts, also where it is larger', async (t) => {
  const paths = new PathMtus(10);
  paths.note(A, 552, true, 0);
  paths.note(A, 1400, false, 1);
  t.match(paths.find(A, 2), { mtu: 1400, mayFragment: false });
  t.equal(paths.size, 1);
});

t.test('at its limit it forgets what was told of least recently', async (t) => {
  const paths = new PathMtus(3);
  for (let i = 1; i <= 3; i++) paths.note(address(`10.0.0.${i}`), 1000 + i, false, i);
  t.equal(paths.size, 3);
  paths.note(A, 1001, false, 4);
  t.equal(paths.size, 3, 'one that is there takes no other’s place');
  paths.note(address('10.0.0.4'), 1004, false, 5);
  t.equal(paths.size, 3);
  const known = [1, 2, 3, 4].map((i) => paths.find(address(`10.0.0.${i}`), 6)?.mtu ?? null);
  t.same(known, [1001, null, 1003, 1004]);
});

t.test('a hundred thousand destinations take no more room than the limit', async (t) => {
  const paths = new PathMtus(100);
  for (let i = 0; i < 100_000; i++) paths.note(IpAddress.fromIpv4(i), 1400, false, i);
  t.equal(paths.size, 100);
});

t.test('a mapped address and the IPv4 address are one destination, IPv6 ones others', async (t) => {
  const paths = new PathMtus(10);
  paths.note(address('::ffff:10.0.0.1'), 1400, false, 0);
  t.equal(paths.find(A, 0)!.mtu, 1400);
  paths.note(address('2001:db8::a00:1'), 1280, false, 0);
  paths.note(address('2001:db9::a00:1'), 1290, false, 0);
  t.equal(paths.find(A, 0)!.mtu, 1400);
  t.equal(paths.find(address('2001:db8::a00:1'), 0)!.mtu, 1280);
  t.equal(paths.find(address('2001:db9::a00:1'), 0)!.mtu, 1290);
});
