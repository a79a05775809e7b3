import t from 'tap';
import { LoopbackLink } from '../../lib/link/loopback-link';
import type { Attachment } from '../../lib/stack/attachment';
import { destinationOf, Routes } from '../../lib/stack/routes';
import { FakeLink } from './support/fake-link';
import { address } from './support/setup';

/** Links by the address they have; `host:` before it: one that shares the host. */
function setUp(...links: string[]) {
  const attach = (link: unknown) => ({ link, inside: link instanceof LoopbackLink });
  const outside = links.map((text) =>
    attach(
      new FakeLink({ address: text.replace('host:', ''), sharesHost: text.startsWith('host:') }),
    ),
  ) as Attachment[];
  const loopback = new LoopbackLink((one) => routes.isLocalOutside(one));
  const routes = new Routes(attach(loopback) as unknown as Attachment, outside);
  const pick = (destination: string, hasListener = false) => {
    const { attachment, link } = routes.pick(address(destination), hasListener);
    const name = attachment.inside ? 'inside' : (attachment.link as FakeLink).address.text;
    return `${name} from ${link.source.text}`;
  };
  return { routes, pick };
}

t.test(
  'a destination is reached inside where that is possible, else over the first link',
  async (t) => {
    const cases: Array<[string[], string, boolean, string, string]> = [
      [[], '127.0.0.1', true, 'inside from 127.0.0.1', 'a listener of ours'],
      [[], '127.0.0.1', false, 'inside from 127.0.0.1', 'nobody: refused inside'],
      [[], '127.9.9.9', false, 'inside from 127.0.0.1', 'all of 127.0.0.0/8'],
      [['10.0.0.1'], '127.0.0.1', false, 'inside from 127.0.0.1', 'never out over a link of ours'],
      [['10.0.0.1'], '10.0.0.1', false, 'inside from 10.0.0.1', 'an address of ours'],
      [['10.0.0.1'], '10.0.0.7', false, '10.0.0.1 from 10.0.0.1', 'outside'],
      [['10.0.0.1', '10.1.0.1'], '10.1.0.7', false, '10.0.0.1 from 10.0.0.1', 'the first that can'],
      [
        ['host:10.0.0.1'],
        '127.0.0.1',
        true,
        'inside from 127.0.0.1',
        'a listener of ours comes first',
      ],
      [
        ['host:10.0.0.1'],
        '127.0.0.1',
        false,
        '10.0.0.1 from 127.0.0.1',
        'perhaps the host has one',
      ],
      [['host:10.0.0.1'], '10.0.0.1', true, 'inside from 10.0.0.1', 'inside by our own address'],
      [['host:10.0.0.1'], '10.0.0.1', false, '10.0.0.1 from 10.0.0.1', 'or the host has one there'],
      [
        ['10.0.0.1', 'host:10.1.0.1'],
        '127.0.0.1',
        false,
        '10.1.0.1 from 127.0.0.1',
        'the host again',
      ],
    ];
    for (const [links, to, hasListener, expected, name] of cases) {
      t.equal(setUp(...links).pick(to, hasListener), expected, name);
    }
  },
);

t.test('what cannot be reached is said to be [MUST-46]', async (t) => {
  const { pick } = setUp('10.0.0.1');
  for (const to of ['224.0.0.1', '255.255.255.255', '0.0.0.0', '2001:db8::1', 'ff02::1']) {
    t.throws(() => pick(to), { code: 'ENETUNREACH' }, to);
  }
  t.throws(() => setUp().pick('10.0.0.1'), { code: 'ENETUNREACH' }, 'no link at all');
});

t.test('the unspecified address means this host', async (t) => {
  t.equal(destinationOf(address('0.0.0.0')).text, '127.0.0.1');
  t.equal(destinationOf(address('::')).text, '::1');
  t.equal(destinationOf(address('10.0.0.1')).text, '10.0.0.1');
});

t.test('local is the loopback and what the links have', async (t) => {
  const { routes } = setUp('10.0.0.1', 'host:10.1.0.1');
  const over = (text: string) =>
    routes.over(address(text)).map(({ link }) => (link as FakeLink).address.text);
  for (const text of ['127.0.0.1', '127.1.2.3', '::1', '10.0.0.1', '10.1.0.1']) {
    t.equal(routes.isLocal(address(text)), true, text);
  }
  t.equal(routes.isLocal(address('10.0.0.2')), false);
  t.same(over('0.0.0.0'), ['10.0.0.1', '10.1.0.1']);
  t.same(over('127.0.0.1'), ['10.1.0.1'], 'the host has the loopback, too');
  t.same(over('10.0.0.1'), ['10.0.0.1']);
});
