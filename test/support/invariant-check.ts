/**
 * Importing this file makes every connection of the process check its invariants after every event: a
 * segment, a timeout, a user's call, the end of a round of output.
 *
 * A broken invariant throws out of the event that broke it, so the test that caused it fails there.
 */
import { Connection } from '../../lib/tcp/connection';
import { checkInvariants } from '../../lib/tcp/invariants';

/** Methods that change nothing, and the one after which there is nothing left to check. */
const QUIET: ReadonlySet<string> = new Set(['constructor', 'info', 'mayReopen', 'dispose']);

/** How often the invariants have been checked: a test may show that they were. */
export const invariantCheck = { count: 0 };

type Method = (this: Connection, ...args: unknown[]) => unknown;

for (const [name, property] of Object.entries(
  Object.getOwnPropertyDescriptors(Connection.prototype),
)) {
  if (QUIET.has(name) || property.get !== undefined) continue;
  const method = property.value as Method;
  const checked: Method = function (...args) {
    const result = method.apply(this, args);
    // Between two segments of one round more is owed still; the round's end is what must be right.
    if (name !== 'pollTransmit' || result === false) {
      checkInvariants(this);
      invariantCheck.count++;
    }
    return result;
  };
  Object.defineProperty(Connection.prototype, name, { ...property, value: checked });
}
