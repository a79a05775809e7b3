/**
 * Importing this file makes every connection of the process check its invariants after every event: a
 * segment, a timeout, a user's call, the end of a round of output.
 *
 * A broken invariant throws out of the event that broke it, so the test that caused it fails there.
 */
import { Connection } from '../../lib/tcp/connection';
import { checkInvariants } from '../../lib/tcp/invariants';

const EVENTS = [
  'open',
  'openPassive',
  'send',
  'receive',
  'receiveInto',
  'shutdown',
  'abort',
  'release',
  'setNoDelay',
  'setKeepAlive',
  'handleSegment',
  'handleTimeout',
  'pollTransmit',
] as const;

/** How often the invariants have been checked: a test may show that they were. */
export const invariantCheck = { count: 0 };

type Method = (this: Connection, ...args: unknown[]) => unknown;

const methods = Connection.prototype as unknown as Record<string, Method>;
for (const name of EVENTS) {
  const method = methods[name];
  methods[name] = function (this: Connection, ...args: unknown[]): unknown {
    const result = method.apply(this, args);
    // Between two segments of one round more is owed still; the round's end is what must be right.
    if (name !== 'pollTransmit' || result === false) {
      checkInvariants(this);
      invariantCheck.count++;
    }
    return result;
  };
}
