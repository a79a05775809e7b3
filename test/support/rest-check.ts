/** Is a connection that has been kept as a row, and is whole again, what it was? */
import { assert } from '../../lib/support/assert';
import type { Connection } from '../../lib/tcp/connection';
import type { Tcb } from '../../lib/tcp/tcb';

/** What means nothing in a connection at rest, so that no row has it. */
const MEANINGLESS: ReadonlySet<string> = new Set([
  'snd.up', // nothing urgent is outstanding
  'rcv.finSeq', // no FIN waits
  'rtt.timedSeq', // nothing is being timed
  'rtt.timedAt',
  'sack.duplicateStart', // there is no duplicate to report
  'sack.duplicateEnd',
  'strayResetSeq', // no reset is owed
]);

type Fields = Record<string, unknown>;

/** Every difference, as 'snd.wnd: 5 became 7'. */
export function differences(before: Tcb, after: Tcb): string[] {
  return compare('', before as unknown as Fields, after as unknown as Fields);
}

function compare(path: string, before: Fields, after: Fields): string[] {
  return Object.keys(before).flatMap((key) => {
    const name = `${path}${key}`;
    const [one, other] = [before[key], after[key]];
    if (MEANINGLESS.has(name) || Object.is(one, other)) return [];
    if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
      return [`${name}: ${one} became ${other}`];
    }
    return compare(`${name}.`, one as Fields, other as Fields);
  });
}

/** Lets it rest if it may, and looks at it when it is whole again. @returns whether it rested */
export function checkRest(connection: Connection): boolean {
  const before = connection.tcb;
  connection.rest(Number.NEGATIVE_INFINITY); // only where there was no text
  const after = connection.tcb;
  if (after === before) return false;
  const [first] = differences(before, after);
  assert(first === undefined, `it is what it was before it rested: ${first}`);
  return true;
}
