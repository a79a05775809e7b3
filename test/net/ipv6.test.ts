/** IPv6 as programs see it: the same on `node:net` and on ours. */
import * as nodeNet from 'node:net';
import { networkInterfaces } from 'node:os';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import type { NetLike } from './scenarios';
import { IPV6_SCENARIOS } from './scenarios-ipv6';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

t.test('the same as node:net', { skip: !hasIpv6 && 'this host has no ::1' }, async (t) => {
  const stack = new Stack();
  const ours = createNet(stack) as unknown as NetLike;
  const alive = setInterval(() => {}, 60_000);
  t.teardown(() => {
    clearInterval(alive);
    stack.close();
  });
  for (const [name, story] of IPV6_SCENARIOS) {
    const expected = await story(nodeNet as unknown as NetLike);
    t.same(await story(ours), expected, name);
  }
});

// Not compared: since Node 22 libuv picks an interface of the host's, and the call leaves it.
t.test(
  'a link-local address needs its zone',
  { skip: !hasIpv6 && 'this host has no ::1' },
  async (t) => {
    const stack = new Stack();
    t.teardown(() => stack.close());
    const socket = createNet(stack).connect(9, 'fe80::1');
    const [error] = await new Promise<unknown[]>((resolve) => {
      socket.once('error', (...args) => resolve(args));
    });
    t.match(error, { code: 'EINVAL', syscall: 'connect', address: 'fe80::1', port: 9 });
  },
);
