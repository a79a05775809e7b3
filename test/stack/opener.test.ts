import t from 'tap';
import { FIRST_EPHEMERAL_PORT } from '../../lib/stack/ports';
import type { NetworkErrorCode } from '../../lib/support/network-error';
import { address, setUp } from './support/setup';

const PEER = address('10.0.0.2');
const OWN = address('10.0.0.1');
const LOOPBACK = address('127.0.0.1');

t.test('what a connect cannot mean is refused at once', async (t) => {
  type Request = Parameters<ReturnType<typeof setUp>['connect']>[0];
  const cases: Array<[Request, NetworkErrorCode, string]> = [
    [{ remoteAddress: address('224.0.0.1'), remotePort: 80 }, 'ENETUNREACH', 'multicast [MUST-46]'],
    [
      { remoteAddress: address('255.255.255.255'), remotePort: 80 },
      'ENETUNREACH',
      'broadcast [MUST-46]',
    ],
    [{ remoteAddress: PEER, remotePort: 0 }, 'ECONNREFUSED', 'port 0, as Linux'],
    [
      { remoteAddress: address('2001:db8::1'), remotePort: 80 },
      'ENETUNREACH',
      'IPv6 without a link',
    ],
    [{ remoteAddress: address('fe80::1'), remotePort: 80 }, 'EINVAL', 'link-local without a zone'],
    [
      { remoteAddress: address('fe80::1%no'), remotePort: 80 },
      'EINVAL',
      'a zone that is not there',
    ],
    [
      { remoteAddress: PEER, remotePort: 80, localAddress: address('::1') },
      'EINVAL',
      'from one family to the other',
    ],
    [
      { remoteAddress: PEER, remotePort: 80, localAddress: address('10.0.0.9') },
      'EADDRNOTAVAIL',
      'from an address of another',
    ],
    [
      { remoteAddress: PEER, remotePort: 80, localAddress: LOOPBACK },
      'EINVAL',
      'from the loopback to the outside',
    ],
  ];
  for (const [request, code, name] of cases) {
    const { connect, stack } = setUp();
    t.throws(() => connect(request), { code }, name);
    t.equal(stack.stats().connections, 0);
    t.equal(stack.stats().keepingAlive, 0);
  }
});

t.test('a connect to the unspecified address means this host', async (t) => {
  const { connect, listen, turn } = setUp();
  const { listener, accepted } = listen();
  const user = connect({ remoteAddress: address('0.0.0.0'), remotePort: listener.port });
  turn();
  t.equal(user.connection!.remoteAddress.text, '127.0.0.1');
  t.equal(accepted.length, 1);
});

t.test(
  'local address and port are the link’s choice or the user’s [MUST-43, MUST-44]',
  async (t) => {
    const { connect } = setUp();
    const free = connect({ remoteAddress: PEER, remotePort: 80 }).connection!;
    t.equal(free.localAddress.text, '10.0.0.1');
    t.ok(free.localPort >= FIRST_EPHEMERAL_PORT);
    const chosen = connect({
      remoteAddress: PEER,
      remotePort: 80,
      localAddress: OWN,
      localPort: 1234,
    }).connection!;
    t.equal(chosen.localAddress.text, '10.0.0.1');
    t.equal(chosen.localPort, 1234);
    const any = connect({
      remoteAddress: PEER,
      remotePort: 81,
      localAddress: address('0.0.0.0'),
      localPort: 1234,
    }).connection!;
    t.equal(any.localAddress.text, '10.0.0.1', 'unspecified: the link’s choice');
  },
);

t.test('a local port may serve many connections, but each four-tuple once', async (t) => {
  for (const sharesHost of [false, true]) {
    const { connect, link } = setUp({ sharesHost });
    connect({ remoteAddress: PEER, remotePort: 80, localPort: 1234 });
    connect({ remoteAddress: PEER, remotePort: 81, localPort: 1234 });
    t.throws(() => connect({ remoteAddress: PEER, remotePort: 80, localPort: 1234 }), {
      code: 'EADDRNOTAVAIL',
    });
    t.same(link.claims, sharesHost ? ['10.0.0.1:1234'] : []);
  }
});

t.test('a local port with a listener on it is in use, as on Linux', async (t) => {
  const { connect, listen } = setUp();
  listen({ address: OWN, port: 80 });
  const to = { remoteAddress: PEER, remotePort: 9 };
  t.throws(() => connect({ ...to, localPort: 80 }), { code: 'EADDRINUSE' });
  t.throws(() => connect({ ...to, localPort: 80, localAddress: OWN }), { code: 'EADDRINUSE' });
});

