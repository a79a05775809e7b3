/** Runs a test on the fake stack, which keeps to the contract, and on the real one over its loopback. */
import t from 'tap';
import type { Net } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import type { TransportStack } from '../../types/stack';
import { FakeStack } from './fake-stack';

/** Limits of the buffers, small enough to be met soon. */
export const SEND_BUFFER_BYTES = 32_768;
export const RECEIVE_BUFFER_BYTES = 32_768;

const limits = { sendBufferBytes: SEND_BUFFER_BYTES, receiveBufferBytes: RECEIVE_BUFFER_BYTES };

const STACKS: [string, () => TransportStack][] = [
  ['fake stack', () => new FakeStack(limits)],
  ['real stack', () => new Stack({ tcp: limits })],
];

/** What of tap's `t` these tests use. */
export type Assertions = Pick<
  typeof t,
  'equal' | 'match' | 'not' | 'notOk' | 'ok' | 'same' | 'strictSame' | 'teardown' | 'throws'
>;

type Body = (t: Assertions, net: Net, stack: TransportStack) => Promise<void>;

export function onEachStack(name: string, body: Body): void {
  for (const [where, make] of STACKS) {
    t.test(`${name} (${where})`, async (t) => {
      const stack = make();
      const alive = setInterval(() => {}, 60_000); // the fake stack holds no process
      t.teardown(() => {
        clearInterval(alive);
        stack.close();
      });
      await body(t, createNet(stack), stack);
    });
  }
}
