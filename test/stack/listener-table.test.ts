import t from 'tap';
import { type Bound, covers, ListenerTable } from '../../lib/stack/listener-table';
import { IpAddress } from '../../lib/wire/ip-address';

const address = (text: string) => IpAddress.parse(text)!;

/** `::6` stands for `::` without IPv4. */
function bound(text: string): Bound {
  return text === '::6'
    ? { address: address('::'), ipv6Only: true }
    : { address: address(text), ipv6Only: false };
}

function table(...texts: string[]) {
  const listeners = new ListenerTable<Bound & { port: number }>();
  for (const text of texts) listeners.add({ ...bound(text), port: 80 });
  return listeners;
}

function found(listeners: ReturnType<typeof table>, to: string, port = 80): string | null {
  const { w0, w1, w2, w3 } = address(to);
  return listeners.find(port, w0, w1, w2, w3, 0)?.address.text ?? null;
}

t.test('the most exact listener wins', async (t) => {
  const cases: Array<[string[], string, string | null, string]> = [
    [['10.0.0.1'], '10.0.0.1', '10.0.0.1', 'the very address'],
    [['10.0.0.1'], '10.0.0.2', null, 'another address'],
    [['0.0.0.0'], '10.0.0.1', '0.0.0.0', 'every IPv4 address'],
    [['0.0.0.0'], '2001:db8::1', null, '0.0.0.0 takes no IPv6'],
    [['::'], '2001:db8::1', '::', 'every IPv6 address'],
    [['::'], '10.0.0.1', '::', ':: is dual-stack'],
    [['::', '0.0.0.0'], '10.0.0.1', '0.0.0.0', 'the own family before dual-stack'],
    [['::', '10.0.0.1', '0.0.0.0'], '10.0.0.1', '10.0.0.1', 'the exact one before both'],
    [['::6'], '10.0.0.1', null, ':: can be told to leave IPv4 alone'],
    [['::6'], '2001:db8::1', '::', '… and then takes IPv6'],
    [['::6', '0.0.0.0'], '10.0.0.1', '0.0.0.0', '… so that another has IPv4'],
    [['::ffff:10.0.0.1'], '10.0.0.1', '::ffff:10.0.0.1', 'a mapped address is IPv4'],
  ];
  for (const [listening, to, expected, name] of cases) {
    t.equal(found(table(...listening), to), expected, name);
  }
  t.equal(found(table('::'), '10.0.0.1', 81), null, 'another port');
});

t.test('two listeners may not share an address', async (t) => {
  const cases: Array<[string, string, boolean]> = [
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.1', '0.0.0.0', true],
    ['0.0.0.0', '10.0.0.1', true],
    ['0.0.0.0', '::', true],
    ['::', '0.0.0.0', true],
    ['::', '10.0.0.1', true],
    ['0.0.0.0', '2001:db8::1', false],
    ['::', '2001:db8::1', true],
    ['::6', '0.0.0.0', false],
    ['0.0.0.0', '::6', false],
    ['::6', '10.0.0.1', false],
    ['::6', '::', true],
    ['::', '::6', true],
    ['::6', '2001:db8::1', true],
    ['2001:db8::1', '::6', true],
    ['::1', '127.0.0.1', false],
  ];
  for (const [there, wanted, overlaps] of cases) {
    const conflict = table(there).findOverlap(bound(wanted), 80) !== null;
    t.equal(conflict, overlaps, `${wanted} beside ${there}`);
    t.equal(table(there).findOverlap(bound(wanted), 81), null, 'never at another port');
  }
  t.equal(covers(bound('0.0.0.0'), bound('10.0.0.1')), true);
  t.equal(covers(bound('10.0.0.1'), bound('0.0.0.0')), false);
  t.equal(covers(bound('::'), bound('::6')), true);
  t.equal(covers(bound('::6'), bound('::')), false);
});

t.test('what is removed is gone', async (t) => {
  const listeners = table('10.0.0.1', '10.0.0.2');
  const [first, second] = listeners.list();
  t.equal(listeners.size, 2);
  listeners.remove(first);
  listeners.remove(first);
  t.same(listeners.list(), [second]);
  t.equal(found(listeners, '10.0.0.1'), null);
  listeners.remove(second);
  t.equal(listeners.size, 0);
});
