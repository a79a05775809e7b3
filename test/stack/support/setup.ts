/** A stack on a virtual clock over a fake link, and its usual users. */

import { VirtualClock } from '../../../lib/sim/virtual-clock';
import { Stack, type StackInternals } from '../../../lib/stack/stack';
import { SeededRandom } from '../../../lib/support/random';
import { IPV4_LOOPBACK, IpAddress } from '../../../lib/wire/ip-address';
import type {
  ConnectRequest,
  ListenRequest,
  StackListener,
  StackOptions,
} from '../../../types/stack';
import { FakeLink, type FakeLinkOptions } from './fake-link';
import { NotingHandler } from './handler';

export interface TestStack {
  clock: VirtualClock;
  link: FakeLink;
  stack: Stack;
  /** Runs what is due at the present instant. */
  turn(): void;
  /** A connection, and what its user hears. */
  connect(request: Partial<ConnectRequest> & { remotePort: number }): NotingHandler;
  /** A listener that accepts everybody, and those it accepted. */
  listen(request?: Partial<ListenRequest>): { listener: StackListener; accepted: NotingHandler[] };
}

export const address = (text: string) => IpAddress.parse(text)!;

export function setUp(
  linkOptions: FakeLinkOptions = {},
  options: StackOptions = {},
  internals: StackInternals = {},
): TestStack {
  const clock = new VirtualClock();
  const link = new FakeLink(linkOptions);
  const random = new SeededRandom(42);
  const stack = new Stack(
    { links: [link], clock, random: (target) => random.fill(target), ...options },
    internals,
  );
  return {
    clock,
    link,
    stack,
    turn: () => clock.advanceTo(clock.now()),
    connect(request) {
      const handler = new NotingHandler();
      handler.connection = stack.connect({ remoteAddress: IPV4_LOOPBACK, ...request }, handler);
      return handler;
    },
    listen(request = {}) {
      const accepted: NotingHandler[] = [];
      const where = { address: IPV4_LOOPBACK, port: 0, backlog: 16, ...request };
      const listener = stack.listen(where, (connection) => {
        const handler = new NotingHandler();
        handler.connection = connection;
        connection.handler = handler;
        accepted.push(handler);
      });
      return { listener, accepted };
    },
  };
}
