/**
 * Importing this file makes every connection of the process check its invariants after every event: a
 * segment, a timeout, a user's call, the end of a round of output.
 *
 * A broken invariant throws out of the event that broke it, so the test that caused it fails there.
 */
import { assert } from '../../lib/support/assert';
import { Connection } from '../../lib/tcp/connection';
import { checkInvariants } from '../../lib/tcp/invariants';
import { OWE_PROBE, OWE_RETRANSMIT, OWE_TAIL_PROBE } from '../../lib/tcp/owed';
import { flightSize } from '../../lib/tcp/recovery';
import { isSynchronized } from '../../lib/tcp/state';
import { Segment } from '../../lib/wire/segment';
import { checkRecords } from './record-check';
import { checkRest } from './rest-check';

/** Methods that change nothing, and the one after which there is nothing left to check. */
const QUIET: ReadonlySet<string> = new Set(['constructor', 'info', 'mayReopen', 'dispose']);

/** How often the invariants have been checked: a test may show that they were. */
export const invariantCheck = { count: 0 };

type Method = (this: Connection, ...args: unknown[]) => unknown;

checkHasNothing();

for (const [name, property] of Object.entries(
  Object.getOwnPropertyDescriptors(Connection.prototype),
)) {
  if (QUIET.has(name) || property.get !== undefined) continue;
  const method = property.value as Method;
  const checked: Method = function (...args) {
    const before = name === 'pollTransmit' ? sendingOf(this) : null;
    const result = method.apply(this, args);
    if (before !== null) checkSending(this, before);
    // Between two segments of one round more is owed still; the round's end is what must be right.
    if (name !== 'pollTransmit' || result === false) {
      checkInvariants(this);
      checkRecords(this.tcb);
      invariantCheck.count++;
      if (name !== 'rest') checkRest(this);
    }
    return result;
  };
  Object.defineProperty(Connection.prototype, name, { ...property, value: checked });
}

/** Where it says that there is nothing to send, `pollTransmit` finds nothing and changes nothing. */
function checkHasNothing(): void {
  const { pollTransmit } = Connection.prototype;
  const { get } = Object.getOwnPropertyDescriptor(Connection.prototype, 'hasNothing')!;
  const scratch = new Segment();
  const checked = function (this: Connection): boolean {
    const says = get!.call(this) as boolean;
    if (!says) return says;
    const before = stateOf(this);
    assert(!pollTransmit.call(this, Number.MAX_SAFE_INTEGER, scratch), 'there is nothing to send');
    assert(stateOf(this) === before, 'to look for it changes nothing');
    return says;
  };
  Object.defineProperty(Connection.prototype, 'hasNothing', { get: checked, configurable: true });
}

/** What can be seen without waking it. */
function stateOf(connection: Connection): string {
  return JSON.stringify({ ...connection.info(0), deadline: connection.deadline });
}

interface Sending {
  nxt: number;
  flight: number;
  isForced: boolean;
}

function sendingOf({ tcb }: Connection): Sending {
  const isForced = (tcb.owed & (OWE_PROBE | OWE_RETRANSMIT | OWE_TAIL_PROBE)) !== 0;
  const flight = tcb.sending === null ? 0 : flightSize(tcb); // to look must not make it
  return { nxt: tcb.snd.nxt, flight, isForced };
}

/** New text leaves only as the congestion window allows; a first segment always may, and a FIN. */
function checkSending({ tcb }: Connection, before: Sending): void {
  if (tcb.snd.nxt === before.nxt || before.isForced || before.flight === 0) return;
  if (!isSynchronized(tcb.state)) return;
  assert(flightSize(tcb) <= tcb.cc.cwnd + 1, 'what is on its way fits into cwnd');
}
