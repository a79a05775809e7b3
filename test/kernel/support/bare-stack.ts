/** A stack over a link without a rig's expectations: for what does not end well. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { createNet } from '../../../lib/net/create-net';
import { Stack } from '../../../lib/stack/stack';
import type { Link } from '../../../types/link';
import { within } from './within';

const BOUND_MS = 20_000;

/** Closed with the test. */
export function stackOver<Kind extends Link>(t: Test, link: Kind, mslMs: number) {
  const stack = new Stack({ links: [link], tcp: { mslMs } });
  t.teardown(() => stack.close());
  return { link, stack, net: createNet(stack) };
}

export async function errorOf(socket: Socket): Promise<NodeJS.ErrnoException> {
  const [error] = await within(BOUND_MS, 'error', once(socket, 'error'));
  return error;
}