t.test('a port may be listened on while it has connections [MUST-41, MUST-42]', async (t) => {
  const { connect, listen, turn } = setUp();
  const user = connect({ remoteAddress: PEER, remotePort: 80, localPort: 1234 });
  turn();
  t.equal(user.connection!.state, 'SYN-SENT');
  const { listener } = listen({ address: OWN, port: 1234 });
  t.equal(listener.port, 1234);
  t.equal(user.connection!.state, 'SYN-SENT');
});

t.test('two listeners may not overlap', async (t) => {
  const cases: Array<[string, string, boolean]> = [
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '0.0.0.0', true],
    ['0.0.0.0', '::', true],
    ['10.0.0.1', '127.0.0.1', false],
  ];
  for (const [first, second, conflict] of cases) {
    for (const sharesHost of [false, true]) {
      const { listen, stack } = setUp({ sharesHost });
      const { listener } = listen({ address: address(first), port: 80 });
      const again = () => listen({ address: address(second), port: 80 });
      if (conflict) t.throws(again, { code: 'EADDRINUSE' }, `${second} after ${first}`);
      else t.equal(again().listener.port, 80, `${second} after ${first}`);
      listener.close();
      if (conflict) t.equal(again().listener.port, 80, 'when the first has gone');
      t.equal(stack.stats().listeners, 1);
    }
  }
});

t.test('only own addresses are listened on', async (t) => {
  const { listen } = setUp();
  t.throws(() => listen({ address: PEER }), { code: 'EADDRNOTAVAIL' });
  t.throws(() => listen({ address: address('2001:db8::1') }), { code: 'EADDRNOTAVAIL' });
  t.throws(() => listen({ address: address('fe80::1') }), { code: 'EINVAL' });
  t.throws(() => listen({ address: OWN, ipv6Only: true }), { code: 'EINVAL' });
  for (const text of [
    '::1',
    '::ffff:10.0.0.1',
    '10.0.0.1',
    '127.0.0.1',
    '127.0.0.9',
    '0.0.0.0',
    '::',
  ]) {
    t.ok(listen({ address: address(text) }).listener.port > 0, text);
  }
});

t.test('port 0 is a free port', async (t) => {
  for (const sharesHost of [false, true]) {
    const { listen, link } = setUp({ sharesHost });
    const ports = new Set<number>();
    for (let i = 0; i < 20; i++) {
      ports.add(listen({ address: address('0.0.0.0') }).listener.port);
    }
    t.equal(ports.size, 20);
    t.equal(link.claims.length, sharesHost ? 20 : 0);
  }
});

t.test('an ephemeral port that only the host thinks free is not taken', async (t) => {
  const { listen, link, stack } = setUp({ sharesHost: true });
  // In-process only: the link that shares the host does not have this address.
  link.isLocal = () => false;
  listen({ port: 40_000 });
  listen({ port: 40_001 });
  const { listener } = listen({ address: address('0.0.0.0') });
  t.equal(listener.port, 40_002);
  t.same(link.claims, ['0.0.0.0:40002']);
  t.equal(stack.stats().heldPorts, 1);
});

t.test('where the host refuses, nothing is left behind', async (t) => {
  const { listen, connect, link, stack } = setUp({ sharesHost: true });
  link.claims.push('0.0.0.0:80');
  t.throws(() => listen({ address: OWN, port: 80 }), { code: 'EADDRINUSE' });
  t.throws(() => connect({ remoteAddress: PEER, remotePort: 1, localPort: 80 }), {
    code: 'EADDRINUSE',
  });
  t.equal(stack.stats().listeners, 0);
  t.equal(stack.stats().connections, 0);
  t.equal(stack.stats().heldPorts, 0);
});

t.test('a full stack says so', async (t) => {
  const { connect } = setUp({}, { limits: { connections: 2 } });
  connect({ remoteAddress: PEER, remotePort: 1 });
  connect({ remoteAddress: PEER, remotePort: 2 });
  t.throws(() => connect({ remoteAddress: PEER, remotePort: 3 }), { code: 'ENOBUFS' });
});

t.test('ports of the host come and go with what uses them', async (t) => {
  const { connect, listen, link, turn } = setUp({ sharesHost: true });
  const user = connect({ remoteAddress: PEER, remotePort: 80 });
  const { listener } = listen({ address: address('0.0.0.0'), port: 8080 });
  t.same(link.claims, ['10.0.0.1:40000', '0.0.0.0:8080']);
  user.connection!.abort();
  turn();
  t.same(link.claims, ['0.0.0.0:8080']);
  listener.close();
  t.same(link.claims, []);
});
