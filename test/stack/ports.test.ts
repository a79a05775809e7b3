import t from 'tap';
import type { Attachment } from '../../lib/stack/attachment';
import { Entropy } from '../../lib/stack/entropy';
import { FourTuple } from '../../lib/stack/four-tuple';
import { EPHEMERAL_PORTS, FIRST_EPHEMERAL_PORT, Ports } from '../../lib/stack/ports';
import { SeededRandom } from '../../lib/support/random';
import { FakeLink } from './support/fake-link';
import { address } from './support/setup';

const bound = (text: string) => ({ address: address(text), ipv6Only: false });

function setUp() {
  const random = new SeededRandom(3);
  const ports = new Ports(new Entropy((target) => random.fill(target)));
  const link = new FakeLink({ sharesHost: true });
  return { ports, link, attachment: { link } as unknown as Attachment };
}

t.test('a port is claimed once for all that share it, and released by the last', async (t) => {
  const { ports, link, attachment } = setUp();
  const first = ports.hold(attachment, bound('10.0.0.1'), 80);
  const second = ports.hold(attachment, bound('10.0.0.1'), 80);
  t.equal(second, first);
  t.same(link.claims, ['10.0.0.1:80']);
  first.release();
  t.same(link.claims, ['10.0.0.1:80']);
  second.release();
  t.same(link.claims, []);
  t.equal(ports.size, 0);
});

t.test('port 0 takes what the host gives', async (t) => {
  const { ports, link, attachment } = setUp();
  const one = ports.hold(attachment, bound('10.0.0.1'), 0);
  const two = ports.hold(attachment, bound('10.0.0.1'), 0);
  t.not(one.port, two.port);
  t.equal(link.claims.length, 2);
  t.equal(ports.size, 2);
});

t.test('a claim on every address serves one on a single address, too', async (t) => {
  const { ports, link, attachment } = setUp();
  const wide = ports.hold(attachment, bound('0.0.0.0'), 80);
  const narrow = ports.hold(attachment, bound('10.0.0.1'), 80);
  t.equal(narrow, wide);
  t.same(link.claims, ['0.0.0.0:80']);
});

t.test('a claim on single addresses widens when every address is wanted', async (t) => {
  const { ports, link, attachment } = setUp();
  const one = ports.hold(attachment, bound('10.0.0.1'), 80);
  const two = ports.hold(attachment, bound('127.0.0.1'), 80);
  const wide = ports.hold(attachment, bound('0.0.0.0'), 80);
  t.same(link.claims, ['0.0.0.0:80']);
  wide.release();
  t.same(link.claims, ['0.0.0.0:80'], 'the narrow ones rest on it');
  one.release();
  two.release();
  t.same(link.claims, []);
  t.equal(ports.size, 0);
});

t.test('where widening fails everything is as before', async (t) => {
  const { ports, link, attachment } = setUp();
  link.claims.push('192.0.2.1:80'); // another process
  const narrow = ports.hold(attachment, bound('10.0.0.1'), 80);
  t.throws(() => ports.hold(attachment, bound('0.0.0.0'), 80), { code: 'EADDRINUSE' });
  t.same(link.claims, ['192.0.2.1:80', '10.0.0.1:80']);
  narrow.release();
  t.same(link.claims, ['192.0.2.1:80']);
});

t.test('knows which local ends are its own', async (t) => {
  const { ports, attachment } = setUp();
  ports.hold(attachment, bound('10.0.0.1'), 80);
  ports.hold(attachment, bound('0.0.0.0'), 81);
  const local = (text: string, port: number) =>
    FourTuple.of(false, address(text), port, address('10.9.9.9'), 1);
  t.equal(ports.isHeldOver(attachment, local('10.0.0.1', 80)), true);
  t.equal(ports.isHeldOver(attachment, local('10.0.0.2', 80)), false);
  t.equal(ports.isHeldOver(attachment, local('10.0.0.2', 81)), true);
  t.equal(ports.isHeldOver(attachment, local('10.0.0.1', 82)), false);
  const other = { link: new FakeLink({ sharesHost: true }) } as unknown as Attachment;
  t.equal(ports.isHeldOver(other, local('10.0.0.1', 80)), false, 'over another link');
});

t.test('ephemeral ports are spread, and each of them can be the one that is left', async (t) => {
  const { ports } = setUp();
  const chosen = new Set<number>();
  for (let i = 0; i < 100; i++) chosen.add(ports.chooseEphemeral(() => true));
  t.ok(chosen.size > 95, `${chosen.size} of 100 differ`);
  for (const port of chosen) {
    if (port < FIRST_EPHEMERAL_PORT || port > 65_535) t.fail(`${port}`);
  }
  const last = FIRST_EPHEMERAL_PORT + EPHEMERAL_PORTS - 1;
  t.equal(last, 65_535);
  for (const only of [FIRST_EPHEMERAL_PORT, last]) {
    t.equal(
      ports.chooseEphemeral((port) => port === only),
      only,
    );
  }
  t.throws(() => ports.chooseEphemeral(() => false), { code: 'EADDRNOTAVAIL' });
});
